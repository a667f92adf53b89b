"""What advertising systems know of the account's campaigns: their own ids and names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .campaigns import CAMPAIGNS
from .catalog import SEARCHES

_ENGINES = {
    "yandex": "yandex.direct",
    "google": "google.adwords",
    "vk": "vk.ads",
    "cpa7": "mytarget.ads",
}


def engine_of(campaign: int) -> str | None:
    """The system that a campaign runs in, by its place among the campaigns."""
    tags = CAMPAIGNS[campaign].tags
    return _ENGINES.get(tags.source) if tags else None


def advertisement(campaign: int, term: str | None) -> Mapping[str, Any]:
    """Ids and names of a campaign's advertisement, by the words that were searched for. There are
    none where it runs in no system, or by no words."""
    if engine_of(campaign) is None:
        return {}
    known = {
        "campaign_ext_id": f"{41_000_000 + campaign}",
        "campaign_ext_name": f"{CAMPAIGNS[campaign].name} (копия)",
    }
    if term is None:
        return known
    place = SEARCHES.index(term) + 10 * campaign
    return {
        **known,
        "banner_group_id": f"{5_100_000 + place}",
        "banner_group_name": f"Группа {place}",
        "keyword_id": f"{9_000_000_000 + place}",
        "keyword": term,
        "current_banner_id": f"{1_200_000_000 + place}",
        "current_banner_name": f"Объявление {place}: 100% скидка",
        "old_banner_ids": [f"{1_100_000_000 + place}"] if place % 2 else [],
    }
