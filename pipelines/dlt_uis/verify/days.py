"""Local days of a range, and how they are put together to be read at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ..localtime.intervals import merged
from ..localtime.windows import Window

MOST_DAYS = 200
"""How many days are put together at most, so that no query gets too long."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Day:
    """A local day, or the part of it that was asked for. Today is whole up to the present."""

    window: Window
    is_whole: bool

    @property
    def date(self) -> date:
        return self.window.start.date()


def days_of(window: Window, present: datetime) -> list[Day]:
    """The days of a window, oldest first; ``present`` is the local time now."""
    days = []
    start = window.start
    while start < window.end:
        midnight = datetime.combine(start.date(), time.min)
        end = min(midnight + _DAY, window.end)
        whole = start == midnight and (end == midnight + _DAY or end >= present)
        days.append(Day(Window(start, end), whole))
        start = end
    return days


def batches(days: Sequence[Day], calls: Callable[[Day], float], most: float) -> Iterator[list[Day]]:
    """Days with at most about ``most`` calls together, unless one day has more, oldest first."""
    batch: list[Day] = []
    held = 0.0
    for day in sorted(days):
        if batch and (held + calls(day) > most or len(batch) == MOST_DAYS):
            yield batch
            batch, held = [], 0.0
        batch.append(day)
        held += calls(day)
    if batch:
        yield batch


def windows_of(days: Iterable[Day], longest: timedelta) -> list[Window]:
    """As few windows as cover just the days, none longer than the API allows."""
    windows = merged(day.window for day in days)
    return [piece for window in windows for piece in window.pieces(longest)]
