"""Made-up calls: when they happen, and what stands in them; the same for the same seed.

Everything follows from the seed and the day or the call's id, never from the present moment, so
that an account lives: what was is still there later, and new calls come as time passes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..reports.fields import Report
from . import catalog

LONGEST_CALL = 1_800
"""Seconds that no made-up call exceeds."""

_HOURS = (1, 1, 1, 1, 1, 2, 4, 9, 22, 40, 48, 46, 38, 40, 44, 42, 38, 34, 22, 12, 8, 5, 3, 2)
_WEEKDAYS = (1.2, 1.15, 1.15, 1.1, 1.15, 0.75, 0.5)
_TEMPLATES = 1_500
_MASK = 2**64 - 1


def mix(number: int, salt: int = 0) -> int:
    """A well-stirred 44-bit number for a number: the same in every run."""
    stirred = (number + salt * 0x632BE59BD9B4E019 + 1) * 0x9E3779B97F4A7C15 & _MASK
    return (stirred ^ stirred >> 29) * 0xBF58476D1CE4E5B9 % 2**64 >> 20


def day_of_calls(seed: int, day: date, zone: ZoneInfo, average: float) -> Iterator[tuple[int, int]]:
    """The calls of a local day as (start in UTC epoch seconds, id), in no order."""
    rng = random.Random(f"{seed}:{day.isoformat()}")
    midnight = _midnight(day, zone)
    length = _midnight(day + timedelta(days=1), zone) - midnight
    count = round(average * _WEEKDAYS[day.weekday()] * rng.uniform(0.9, 1.1))
    hours = rng.choices(range(24), _HOURS, k=count)
    moments = [min(hour * 3600 + rng.randrange(3600), length - 1) for hour in hours]
    for _ in range(2):
        # a burst: many calls in one second, as a queue that opens or a dialer makes them
        size = min(rng.randint(3, 40), count // 4)
        second = rng.randrange(8 * 3600, 20 * 3600)
        moments[:size] = [second] * size
        rng.shuffle(moments)
    # ids are not in the order of time
    first_id = 3_000_000_000 + (day.toordinal() - 730_000) * 4_000_000
    ids = rng.sample(range(first_id, first_id + 3 * count + 1), count)
    for moment, id_ in zip(moments, ids, strict=True):
        yield midnight + moment, id_


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC).timestamp())


@dataclass(frozen=True)
class _Template:
    """A call but for what differs from call to call: JSON with places for times, and their
    distances (seconds) from the call's start."""

    json: bytes
    delays: tuple[int, ...]
    is_lost: bool


_HEAD = (
    b'{"id":%d,"start_time":"%b","finish_time":"%b","communication_id":%d,'
    b'"contact_phone_number":"7%d","wait_duration":%d,"total_wait_duration":%d,'
    b'"talk_duration":%d,"clean_talk_duration":%d,"total_duration":%d,"postprocess_duration":%d,'
    b'"visitor_id":%d,'
)
_HEAD_FIELDS = {
    "id", "start_time", "finish_time", "communication_id", "contact_phone_number", "wait_duration",
    "total_wait_duration", "talk_duration", "clean_talk_duration", "total_duration",
    "postprocess_duration", "visitor_id",
}  # fmt: skip


@dataclass(frozen=True)
class Durations:
    """Seconds of a call's phases."""

    wait: int
    talk: int
    postprocess: int

    @property
    def total(self) -> int:
        return self.wait + self.talk


