"""Windows of local time, the one place that decides what is read.

A window is half-open, ``[start, end)``, in whole seconds of the account's local (naive) time, as
the API's ``date_from`` and ``date_till`` are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

SECOND = timedelta(seconds=1)


def floor_to_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def ceil_to_second(moment: datetime) -> datetime:
    floor = floor_to_second(moment)
    return floor if floor == moment else floor + SECOND


@dataclass(frozen=True, order=True)
class Window:
    """The local times from ``start`` on and before ``end``, whole seconds, never empty."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError("a window is in local time: its bounds bear no zone")
        if self.start.microsecond or self.end.microsecond:
            raise ValueError("a window's bounds are whole seconds")
        if self.start >= self.end:
            raise ValueError(f"a window ends after it starts: {self.start} … {self.end}")

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def pieces(self, longest: timedelta) -> Iterator[Window]:
        """Cuts the window into as few equally long pieces as ``longest`` allows, oldest first."""
        count = -(-self.length // longest)
        seconds = self.length // SECOND
        cuts = [self.start + i * seconds // count * SECOND for i in range(count)]
        for start, end in zip(cuts, [*cuts[1:], self.end], strict=True):
            yield Window(start, end)

    def __str__(self) -> str:
        return f"{self.start} … {self.end}"


def spanning(start: datetime, end: datetime) -> Window | None:
    """The window that covers ``start`` up to ``end`` in whole seconds, ``None`` if it is empty."""
    start, end = floor_to_second(start), ceil_to_second(end)
    return Window(start, end) if start < end else None
