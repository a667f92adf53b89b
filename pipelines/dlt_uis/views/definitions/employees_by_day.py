"""``employees_by_day``: who answers."""

from __future__ import annotations

from ..view import Column, View
from .days import day, owner, share

_NEEDS = ("calls.direction",)


def _count(name: str) -> str:
    return f"count(DISTINCT x.{name})"


EMPLOYEES_BY_DAY = View(
    "employees_by_day",
    "A row for each day and employee who took part in a call.",
    (
        *day("x"),
        Column("employee_id", "BIGINT", "x.employee_id", "Id of the employee."),
        Column("employee", "TEXT", "max(x.employee)", "Full name of the employee."),
        Column("offered", "BIGINT", _count("offered"),
               "Incoming calls that came to the employee.", needs=_NEEDS),
        Column("answered", "BIGINT", _count("answered"),
               "Those of them in which the employee picked up.",
               needs=(*_NEEDS, "calls__employees.is_answered")),
        Column("talked", "BIGINT", _count("talked"),
               "Those of them in which the employee talked to the contact.",
               needs=(*_NEEDS, "calls__employees.is_talked")),
        Column("answered_share", "DOUBLE", share(_count("answered"), _count("offered")),
               "Share of the calls that came to the employee in which they picked up, 0 to 1.",
               needs=(*_NEEDS, "calls__employees.is_answered")),
        Column("outgoing", "BIGINT", _count("placed"),
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
        e.employee_id AS employee_id, e.employee_full_name AS employee,
        CASE WHEN c.direction = 'in' THEN c.id END AS offered,
        CASE WHEN c.direction = 'in' AND e.is_answered THEN c.id END AS answered,
        CASE WHEN c.direction = 'in' AND e.is_talked THEN c.id END AS talked,
        CASE WHEN c.direction = 'out' THEN c.id END AS placed,
        CAST(NULL AS BIGINT) AS talk_seconds
    FROM days_of(calls) AS d
    JOIN call_facts AS c ON falls_on(c.start_time, d)
    JOIN calls__employees AS e ON e.call_id = c.id AND same_owner(e, c)
    WHERE e.employee_id IS NOT NULL
    UNION ALL
    SELECT d.start_time AS start_time, d.date AS date, c.user_id AS user_id,
        c.last_talked_employee_id AS employee_id, c.last_talked_employee_full_name AS employee,
        NULL AS offered, NULL AS answered, NULL AS talked, NULL AS placed,
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
