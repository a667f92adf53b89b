"""How far a window is read, and the reading of a short one once more, from its end.

A page may be shorter than asked for although more is promised: because the API gives no more at
once, because it lost a call, or because it promises too much. What is behind such a page is in
doubt. Then, and where fewer calls came than were promised, the window is read once more in the
other order, from its end: a request that tells these cases apart, and is of use in each of them. If
the same calls come, they are all that there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

import pyarrow as pa

from ..localtime.windows import SECOND, Window
from .gaps import Flight
from .paging import Page, Request
from .planning import Plan
from .tally import Tally

_FEW_IDS = 100
"""Up to so many calls of one second are named where others are asked for."""


class Outcome(Enum):
    """How far a window has been read: there is more to ask for; it is short, and whether that is so
    for the first time; it is read to its end."""

    OPEN = auto()
    SHORT_AT_FIRST = auto()
    SHORT = auto()
    READ = auto()


@dataclass
class _Round:
    """One reading from the end.

    Attributes:
        end: of what is still to be read again; ``None`` if that is nothing.
        most_requests: that the window may take, as long as nothing new comes.
        times: how often it has begun.
        brought_new: whether calls came that had not come before.
    """

    end: datetime | None = None
    most_requests: int = 0
    times: int = 0
    brought_new: bool = False


class SecondReading:
    """The reading of a short window from its end. Who shares it takes care of threads."""

    def __init__(self, tally: Tally, plan: Plan) -> None:
        self._tally = tally
        self._window = tally.window
        self._plan = plan
        self._round = _Round()

    def outcome(self, requests: int) -> Outcome:
        """What is to be done when no request is under way.

        Args:
            requests: that the window has taken.
        """
        gaps, back = self._plan.gaps, self._round
        if gaps.are_open:
            return Outcome.OPEN
        if not gaps and not self._tally.missing:
            return Outcome.READ
        if back.end is not None:
            is_spent = self._plan.in_vain and requests >= back.most_requests
            gives_up = is_spent and not back.brought_new
            return Outcome.READ if gives_up else Outcome.OPEN
        if back.times and not back.brought_new:
            return Outcome.READ
        return Outcome.SHORT if back.times else Outcome.SHORT_AT_FIRST

    def begin(self, requests: int) -> None:
        """Has the window read from its end to its start, in about as many requests as it has taken:
        ``requests``. If some found nothing behind a page that had ended early, they confirm it, and
        fewer are made."""
        pages = math.ceil(self._tally.received / max(1, self._plan.page_rows - 1))
        # one at least: what came so far may be little only because it was not whole
        most = max(requests + 1, 2 * min(requests - self._plan.in_vain, pages))
        self._round = _Round(self._window.end, most, self._round.times + 1)

    def next(self) -> Flight | None:
        """The last page of what is to be read again; ``None`` if that is nothing."""
        if self._round.end is None:
            return None
        return Flight(Window(self._window.start, self._round.end), 0, 0, is_back=True)

    def request(self, covering: Request) -> Request:
        """What to ask the API for, to get the last calls of a request. The order of one second's
        calls says nothing: if they are few, others than these are asked for."""
        request, tally = replace(covering, descending=True), self._tally
        if tally.first_second == tally.last_second:
            request = replace(request, id_not_in=tally.few_ids(_FEW_IDS))
        return request

    def land(self, flight: Flight, request: Request, page: Page) -> tuple[pa.Table, Window | None]:
        """Takes note of a page; returns those of its calls that have not come before, and a second
        that has more of them than a page, if it ends with one."""
        window, end = self._window, flight.asked.end
        if page.calls.num_rows and end < window.end and page.last_second >= end:
            # nothing but calls behind what is to be read again, now known to be avoidable
            return page.calls.slice(0, 0), None
        if not page.calls.num_rows and self._plan.is_full(page):
            # of what can't be read nobody knows when it began: it has to be read on
            self._round.end = None
            self._plan.gaps.trust()
            return page.calls, None
        self._note_beyond(request, page)
        if flight.asked == window and request.date_from >= window.start:
            self._promise_within(request, page)
        start, crowded = self._reached(flight, page)
        new = self._new(page)
        self._came_back(start)
        return new, crowded

    def _reached(self, flight: Flight, page: Page) -> tuple[datetime, Window | None]:
        """From where on all calls have come, and the second there, if it is crowded."""
        start = flight.asked.start
        if self._reaches_start(page):
            self._tally.before(page.count_before(self._window.start))
            return start, None
        if not self._plan.is_full(page):
            # there are calls before it, so the API gives no more than these at once
            self._plan.page_rows = page.rows
        start = max(start, page.last_second)
        if page.first_second == start or start + SECOND >= flight.asked.end:
            # maybe with calls beyond the window's end, none of which counts
            return start, Window(start, start + SECOND)
        return start + SECOND, None

    def land_aside(self, request: Request, page: Page) -> pa.Table:
        """The same of calls other than those of one second that had come."""
        self._note_beyond(request, page)
        before = self._tally.received
        if request.date_from >= self._window.start:
            self._promise_within(request, page, others=before)
        self._tally.before(page.count_before(self._window.start))
        new = self._new(page)
        if new.num_rows and (self._tally.promised is None or self._tally.missing):
            # the first page would have had them, if it could
            self._plan.page_rows = min(self._plan.page_rows, max(1, before))
            self._came_back(self._window.end)
        else:
            self._came_back(self._window.start)
        return new

    def found_new(self) -> None:
        """Takes note that reading again was worth it."""
        self._round.brought_new = True

    def _note_beyond(self, request: Request, page: Page) -> None:
        if request.reaches(self._window.end):
            self._tally.beyond(page.count_from(self._window.end))

    def _promise_within(self, request: Request, page: Page, others: int = 0) -> None:
        if page.total is not None and self._tally.promised is not None:
            counts_beyond = request.reaches(self._window.end)
            self._tally.promise_within(page.total + others, counts_beyond=counts_beyond)

    def _new(self, page: Page) -> pa.Table:
        new = self._tally.take(page.between(self._window.start, self._window.end))
        self._round.brought_new |= new.num_rows > 0
        return new

    def _reaches_start(self, page: Page) -> bool:
        """Whether no calls are before a page."""
        if not page.calls.num_rows:
            return True
        if self._plan.is_full(page):
            return False
        first = self._tally.first_second
        return page.is_complete or (first is not None and page.last_second <= first)

    def _came_back(self, start: datetime) -> None:
        """All that there is from ``start`` on has come; what is before it is in no doubt."""
        gaps = self._plan.gaps
        gaps.end_at(start, None if self._tally.promised is None else self._tally.missing)
        self._round.end = start if start > self._window.start else None
        if gaps and self._round.brought_new:
            # it has not been read yet: this was no second time
            self._round = _Round()
