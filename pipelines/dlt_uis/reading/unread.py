"""What of a window has not been read, and which page to ask for next.

Threads read a window side by side, a page each: one asks for the first page of what is left, the
others for those behind it, by offset. An offset only says where in line a page is likely to begin.
Which calls came, the page itself tells: calls come in the order of time, so all seconds between its
first and its last one are whole. They are passed on, and what no page had is a gap, that is read
from its start. So each second comes from exactly one answer, however answers cross, and wherever
an offset has led.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow as pa

from ..localtime.windows import SECOND, Window
from .crowds import Crowds
from .gaps import Flight, Gap, Gaps
from .paging import FARTHEST, Edges, Page, Request, Tally
from .second_reading import Outcome, SecondReading

_LEAST_AHEAD = 3
"""How many pages may be asked for at least before it is known that so many are there: what is
promised may not exist."""

_FEW_IDS = 100
"""Up to so many calls of one second are named where others are asked for."""

_LEAST_GUESSED = timedelta(days=7)
"""How much of a window there is at least for each request that is made before an answer has told
whether the window has so many pages. What a sync reads again is shorter, and mostly fits a page."""


class Unread:
    """The gaps of a window. Threads share it.

    Args:
        tally: counts the calls of the window.
        till_is_inclusive: whether ``date_till`` is known to be, when the window is begun. It is
            asked for in the same way until its end, for the promise counts what lies on its bound.
        page_rows: the ``limit`` of requests.
        expected: about how many calls it has, if that is known.
    """

    def __init__(
        self,
        tally: Tally,
        *,
        till_is_inclusive: bool,
        page_rows: int,
        expected: int | None = None,
    ) -> None:
        self.tally = tally
        self._window = tally.window
        self._till_is_inclusive = till_is_inclusive
        self._lock = threading.RLock()
        self._page_rows = page_rows
        self._crowds = Crowds()
        self._gaps = Gaps(self._window, expected)
        self._answered = 0
        self._in_vain = 0
        self._back = SecondReading()

    # -- how it ends ----------------------------------------------------------------------------

    def outcome(self, requests: int) -> Outcome:
        """What is to be done when no request is under way.

        Args:
            requests: that the window has taken.
        """
        with self._lock:
            if self._gaps.are_open:
                return Outcome.OPEN
            if not self._gaps and not self.tally.missing:
                return Outcome.READ
            back = self._back
            if back.end is not None:
                is_spent = self._in_vain and requests >= back.most_requests
                gives_up = is_spent and not back.brought_new
                return Outcome.READ if gives_up else Outcome.OPEN
            if back.times and not back.brought_new:
                return Outcome.READ
            return Outcome.SHORT if back.times else Outcome.SHORT_AT_FIRST

    def read_again(self, requests: int) -> None:
        """Has a short window read from its end to its start, in about as many requests as it has
        taken: ``requests``. If some found nothing behind a page that had ended early, they confirm
        it, and fewer are made."""
        with self._lock:
            pages = math.ceil(self.tally.received / max(1, self._page_rows - 1))
            # one at least: what came so far may be little only because it was not whole
            most = max(requests + 1, 2 * min(requests - self._in_vain, pages))
            self._back = SecondReading(self._window.end, most, self._back.times + 1)

    # -- planning -------------------------------------------------------------------------------

    def first(self) -> Flight | None:
        """The first page of a gap from which nobody reads; ``None`` without one."""
        with self._lock:
            gap = self._gaps.first_free()
            return self._sent(gap, gap.skip) if gap else None

    def back(self) -> Flight | None:
        """The last page of what is to be read again; ``None`` if that is nothing."""
        with self._lock:
            if self._back.end is None:
                return None
            return Flight(Window(self._window.start, self._back.end), 0, 0, is_back=True)

    @property
    def spare(self) -> int:
        """About how many calls :meth:`further` would ask for."""
        with self._lock:
            widest = self._widest()
            return widest.spare if widest else 0

    def further(self) -> Flight | None:
        """The page behind those that are under way, where most calls are left; ``None`` if there
        are none."""
        with self._lock:
            widest = self._widest()
            return self._behind(widest) if widest else None

    def _widest(self) -> Gap | None:
        if self._answered and self._ahead >= max(_LEAST_AHEAD, self._answered):
            return None
        gaps = [gap for gap in self._gaps.all if gap.spare > 0 and self._offset(gap)]
        return max(gaps, key=lambda gap: gap.spare, default=None)

    @property
    def page_rows(self) -> int:
        """How many calls the API gives at once, as far as is known."""
        return self._page_rows

    @property
    def _ahead(self) -> int:
        """How many requests have no answer yet."""
        return sum(not flight.is_told for flight in self._gaps.flights())

    @property
    def unanswered(self) -> Flight | None:
        """The first request for a long gap of which nothing is known, if it may be worth a guess
        that there are more pages."""
        with self._lock:
            return next((gap.flights[0] for gap in self._gaps.all if self._may_guess(gap)), None)

    def guess(self) -> Flight | None:
        """The page behind those that are under way, though nobody knows whether there is one."""
        with self._lock:
            return next((self._behind(gap) for gap in self._gaps.all if self._may_guess(gap)), None)

    def _may_guess(self, gap: Gap) -> bool:
        return gap.guessed_at >= _LEAST_GUESSED and self._offset(gap) > 0

    def _behind(self, gap: Gap) -> Flight:
        return self._sent(gap, self._offset(gap))

    def _offset(self, gap: Gap) -> int:
        """Where in the gap the next page begins; 0 if there is no sense in an offset."""
        overlap = self._crowds.overlap(gap, self._page_rows)
        offset = gap.planned - overlap - gap.rank
        is_worth_it = 2 * overlap <= self._page_rows
        return offset if is_worth_it and 0 < offset <= FARTHEST else 0

    def _sent(self, gap: Gap, offset: int) -> Flight:
        asked = Window(gap.start, gap.end)
        if offset == gap.skip and gap.start == self._window.start and self.tally.promised is None:
            asked = self._window
        flight = Flight(
            asked, offset, gap.rank + offset, skipped=gap.skip, is_planned=self._answered > 0
        )
        gap.flights.append(flight)
        gap.planned = flight.rank + self._page_rows
        return flight

    # -- asking ---------------------------------------------------------------------------------

    def request(self, flight: Flight, edges: Edges) -> Request:
        """What to ask the API for."""
        return replace(self.covering(flight.asked, edges), offset=flight.offset)

    def told(self, flight: Flight, request: Request, total: int) -> None:
        """Takes note of how many calls match the request, before the page is decoded."""
        with self._lock:
            self._hear(flight)
            self._expect(flight, request, total)

    def _hear(self, flight: Flight) -> None:
        self._answered += not flight.is_told
        flight.is_told = True

    def request_back(self, flight: Flight, edges: Edges) -> Request:
        """What to ask the API for from the end. The order of one second's calls says nothing: if
        they are few, others than these are asked for."""
        request = replace(self.covering(flight.asked, edges), descending=True)
        tally = self.tally
        if tally.first_second == tally.last_second:
            request = replace(request, id_not_in=tally.few_ids(_FEW_IDS))
        return request

    def covering(self, seconds: Window, edges: Edges) -> Request:
        """The narrowest request that is sure to cover some seconds."""
        at_end = seconds.end == self._window.end
        inclusive = self._till_is_inclusive if at_end else edges.till_is_inclusive
        return edges.request(seconds.start, seconds.end, till_is_inclusive=inclusive)

    def _expect(self, flight: Flight, request: Request, matching: int | None) -> int:
        """Takes note of how many calls there are, as far as was asked for; returns how many others,
        of the second before, are likely to have been counted.

        A page behind an offset does not show these: they are those beyond what is known, if there
        may be so many in a second. Taken for calls at the end, they would be asked for in vain.
        """
        asked, before = flight.asked, 0
        if matching is None:
            return before
        for gap in self._gaps.of(flight):
            if gap.end == asked.end:
                end_rank = flight.rank - flight.offset + matching
                if flight.offset and request.date_from < asked.start and gap.end_rank is not None:
                    more = end_rank - gap.end_rank
                    before = more if 0 < more <= self._crowds.most(self._page_rows) else 0
                gap.end_rank = end_rank - before
        return before

    # -- what came ------------------------------------------------------------------------------

    def reaches_beyond(self, request: Request) -> bool:
        """Whether calls beyond the window's end were asked for, which its promise counts then."""
        return request.date_till >= self._window.end

    def overshoots(self, flight: Flight, request: Request, page: Page) -> bool:
        """Whether a page reaches beyond the window's end without telling how many calls there are
        in all."""
        if not self.reaches_beyond(request) or not page.calls.num_rows:
            return False
        end = self._window.end
        if flight.is_back:
            # if others are asked for they come in no order
            all_beyond = page.count_from(end) == page.calls.num_rows
            is_unclear = all_beyond or (request.id_not_in and page.count_from(end))
            return bool(is_unclear) and not page.is_complete
        if self._reaches_end(flight, page):
            return flight.offset > 0 and page.first_second >= end
        return page.last_second >= end and self._is_full(page)

    def _is_full(self, page: Page) -> bool:
        """Whether it has as many calls as the API gives at once."""
        return page.rows >= min(page.limit, self._page_rows)

    def is_all(self, flight: Flight, page: Page) -> bool:
        """Whether a page has all calls that were asked for, for sure."""
        return flight.is_first and self._reaches_end(flight, page)

    def _reaches_end(self, flight: Flight, page: Page) -> bool:
        """Whether there are no calls behind a page for sure, as far as was asked for.

        One that has more than there can be behind an offset did not begin there. A full one is
        never the last for sure: the promise may be too small.
        """
        return flight.offset + page.rows == page.total and not self._is_full(page)

    def narrow(self, request: Request) -> Request:
        """The request without calls beyond the window's end, as the bound is inclusive."""
        with self._lock:
            self._till_is_inclusive = True
        return replace(request, date_till=self._window.end - SECOND)

    def promise(self, flight: Flight, request: Request, page: Page) -> None:
        """Takes note of what the first answer about the whole window promises."""
        if flight.is_first and flight.asked == self._window:
            self.tally.promise(page, counts_beyond=self.reaches_beyond(request))

    def land(self, flight: Flight, request: Request, page: Page) -> Iterator[pa.Table]:
        """Passes on those whole seconds of a page that nobody has passed on."""
        with self._lock:
            self._hear(flight)
            self._crowds.learn(page)
            if page.is_full:
                # the API may have been asked for fewer calls than planned, as it was slow
                self._page_rows = page.limit
            if self.reaches_beyond(request):
                beyond = page.count_from(self._window.end)
                if beyond or self._reaches_end(flight, page):
                    self.tally.beyond(beyond)
            passed = self._cut(flight, request, page)
        for part in passed:
            yield page.between(part.start, part.end)

    def _cut(self, flight: Flight, request: Request, page: Page) -> list[Window]:
        """Takes the whole seconds of a page out of the gaps; returns those that were in them."""
        start, end = self._whole_seconds(flight, page)
        ends_early = not self._reaches_end(flight, page) and not self._is_full(page)
        before = 0 if flight.offset else page.count_before(flight.asked.start)
        before += self._expect(flight, request, _less(page.total, before))
        whole = Window(start, end) if start < end else None
        return self._gaps.cut(flight, page, whole, flight.rank - before, ends_early=ends_early)

    def _whole_seconds(self, flight: Flight, page: Page) -> tuple[datetime, datetime]:
        """From where on and before where all calls are in the page, as far as was asked for."""
        asked = flight.asked
        if not flight.is_first and not page.calls.num_rows:
            return asked.start, asked.start
        # the first second is for a request without an offset: that asks for the window's promise
        start = asked.start if flight.is_first else max(asked.start, page.first_second) + SECOND
        if self._reaches_end(flight, page) or self._is_given_up(flight, page):
            return start, asked.end
        return start, page.last_second

    def _is_given_up(self, flight: Flight, page: Page) -> bool:
        """Whether a page that ends early, amid the window, is taken as if it did not: if calls are
        missing, the window will be short, and read again. Without a promise nobody would know."""
        if flight.asked.end == self._window.end or self._is_full(page):
            return False
        return page.total is not None or page.last_second == flight.asked.start

    def land_empty(self, flight: Flight, request: Request, page: Page) -> None:
        """Takes note of an answer without calls, although there should be some."""
        with self._lock:
            skip = flight.offset + page.rows
            if not flight.is_first:
                if not page.rows and (page.total is None or flight.offset < page.total):
                    # nothing is so far behind, though it is promised
                    self._in_vain += flight.is_planned
                    self._gaps.doubt(flight)
            elif self._is_full(page) and skip <= FARTHEST:
                # none of the records can be read: those behind them may
                self._gaps.skip(flight, skip)
            elif flight.asked.end == self._window.end:
                self._gaps.doubt(flight)
            else:
                self._gaps.drop_of(flight)
            self.leave(flight, request, page)

    def leave(self, flight: Flight, request: Request, page: Page) -> None:
        """Takes note of an answer that brought nothing, of what may be elsewhere."""
        with self._lock:
            self._hear(flight)
            self._expect(flight, request, page.total)
            self._gaps.let_go(flight)

    # -- what came from the end -----------------------------------------------------------------

    def land_back(
        self, flight: Flight, request: Request, page: Page
    ) -> tuple[pa.Table, Window | None]:
        """Takes note of a page that was asked for from the end; returns those of its calls that
        have not come before, and a second that has more of them than a page, if it ends with one.
        """
        start, crowded = flight.asked.start, None
        with self._lock:
            end = flight.asked.end
            if page.calls.num_rows and end < self._window.end and page.last_second >= end:
                # nothing but calls behind what is to be read again, now known to be avoidable
                return page.calls.slice(0, 0), None
            if not page.calls.num_rows and self._is_full(page):
                # of what can't be read nobody knows when it began: it has to be read on
                self._back.end = None
                self._gaps.trust()
                return page.calls, None
            if self.reaches_beyond(request):
                self.tally.beyond(page.count_from(self._window.end))
            if flight.asked == self._window and request.date_from >= self._window.start:
                self._promise_within(request, page)
            if self._reaches_start(page):
                self.tally.before(page.count_before(self._window.start))
            else:
                if not self._is_full(page):
                    # there are calls before it, so the API gives no more than these at once
                    self._page_rows = page.rows
                start = max(start, page.last_second)
                if page.first_second == start or start + SECOND >= flight.asked.end:
                    # maybe with calls beyond the window's end, none of which counts
                    crowded = Window(start, start + SECOND)
                else:
                    start += SECOND
            new = self._new(page)
            self._came_back(start)
            return new, crowded

    def land_aside(self, request: Request, page: Page) -> pa.Table:
        """The same of calls other than those of one second that had come."""
        with self._lock:
            if self.reaches_beyond(request):
                self.tally.beyond(page.count_from(self._window.end))
            before = self.tally.received
            if request.date_from >= self._window.start:
                self._promise_within(request, page, others=before)
            self.tally.before(page.count_before(self._window.start))
            new = self._new(page)
            if new.num_rows and (self.tally.promised is None or self.tally.missing):
                # the first page would have had them, if it could
                self._page_rows = min(self._page_rows, max(1, before))
                self._came_back(self._window.end)
            else:
                self._came_back(self._window.start)
            return new

    def _promise_within(self, request: Request, page: Page, others: int = 0) -> None:
        if page.total is not None and self.tally.promised is not None:
            counts_beyond = self.reaches_beyond(request)
            self.tally.promise_within(page.total + others, counts_beyond=counts_beyond)

    def _new(self, page: Page) -> pa.Table:
        new = self.tally.take(page.between(self._window.start, self._window.end))
        self._back.brought_new |= new.num_rows > 0
        return new

    def _reaches_start(self, page: Page) -> bool:
        """Whether no calls are before a page that was asked for from the end."""
        if not page.calls.num_rows:
            return True
        if self._is_full(page):
            return False
        first = self.tally.first_second
        return page.is_complete or (first is not None and page.last_second <= first)

    def _came_back(self, start: datetime) -> None:
        """All that there is from ``start`` on has come; what is before it is in no doubt."""
        self._gaps.end_at(start, None if self.tally.promised is None else self.tally.missing)
        self._back.end = start if start > self._window.start else None
        if self._gaps and self._back.brought_new:
            # it has not been read yet: this was no second time
            self._back = SecondReading()

    def found_new(self) -> None:
        """Takes note that reading again was worth it."""
        with self._lock:
            self._back.brought_new = True

    def is_crowded(self, flight: Flight, page: Page) -> bool:
        """Whether the second that was asked for from has more calls than a page."""
        is_one = flight.is_first and page.last_second == flight.asked.start
        return is_one and self._is_full(page)

    def take_second(self, flight: Flight) -> Window | None:
        """The second at which the request began, which holds more calls than a page; it is for
        whoever asks to pass these on. ``None`` if somebody has."""
        second = Window(flight.asked.start, flight.asked.start + SECOND)
        with self._lock:
            self._hear(flight)
            gap = self._gaps.begun_at(second.start)
            self._gaps.let_go(flight)
            if gap is None:
                return None
            if gap.end == second.end:
                self._gaps.all.remove(gap)
            gap.start, gap.skip = second.end, 0
            return second


def _less(total: int | None, before: int) -> int | None:
    return None if total is None else total - before
