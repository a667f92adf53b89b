"""``communications_by_day``: all ways in which people turn to the account."""

from __future__ import annotations

from ..view import Column, View
from .days import count_if, day, owner

_KEYS = {
    "communication_type": "Kind, as the API names it: call, chat, offline_message (a form), goal.",
    "campaign": "Name of the advertising campaign.",
    "source": "Name of the traffic source.",
}


def _branch(table: str, time: str, kind: str, condition: str) -> str:
    return f"""
    SELECT d.start_time AS start_time, d.date AS date, {kind} AS communication_type,
        nullif(c.campaign_name, '') AS campaign, nullif(c.source_name, '') AS source,
        c.communication_number AS number, c.sale_date AS sale_date, c.sale_cost AS sale_cost,
        c.user_id AS user_id
    FROM days_of({table}) AS d JOIN {table} AS c ON falls_on(c.{time}, d)
    WHERE {condition}"""


_ELSEWHERE = (
    "NOT ((c.communication_type = 'call' AND is_loaded(calls.id))"
    " OR (c.communication_type = 'chat' AND is_loaded(chats.id))"
    " OR (c.communication_type = 'offline_message' AND is_loaded(offline_messages.id)))"
)
"""Communications that no report of their own tells of."""

_UNION = " UNION ALL ".join(
    (
        _branch(
            "calls", "start_time", "'call'", "c.direction = 'in' OR NOT is_loaded(calls.direction)"
        ),
        _branch("chats", "date_time", "'chat'", "TRUE"),
        _branch("offline_messages", "date_time", "'offline_message'", "TRUE"),
        _branch("communications", "date_time", "c.communication_type", _ELSEWHERE),
    )
)

COMMUNICATIONS_BY_DAY = View(
    "communications_by_day",
    "A row for each day, kind of communication, campaign and traffic source: incoming calls, chats,"
    " forms and goals, from the reports that are loaded.",
    (
        *day("x"),
        *(Column(name, "TEXT", f"x.{name}", meaning) for name, meaning in _KEYS.items()),
        Column("communications", "BIGINT", "count(x.date)", "How many there were."),
        Column("first_communications", "BIGINT", count_if("x.number = 1"),
               "How many were their visitor's first."),
        Column("sales", "BIGINT", count_if("x.sale_date IS NOT NULL OR x.sale_cost IS NOT NULL"),
               "How many a deal came of."),
        Column("revenue", "DECIMAL(38, 9)", "coalesce(sum(x.sale_cost), 0)",
               "Amount of these deals, in the account's currency."),
        owner("x"),
    ),
    f"FROM ({_UNION}) AS x GROUP BY x.start_time, x.date,"
    f" {', '.join(f'x.{name}' for name in _KEYS)}, x.user_id",
    any_of=("chats.id", "offline_messages.id", "communications.communication_type"),
)  # fmt: skip