class Renderer:
    """Renders calls as JSON with all documented fields of their report."""

    def __init__(self, report: Report, seed: int) -> None:
        rng = random.Random(f"{seed}:templates")
        self._templates = [_template(report, rng, number) for number in range(_TEMPLATES)]

    def _template_of(self, id_: int) -> _Template:
        return self._templates[mix(id_) % _TEMPLATES]

    def durations(self, id_: int) -> Durations:
        stirred = mix(id_, 1)
        wait = 2 + stirred % 97
        talk = 0 if self._template_of(id_).is_lost else 5 + (stirred >> 8) % 1_500
        return Durations(wait, talk, (stirred >> 20) % 60)

    def render(
        self, id_: int, start: int, finish: int | None, moment: Callable[[int], bytes]
    ) -> bytes:
        """A call's JSON.

        Args:
            start, finish: UTC epoch seconds; no finish for an ongoing call.
            moment: writes them as the API does.
        """
        template = self._template_of(id_)
        durations = self.durations(id_)
        total = durations.total if finish is None else finish - start
        head = _HEAD % (
            id_, moment(start), b"" if finish is None else moment(finish), id_ * 7 % 10**10,
            9_000_000_000 + mix(id_, 2) % 999_999_999, durations.wait, durations.wait + 3,
            durations.talk, durations.talk * 9 // 10, total, durations.postprocess,
            mix(id_, 3) % 10**9,
        )  # fmt: skip
        if finish is None:
            head = head.replace(b'"finish_time":""', b'"finish_time":null')
        return head + template.json % tuple(moment(start + delay) for delay in template.delays)


_TIME_MARK = "@time@"


def _template(report: Report, rng: random.Random, number: int) -> _Template:
    delays: list[int] = []

    def later(delay: int) -> str:
        delays.append(delay)
        return _TIME_MARK

    values = _values(_story(report, rng, number, later))
    rest = {name: values[name] for name in report.names if name not in _HEAD_FIELDS}
    text = json.dumps(rest, ensure_ascii=False)[1:]
    text = text.replace("%", "%%").replace(_TIME_MARK, "%b")
    return _Template(text.encode(), tuple(delays), bool(values["is_lost"]))


@dataclass(frozen=True)
class _Story:
    """What the fields of a made-up call have in common."""

    report: Report
    rng: random.Random
    number: int
    later: Callable[[int], str]
    """Stands for a time so many seconds after the call's start; the order of its calls must be the
    order of the fields in the report."""
    is_lost: bool
    city: tuple[str, str, str, str, int]
    staff: list[int]
    source: tuple[str, str, str, str]
    campaign: int
    site: str
    is_web: bool
    has_sale: bool
    has_utm: bool

    def web(self, value: Any) -> Any:
        """A value that only calls from a web site have."""
        return value if self.is_web else None

    def tagged(self, value: str) -> str | None:
        """A value that only calls with UTM tags have."""
        return value if self.has_utm else None

    def enum(self, name: str) -> tuple[str, ...]:
        """The documented values of a field."""
        field = self.report.scalar(name) or self.report.array(name)
        assert field is not None
        return field.values

    def cycle(self, name: str) -> str:
        """One value of an enum after the other, so that each occurs."""
        values = self.enum(name)
        return values[self.number % len(values)]


def _story(report: Report, rng: random.Random, number: int, later: Callable[[int], str]) -> _Story:
    is_lost = number % 5 == 0
    city = rng.choice(catalog.CITIES)
    return _Story(
        report,
        rng,
        number,
        later,
        is_lost,
        city,
        staff=rng.sample(range(len(catalog.EMPLOYEES)), k=rng.choice((1, 1, 2, 3))),
        source=rng.choice(catalog.SOURCES),
        campaign=rng.randrange(len(catalog.CAMPAIGNS)),
        site=rng.choice(catalog.SITES),
        is_web=rng.random() < 0.6,
        has_sale=not is_lost and rng.random() < 0.15,
        has_utm=rng.random() < 0.45,
    )


def _values(story: _Story) -> dict[str, Any]:
    """All fields of a call but those that differ between calls of one template."""
    return {
        **_of_call(story),
        **_of_visit(story),
        **_of_visitor(story),
        **_of_advertisement(story),
        **_of_employees(story),
        **_arrays(story),
    }


