"""Phone numbers and lines, and the scenarios and files that callers hear."""

from __future__ import annotations

from typing import Any

from ..campaigns import CAMPAIGNS, FIRST_CAMPAIGN_ID
from ..catalog import (
    EMPLOYEES,
    FIRST_NUMBER_ID,
    FIRST_OPERATION_ID,
    FIRST_SCENARIO_ID,
    FIRST_SITE_ID,
    NUMBERS,
    OPERATIONS,
    SCENARIOS,
    SITES,
)
from ..people import FIRST_EMPLOYEE_ID
from .sites import BLOCK, FIRST_BLOCK_ID

Row = dict[str, Any]


def _scenario_of(number: int) -> int:
    return number % len(SCENARIOS)


def virtual_numbers() -> list[Row]:
    return [_number(place, number) for place, number in enumerate(NUMBERS)]


def _number(place: int, number: str) -> Row:
    scenario = _scenario_of(place)
    return {
        "id": FIRST_NUMBER_ID + place,
        "child_customer_id": None,
        "virtual_phone_number": number,
        "redirection_phone_number": None if place % 4 else f"7916{2_000_000 + place}",
        "activation_date": f"2025-01-{place + 1:02} 00:00:00",
        "status": "cleaning" if place == 11 else "active",
        "category": ("usual", "bronze", "silver", "gold", "platinum")[place % 5],
        "type": ("call_tracking", "dynamic_call_tracking", "va")[place % 3],
        "comment": None if place % 3 else f"Номер для {SITES[place % len(SITES)]}",
        "name": f"Номер {place}",
        "campaigns": [_campaign(place)] if place < len(CAMPAIGNS) else [],
        "scenarios": [
            {
                "scenario_id": FIRST_SCENARIO_ID + scenario,
                "scenario_name": SCENARIOS[scenario],
                "call_processing_rule_id": 3_000 + place,
                "is_active": True,
            }
        ],
        "site_blocks": [],
    }


def _campaign(place: int) -> Row:
    block = {
        "site_block_id": FIRST_BLOCK_ID,
        "site_block_name": BLOCK,
        "is_tracking": place == 0,
    }
    return {
        "campaign_id": FIRST_CAMPAIGN_ID + place,
        "campaign_name": CAMPAIGNS[place].name,
        "site_id": FIRST_SITE_ID,
        "site_domain_name": SITES[0],
        "site_blocks": [block] if CAMPAIGNS[place].from_site else [],
    }


def sip_lines() -> list[Row]:
    return [
        {
            "id": 850 + place,
            "phone_number": f"0{30_000 + place}",
            "type": ("in", "in_out")[place % 2],
            "channels_count": 2,
            "dial_time": 25,
            "billing_state": "active",
            "physical_state": ("Зарегистрирован", "Не зарегистрирован")[place % 2],
            "virtual_phone_number": NUMBERS[place],
            "status": "active" if place else "inactive",
            "employee_id": FIRST_EMPLOYEE_ID + place if place else None,
            "employee_full_name": EMPLOYEES[place] if place else None,
            # a T in this one place
            "ip_addresses": [{"date_time": f"2025-12-22T09:33:3{place}", "ip": f"192.0.2.{place}"}]
            if place % 2 == 0
            else [],
        }
        for place in range(4)
    ]


def sip_line_virtual_numbers() -> list[Row]:
    return [{"virtual_phone_number": number} for number in NUMBERS[:6]]


def scenarios() -> list[Row]:
    return [_scenario(place, name) for place, name in enumerate(SCENARIOS)]


def _scenario(place: int, name: str) -> Row:
    site = {"site_id": FIRST_SITE_ID + place, "site_domain_name": SITES[place % len(SITES)]}
    campaign = {
        "campaign_id": FIRST_CAMPAIGN_ID + place,
        "campaign_name": CAMPAIGNS[place].name,
        "site_id": FIRST_SITE_ID,
        "site_domain_name": SITES[0],
    }
    numbers = [number for each, number in enumerate(NUMBERS) if _scenario_of(each) == place]
    operations = OPERATIONS[: 1 + place]
    return {
        "id": FIRST_SCENARIO_ID + place,
        "name": name,
        "virtual_phone_numbers": numbers,
        "sites": [site] if place < len(SITES) else [],
        "campaigns": [campaign],
        "operations": [str(FIRST_OPERATION_ID + each) for each in range(len(operations))],
    }


def media_files() -> list[Row]:
    names = ("Приветствие.wav", "Музыка ожидания.mp3", "Мы перезвоним.wav")
    return [
        {
            "id": 90 + place,
            "name": name,
            "duration": 12 + 30 * place,
            "play_link": f"https://app.example.ru/media/{place}?k=%D1%84",
            "normalization": place > 0,
            "size": 240_000 * (place + 1),
            "type": "system" if place == 1 else "user",
        }
        for place, name in enumerate(names)
    ]


def blacklist() -> list[Row]:
    return [
        {
            "id": 95 + place,
            "phone_number": f"7495{9_000_000 + place}",
            "add_user_name": None if place else "Анна",
            "add_comment": "Спам, 10 звонков в час" if place else None,
            "add_date_time": f"2025-06-0{place + 1} 12:30:00",
        }
        for place in range(3)
    ]
