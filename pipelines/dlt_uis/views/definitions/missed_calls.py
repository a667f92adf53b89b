"""``missed_calls``: incoming calls that nobody answered, and what became of them.

What came next is looked for within a week: a contact who calls after months calls about something
else. It also keeps the query from pairing all calls of a number that calls all day.
"""

from __future__ import annotations

from ..view import Column, View
from .days import owner

CALLED_BACK, CALLED_AGAIN, NOBODY = "called_back", "called_again", "nobody"
"""What became of a missed call."""

_NEXT = ("calls.contact_phone_number",)
_SECONDS = "seconds_between(x.start_time, x.next_start)"


def _of_next(name: str, type_: str, sql: str, meaning: str) -> Column:
    return Column(name, type_, sql, meaning, needs=_NEXT)


MISSED_CALLS = View(
    "missed_calls",
    "A row for each missed call (incoming, nobody answered), and what became of it: the next call"
    " with the same number within seven days in which both sides talked.",
    (
        Column("id", "BIGINT", "x.id", "Id of the missed call; calls.id."),
        Column("start_time", "TIMESTAMPTZ", "x.start_time",
               "When the missed call began; filter by it."),
        Column("local_start", "TIMESTAMP", "local(x.start_time)",
               "When the missed call began, in the account's zone."),
        Column("date", "DATE", "CAST(local(x.start_time) AS DATE)",
               "Day of the missed call, in the account's zone."),
        Column("hour", "BIGINT", "extract(hour FROM local(x.start_time))",
               "Hour of the missed call, 0 to 23, in the account's zone."),
        Column("weekday", "BIGINT", "weekday_of(local(x.start_time))",
               "Weekday of the missed call, 1 (Monday) to 7, in the account's zone."),
        Column("contact_phone_number", "TEXT", "x.contact_phone_number",
               "Phone number of the caller, or its pseudonym."),
        Column("virtual_phone_number", "TEXT", "x.virtual_phone_number",
               "Number of the account that was called."),
        Column("wait_seconds", "BIGINT", "x.wait_seconds", "Seconds that the caller waited."),
        Column("campaign", "TEXT", "x.campaign",
               "Name of the advertising campaign that the call is counted for."),
        Column("source", "TEXT", "x.source", "Name of the traffic source."),
        _of_next("outcome", "TEXT",
                 f"CASE WHEN x.next_id IS NULL THEN '{NOBODY}' WHEN x.next_direction = 'out'"
                 f" THEN '{CALLED_BACK}' ELSE '{CALLED_AGAIN}' END",
                 f"{CALLED_BACK}: an employee called, and the contact answered. {CALLED_AGAIN}: the"
                 f" contact called again, and was answered. {NOBODY}: neither, until now, or within"
                 " seven days. What came first counts."),
        _of_next("minutes_until_talk", "DOUBLE", f"CAST({_SECONDS} AS DOUBLE) / 60",
                 "Minutes from the start of the missed call to the start of that next call."),
        _of_next("is_within_sla", "BOOLEAN",
                 f"coalesce({_SECONDS} <= 60 * callback_minutes(), FALSE)",
                 "Whether it came within the minutes of the setting views.callback_minutes (20)."),
        _of_next("next_call_id", "BIGINT", "x.next_id", "Id of that next call; calls.id."),
        _of_next("next_employee_id", "BIGINT", "x.next_employee_id",
                 "Id of the employee who called back, or answered the contact's next call."),
        _of_next("next_employee", "TEXT", "x.next_employee",
                 "Full name of the employee who called back, or answered the next call."),
        owner("x"),
    ),
    """
FROM (
    SELECT m.id AS id, m.start_time AS start_time, m.contact_phone_number AS contact_phone_number,
        m.virtual_phone_number AS virtual_phone_number, m.wait_seconds AS wait_seconds,
        m.campaign AS campaign, m.source AS source, m.user_id AS user_id,
        n.id AS next_id, n.start_time AS next_start, n.direction AS next_direction,
        n.last_employee_id AS next_employee_id, n.last_employee AS next_employee,
        row_number() OVER (
            PARTITION BY m.start_time, m.id, m.user_id ORDER BY n.start_time, n.id
        ) AS place
    FROM call_facts AS m
    LEFT JOIN call_facts AS n ON n.contact_phone_number = m.contact_phone_number
        AND same_owner(n, m) AND m.contact_phone_number <> '' AND n.is_answered
        AND n.start_time > m.start_time AND n.start_time <= m.start_time + INTERVAL 7 DAY
    WHERE m.is_missed
) AS x
WHERE x.place = 1
""",
    needs=("calls.id", "calls.direction", "calls.is_lost"),
)  # fmt: skip