def _of_call(story: _Story) -> dict[str, Any]:
    rng, number = story.rng, story.number
    _, region, _, country_code, region_id = story.city
    country = story.city[2]
    long = "x" * rng.choice((0, 0, 0, 200, 1_300))
    page = f"https://{story.site}/catalog/item-{number}?utm_source=ya&q=%D0%B4%D0%BE%D0%BC&{long}"
    return {
        "finish_reason": story.cycle("finish_reason"),
        "direction": "out" if number % 4 == 1 else "in",
        "cpn_region_id": region_id,
        "cpn_region_name": region,
        "cpn_country_name": country,
        "cpn_country_id": country_code,
        "properties": 'Перезвоните после 18:00, "срочно"' if number % 9 == 0 else None,
        "source": story.cycle("source"),
        "is_lost": story.is_lost,
        "communication_number": None if number % 3 else rng.randint(1, 40),
        "communication_page_url": story.web(page),
        "communication_type": "call",
        "lost_call_processing_duration": rng.randint(30, 9_000) if story.is_lost else None,
        "full_record_file_link": (
            None if story.is_lost else f"https://media.example.ru/{number}/{rng.getrandbits(64):x}"
        ),
        "virtual_phone_number": f"7495{1_000_000 + number % 12}",
    }


def _of_visit(story: _Story) -> dict[str, Any]:
    rng, number = story.rng, story.number
    first = story.staff[0]
    return {
        "ua_client_id": story.web(f"{rng.getrandbits(31)}.{rng.getrandbits(31)}"),
        "ym_client_id": story.web(str(rng.getrandbits(60))),
        "sale_date": story.later(rng.randint(600, 90_000)) if story.has_sale else None,
        "sale_cost": rng.randint(10_000, 99_999_999) / 100 if story.has_sale else None,
        "is_transfer": len(story.staff) > 1,
        "search_query": story.web(rng.choice((None, *catalog.SEARCHES))),
        "search_engine": story.web(rng.choice((None, *catalog.ENGINES))),
        "referrer_domain": story.web("yandex.ru"),
        "referrer": story.web(
            f"https://yandex.ru/search/?text={rng.choice(catalog.SEARCHES)}&lr=213"
        ),
        "entrance_page": story.web(f"https://{story.site}/?from=ad&n={number}"),
        "gclid": story.tagged(f"Cj0KCQ{rng.getrandbits(240):x}"),
        "yclid": story.tagged(str(rng.getrandbits(62))),
        "ymclid": None if number % 11 else str(rng.getrandbits(50)),
        "ef_id": None if number % 13 else f"ef:{rng.getrandbits(80):x}:s",
        "channel": story.web(story.cycle("channel")),
        "last_answered_employee_rating": None if story.is_lost or number % 3 else rng.randint(1, 5),
        "operator_phone_number": None if story.is_lost else f"7916{2_000_000 + first}",
        "scenario_name": rng.choice(catalog.SCENARIOS),
        "scenario_id": 300 + number % len(catalog.SCENARIOS),
        "site_domain_name": story.web(story.site),
        "site_id": story.web(9_000 + catalog.SITES.index(story.site)),
    }


