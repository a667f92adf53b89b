"""Employees, their groups, positions, schedules and statuses."""

from __future__ import annotations

from typing import Any

from ..catalog import EMPLOYEES, FIRST_SITE_ID, SITES
from ..people import (
    DUTY,
    FIRST_EMPLOYEE_ID,
    FIRST_GROUP_ID,
    FIRST_SCHEDULE_ID,
    SHIFTS,
    Shift,
    groups_of,
    mobile_of,
    names_of,
)
from ..statuses import STATUSES, Status

Row = dict[str, Any]

_POSITIONS = ("Оператор", "Старший оператор", "Руководитель отдела продаж")
_FIRST_POSITION_ID, _FIRST_PHONE_ID = 40, 60_000


def employees() -> list[Row]:
    return [_employee(place, name) for place, name in enumerate(EMPLOYEES)]


def _employee(place: int, full_name: str) -> Row:
    groups, status = groups_of(place), STATUSES[place % 5]
    return {
        "id": FIRST_EMPLOYEE_ID + place,
        "login": None if place % 5 == 4 else f"employee{place}",
        **names_of(full_name),
        "status": status.mnemonic,
        "status_id": status.id,
        "calls_available": status.mnemonic == "available",
        "allowed_in_call_types": ["external", "internal"],
        "in_external_allowed_call_directions": ["in", "out"],
        "in_internal_allowed_call_directions": ["in"],
        "allowed_out_call_types": ["external", "internal"] if place % 2 else ["internal"],
        "out_external_allowed_call_directions": ["out"],
        "out_internal_allowed_call_directions": ["in"] if place % 2 else [],
        "email": None if place % 3 else f"employee-{place}@example.ru",
        "call_recording": ("all", "in", "out", "off")[place % 4],
        "schedule_id": FIRST_SCHEDULE_ID + groups[0],
        "schedule_name": SHIFTS[groups[0]].name,
        "coach": _coach(place) if place % 4 == 1 else None,
        "groups": [
            {"group_id": FIRST_GROUP_ID + group, "group_name": SHIFTS[group].name}
            for group in groups
        ],
        "phone_numbers": [
            {
                "phone_id": _FIRST_PHONE_ID + place,
                "phone_number": mobile_of(place),
                "channels_count": 1 + place % 2,
                "dial_time": 30,
                "status": "active",
            }
        ],
        "extension": {
            "extension_phone_number": f"{100 + place}",
            "extension_voice_mail_enabled": place % 2 == 0,
            "extension_queue_enabled": True,
        },
        "operator": _operator(place, full_name) if place % 3 else None,
    }


def _coach(place: int) -> Row:
    """Each fourth is listened to by the one before."""
    return {
        "coach_full_name": EMPLOYEES[place - 1],
        "coach_id": FIRST_EMPLOYEE_ID + place - 1,
        "coach_always_enabled": place % 8 == 1,
    }


def _operator(place: int, full_name: str) -> Row:
    position = place % len(_POSITIONS)
    return {
        "operator_display_name": full_name.rpartition(" ")[2],
        "operator_login": f"operator{place}",
        "operator_position_id": _FIRST_POSITION_ID + position,
        "operator_position_name": _POSITIONS[position],
        "operator_offline_message_enabled": True,
        "operator_invite_to_chat_enabled": place % 2 == 0,
        "operator_chat_enabled": True,
        "operator_chats_available": place % 2 == 0,
        "operator_sites": [
            {"site_id": FIRST_SITE_ID + site, "site_domain_name": SITES[site]}
            for site in range(place % (len(SITES) + 1))
        ],
    }


def groups() -> list[Row]:
    return [_group(place, shift) for place, shift in enumerate(SHIFTS)]


def _group(place: int, shift: Shift) -> Row:
    members = [
        {"employee_id": FIRST_EMPLOYEE_ID + each, "employee_full_name": EMPLOYEES[each]}
        for each in shift.staff
    ]
    numbers = [
        {
            **member,
            "employee_phone_number": mobile_of(each),
            "employee_phone_number_id": _FIRST_PHONE_ID + each,
            "available": each % 2 == 0,
        }
        for each, member in zip(shift.staff, members, strict=True)
    ]
    return {
        "id": FIRST_GROUP_ID + place,
        "name": shift.name,
        "members": members,
        "phone_numbers": numbers,
        "group_phone_number": f"{200 + place}",
        "queue_enabled": place != DUTY,
        "channels_count": None if place == DUTY else len(members),
        "phone_number": numbers,
    }


def positions() -> list[Row]:
    return [
        {"id": _FIRST_POSITION_ID + place, "name": name} for place, name in enumerate(_POSITIONS)
    ]


def schedules() -> list[Row]:
    return [
        {
            "id": FIRST_SCHEDULE_ID + place,
            "name": shift.name,
            "schedules": [
                {
                    "activity_days": {
                        "type": "days_of_week",
                        "days": [str(day + 1) for day in shift.days],
                    },
                    "activity_time": [
                        {
                            "time_from": f"{shift.hours.start:02}:00",
                            "time_till": f"{shift.hours.stop:02}:00",
                        }
                    ],
                    "activity_date_from": "2025-01-01",
                    "activity_date_till": None if place == DUTY else "2030-12-31",
                }
            ],
        }
        for place, shift in enumerate(SHIFTS)
    ]


def statuses() -> list[Row]:
    return [_status(status) for status in STATUSES]


def _status(status: Status) -> Row:
    is_there = status.mnemonic in ("available", "auto_out_call")
    return {
        "id": status.id,
        "name": status.name,
        "mnemonic": status.mnemonic,
        "description": None if status.mnemonic else f"Статус «{status.name}» нашей компании",
        "color": status.color,
        "is_deleted": status.is_deleted,
        "in_external_allowed_call_directions": ["in", "out"] if is_there else [],
        "in_internal_allowed_call_directions": ["in", "out"] if is_there else [],
        "out_external_allowed_call_directions": ["in", "out"] if is_there else ["out"],
        "out_internal_allowed_call_directions": ["in", "out"],
        "allowed_phone_protocols": ["PSTN", "SIP", "SIP_TRUNK", "FMC"] if is_there else ["SIP"],
        "is_select_allowed": status.mnemonic != "unknown",
        "is_worktime": status.mnemonic not in ("not_at_work", "unknown"),
        "is_auto_out_calls_ready": status.mnemonic == "auto_out_call",
    }
