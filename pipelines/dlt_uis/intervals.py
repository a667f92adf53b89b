"""Sets of local time: what of a range was read already, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from .windows import Window


def merged(windows: Iterable[Window]) -> list[Window]:
    """The same times in as few windows as possible, oldest first."""
    whole: list[Window] = []
    for window in sorted(windows):
        if whole and window.start <= whole[-1].end:
            whole[-1] = Window(whole[-1].start, max(whole[-1].end, window.end))
        else:
            whole.append(window)
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
