"""``legs_by_employee``: each time that a phone of an employee rang."""

from __future__ import annotations

from ..view import Column, View
from .days import count_if, day, owner, share

_TALKED = count_if("g.duration > 0")

LEGS_BY_EMPLOYEE = View(
    "legs_by_employee",
    "A row for each day and employee: legs of calls that rang at the employee.",
    (
        *day("d"),
        Column("employee_id", "BIGINT", "g.employee_id", "Id of the employee."),
        Column("employee", "TEXT", "max(g.employee_full_name)", "Full name of the employee."),
        Column("legs", "BIGINT", "count(g.id)", "How often it rang."),
        Column("talked", "BIGINT", _TALKED, "How often a talk came of it: it lasted over 0 s.",
               needs=("call_legs.duration",)),
        Column("talked_share", "DOUBLE", share(_TALKED, "count(g.id)"),
               "Share of legs that a talk came of, 0 to 1.", needs=("call_legs.duration",)),
        Column("ring_seconds", "BIGINT", "sum(g.total_duration - g.duration)",
               "Seconds of ringing: the whole length of the legs without talk."),
        Column("talk_seconds", "BIGINT", "sum(g.duration)", "Seconds of talk."),
        owner("g"),
    ),
    "FROM days_of(call_legs) AS d JOIN call_legs AS g ON falls_on(g.start_time, d)"
    " WHERE g.employee_id IS NOT NULL AND (g.is_operator OR NOT is_loaded(call_legs.is_operator))"
    " GROUP BY d.start_time, d.date, g.employee_id, g.user_id",
    needs=("call_legs.id", "call_legs.employee_id"),
)  # fmt: skip
