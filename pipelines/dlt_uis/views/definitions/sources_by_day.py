"""``sources_by_day``: which campaigns bring calls, and what comes of them."""

from __future__ import annotations

from ..view import Column, View
from .days import count_if, day, owner

_KEYS = {
    "campaign": "Name of the advertising campaign.",
    "source": "Name of the traffic source.",
    "utm_source": "UTM tag source, merged as in call_facts.",
    "utm_medium": "UTM tag medium, merged as in call_facts.",
    "utm_campaign": "UTM tag campaign, merged as in call_facts.",
}

SOURCES_BY_DAY = View(
    "sources_by_day",
    "A row for each day, campaign, traffic source and UTM tags: calls and what came of them.",
    (
        *day("d"),
        *(Column(name, "TEXT", f"c.{name}", meaning) for name, meaning in _KEYS.items()),
        Column("calls", "BIGINT", "count(c.id)", "Calls, both directions."),
        Column("first_calls", "BIGINT", count_if("c.is_first"),
               "Calls that were the visitor's first communication.",
               needs=("calls.communication_number",)),
        Column("target_calls", "BIGINT", count_if("c.is_target"),
               "Calls with the attribute target.", needs=("calls__attributes.value",)),
        Column("missed", "BIGINT", count_if("c.is_missed"),
               "Incoming calls that nobody answered.", needs=("calls.direction", "calls.is_lost")),
        Column("sales", "BIGINT", count_if("c.is_sale"), "Calls that a deal came of.",
               needs=("calls.sale_cost",)),
        Column("revenue", "DECIMAL(38, 9)", "coalesce(sum(c.revenue), 0)",
               "Amount of these deals, in the account's currency.", needs=("calls.sale_cost",)),
        owner("c"),
    ),
    "FROM days_of(calls) AS d JOIN call_facts AS c ON falls_on(c.start_time, d) GROUP BY"
    f" d.start_time, d.date, {', '.join(f'c.{name}' for name in _KEYS)}, c.user_id",
    needs=("calls.id",),
)  # fmt: skip
