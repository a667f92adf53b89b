"""The gaps of a window: seconds that nobody has passed on yet, and who is asking for them.

A page that was asked for behind an offset lies somewhere in a gap. All seconds between its first
and its last one are whole: they are cut out, and two gaps are left, each with the requests that are
likely to bring its calls::

    gap         start |..........................................| end
    page                         |s|-----------------|e|
                                 first second      last second: maybe cut by the page's borders
    cut out                        |-----------------|
    gaps left   start |............|                 |...........| end
                       requests before it             requests behind it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..localtime.windows import Window
from .paging import Page


@dataclass(eq=False)
class Flight:
    """A request under way: for the calls of ``asked`` but the first ``offset``.

    Attributes:
        rank: about how many calls of the window come before its first one.
        skipped: how many records at the start can't be read, and come without an offset, too.
        is_planned: an answer promised the calls that are asked for.
        is_told: its answer has come, and told how many calls there are.
        is_back: it asks in the other order, from the end.
    """

    asked: Window
    offset: int
    rank: int
    skipped: int = 0
    is_planned: bool = False
    is_told: bool = False
    is_back: bool = False

    @property
    def is_first(self) -> bool:
        """Whether it asks for the first calls."""
        return self.offset == self.skipped and not self.is_back


@dataclass(eq=False)
class Gap:
    """Seconds that nobody has passed on yet, from ``start`` on and before ``end``.

    Attributes:
        rank: about how many calls of the window come before it.
        end_rank: and how many before its end, ``None`` before an answer has told.
        planned: up to which call those under way are likely to reach.
        flights: requests under way that are likely to bring its calls.
        skip: how many records at its start can't be read.
        is_doubted: an answer ended before it, although more was promised, or nothing was: nothing
            may be in it.
    """

    start: datetime
    end: datetime
    rank: int = 0
    end_rank: int | None = None
    planned: int = 0
    flights: list[Flight] = field(default_factory=list)
    skip: int = 0
    is_doubted: bool = False

    @property
    def spare(self) -> int:
        """About how many calls nobody has asked for."""
        if self.is_doubted or not self.flights:
            return 0
        return (self.end_rank or 0) - self.planned

    @property
    def guessed_at(self) -> timedelta:
        """How long it is for each request if one more is made, while nobody knows what it has."""
        if self.is_doubted or self.end_rank is not None or not self.flights:
            return timedelta()
        return (self.end - self.start) / (len(self.flights) + 1)


class Gaps:
    """The gaps of a window, in no order. Who shares them takes care of threads."""

    def __init__(self, window: Window, expected: int | None) -> None:
        self._window = window
        self.all = [Gap(window.start, window.end, end_rank=expected)]

    def __bool__(self) -> bool:
        return bool(self.all)

    @property
    def are_open(self) -> bool:
        """Whether one of them is in no doubt: it is to be read."""
        return any(not gap.is_doubted for gap in self.all)

    def first_free(self) -> Gap | None:
        """One from which nobody reads."""
        free = (gap for gap in self.all if not gap.flights and not gap.is_doubted)
        return next(free, None)

    def flights(self) -> list[Flight]:
        """All requests under way, each once."""
        return list({id(each): each for gap in self.all for each in gap.flights}.values())

    def of(self, flight: Flight) -> Iterator[Gap]:
        """Those that a request is likely to bring calls of."""
        return (gap for gap in self.all if flight in gap.flights)

    def begun_at(self, start: datetime) -> Gap | None:
        return next((gap for gap in self.all if gap.start == start), None)

    def at_end_of(self, flight: Flight) -> list[Gap]:
        """That at the window's end, if a request may bring calls of it."""
        return [gap for gap in self.of(flight) if gap.end == self._window.end]

    def doubt(self, flight: Flight) -> None:
        """Nothing may be where a request asked for the window's last calls."""
        for gap in self.at_end_of(flight):
            gap.is_doubted = True

    def trust(self) -> None:
        """None is in doubt any more."""
        self.all = [replace(gap, is_doubted=False) for gap in self.all]

    def skip(self, flight: Flight, records: int) -> None:
        """So many records at the start of what a request asked for can't be read."""
        for gap in self.of(flight):
            gap.skip = records

    def let_go(self, flight: Flight) -> None:
        """The request is under way no more."""
        for gap in list(self.of(flight)):
            gap.flights.remove(flight)

    def drop_of(self, flight: Flight) -> None:
        """Drops what only this request was asking for: nothing is there."""
        self.all = [gap for gap in self.all if gap.flights != [flight]]

    def end_at(self, start: datetime, missing: int | None) -> None:
        """All from ``start`` on has come; what is before it is in no doubt.

        Args:
            missing: how many calls the window lacks, if that is known.
        """
        self.all = [
            replace(
                gap,
                end=min(gap.end, start),
                end_rank=None if missing is None else gap.rank + missing,
                is_doubted=False,
            )
            for gap in self.all
            if gap.start < start
        ]

    def cut(
        self, flight: Flight, page: Page, whole: Window | None, rank: int, *, ends_early: bool
    ) -> list[Window]:
        """Takes the whole seconds of a page out; returns those that were in gaps.

        Args:
            whole: its whole seconds.
            rank: about how many calls of the window come before the page's first one.
            ends_early: it has fewer calls than a page, and more are promised, or nobody knows.
        """
        gaps, passed = [], []
        for gap in self.all:
            flights = [each for each in gap.flights if each is not flight]
            in_doubt = ends_early and flight in gap.flights and gap.end == self._window.end
            is_doubted = gap.is_doubted or in_doubt
            first = max(whole.start, gap.start) if whole else gap.end
            last = min(whole.end, gap.end) if whole else gap.start
            if first >= last:
                gaps.append(replace(gap, flights=flights, is_doubted=is_doubted))
                if in_doubt:
                    passed.append(Window(gap.start, gap.end))
                continue
            passed.append(Window(first, gap.end if in_doubt else last))
            if gap.start < first:
                near = [each for each in flights if each.rank < flight.rank]
                end_rank = rank + page.count_before(first)
                gaps.append(
                    replace(gap, end=first, end_rank=end_rank, flights=near, is_doubted=False)
                )
            if last < gap.end:
                far = [each for each in flights if each.rank >= flight.rank]
                reached = rank + page.count_before(last)
                gaps.append(
                    replace(
                        gap, start=last, rank=reached, flights=far, skip=0, is_doubted=is_doubted
                    )
                )
        self.all = gaps
        return passed
