"""The account's lists (tags, employees, …): with the ids and names that its calls bear."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import catalog
from .campaigns import CAMPAIGNS, FIRST_CAMPAIGN_ID, Campaign
from .parameters import number
from .people import FIRST_EMPLOYEE_ID, SHIFTS
from .refusals import Refusal

Row = dict[str, Any]

FIRST_SITE_ID = 9_000

_PARAMETERS = frozenset(("access_token", "user_id", "limit", "offset", "filter", "fields", "sort"))


def _tags() -> list[Row]:
    return [
        {"id": 1_000 + index, "name": name, "is_system": index % 2 == 0}
        for index, name in enumerate(catalog.TAGS)
    ]


def _employees() -> list[Row]:
    return [_employee(index, name) for index, name in enumerate(catalog.EMPLOYEES)]


def _employee(index: int, full_name: str) -> Row:
    last, *given = full_name.split()
    schedule = next(
        number for number, shift in reversed([*enumerate(SHIFTS)]) if index in shift.staff
    )
    return {
        "id": FIRST_EMPLOYEE_ID + index,
        "first_name": " ".join(given[:1]),
        "last_name": last,
        "patronymic": " ".join(given[1:]) or None,
        "full_name": full_name,
        "status": "available",
        "calls_available": True,
        "allowed_in_call_types": ["external", "internal"],
        "allowed_out_call_types": ["external", "internal"],
        "email": None if index % 3 else f"employee-{index}@example.ru",
        "call_recording": "all",
        "schedule_id": 70 + schedule,
        "schedule_name": SHIFTS[schedule].name,
        "coach": None,
        "groups": [{"group_id": 60 + schedule, "group_name": SHIFTS[schedule].name}],
        "phone_numbers": [{"phone_number": f"7916{2_000_000 + index}", "is_active": True}],
        "extension": {"extension_phone_number": f"{100 + index}"},
        "operator": None,
    }


def _sites() -> list[Row]:
    return [
        {
            "id": FIRST_SITE_ID + index,
            "domain_name": name,
            "default_phone_number": f"7495{1_000_000 + index}",
            "default_scenario": None,
            "site_key": f"key-{index}",
            "creation_date": "2025-01-01 10:00:00",
            "target_call_min_duration": 20,
            "track_subdomains": True,
            "cookie_lifetime": 180,
            "campaign_lifetime": 90,
            "sales_enabled": True,
            "second_communication_period": 30,
            "services_enabled": True,
            "replacement_dynamical_block_enabled": True,
            "widget_link": None,
            "industry_id": None,
            "industry_name": None,
            "show_visitor_id": None,
            "site_blocks": [],
            "connected_integrations": [],
        }
        for index, name in enumerate(catalog.SITES)
    ]


def _campaigns() -> list[Row]:
    return [_campaign(index, campaign) for index, campaign in enumerate(CAMPAIGNS)]


def _campaign(index: int, campaign: Campaign) -> Row:
    source, medium = (campaign.tags.source, campaign.tags.medium) if campaign.tags else (None, None)
    return {
        "id": FIRST_CAMPAIGN_ID + index,
        "name": campaign.name,
        "description": None,
        "status": "active",
        "creation_time": f"2025-01-{index + 1:02} 10:00:00",
        "campaign_conditions": None,
        "engine": {"yandex": "yandex.direct", "google": "google.adwords"}.get(source or ""),
        "type": "basic" if campaign.from_site and campaign.tags else "system",
        "costs": None,
        "cost_ratio": None,
        "cost_ratio_operator": "wo_changes",
        "site_id": FIRST_SITE_ID,
        "site_domain_name": catalog.SITES[0],
        "site_blocks": [],
        "dynamic_call_tracking": None,
        "static_utm_source": source,
        "static_utm_medium": medium,
    }


def _scenarios() -> list[Row]:
    return [
        {
            "id": 300 + index,
            "name": name,
            "virtual_phone_numbers": [],
            "sites": [],
            "campaigns": [],
        }
        for index, name in enumerate(catalog.SCENARIOS)
    ]


def _virtual_numbers() -> list[Row]:
    return [
        {
            "id": 800 + index,
            "virtual_phone_number": f"7495{1_000_000 + index}",
            "redirection_phone_number": None,
            "activation_date": "2025-01-01 00:00:00",
            "status": "active",
            "category": "usual",
            "type": "call_tracking",
            "campaigns": [],
            "scenarios": [],
            "site_blocks": [],
        }
        for index in range(12)
    ]


LISTS: Mapping[str, Callable[[], list[Row]]] = {
    "get.tags": _tags,
    "get.employees": _employees,
    "get.sites": _sites,
    "get.campaigns": _campaigns,
    "get.scenarios": _scenarios,
    "get.virtual_numbers": _virtual_numbers,
}
"""What each method makes; an account may have been given other rows since."""

_ASKED_ONLY = {
    "get.campaigns": ("static_utm_source", "static_utm_medium"),
    # not documented: comagic-data-api-sdk asks for it
    "get.virtual_numbers": ("site_blocks",),
}
"""Fields that come only if they are asked for."""


def page(method: str, rows: Sequence[Row], params: Mapping[str, Any]) -> list[Row]:
    """The rows that a request asks for.

    Raises:
        Refusal: its parameters are not as documented.
    """
    for name in params:
        if name not in _PARAMETERS:
            raise Refusal("unexpected_parameters", f"Unexpected parameter {name}", field=name)
    for name in ("filter", "sort"):
        if params.get(name):
            raise Refusal(f"{name}_prohibited", f"The sandbox has no {name} here", field=name)
    limit = number(params, "limit", 1_000, 1, 10_000)
    offset = number(params, "offset", 0, 0, 100_000)
    chosen = rows[offset : offset + limit]
    fields = params.get("fields")
    if fields is None:
        left_out = _ASKED_ONLY.get(method, ())
        return [{name: row[name] for name in row if name not in left_out} for row in chosen]
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise Refusal("data_type_error", "fields must be an array of strings", field="fields")
    known = {name for row in rows for name in row}
    for name in fields:
        if name not in known:
            raise Refusal("unexpected_parameters", f"Unknown field {name}", field=name, value=name)
    return [{name: row.get(name) for name in fields} for row in chosen]
