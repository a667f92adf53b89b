"""Advertising campaigns, traffic sources, and campaigns of automatic calls."""

from __future__ import annotations

from typing import Any

from ..advertisements import engine_of
from ..campaigns import CAMPAIGNS, FIRST_CAMPAIGN_ID, FIRST_SOURCE_ID, SOURCES, Campaign
from ..catalog import FIRST_NUMBER_ID, FIRST_SITE_ID, NUMBERS, SITES
from ..people import mobile_of
from .sites import BLOCK, FIRST_BLOCK_ID

Row = dict[str, Any]

_GROUPS = tuple(dict.fromkeys(source.group for source in SOURCES))
_CHANNELS = tuple(dict.fromkeys((source.channel, source.code) for source in SOURCES))
_FIRST_GROUP_ID, _FIRST_CHANNEL_ID = 110, 1
AUTO_CALLS = "Обзвон «Весна» №2"
"""The campaign that some calls bear the name of."""


def campaigns() -> list[Row]:
    return [_campaign(place, each) for place, each in enumerate(CAMPAIGNS)]


def _campaign(place: int, campaign: Campaign) -> Row:
    tags, is_dynamic = campaign.tags, place == 0
    return {
        "id": FIRST_CAMPAIGN_ID + place,
        "name": campaign.name,
        "description": None if place else "Основная кампания\nпо бренду и диванам",
        "status": "inactive" if place == 6 else "active",
        "creation_time": f"2025-01-{place + 1:02} 10:00:00",
        "campaign_conditions": _conditions(tags.source) if tags else None,
        "engine": engine_of(place),
        "type": "basic" if campaign.from_site and tags else "system",
        "costs": 15_000.5 if place == 4 else None,
        "cost_ratio": 1.2 if is_dynamic else None,
        "cost_ratio_operator": "multiply" if is_dynamic else "wo_changes",
        "site_id": FIRST_SITE_ID,
        "site_domain_name": SITES[0],
        "site_blocks": [_block(place)] if campaign.from_site else [],
        **{f"static_utm_{name}": None for name in ("term", "content", "referrer", "expid")},
        "static_utm_campaign": tags and tags.campaigns[0],
        "static_utm_source": tags and tags.source,
        "static_utm_medium": tags and tags.medium,
        "dynamic_call_tracking_enabled": is_dynamic,
        "dynamic_call_tracking": {
            "reservation_time": "30m",
            "count_virtual_numbers": 4,
            "count_visits": 120,
            "coverage_visitors": 97.5,
        }
        if is_dynamic
        else None,
    }


def _conditions(source: str) -> Row:
    condition = {
        "type": "include",
        "campaign_parameter": "utm_source",
        "value": source,
        "operator": "=",
    }
    return {"group_conditions": [{"conditions": [condition]}]}


def _block(campaign: int) -> Row:
    return {
        "site_block_id": FIRST_BLOCK_ID,
        "site_block_name": BLOCK,
        "phone_number_type": "call_tracking",
        "phone_number_id": FIRST_NUMBER_ID + campaign,
        "phone_number": NUMBERS[campaign],
        "redirection_phone_number_id": 60_000 if campaign == 1 else None,
        "redirection_phone_number": mobile_of(0) if campaign == 1 else None,
        "dynamic_call_tracking_enabled": campaign == 0,
    }


def sources() -> list[Row]:
    return [
        {
            "id": FIRST_SOURCE_ID + place,
            "name": source.name,
            "description": "Всё, что не из интернета" if source.name == "Офлайн" else None,
            "group_id": _FIRST_GROUP_ID + _GROUPS.index(source.group),
            "group_name": source.group,
            "channel_id": _FIRST_CHANNEL_ID + _CHANNELS.index((source.channel, source.code)),
            "channel_name": source.channel,
            "channel_mnemonic": source.code,
            "filter": {"field": "referrer_domain", "operator": "=", "value": source.domain}
            if source.domain
            else None,
            "priority": place + 1,
            "is_custom": source.name == "Офлайн",
            "state": "active",
            "icon_mnemonic": source.engine,
            "parameter": "utm_source" if source.engine else None,
            "value": source.engine,
        }
        for place, source in enumerate(SOURCES)
    ]


def groups() -> list[Row]:
    rows = []
    for place, name in enumerate(_GROUPS):
        source = next(each for each in SOURCES if each.group == name)
        rows.append(
            {
                "id": _FIRST_GROUP_ID + place,
                "name": name,
                "channel_id": _FIRST_CHANNEL_ID + _CHANNELS.index((source.channel, source.code)),
                "channel_name": source.channel,
                "channel_mnemonic": source.code,
                "is_custom": name == "Офлайн",
                "state": "active",
            }
        )
    return rows


def channels() -> list[Row]:
    return [
        {
            "id": _FIRST_CHANNEL_ID + place,
            "name": name,
            "mnemonic": code,
            "is_custom": code == "offline",
            "state": "active",
            "default_source_id": next(
                FIRST_SOURCE_ID + number
                for number, source in enumerate(SOURCES)
                if source.channel == name
            ),
        }
        for place, (name, code) in enumerate(_CHANNELS)
    ]


def auto_call_campaigns() -> list[Row]:
    return [
        {
            "id": 15,
            "name": AUTO_CALLS,
            "add_time": "2025-02-20 09:00:00",
            "begin_date": "2025-03-01 00:00:00",
            "end_date": "2025-03-31 00:00:00",
            "status": "in_process",
            "phone_numbers": [
                {"phone_number": "79250000001", "status": "completed"},
                {"phone_number": "79250000002", "status": "planned"},
            ],
        },
        {
            "id": 16,
            "name": "Опрос",
            "add_time": "2025-02-21 09:00:00",
            "begin_date": None,
            "end_date": None,
            "status": "draft",
            "phone_numbers": [],
        },
    ]
