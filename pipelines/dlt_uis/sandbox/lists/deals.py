"""Deals that the account's CRM sends, with their stages, contacts and employees."""

from __future__ import annotations

from typing import Any

from ..catalog import CONTACTS, EMPLOYEES

Row = dict[str, Any]

_STAGES = ("Новая", "В работе", "Успешно", "Отказ")
_DEALS = 12


def history() -> list[Row]:
    return [_deal(place) for place in range(_DEALS)]


def _deal(place: int) -> Row:
    stage = place % len(_STAGES)
    is_closed = stage > 1
    return {
        "ext_id": f"deal-{place}",
        "name": f"Сделка №{place}",
        "created_date_time": f"2025-03-{place + 1:02} 11:00:00",
        "closed_date_time": f"2025-04-{place + 1:02} 18:30:00" if is_closed else None,
        "modified_stage_date_time": f"2025-03-{place + 2:02} 09:15:00",
        "contact_ext_ids": [_contact_id(place), _contact_id(place + 1)],
        "tag_ext_ids": ["vip"] if place % 3 == 0 else [],
        "main_contact_ext_id": _contact_id(place),
        "employee_ext_id": f"employee-{place % len(EMPLOYEES)}",
        "revenue": 1_000.25 * (place + 1) if stage == 2 else None,
        "sales_funnel_ext_id": "funnel-1",
        "stage_ext_id": f"stage-{stage}",
        "comments": None if place % 2 else 'Просил "скидку"\nи доставку',
        "source": "crm",
        "is_generated": place % 4 == 0,
        "communication_id": None,
        "communication_type": None,
    }


def _contact_id(place: int) -> str:
    return f"contact-{place % len(CONTACTS)}"


def contacts() -> list[Row]:
    return [
        {
            "ext_id": _contact_id(place),
            "name": name,
            "created_date_time": f"2025-02-{place + 1:02} 10:00:00",
            "phone_numbers": [f"7903{1_000_000 + place}"],
            "emails": [] if place % 2 else [f"deal{place}@example.com"],
            "component": ("amocrm", "bitrix", "dataapi")[place % 3],
        }
        for place, name in enumerate(CONTACTS)
    ]


def employees() -> list[Row]:
    return [{"ext_id": f"employee-{place}", "name": name} for place, name in enumerate(EMPLOYEES)]


def user_fields() -> list[Row]:
    return [{"ext_id": "delivery", "name": "Доставка", "data_type": "string"}]


def funnels() -> list[Row]:
    statuses = ("open", "open", "successful", "failed")
    stages = [
        {
            "stage_ext_id": f"stage-{place}",
            "stage_name": name,
            "stage_status": statuses[place],
            "stage_order": place,
        }
        for place, name in enumerate(_STAGES)
    ]
    return [
        {"ext_id": "funnel-1", "name": "Продажи", "stages": stages},
        {"ext_id": "funnel-2", "name": "Пустая воронка", "stages": []},
    ]
