"""Tags, segments, and what is set up to be noticed on sites."""

from __future__ import annotations

from typing import Any

from ..catalog import FIRST_SEGMENT_ID, FIRST_SITE_ID, FIRST_TAG_ID, SEGMENTS, SITES, TAGS
from ..goals import GOALS, Goal

Row = dict[str, Any]


def tags() -> list[Row]:
    return [
        {"id": FIRST_TAG_ID + place, "name": name, "is_system": place % 2 == 0}
        for place, name in enumerate(TAGS)
    ]


def segments() -> list[Row]:
    return [_segment(place, name) for place, name in enumerate(SEGMENTS)]


def _segment(place: int, name: str) -> Row:
    site = place % len(SITES)
    condition = {
        "type": "include",
        "segment_parameter": "visitor_region",
        "value": name,
        "operator": "sub",
    }
    conditions = {"group_conditions": [{"conditions": [condition] * (1 + place % 2)}]}
    return {
        "id": FIRST_SEGMENT_ID + place,
        "name": name,
        "description": None if place % 2 else f"Сегмент «{name}»",
        "site_id": FIRST_SITE_ID + site,
        "site_domain_name": SITES[site],
        "segments_conditions": conditions,
        "segment_conditions": conditions,
    }


def events() -> list[Row]:
    return [_event(goal) for goal in GOALS]


def _event(goal: Goal) -> Row:
    is_tracked = goal.type == "track_event"
    engine = None if goal.source == "comagic" else goal.source
    return {
        "id": goal.id,
        "name": goal.name,
        "description": "Отправили форму" if is_tracked else None,
        "site_id": FIRST_SITE_ID + goal.site,
        "site_domain_name": SITES[goal.site],
        "type": goal.type,
        "category": "form" if is_tracked else None,
        "action": "submit" if is_tracked else None,
        "label": "заявка" if is_tracked else None,
        "value": "1" if is_tracked else None,
        "url": f"https://{SITES[goal.site]}/thanks" if goal.type == "link" else None,
        "segment_id": FIRST_SEGMENT_ID + goal.site if goal.type == "segment" else None,
        "is_goal": True,
        "goal_name": goal.name,
        "engine": engine,
        "ext_id": goal.ext_id,
        "is_active": goal.id % 5 > 0,
        "ga_category": "form" if engine == "google.analytics" else None,
        "ga_action": "submit" if engine == "google.analytics" else None,
        "ga_label": "заявка" if engine == "google.analytics" else None,
        "ga_value": "1" if engine == "google.analytics" else None,
        "ym_goal_id": goal.ext_id if engine == "yandex.metrika" else None,
    }
