"""``service_by_day``: how incoming calls are served."""

from __future__ import annotations

from ..view import Column, View
from .days import count_if, day, owner, share

_IN = "c.direction = 'in'"
_ANSWERED = f"{_IN} AND c.is_answered"
_SOON = f"{_ANSWERED} AND c.wait_seconds <= 20"
_WAIT = f"CASE WHEN {_IN} THEN c.wait_seconds END"
_TALK = f"CASE WHEN {_ANSWERED} THEN c.talk_seconds END"
_NEEDS = ("calls.direction", "calls.is_lost")
_NEEDS_WAIT = ("calls.direction", "calls.is_lost", "calls.wait_duration")

SERVICE_BY_DAY = View(
    "service_by_day",
    "A row for each day with calls: how many came, were answered and missed, and how long callers"
    " waited.",
    (
        *day("d"),
        Column("weekday", "BIGINT", "weekday_of(d.date)", "Weekday, 1 (Monday) to 7."),
        Column("calls", "BIGINT", "count(c.id)", "Calls that began on the day, both directions."),
        Column("incoming", "BIGINT", count_if(_IN), "Incoming calls.", needs=("calls.direction",)),
        Column("answered", "BIGINT", count_if(_ANSWERED),
               "Incoming calls that somebody answered.", needs=_NEEDS),
        Column("missed", "BIGINT", count_if("c.is_missed"),
               "Incoming calls that nobody answered.", needs=_NEEDS),
        Column("missed_share", "DOUBLE", share(count_if("c.is_missed"), count_if(_IN)),
               "Share of incoming calls that nobody answered, 0 to 1.", needs=_NEEDS),
        Column("answered_within_20s", "BIGINT", count_if(_SOON),
               "Incoming calls that somebody answered within 20 seconds.", needs=_NEEDS_WAIT),
        Column("answered_within_20s_share", "DOUBLE", share(count_if(_SOON), count_if(_IN)),
               "Share of incoming calls that somebody answered within 20 seconds, 0 to 1.",
               needs=_NEEDS_WAIT),
        Column("median_wait_seconds", "BIGINT", f"nearest_rank({_WAIT}, 0.5)",
               "Half of the incoming calls waited no longer than these seconds, answered or not.",
               needs=("calls.direction",)),
        Column("p90_wait_seconds", "BIGINT", f"nearest_rank({_WAIT}, 0.9)",
               "Nine of ten incoming calls waited no longer than these seconds, answered or not.",
               needs=("calls.direction",)),
        Column("mean_talk_seconds", "DOUBLE", f"CAST(sum({_TALK}) AS DOUBLE) / count({_TALK})",
               "Mean seconds of talk of the incoming calls that somebody answered.", needs=_NEEDS),
        owner("c"),
    ),
    "FROM days_of(calls) AS d JOIN call_facts AS c ON falls_on(c.start_time, d)"
    " GROUP BY d.start_time, d.date, c.user_id",
    needs=("calls.id",),
)  # fmt: skip
