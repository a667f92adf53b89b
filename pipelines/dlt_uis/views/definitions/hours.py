"""``hours``: when calls come, and how many at once.

Each call is two events: it takes a line, and gives it back. The sum of the events up to a moment is
how many lines are taken then; the most there are when a call begins.
"""

from __future__ import annotations

from ..view import Column, View
from .days import count_if, day, owner, share

_IN, _MISSED = count_if("x.direction = 'in'"), count_if("x.is_missed")
_NEEDS = ("calls.direction", "calls.is_lost")

HOURS = View(
    "hours",
    "A row for each day and hour with calls: when people are needed. Sum up, or take the most, by"
    " weekday and hour.",
    (
        *day("x"),
        Column("weekday", "BIGINT", "weekday_of(x.date)", "Weekday, 1 (Monday) to 7."),
        Column("hour", "BIGINT", "x.hour", "Hour, 0 to 23, in the account's zone."),
        Column("calls", "BIGINT", "count(x.hour)",
               "Calls that began in the hour, both directions."),
        Column("incoming", "BIGINT", _IN, "Incoming calls.", needs=("calls.direction",)),
        Column("missed", "BIGINT", _MISSED, "Incoming calls that nobody answered.", needs=_NEEDS),
        Column("missed_share", "DOUBLE", share(_MISSED, _IN),
               "Share of incoming calls that nobody answered, 0 to 1.", needs=_NEEDS),
        Column("lines_needed", "BIGINT", "max(x.lines)",
               "Peak of calls at once, both directions: of those that began on the day, how many"
               " went on when a call of the hour began, at most.", needs=("calls.finish_time",)),
        owner("x"),
    ),
    """
FROM (
    SELECT e.start_time AS start_time, e.date AS date, e.user_id AS user_id, e.hour AS hour,
        e.direction AS direction, e.is_missed AS is_missed,
        sum(e.change) OVER (
            PARTITION BY e.start_time, e.user_id ORDER BY e.at, e.change ROWS UNBOUNDED PRECEDING
        ) AS lines
    FROM (
        SELECT d.start_time AS start_time, d.date AS date, c.user_id AS user_id, c.hour AS hour,
            c.direction AS direction, c.is_missed AS is_missed, c.start_time AS at, 1 AS change
        FROM days_of(calls) AS d JOIN call_facts AS c ON falls_on(c.start_time, d)
        UNION ALL
        SELECT d.start_time AS start_time, d.date AS date, c.user_id AS user_id, NULL AS hour,
            NULL AS direction, NULL AS is_missed, c.finish_time AS at, -1 AS change
        FROM days_of(calls) AS d JOIN call_facts AS c ON falls_on(c.start_time, d)
    ) AS e
) AS x
WHERE x.hour IS NOT NULL
GROUP BY x.start_time, x.date, x.hour, x.user_id
""",
    needs=("calls.id",),
)  # fmt: skip
