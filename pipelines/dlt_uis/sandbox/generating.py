"""What stands in made-up calls: a value for each documented field that calls of a template share.

A template is made after a sketch: its values fit the kind of call, the campaign and the shift.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import catalog, reasons
from .campaigns import CAMPAIGNS, FIRST_CAMPAIGN_ID, FIRST_SOURCE_ID, SOURCES, Campaign, Source
from .catalog import EMPLOYEES
from .durations import Lengths
from .people import DUTY, FIRST_EMPLOYEE_ID, SHIFTS, mobile_of
from .stories import Sketch


@dataclass(frozen=True)
class Story:
    """What the fields of a made-up call have in common."""

    sketch: Sketch
    enums: Mapping[str, Sequence[str]]
    rng: random.Random
    later: Callable[[int], str]
    """Stands for a time so many seconds after the call's start; the order of its calls must be the
    order of the fields in the report."""
    number: int
    is_lost: bool
    city: tuple[str, str, str, str, int]
    staff: Sequence[int]
    """Who answered, or was called in vain."""
    source: Source
    campaign: Campaign
    site: str
    search: str
    has_sale: bool
    utm_campaign: str | None

    def web(self, value: Any) -> Any:
        """A value that only calls from a web site have."""
        return value if self.campaign.from_site else None

    def tagged(self, value: str) -> str | None:
        """A value that only calls with UTM tags have."""
        return None if self.utm_campaign is None else value

    def utm(self, name: str) -> str | None:
        """A tag that is the same for a campaign's calls."""
        tags = self.campaign.tags
        return None if tags is None or self.utm_campaign is None else getattr(tags, name)

    def cycle(self, name: str) -> str:
        """One value of an enum after the other, so that each occurs."""
        values = self.enums[name]
        return values[self.number % len(values)]

    @property
    def lengths(self) -> Lengths:
        """Some talk longer than others, and about deals longest."""
        kind, is_closed = self.sketch.kind, self.sketch.shift == DUTY
        if kind.is_placed:
            wait = 16
        elif self.is_lost:
            wait = 12 if is_closed else 38
        else:
            wait = 14
        if self.is_lost:
            return Lengths.of(wait, None)
        return Lengths.of(wait, (85, 110, 140, 190)[self.staff[0] % 4] + 60 * self.has_sale)


def make_story(
    sketch: Sketch,
    enums: Mapping[str, Sequence[str]],
    rng: random.Random,
    later: Callable[[int], str],
) -> Story:
    campaign, kind = CAMPAIGNS[sketch.campaign], sketch.kind
    is_tagged = campaign.tags is not None and rng.random() < campaign.tags.share
    staff = SHIFTS[sketch.shift].staff
    is_nobody_there = kind.is_lost and sketch.shift == DUTY
    return Story(
        sketch,
        enums,
        rng,
        later,
        number=sketch.number,
        is_lost=kind.is_lost,
        city=rng.choice(catalog.CITIES),
        staff=() if is_nobody_there else rng.sample(staff, k=rng.choice((1, 1, 2, 3))),
        source=SOURCES[rng.choice(campaign.sources)],
        campaign=campaign,
        site=rng.choice(catalog.SITES),
        search=rng.choice(catalog.SEARCHES),
        # just as many as the campaign brings, in a place of their own among the others
        has_sale=not kind.is_lost and sketch.place < round(campaign.sales * sketch.of),
        utm_campaign=rng.choice(campaign.tags.campaigns) if campaign.tags and is_tagged else None,
    )


def values_of(story: Story) -> dict[str, Any]:
    """All fields of a call but those that differ between calls of one template."""
    return {
        **_of_call(story),
        **_of_visit(story),
        **_of_visitor(story),
        **_of_advertisement(story),
        **_of_employees(story),
        **_arrays(story),
    }


def _of_call(story: Story) -> dict[str, Any]:
    rng, number, sketch = story.rng, story.number, story.sketch
    long = "x" * rng.choice((0, 0, 0, 200, 1_300))
    tag = f"utm_source={story.utm('source')}&" if story.utm_campaign else ""
    page = f"https://{story.site}/catalog/item-{number}?{tag}q=%D0%B4%D0%BE%D0%BC&{long}"
    return {
        "finish_reason": reasons.finish_reason(sketch, story.enums["finish_reason"], rng),
        "direction": "out" if sketch.kind.is_placed else "in",
        "properties": 'Перезвоните после 18:00, "срочно"' if number % 9 == 0 else None,
        "source": reasons.source(
            sketch, story.enums["source"], rng, is_from_site=story.campaign.from_site
        ),
        "is_lost": story.is_lost,
        "communication_page_url": story.web(page),
        "communication_type": "call",
        # the last part of a link in which the call stands, too
        "full_record_file_link": None if story.is_lost else f"{rng.getrandbits(64):x}",
        "virtual_phone_number": catalog.NUMBERS[number % len(catalog.NUMBERS)],
    }


