"""The sites, and the blocks of phone numbers on them."""

from __future__ import annotations

from typing import Any

from ..campaigns import CAMPAIGNS, FIRST_CAMPAIGN_ID
from ..catalog import FIRST_NUMBER_ID, FIRST_SCENARIO_ID, FIRST_SITE_ID, NUMBERS, SCENARIOS, SITES

Row = dict[str, Any]

FIRST_BLOCK_ID = 200
BLOCK = "Шапка сайта"
"""The name of the block that each site has."""


def sites() -> list[Row]:
    return [_site(place, name) for place, name in enumerate(SITES)]


def _site(place: int, name: str) -> Row:
    is_second = place == 1
    return {
        "id": FIRST_SITE_ID + place,
        "domain_name": name,
        "name": None if place == 3 else f"Сайт {name}",
        "default_phone_number": NUMBERS[place],
        "default_scenario": {
            "scenario_id": FIRST_SCENARIO_ID + place,
            "scenario_name": SCENARIOS[place],
        },
        "app_key": f"app-{place:04x}",
        "site_key": f"key-{place}",
        "is_editable": True,
        "creation_date": f"2025-01-0{place + 1} 10:00:00",
        "target_call_min_duration": 20,
        "track_subdomains": True,
        "cookie_lifetime": 180,
        "campaign_lifetime": 90,
        "sales_enabled": not is_second,
        "second_communication_period": 30,
        "services_enabled": True,
        "replacement_dynamical_block_enabled": True,
        "is_support_web_directory": False,
        "widget_link": {"enabled": True, "text": "Обратный звонок", "url": f"https://{name}/w"}
        if is_second
        else None,
        "industry_id": None if is_second else 12,
        "industry_name": None if is_second else "Мебель",
        "child_customer_id": None,
        "show_visitor_id": {
            "enabled": is_second,
            "element_id_value": "visitor",
            "message": "Ваш номер: %s",
            "length_visitor_id": "6",
        },
        "site_blocks": [{"site_block_id": FIRST_BLOCK_ID + place, "site_block_name": BLOCK}],
        "connected_integrations": ["yandex.direct", "google.adwords"] if place == 0 else [],
        "parent_id": None if place < 3 else FIRST_SITE_ID,
        "state": ("work", "work", "new", "error")[place],
    }


def site_blocks() -> list[Row]:
    return [_block(place, name) for place, name in enumerate(SITES)]


def _block(place: int, site: str) -> Row:
    return {
        "id": FIRST_BLOCK_ID + place,
        "name": BLOCK,
        "site_id": FIRST_SITE_ID + place,
        "site_domain_name": site,
        "templates": [
            {
                "template_id": 2_000 + place,
                "template_type": "text",
                "element_attribute": ("id", "class", "selector", "phone_number")[place],
                "element_attribute_value": None if place == 3 else "#phone",
                "phone_number_template": "+7 (495) ###-##-##" if place == 3 else None,
                "phone_number_mask": "+7 (###) ###-##-##",
            }
        ],
        "phone_numbers": [
            {
                "phone_number": NUMBERS[number],
                "phone_number_id": FIRST_NUMBER_ID + number,
                "campaign_id": FIRST_CAMPAIGN_ID + number % len(CAMPAIGNS),
                "campaign_name": CAMPAIGNS[number % len(CAMPAIGNS)].name,
                "image_url": f"https://img.example.ru/{number}.png" if place == 0 else None,
            }
            for number in range(place, len(NUMBERS), len(SITES))
        ],
    }