def _of_visitor(story: _Story) -> dict[str, Any]:
    rng, number = story.rng, story.number
    city, region, country, _, _ = story.city
    campaign = story.campaign
    return {
        "campaign_name": catalog.CAMPAIGNS[campaign],
        "campaign_id": 7_000 + campaign,
        "visit_other_campaign": rng.random() < 0.3,
        "auto_call_campaign_name": "Обзвон «Весна» №2" if number % 17 == 0 else None,
        "person_id": story.web(rng.getrandbits(40)),
        "visitor_type": story.cycle("visitor_type"),
        "visitor_session_id": story.web(rng.getrandbits(42)),
        "visits_count": story.web(rng.randint(1, 80)),
        "visitor_first_campaign_id": story.web(7_000 + campaign // 2),
        "visitor_first_campaign_name": story.web(catalog.CAMPAIGNS[campaign // 2]),
        "visitor_city": story.web(city),
        "visitor_region": story.web(region),
        "visitor_country": story.web(country),
        "visitor_device": story.web(story.cycle("visitor_device")),
        "call_api_request_id": None if number % 8 else rng.getrandbits(33),
        "call_api_external_id": None if number % 8 else f"crm-{number}/α",
        "contact_id": None if number % 2 else 400_000 + number,
        "contact_full_name": None if number % 2 else rng.choice(catalog.CONTACTS),
    }


def _of_advertisement(story: _Story) -> dict[str, Any]:
    rng, number = story.rng, story.number
    names = ("source", "medium", "term", "content", "campaign", "referrer", "expid")
    return {
        "utm_source": story.tagged("yandex"),
        "utm_medium": story.tagged("cpc"),
        "utm_term": story.tagged(rng.choice(catalog.SEARCHES)),
        "utm_content": story.tagged(f"ad_{number}|pos=%7Btop%7D|😀"),
        "utm_campaign": story.tagged(f"весна-{number % 30}"),
        "openstat_ad": story.tagged(f"b{number}"),
        "openstat_campaign": story.tagged(f"c{number % 99}"),
        "openstat_service": story.tagged("direct.yandex.ru"),
        "openstat_source": story.tagged("yandex.ru:premium"),
        "source_id": 10 + catalog.SOURCES.index(story.source),
        "source_name": story.source[0],
        "source_new": story.source[1],
        "channel_new": story.source[2],
        "channel_code": story.source[3],
        "ext_id": None if number % 6 else f"ext-{number:06d}",
        **{f"eq_utm_{name}": story.tagged(f"eq {name} {number % 50}") for name in names},
    }


def _of_employees(story: _Story) -> dict[str, Any]:
    first, last = story.staff[0], story.staff[-1]
    answered = None if story.is_lost else first
    people = {"first_answered": answered, "last_answered": answered and last}
    people |= {"first_talked": answered, "last_talked": answered and last}
    values: dict[str, Any] = {}
    for role, index in people.items():
        id_, name = (None, None) if index is None else (50_000 + index, catalog.EMPLOYEES[index])
        values[f"{role}_employee_id"], values[f"{role}_employee_full_name"] = id_, name
    return values


def _arrays(story: _Story) -> dict[str, Any]:
    rng, number = story.rng, story.number
    tags = rng.sample(range(len(catalog.TAGS)), k=rng.choice((0, 0, 1, 1, 2, 4)))
    phrases = 0 if story.is_lost or number % 3 else rng.randint(1, 8)
    records = 0 if story.is_lost else rng.choice((1, 1, 2))
    return {
        "tags": [
            {
                "tag_id": 1_000 + tag,
                "tag_name": catalog.TAGS[tag],
                "tag_type": "manual" if tag % 2 else "auto",
                "tag_change_time": story.later(rng.randint(60, 7_200)),
                "tag_user_id": 77 if tag % 2 else None,
                "tag_user_login": "supervisor@example.ru" if tag % 2 else None,
                "tag_employee_id": None if tag % 3 else 50_000 + story.staff[0],
                "tag_employee_full_name": None if tag % 3 else catalog.EMPLOYEES[story.staff[0]],
            }
            for tag in tags
        ],
        "employees": [
            {
                "employee_id": 50_000 + index,
                "employee_full_name": catalog.EMPLOYEES[index],
                "is_answered": not story.is_lost,
                "is_talked": not story.is_lost,
            }
            for index in story.staff
        ],
        "segments": [
            {"segment_id": 20 + index, "segment_name": catalog.SEGMENTS[index]}
            for index in rng.sample(range(len(catalog.SEGMENTS)), k=rng.choice((0, 0, 1, 2)))
        ],
        "scenario_operations": [
            {"id": 600 + index, "name": catalog.OPERATIONS[index]}
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
        "attributes": rng.sample(story.enum("attributes"), k=rng.choice((0, 1, 2, 3))),
    }
