"""What stands in made-up records: the values that calls and encounters of a template share, and
records of a report that are put together from them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ...reports.fields import Array, Field, Report, Type
from ..encounters import ENCOUNTERS
from ..generating import Story, make_story, values_of
from ..people import SHIFTS
from ..stories import SKETCHES, Kind, Sketch
from ..templates import later

Values = Mapping[str, Any]


class Made(NamedTuple):
    """The story of a template, and the values that a call's record would have."""

    story: Story
    values: Values


# accounts of a process are mostly of one seed
@lru_cache(maxsize=2)
def made_of_calls(calls: Report, seed: int) -> Sequence[Made]:
    """Of each template of calls: what stands in the calls themselves, too."""
    return _made(calls, SKETCHES, random.Random(f"{seed}:templates"))


@lru_cache(maxsize=2)
def made_of_encounters(calls: Report, seed: int) -> Sequence[Made]:
    """Of each template of encounters."""
    sketches = (
        Sketch(
            number=each.number,
            kind=Kind.ANSWERED,
            shift=each.number % len(SHIFTS),
            campaign=each.campaign,
            place=each.number % 10,
            of=10,
            odd=None,
        )
        for each in ENCOUNTERS
    )
    return _made(calls, sketches, random.Random(f"{seed}:encounters"))


def _made(calls: Report, sketches: Iterable[Sketch], rng: random.Random) -> Sequence[Made]:
    enums = enums_of(calls)
    stories = (make_story(sketch, enums, rng, later) for sketch in sketches)
    return [Made(story, values_of(story)) for story in stories]


def enums_of(report: Report) -> Mapping[str, Sequence[str]]:
    """Values that a report documents, by field."""
    return {field.name: field.values for field in report if field.values}


def whole(report: Report, values: Values) -> dict[str, Any]:
    """A record of a report: ``values`` by name, those of objects by part, and nothing for fields
    that are not among them."""
    return {name: _value(report, name, values.get(name)) for name in report.names}


def _value(report: Report, name: str, value: Any) -> Any:
    field: Field | Array | None = report.scalar(name) or report.array(name)
    if name in report.objects:
        return value and {
            _part(each): _fitting(each, value.get(_part(each)))
            for each in report
            if each.inside == name
        }
    return value if field is None else _fitting(field, value)


def _part(field: Field | Array) -> str:
    return field.name.removeprefix(f"{field.inside}__")


def _fitting(field: Field | Array, value: Any) -> Any:
    """A value as the documentation has it: texts are texts, elements have all their fields."""
    if isinstance(field, Field):
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return str(value) if is_number and field.type is Type.TEXT else value
    if field.dictionary:
        return value or {}
    if not field.is_of_objects:
        return [str(each) for each in value or ()]
    parts: tuple[Field | Array, ...] = (*field.items, *field.arrays)
    return [
        {part.name: _fitting(part, element.get(part.name)) for part in parts}
        for element in value or ()
    ]
