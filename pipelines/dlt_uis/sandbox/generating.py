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

from ..reports.calls import CALLS_REPORT
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
    """Renders calls as JSON with all documented fields."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(f"{seed}:templates")
        self._templates = [_template(rng, number) for number in range(_TEMPLATES)]

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


def _template(rng: random.Random, number: int) -> _Template:
    delays: list[int] = []

    def later(delay: int) -> str:
        delays.append(delay)
        return _TIME_MARK

    values = _values(rng, number, later)
    rest = {name: values[name] for name in CALLS_REPORT.names if name not in _HEAD_FIELDS}
    text = json.dumps(rest, ensure_ascii=False)[1:]
    text = text.replace("%", "%%").replace(_TIME_MARK, "%b")
    return _Template(text.encode(), tuple(delays), bool(values["is_lost"]))


def _values(rng: random.Random, number: int, later: Callable[[int], str]) -> dict[str, Any]:
    """All fields of a call but those that differ between calls of one template.

    ``later(seconds)`` stands for a time after the call's start; the order of its calls must be the
    order of the fields in the report.
    """
    is_lost = number % 5 == 0
    city, region, country, country_code, region_id = rng.choice(catalog.CITIES)
    staff = rng.sample(range(len(catalog.EMPLOYEES)), k=rng.choice((1, 1, 2, 3)))
    first, last = staff[0], staff[-1]
    answered = None if is_lost else first
    source = rng.choice(catalog.SOURCES)
    campaign = rng.randrange(len(catalog.CAMPAIGNS))
    site = rng.choice(catalog.SITES)
    is_web = rng.random() < 0.6
    has_sale = not is_lost and rng.random() < 0.15
    utm = rng.random() < 0.45

    def web(value: Any) -> Any:
        return value if is_web else None

    def tagged(value: str) -> str | None:
        return value if utm else None

    def employee(index: int | None) -> tuple[int | None, str | None]:
        return (None, None) if index is None else (50_000 + index, catalog.EMPLOYEES[index])

    long = "x" * rng.choice((0, 0, 0, 200, 1_300))
    page = f"https://{site}/catalog/item-{number}?utm_source=ya&q=%D0%B4%D0%BE%D0%BC&{long}"
    values: dict[str, Any] = {
        "finish_reason": _cycle("finish_reason", number),
        "direction": "out" if number % 4 == 1 else "in",
        "cpn_region_id": region_id,
        "cpn_region_name": region,
        "cpn_country_name": country,
        "cpn_country_id": country_code,
        "properties": 'Перезвоните после 18:00, "срочно"' if number % 9 == 0 else None,
        "source": _cycle("source", number),
        "is_lost": is_lost,
        "communication_number": None if number % 3 else rng.randint(1, 40),
        "communication_page_url": web(page),
        "communication_type": "call",
        "lost_call_processing_duration": rng.randint(30, 9_000) if is_lost else None,
        "full_record_file_link": (
            None if is_lost else f"https://media.example.ru/{number}/{rng.getrandbits(64):x}"
        ),
        "virtual_phone_number": f"7495{1_000_000 + number % 12}",
        "ua_client_id": web(f"{rng.getrandbits(31)}.{rng.getrandbits(31)}"),
        "ym_client_id": web(str(rng.getrandbits(60))),
        "sale_date": later(rng.randint(600, 90_000)) if has_sale else None,
        "sale_cost": rng.randint(10_000, 99_999_999) / 100 if has_sale else None,
        "is_transfer": len(staff) > 1,
        "search_query": web(rng.choice((None, *catalog.SEARCHES))),
        "search_engine": web(rng.choice((None, *catalog.ENGINES))),
        "referrer_domain": web("yandex.ru"),
        "referrer": web(f"https://yandex.ru/search/?text={rng.choice(catalog.SEARCHES)}&lr=213"),
        "entrance_page": web(f"https://{site}/?from=ad&n={number}"),
        "gclid": tagged(f"Cj0KCQ{rng.getrandbits(240):x}"),
        "yclid": tagged(str(rng.getrandbits(62))),
        "ymclid": None if number % 11 else str(rng.getrandbits(50)),
        "ef_id": None if number % 13 else f"ef:{rng.getrandbits(80):x}:s",
        "channel": web(_cycle("channel", number)),
        "last_answered_employee_rating": None if is_lost or number % 3 else rng.randint(1, 5),
        "operator_phone_number": None if is_lost else f"7916{2_000_000 + first}",
        "scenario_name": rng.choice(catalog.SCENARIOS),
        "scenario_id": 300 + number % len(catalog.SCENARIOS),
        "site_domain_name": web(site),
        "site_id": web(9_000 + catalog.SITES.index(site)),
        "campaign_name": catalog.CAMPAIGNS[campaign],
        "campaign_id": 7_000 + campaign,
        "visit_other_campaign": rng.random() < 0.3,
        "auto_call_campaign_name": "Обзвон «Весна» №2" if number % 17 == 0 else None,
        "person_id": web(rng.getrandbits(40)),
        "visitor_type": _cycle("visitor_type", number),
        "visitor_session_id": web(rng.getrandbits(42)),
        "visits_count": web(rng.randint(1, 80)),
        "visitor_first_campaign_id": web(7_000 + campaign // 2),
        "visitor_first_campaign_name": web(catalog.CAMPAIGNS[campaign // 2]),
        "visitor_city": web(city),
        "visitor_region": web(region),
        "visitor_country": web(country),
        "visitor_device": web(_cycle("visitor_device", number)),
        "call_api_request_id": None if number % 8 else rng.getrandbits(33),
        "call_api_external_id": None if number % 8 else f"crm-{number}/α",
        "contact_id": None if number % 2 else 400_000 + number,
        "contact_full_name": None if number % 2 else rng.choice(catalog.CONTACTS),
        "utm_source": tagged("yandex"),
        "utm_medium": tagged("cpc"),
        "utm_term": tagged(rng.choice(catalog.SEARCHES)),
        "utm_content": tagged(f"ad_{number}|pos=%7Btop%7D|😀"),
        "utm_campaign": tagged(f"весна-{number % 30}"),
        "openstat_ad": tagged(f"b{number}"),
        "openstat_campaign": tagged(f"c{number % 99}"),
        "openstat_service": tagged("direct.yandex.ru"),
        "openstat_source": tagged("yandex.ru:premium"),
        "source_id": 10 + catalog.SOURCES.index(source),
        "source_name": source[0],
        "source_new": source[1],
        "channel_new": source[2],
        "channel_code": source[3],
        "ext_id": None if number % 6 else f"ext-{number:06d}",
    }
    for name in ("source", "medium", "term", "content", "campaign", "referrer", "expid"):
        values[f"eq_utm_{name}"] = tagged(f"eq {name} {number % 50}")
    people = {"first_answered": answered, "last_answered": answered and last}
    people |= {"first_talked": answered, "last_talked": answered and last}
    for role, index in people.items():
        values[f"{role}_employee_id"], values[f"{role}_employee_full_name"] = employee(index)
    values |= _arrays(rng, number, is_lost, staff, later)
    return values


def _arrays(
    rng: random.Random, number: int, is_lost: bool, staff: list[int], later: Callable[[int], str]
) -> dict[str, Any]:
    tags = rng.sample(range(len(catalog.TAGS)), k=rng.choice((0, 0, 1, 1, 2, 4)))
    phrases = 0 if is_lost or number % 3 else rng.randint(1, 8)
    records = 0 if is_lost else rng.choice((1, 1, 2))
    return {
        "tags": [
            {
                "tag_id": 1_000 + tag,
                "tag_name": catalog.TAGS[tag],
                "tag_type": "manual" if tag % 2 else "auto",
                "tag_change_time": later(rng.randint(60, 7_200)),
                "tag_user_id": 77 if tag % 2 else None,
                "tag_user_login": "supervisor@example.ru" if tag % 2 else None,
                "tag_employee_id": None if tag % 3 else 50_000 + staff[0],
                "tag_employee_full_name": None if tag % 3 else catalog.EMPLOYEES[staff[0]],
            }
            for tag in tags
        ],
        "employees": [
            {
                "employee_id": 50_000 + index,
                "employee_full_name": catalog.EMPLOYEES[index],
                "is_answered": not is_lost,
                "is_talked": not is_lost,
            }
            for index in staff
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
                "start_time": later(2 + 4 * index),
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
        "attributes": rng.sample(_enum("attributes"), k=rng.choice((0, 1, 2, 3))),
    }


def _enum(name: str) -> tuple[str, ...]:
    field = CALLS_REPORT.scalar(name) or CALLS_REPORT.array(name)
    assert field is not None
    return field.values


def _cycle(name: str, number: int) -> str:
    """One value of an enum after the other, so that each occurs."""
    values = _enum(name)
    return values[number % len(values)]
