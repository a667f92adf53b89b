"""The account's lists (employees, sites, …): with the ids and names that its records bear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from . import advertising, contacts, deals, labels, messaging, numbers, partners, sites, staff

Row = dict[str, Any]

LISTS: Mapping[str, Callable[[], list[Row]]] = {
    "get.tags": labels.tags,
    "get.segments": labels.segments,
    "get.events": labels.events,
    "get.employees": staff.employees,
    "get.group_employees": staff.groups,
    "get.employee_positions": staff.positions,
    "get.schedules": staff.schedules,
    "get.statuses": staff.statuses,
    "get.sites": sites.sites,
    "get.site_blocks": sites.site_blocks,
    "get.campaigns": advertising.campaigns,
    "get.sources": advertising.sources,
    "get.sources_groups": advertising.groups,
    "get.sources_channels": advertising.channels,
    "get.auto_call_campaigns": advertising.auto_call_campaigns,
    "get.virtual_numbers": numbers.virtual_numbers,
    "get.sip_lines": numbers.sip_lines,
    "get.sip_line_virtual_numbers": numbers.sip_line_virtual_numbers,
    "get.scenarios": numbers.scenarios,
    "get.media_files": numbers.media_files,
    "get.blacklist_phone_numbers": numbers.blacklist,
    "get.contacts": contacts.contacts,
    "get.group_contacts": contacts.groups,
    "get.contact_organizations": contacts.organizations,
    "get.chat_channels": messaging.chat_channels,
    "get.offline_message_user_fields": messaging.user_fields,
    "get.deals_history": deals.history,
    "get.deal_contacts": deals.contacts,
    "get.deal_employees": deals.employees,
    "get.deal_user_fields": deals.user_fields,
    "get.sales_funnel": deals.funnels,
    "get.customers": partners.customers,
    "get.customer_users": partners.users,
}
"""What each method makes; an account may have been given other rows since."""


@lru_cache
def fields_of(method: str) -> frozenset[str]:
    """Names of the fields that a list has, whether it has rows or not."""
    rows = [contacts.SOMEBODY] if method == "get.contacts" else LISTS[method]()
    return frozenset(name for row in rows for name in row)


ASKED_ONLY: Mapping[str, tuple[str, ...]] = {
    "get.campaigns": tuple(
        f"static_utm_{name}"
        for name in ("source", "medium", "campaign", "term", "content", "referrer", "expid")
    ),
    # not documented: comagic-data-api-sdk asks for it
    "get.virtual_numbers": ("site_blocks",),
    # the documentation calls these so in its examples, and otherwise in its tables
    "get.group_employees": ("phone_number",),
    "get.segments": ("segment_conditions",),
}
"""Fields that come only if they are asked for."""

UNKNOWN_TO: Mapping[str, frozenset[str]] = {
    "novofon": frozenset(
        ("get.auto_call_campaigns", "get.chat_channels", "get.events", "get.segments",
         "get.sources", "get.sources_channels", "get.sources_groups")
    ),
}  # fmt: skip
"""Lists that a brand does not document."""

OF_AGENTS = ("get.customers", "get.customer_users")
"""Lists of an agent's own, whose requests name no user."""
