"""What stands in visits of a template."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ..advertisements import advertisement, engine_of
from ..templates import clock, later, moved, slot
from .made import Made
from .visitors import VISITOR

_BROWSERS = (
    ("Chrome", "126.0.1"),
    ("Яндекс.Браузер", "24.6"),
    ("Safari", "17.4"),
    ("Firefox", "127"),
)
_SYSTEMS = (("Windows", "11"), ("Android", "14"), ("iOS", "17.5.1"), ("Linux", None))
_PROVIDERS = ("ПАО «Ростелеком»", "МТС", "Example Net", None)
_SCREENS = ("1920x1080", "390x844", "1440x900", "2560x1440")
_LANGUAGES = ("ru-RU", "en-US", "kk-KZ")


class Mention(NamedTuple):
    """A communication of a visit: its kind, how many seconds after the visit began it did, and the
    slot for its id."""

    kind: str
    after: int
    slot: str


def values_of_visit(
    made: Made, length: int, mentions: Sequence[Mention], rng: random.Random
) -> Mapping[str, Any]:
    """The values of visits of a template, which last so many seconds."""
    number = made.story.number
    browser, system = _BROWSERS[number % len(_BROWSERS)], _SYSTEMS[number % len(_SYSTEMS)]
    campaign, term = made.story.sketch.campaign, made.values["utm_term"]
    hits = _hits(made, length, rng)
    return {
        **made.values,
        **VISITOR,
        "id": slot("visitor_session_id"),
        "date_time": later(0),
        "duration": length,
        "cm_id": None if term is None else f"cmp={campaign}|kw={number}|100%",
        "integrated_campaign_data": _campaign(made, campaign, term),
        "engine": engine_of(campaign),
        "exit_page": hits[-1]["hit_url"],
        "visitor_browser_name": browser[0],
        "visitor_browser_version": browser[1],
        "visitor_os_name": system[0],
        "visitor_os_version": system[1],
        "visitor_provider": _PROVIDERS[number % len(_PROVIDERS)],
        "visitor_screen": _SCREENS[number % len(_SCREENS)],
        "visitor_language": _LANGUAGES[number % len(_LANGUAGES)],
        "hits_count": len(hits),
        "hits": hits,
        "communications": [_mentioned(made, each) for each in mentions],
    }


def _mentioned(made: Made, mention: Mention) -> Mapping[str, Any]:
    return {
        "communication_type": mention.kind,
        "communication_id": slot(mention.slot),
        "communication_date_time": later(mention.after),
        "tags": moved(made.values["tags"], mention.after),
    }


def _hits(made: Made, length: int, rng: random.Random) -> Sequence[Mapping[str, Any]]:
    count = rng.randint(1, 8)
    starts = [length * place // count for place in range(count + 1)]
    return [
        {
            "hit_time": clock(start),
            "hit_duration": f"00:{(end - start) // 60:02}:{(end - start) % 60:02}",
            "hit_url": f"https://{made.story.site}/catalog/{rng.randrange(500)}?страница={place}",
        }
        for place, (start, end) in enumerate(pairwise(starts))
    ]


def _campaign(made: Made, campaign: int, term: str | None) -> Mapping[str, Any] | None:
    """What the advertising system tells of the visit: nothing, nulls, or all that it knows."""
    known = advertisement(campaign, term)
    if not known:
        # nulls come, too
        return {"adv_system": None} if made.story.number % 2 else None
    number, (city, region, _, _, region_id) = made.story.number, made.story.city
    return {
        "adv_system": engine_of(campaign),
        "ext_campaign_id": known["campaign_ext_id"],
        "ext_campaign_name": known["campaign_ext_name"],
        "keyword_id": known.get("keyword_id"),
        "keyword": known.get("keyword"),
        "current_banner_id": known.get("current_banner_id"),
        "banner_id": known.get("current_banner_id"),
        "banner_name": known.get("current_banner_name"),
        "old_banner_ids": known.get("old_banner_ids"),
        "group_id": int(known.get("banner_group_id", 0)) or None,
        "group_name": known.get("banner_group_name"),
        "auditory_id": None if number % 3 else f"{330_000 + number}",
        "auditory_name": None if number % 3 else "Похожие аудитории",
        "placement_name": ("search", "yandex.ru", "context")[number % 3],
        "yandex_placement_type": ("search", "context")[number % 2],
        "campaign_type": "type1",
        "device_type": made.values["visitor_device"],
        "position_type": ("premium", "other", "none")[number % 3],
        "yandex_region_id": region_id,
        "yandex_region_name": city,
        "yandex_region_type": region and "city",
    }