def _of_visit(story: Story) -> dict[str, Any]:
    rng, number, source = story.rng, story.number, story.source
    engine = source.engine
    return {
        "ua_client_id": story.web(f"{rng.getrandbits(31)}.{rng.getrandbits(31)}"),
        "ym_client_id": story.web(str(rng.getrandbits(60))),
        "sale_date": story.later(rng.randint(600, 90_000)) if story.has_sale else None,
        "sale_cost": rng.randint(10_000, 99_999_999) / 100 if story.has_sale else None,
        "is_transfer": len(story.staff) > 1,
        "search_query": story.search if engine else None,
        "search_engine": engine,
        "referrer_domain": source.domain,
        "referrer": source.referrer(story.search),
        "entrance_page": story.web(f"https://{story.site}/?from=ad&n={number}"),
        "gclid": story.tagged(f"Cj0KCQ{rng.getrandbits(240):x}") if engine == "google" else None,
        "yclid": story.tagged(str(rng.getrandbits(62))) if engine == "yandex" else None,
        "ymclid": None if number % 11 else str(rng.getrandbits(50)),
        "ef_id": None if number % 13 else f"ef:{rng.getrandbits(80):x}:s",
        "channel": story.web(source.code),
        "last_answered_employee_rating": None if story.is_lost or number % 3 else rng.randint(1, 5),
        "operator_phone_number": None if story.is_lost else mobile_of(story.staff[0]),
        "scenario_name": rng.choice(catalog.SCENARIOS),
        "scenario_id": catalog.FIRST_SCENARIO_ID + number % len(catalog.SCENARIOS),
        "site_domain_name": story.web(story.site),
        "site_id": story.web(catalog.FIRST_SITE_ID + catalog.SITES.index(story.site)),
    }


def _of_visitor(story: Story) -> dict[str, Any]:
    rng, number = story.rng, story.number
    city, region, country, _, _ = story.city
    campaign = story.sketch.campaign
    first = campaign if rng.random() < 0.7 else rng.randrange(len(CAMPAIGNS))
    is_dialed = story.sketch.kind.is_placed and number % 4 == 0
    return {
        "campaign_name": story.campaign.name,
        "campaign_id": FIRST_CAMPAIGN_ID + campaign,
        "visit_other_campaign": first != campaign,
        "auto_call_campaign_name": "Обзвон «Весна» №2" if is_dialed else None,
        "visitor_ip_address": _ip_address(rng.getrandbits(42)),
        "visits_count": story.web(rng.randint(1, 80)),
        "visitor_first_campaign_id": story.web(FIRST_CAMPAIGN_ID + first),
        "visitor_first_campaign_name": story.web(CAMPAIGNS[first].name),
        "visitor_city": story.web(city),
        "visitor_region": story.web(region),
        "visitor_country": story.web(country),
        "visitor_device": story.web(story.cycle("visitor_device")),
        "call_api_request_id": None if number % 8 else rng.getrandbits(33),
        "call_api_external_id": None if number % 8 else f"crm-{number}/α",
    }


def _ip_address(bits: int) -> str:
    """One of those that stand in documentation, and belong to nobody."""
    if bits % 4 == 0:
        return f"2001:db8:{bits >> 16 & 0xFFFF:x}::{bits & 0xFFFF:x}"
    return f"{('192.0.2', '198.51.100', '203.0.113')[bits % 4 - 1]}.{bits >> 8 & 0xFF}"


def _of_advertisement(story: Story) -> dict[str, Any]:
    number = story.number
    names = ("source", "medium", "term", "content", "campaign", "referrer", "expid")
    return {
        "utm_source": story.utm("source"),
        "utm_medium": story.utm("medium"),
        "utm_term": story.tagged(story.search),
        "utm_content": story.tagged(f"ad_{number}|pos=%7Btop%7D|😀"),
        "utm_campaign": story.utm_campaign,
        **_openstat(story),
        "source_id": FIRST_SOURCE_ID + SOURCES.index(story.source),
        "source_name": story.source.name,
        "source_new": story.source.group,
        "channel_new": story.source.channel,
        "channel_code": story.source.code,
        "ext_id": None if number % 6 else f"ext-{number:06d}",
        **{f"eq_utm_{name}": story.tagged(f"eq {name} {number % 50}") for name in names},
    }


