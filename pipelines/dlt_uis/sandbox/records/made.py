"""The values that calls and encounters of a template share."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ...reports.fields import Report
from ..encounters import ENCOUNTERS
from ..generating import Story, make_story, values_of
from ..people import SHIFTS
from ..stories import SKETCHES, Kind, Sketch
from ..templates import later


class Made(NamedTuple):
    """The story of a template, and the values that a call's record would have."""

    story: Story
    values: Mapping[str, Any]


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
