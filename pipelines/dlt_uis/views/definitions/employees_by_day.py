"""``employees_by_day``: who answers."""

from __future__ import annotations

from ..view import Column, View
from .days import count_if, day, owner, share

_IN = "x.direction = 'in'"
_OFFERED, _ANSWERED = count_if(_IN), count_if(f"{_IN} AND x.is_answered")
_NEEDS = ("calls.direction",)

EMPLOYEES_BY_DAY = View(
    "employees_by_day",
    "A row for each day and employee who took part in a call.",
    (
        *day("x"),
        Column("employee_id", "BIGINT", "x.employee_id", "Id of the employee."),
        Column("employee", "TEXT", "max(x.employee)", "Full name of the employee."),
        Column("offered", "BIGINT", _OFFERED, "Incoming calls that came to the employee.",
               needs=_NEEDS),
        Column("answered", "BIGINT", _ANSWERED,
               "Those of them in which the employee picked up.",
               needs=(*_NEEDS, "calls__employees.is_answered")),
        Column("talked", "BIGINT", count_if(f"{_IN} AND x.is_talked"),
               "Those of them in which the employee talked to the contact.",
               needs=(*_NEEDS, "calls__employees.is_talked")),
        Column("answered_share", "DOUBLE", share(_ANSWERED, _OFFERED),
               "Share of the calls that came to the employee in which they picked up, 0 to 1.",
               needs=(*_NEEDS, "calls__employees.is_answered")),
        Column("outgoing", "BIGINT", count_if("x.direction = 'out'"),
               "Outgoing calls in which the employee took part.", needs=_NEEDS),
        Column("talk_seconds", "BIGINT", "coalesce(sum(x.talk_seconds), 0)",
               "Seconds of talk, both directions. The talk of a call is counted once: for the last"
               " employee who talked.",
               needs=("calls.talk_duration", "calls.last_talked_employee_id")),
        owner("x"),
    ),
    """
FROM (
    SELECT d.start_time AS start_time, d.date AS date, c.user_id AS user_id,
        e.employee_id AS employee_id, max(e.employee_full_name) AS employee,
        max(c.direction) AS direction, bool_or(e.is_answered) AS is_answered,
        bool_or(e.is_talked) AS is_talked, CAST(NULL AS BIGINT) AS talk_seconds
    FROM days_of(calls) AS d
    JOIN call_facts AS c ON falls_on(c.start_time, d)
    JOIN calls__employees AS e ON e.call_id = c.id AND e.call_start_time = c.start_time
        AND same_owner(e, c)
    WHERE e.employee_id IS NOT NULL
    GROUP BY d.start_time, d.date, c.user_id, c.id, e.employee_id
    UNION ALL
    SELECT d.start_time AS start_time, d.date AS date, c.user_id AS user_id,
        c.last_talked_employee_id AS employee_id, c.last_talked_employee_full_name AS employee,
        NULL AS direction, NULL AS is_answered, NULL AS is_talked,
        c.talk_duration AS talk_seconds
    FROM days_of(calls) AS d
    JOIN calls AS c ON falls_on(c.start_time, d)
    WHERE c.last_talked_employee_id IS NOT NULL
        AND (c.finish_time IS NOT NULL OR NOT is_loaded(calls.finish_time))
) AS x
GROUP BY x.start_time, x.date, x.employee_id, x.user_id
""",
    needs=("calls.id", "calls__employees.employee_id"),
)  # fmt: skip
