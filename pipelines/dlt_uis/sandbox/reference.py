"""The account's lists (tags, employees, …): with the ids and names that its calls bear."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import catalog
from .campaigns import CAMPAIGNS
from .parameters import number
from .refusals import Refusal

Row = dict[str, Any]

_PARAMETERS = frozenset(("access_token", "user_id", "limit", "offset", "filter", "fields", "sort"))


def _tags() -> list[Row]:
    return [
        {"id": 1_000 + index, "name": name, "is_system": index % 2 == 0}
        for index, name in enumerate(catalog.TAGS)
    ]


def _employees() -> list[Row]:
    return [
        {
            "id": 50_000 + index,
            "full_name": name,
            "status": "available",
            "email": None if index % 3 else f"employee-{index}@example.ru",
            "phone_numbers": [{"phone_number": f"7916{2_000_000 + index}", "is_active": True}],
        }
        for index, name in enumerate(catalog.EMPLOYEES)
    ]


def _sites() -> list[Row]:
    return [
        {"id": 9_000 + index, "domain_name": name, "target_call_min_duration": 20}
        for index, name in enumerate(catalog.SITES)
    ]


def _campaigns() -> list[Row]:
    return [
        {
            "id": 7_000 + index,
            "name": name,
            "status": "active",
            "creation_time": f"2025-01-{index + 1:02} 10:00:00",
        }
        for index, name in enumerate(campaign.name for campaign in CAMPAIGNS)
    ]


def _scenarios() -> list[Row]:
    return [{"id": 300 + index, "name": name} for index, name in enumerate(catalog.SCENARIOS)]


def _virtual_numbers() -> list[Row]:
    return [
        {
            "id": 800 + index,
            "virtual_phone_number": f"7495{1_000_000 + index}",
            "status": "active",
            "activation_date": "2025-01-01 00:00:00",
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


def page(rows: Sequence[Row], params: Mapping[str, Any]) -> list[Row]:
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
        return list(chosen)
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise Refusal("data_type_error", "fields must be an array of strings", field="fields")
    known = {name for row in rows for name in row}
    for name in fields:
        if name not in known:
            raise Refusal("unexpected_parameters", f"Unknown field {name}", field=name, value=name)
    return [{name: row.get(name) for name in fields} for row in chosen]
