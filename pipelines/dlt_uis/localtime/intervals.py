"""Sets of time, local or of instants: what of a range was read already, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from .windows import Window


@dataclass(frozen=True, order=True)
class Span:
    """The instants from ``start`` on and before ``end``."""

    start: datetime
    end: datetime


_Interval = TypeVar("_Interval", Window, Span)


def merged(intervals: Iterable[_Interval]) -> list[_Interval]:
    """The same times in as few intervals as possible, oldest first."""
    whole: list[_Interval] = []
    for interval in sorted(intervals):
        if whole and interval.start <= whole[-1].end:
            whole[-1] = replace(whole[-1], end=max(whole[-1].end, interval.end))
        else:
            whole.append(interval)
    return whole


def without(window: Window, covered: Iterable[Window]) -> Iterator[Window]:
    """The parts of ``window`` that none of ``covered`` holds, oldest first."""
    start = window.start
    for known in merged(covered):
        if known.start > start and start < window.end:
            yield Window(start, min(known.start, window.end))
        start = max(start, known.end)
    if start < window.end:
        yield Window(start, window.end)


def to_state(windows: Iterable[Window]) -> list[list[str]]:
    """Windows as JSON holds them."""
    return [[window.start.isoformat(), window.end.isoformat()] for window in windows]


def from_state(pairs: Iterable[Sequence[str]]) -> list[Window]:
    """What :func:`to_state` wrote."""
    return [Window(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in pairs]
