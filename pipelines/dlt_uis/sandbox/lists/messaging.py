"""Channels of chats, and fields of forms."""

from __future__ import annotations

from typing import Any

from ...reports import REPORTS
from ..catalog import EMPLOYEES
from ..channels import FIRST_CHANNEL_ID, channel_name
from ..people import FIRST_EMPLOYEE_ID, FIRST_GROUP_ID, SHIFTS

Row = dict[str, Any]


def chat_channels() -> list[Row]:
    field = REPORTS["chats"].scalar("chat_channel_type")
    assert field is not None
    return [_channel(place, type_) for place, type_ in enumerate(field.values)]


def _channel(place: int, type_: str) -> Row:
    group, is_of_group = place % len(SHIFTS), place % 2 == 0
    employee = place % len(EMPLOYEES)
    return {
        "id": FIRST_CHANNEL_ID + place,
        "name": channel_name(type_),
        "type": type_,
        "status": ("active", "inactive", "idle", "error", "init", "deleted")[place % 6],
        "group_id": FIRST_GROUP_ID + group if is_of_group else None,
        "group_name": SHIFTS[group].name if is_of_group else None,
        "employee_id": None if is_of_group else FIRST_EMPLOYEE_ID + employee,
        "employee_full_name": None if is_of_group else EMPLOYEES[employee],
        "channel_external_id": None if type_ == "comagic" else f"ext-{place}",
    }


def user_fields() -> list[Row]:
    return [
        {"ext_id": "size", "name": "Размер", "data_type": "string"},
        {"ext_id": "floor", "name": "Этаж", "data_type": "number"},
    ]