def _openstat(story: Story) -> dict[str, Any]:
    """Tags of another kind, that Yandex puts."""
    number, is_put = story.number, story.utm("source") == "yandex"
    tags = {
        "ad": f"b{number}",
        "campaign": f"c{number % 99}",
        "service": "direct.yandex.ru",
        "source": "yandex.ru:premium",
    }
    return {f"openstat_{name}": tag if is_put else None for name, tag in tags.items()}


def _of_employees(story: Story) -> dict[str, Any]:
    first, last = (None, None) if story.is_lost else (story.staff[0], story.staff[-1])
    people = {"first_answered": first, "last_answered": last}
    people |= {"first_talked": first, "last_talked": last}
    values: dict[str, Any] = {}
    for role, index in people.items():
        values |= _employee(f"{role}_employee", index)
    return values


def _employee(role: str, index: int | None) -> dict[str, Any]:
    id_, name = (None, None) if index is None else (FIRST_EMPLOYEE_ID + index, EMPLOYEES[index])
    return {f"{role}_id": id_, f"{role}_full_name": name}


def _arrays(story: Story) -> dict[str, Any]:
    rng, number = story.rng, story.number
    tags = rng.sample(range(len(catalog.TAGS)), k=rng.choice((0, 0, 1, 1, 2, 4)))
    put_by = (*story.staff, None)[0]
    phrases = 0 if story.is_lost or number % 3 else rng.randint(1, 8)
    records = 0 if story.is_lost else rng.choice((1, 1, 2))
    return {
        "tags": [
            {
                "tag_id": catalog.FIRST_TAG_ID + tag,
                "tag_name": catalog.TAGS[tag],
                "tag_type": "manual" if tag % 2 else "auto",
                "tag_change_time": story.later(rng.randint(60, 7_200)),
                "tag_user_id": 77 if tag % 2 else None,
                "tag_user_login": "supervisor@example.ru" if tag % 2 else None,
                **_employee("tag_employee", None if tag % 3 else put_by),
            }
            for tag in tags
        ],
        "employees": [
            {
                **_employee("employee", index),
                "is_answered": not story.is_lost,
                "is_talked": not story.is_lost,
            }
            for index in story.staff
        ],
        "segments": [
            {
                "segment_id": catalog.FIRST_SEGMENT_ID + index,
                "segment_name": catalog.SEGMENTS[index],
            }
            for index in rng.sample(range(len(catalog.SEGMENTS)), k=rng.choice((0, 0, 1, 2)))
        ],
        "scenario_operations": [
            {"id": catalog.FIRST_OPERATION_ID + index, "name": catalog.OPERATIONS[index]}
            for index in rng.choices(range(len(catalog.OPERATIONS)), k=rng.randint(1, 5))
        ],
        "recognized_text": [
            {
                "id": number * 100 + index,
                "phrase": rng.choice(catalog.PHRASES),
                "start_time": story.later(2 + 4 * index),
                "is_operator": index % 2 == 0,
                "edited_phrase": None if index % 5 else rng.choice(catalog.PHRASES),
            }
            for index in range(phrases)
        ],
        "visitor_custom_properties": [
            {"property_name": f"prop_{index}", "property_value": f'значение {number}; a="b"'}
            for index in range(rng.choice((0, 0, 0, 1, 3)))
        ],
        "call_records": [f"{rng.getrandbits(128):032x}" for _ in range(records)],
        "wav_call_records": [f"{rng.getrandbits(128):032x}" for _ in range(records // 2)],
        "voice_mail_records": [f"{rng.getrandbits(96):x}"] if number % 25 == 0 else [],
        "attributes": _attributes(story),
    }


def _attributes(story: Story) -> list[str]:
    """Lost calls are called so, others may be of use or not."""
    rng = story.rng
    kinds = ("lost", "target", "off-target", "quality")
    if story.is_lost:
        judged = ["lost"]
    else:
        judged = rng.choice(([], ["target"], ["target", "quality"], ["off-target"]))
    others = [value for value in story.enums["attributes"] if value not in kinds]
    return judged + rng.sample(others, k=rng.choice((0, 0, 1, 2)))
