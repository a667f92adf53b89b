"""Which local days the warehouse holds: from what was read and verified to a state for each day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import pairwise

from ..localtime.intervals import Span, merged
from ..localtime.zones import Zone

DAY = timedelta(days=1)


class State(Enum):
    """What is known of a day, in words."""

    GAP = "not loaded"
    PARTIAL = "partly loaded"
    LOADED = "loaded"
    EQUAL = "loaded and verified equal"
    DIFFERENT = "verified and different"


@dataclass(frozen=True)
class Verdict:
    """What ``verify`` found on a day: a row of ``verified_days``.

    ``is_compared`` tells that all values were compared, not only counts.
    """

    source_calls: int
    warehouse_calls: int
    missing: int
    surplus: int
    changed: int
    is_compared: bool
    is_equal: bool
    verified_at: datetime


@dataclass(frozen=True)
class Day:
    """A local day: ``share`` (0 to 1) of it was read, last at ``loaded_at``."""

    date: date
    state: State
    share: float
    loaded_at: datetime | None
    verdict: Verdict | None


@dataclass(frozen=True)
class Extent:
    """How many days were read whole, in part, and not at all."""

    whole: int
    partial: int
    missing: int


def extent_of(days: Iterable[Day]) -> Extent:
    """What was read of the days, whatever was found on them."""
    read = [day.share for day in days]
    whole, missing = sum(share >= 1 for share in read), sum(share <= 0 for share in read)
    return Extent(whole, len(read) - whole - missing, missing)


def gaps(spans: Iterable[Span]) -> list[Span]:
    """What lies between the spans and in none of them, oldest first."""
    return [Span(before.end, after.start) for before, after in pairwise(merged(spans))]


def dates(first: date, last: date) -> Iterator[date]:
    """The days from ``first`` to ``last``, both included."""
    return (first + number * DAY for number in range((last - first).days + 1))


def bounds(day: date, zone: Zone) -> Span:
    """The instants of a local day; 23 or 25 hours where clocks change."""
    start, end = (datetime(d.year, d.month, d.day) for d in (day, day + DAY))
    return Span(zone.instant(start), zone.instant(end))


def shares(spans: Iterable[Span], days: Iterable[date], zone: Zone) -> dict[date, float]:
    """Which share (0 to 1) of each day the spans cover; ``days`` in order."""
    whole, at = merged(spans), 0
    found = {}
    for day in days:
        bound = bounds(day, zone)
        while at < len(whole) and whole[at].end <= bound.start:
            at += 1
        found[day] = _share(whole, at, bound)
    return found


def _share(whole: Sequence[Span], at: int, bound: Span) -> float:
    length, covered = bound.end - bound.start, timedelta(0)
    if not length:  # a zone that moved over the date line skipped the day
        return 1.0
    while at < len(whole) and whole[at].start < bound.end:
        covered += min(whole[at].end, bound.end) - max(whole[at].start, bound.start)
        at += 1
    return covered / length


def state_of(share: float, verdict: Verdict | None) -> State:
    """The state of a day, the most pressing first: a difference, a gap, a part, a good verdict."""
    if verdict is not None and not verdict.is_equal:
        return State.DIFFERENT
    if share <= 0:
        return State.GAP
    if share < 1:
        return State.PARTIAL
    return State.LOADED if verdict is None else State.EQUAL


def days_of(
    first: date,
    last: date,
    zone: Zone,
    spans: Iterable[Span],
    reads: Iterable[tuple[date, date, datetime]],
    verdicts: Mapping[date, Verdict],
) -> list[Day]:
    """Every day from ``first`` to ``last`` with its state.

    ``reads`` are ranges of days, both ends included, with the moment at which they were read.
    """
    covered = shares(spans, dates(first, last), zone)
    loaded_at: dict[date, datetime] = {}
    for start, end, moment in sorted(reads, key=lambda read: read[2]):
        loaded_at |= dict.fromkeys(dates(max(start, first), min(end, last)), moment)
    return [
        Day(day, state_of(share, verdicts.get(day)), share, loaded_at.get(day), verdicts.get(day))
        for day, share in covered.items()
    ]
