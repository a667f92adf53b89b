"""Local days of a range, and how they are put together to be read at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from .windows import LONGEST, Window

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


def stretches(
    days: Sequence[Day], calls: Callable[[Day], float], most: float
) -> Iterator[list[Day]]:
    """Days that follow each other, with at most about ``most`` calls, unless one day has more."""
    stretch: list[Day] = []
    held = 0.0
    for day in sorted(days):
        follows = bool(stretch) and stretch[-1].window.end == day.window.start
        short = bool(stretch) and day.window.end - stretch[0].window.start <= LONGEST
        if stretch and not (follows and short and held + calls(day) <= most):
            yield stretch
            stretch, held = [], 0.0
        stretch.append(day)
        held += calls(day)
    if stretch:
        yield stretch


def whole(stretch: Sequence[Day]) -> Window:
    """The window of days that follow each other."""
    return Window(stretch[0].window.start, stretch[-1].window.end)
