"""Made-up calls as JSON, fast: a template, and what differs from call to call."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..reports.fields import Report
from .address_book import ENTRIES, KNOWN
from .durations import Durations, Lengths
from .generating import make_story, values_of
from .people import mix, phone_of
from .stories import SKETCHES, Kind, Sketch, delay_of, read


@dataclass(frozen=True)
class _Template:
    """A call but for what differs from call to call: JSON with places for times, and their
    distances (seconds) from the call's start."""

    json: bytes
    delays: tuple[int, ...]
    lengths: Lengths
    is_recovered: bool
    is_from_site: bool
    record: bytes | None
    """Id of the whole call's recording."""


_HEAD = (
    b'{"id":%d,"start_time":"%b","finish_time":"%b","communication_id":%d,'
    b'"contact_phone_number":"7%d","wait_duration":%d,"total_wait_duration":%d,'
    b'"talk_duration":%d,"clean_talk_duration":%d,"total_duration":%d,"postprocess_duration":%d,'
    b'"lost_call_processing_duration":%b,"visitor_id":%d,"contact_id":%b,'
    b'"full_record_file_link":%b,%b%b'
)
_LINK = b'"https://media.uiscom.ru/%d/%b"'
_VISITOR = '"communication_number":%d,"person_id":%d,"visitor_type":"{}","visitor_session_id":%d,'
_NEW, _AGAIN = (_VISITOR.format(kind).encode() for kind in ("Новый", "Вернувшийся"))
_NO_VISITOR = _VISITOR.format("Не заполнен").replace("%d", "null").encode()


def _card(name: str | None, city: tuple[str, str, str, str, int]) -> bytes:
    """What is known of a contact from its number, and from the address book."""
    _, region, country, country_code, region_id = city
    known = {
        "cpn_region_id": region_id,
        "cpn_region_name": region,
        "cpn_country_name": country,
        "cpn_country_id": country_code,
        "contact_full_name": name,
    }
    return json.dumps(known, ensure_ascii=False)[1:-1].encode() + b","


_CARDS = [_card(*entry) for entry in ENTRIES]

_HEAD_FIELDS = {
    name.decode()
    for part in (_HEAD, _NO_VISITOR, _CARDS[0])
    for name in re.findall(rb'"(\w+)":', part)
}


def communication_of(id_: int) -> int:
    """The ``communication_id`` of a call: here it is not the call's own."""
    return id_ * 7 % 10**10


def visit_of(id_: int) -> int:
    """The visit that a call came of, if it is from a site."""
    return id_ * 577


class Renderer:
    """Renders calls as JSON with all documented fields of their report."""

    def __init__(self, report: Report, seed: int) -> None:
        self._templates = _templates(report, seed)

    def durations(self, id_: int, story: int) -> Durations:
        return self._templates[read(story)[3]].lengths.durations(mix(id_, 1))

    def render(
        self, id_: int, story: int, start: int, finish: int | None, moment: Callable[[int], bytes]
    ) -> bytes:
        """A call's JSON.

        Args:
            start, finish: UTC epoch seconds; no finish for an ongoing call.
            moment: writes them as the API does.
        """
        caller, contact, number, place = read(story)
        template = self._templates[place]
        wait, talk, postprocess = template.lengths.durations(mix(id_, 1))
        total, clean = wait + talk, talk * 9 // 10
        who = mix(contact, 2)
        card = who % len(_CARDS)
        visitor = _NO_VISITOR
        if template.is_from_site:
            visitor = (_NEW if number == 1 else _AGAIN) % (number, who, visit_of(id_))
        communication = communication_of(id_)
        link = b"null" if template.record is None else _LINK % (communication, template.record)
        head = _HEAD % (
            id_, moment(start), b"" if finish is None else moment(finish), communication,
            phone_of(contact), wait, total - clean, talk, clean,
            total if finish is None else finish - start, postprocess,
            b"%d" % delay_of(caller) if template.is_recovered else b"null",
            who >> 12, b"%d" % (contact % 10**9) if card < KNOWN else b"null", link,
            _CARDS[card], visitor,
        )  # fmt: skip
        if finish is None:
            head = head.replace(b'"finish_time":""', b'"finish_time":null')
        return head + template.json % tuple(moment(start + delay) for delay in template.delays)


# accounts of a process are mostly of one seed, and templates take longer than a small account
@lru_cache(maxsize=2)
def _templates(report: Report, seed: int) -> Sequence[_Template]:
    rng = random.Random(f"{seed}:templates")
    enums = {field.name: field.values for field in report if field.values}
    rest = [name for name in report.names if name not in _HEAD_FIELDS]
    return [_template(sketch, rest, enums, rng) for sketch in SKETCHES]


_TIME_MARK = "@time@"


def _template(
    sketch: Sketch, names: Sequence[str], enums: Mapping[str, Sequence[str]], rng: random.Random
) -> _Template:
    delays: list[int] = []

    def later(delay: int) -> str:
        delays.append(delay)
        return _TIME_MARK

    story = make_story(sketch, enums, rng, later)
    values = values_of(story)
    record = values["full_record_file_link"]
    text = json.dumps({name: values[name] for name in names}, ensure_ascii=False)[1:]
    text = text.replace("%", "%%").replace(_TIME_MARK, "%b")
    return _Template(
        text.encode(),
        tuple(delays),
        story.lengths,
        sketch.kind is Kind.RECOVERED,
        story.campaign.from_site,
        None if record is None else record.encode(),
    )
