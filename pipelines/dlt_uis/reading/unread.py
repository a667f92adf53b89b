"""What of a window has not been read, shared by the threads that read it.

Each asks for a page (:mod:`.planning`). Which calls came, the page itself tells: calls come in the
order of time, so all seconds between its first and its last one are whole. They are passed on, and
what no page had is a gap, that is read from its start. So each second comes from exactly one
answer, however answers cross, and wherever an offset has led.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pyarrow as pa

from ..localtime.windows import SECOND, Window
from .gaps import Flight
from .paging import FARTHEST, Edges, Page, Request
from .planning import Plan
from .second_reading import Outcome, SecondReading
from .tally import Tally


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
        self._plan = Plan(tally, page_rows=page_rows, expected=expected)
        self._gaps = self._plan.gaps
        self._second_reading = SecondReading(tally, self._plan)

    # -- planning -------------------------------------------------------------------------------

    def first(self) -> Flight | None:
        """As :meth:`Plan.first`."""
        with self._lock:
            return self._plan.first()

    @property
    def spare(self) -> int:
        """As :attr:`Plan.spare`."""
        with self._lock:
            return self._plan.spare

    def further(self) -> Flight | None:
        """As :meth:`Plan.further`."""
        with self._lock:
            return self._plan.further()

    @property
    def unanswered(self) -> Flight | None:
        """As :attr:`Plan.unanswered`."""
        with self._lock:
            return self._plan.unanswered

    def guess(self) -> Flight | None:
        """As :meth:`Plan.guess`."""
        with self._lock:
            return self._plan.guess()

    @property
    def page_rows(self) -> int:
        """As :attr:`Plan.page_rows`."""
        return self._plan.page_rows

    # -- asking ---------------------------------------------------------------------------------

    def request(self, flight: Flight, edges: Edges) -> Request:
        """What to ask the API for."""
        return replace(self.covering(flight.asked, edges), offset=flight.offset)

    def told(self, flight: Flight, request: Request, total: int) -> None:
        """Takes note of how many calls match the request, before the page is decoded."""
        with self._lock:
            self._plan.hear(flight)
            self._plan.expect(flight, request, total)

    def covering(self, seconds: Window, edges: Edges) -> Request:
        """The narrowest request that is sure to cover some seconds."""
        at_end = seconds.end == self._window.end
        inclusive = self._till_is_inclusive if at_end else edges.till_is_inclusive
        return edges.request(seconds.start, seconds.end, till_is_inclusive=inclusive)

    # -- what came ------------------------------------------------------------------------------

    def overshoots(self, flight: Flight, request: Request, page: Page) -> bool:
        """Whether a page reaches beyond the window's end without telling how many calls there are
        in all."""
        if not request.reaches(self._window.end) or not page.calls.num_rows:
            return False
        end = self._window.end
        if flight.is_back:
            # if others are asked for they come in no order
            all_beyond = page.count_from(end) == page.calls.num_rows
            is_unclear = all_beyond or (request.id_not_in and page.count_from(end))
            return bool(is_unclear) and not page.is_complete
        if self._reaches_end(flight, page):
            return flight.offset > 0 and page.first_second >= end
        return page.last_second >= end and self._plan.is_full(page)

    def is_all(self, flight: Flight, page: Page) -> bool:
        """Whether a page has all calls that were asked for, for sure."""
        return flight.is_first and self._reaches_end(flight, page)

    def _reaches_end(self, flight: Flight, page: Page) -> bool:
        """Whether there are no calls behind a page for sure, as far as was asked for.

        One that has more than there can be behind an offset did not begin there. A full one is
        never the last for sure: the promise may be too small.
        """
        return flight.offset + page.rows == page.total and not self._plan.is_full(page)

    def narrow(self, request: Request) -> Request:
        """The request without calls beyond the window's end, as the bound is inclusive."""
        with self._lock:
            self._till_is_inclusive = True
        return replace(request, date_till=self._window.end - SECOND)

    def promise(self, flight: Flight, request: Request, page: Page) -> None:
        """Takes note of what the first answer about the whole window promises."""
        if flight.is_first and flight.asked == self._window:
            self.tally.promise(page, counts_beyond=request.reaches(self._window.end))

    def land(self, flight: Flight, request: Request, page: Page) -> Iterator[pa.Table]:
        """Passes on those whole seconds of a page that nobody has passed on."""
        with self._lock:
            self._plan.hear(flight)
            self._plan.crowds.learn(page)
            if page.is_full:
                # the API may have been asked for fewer calls than planned, as it was slow
                self._plan.page_rows = page.limit
            if request.reaches(self._window.end):
                beyond = page.count_from(self._window.end)
                if beyond or self._reaches_end(flight, page):
                    self.tally.beyond(beyond)
            passed = self._cut(flight, request, page)
        for part in passed:
            yield page.between(part.start, part.end)

    def _cut(self, flight: Flight, request: Request, page: Page) -> list[Window]:
        """Takes the whole seconds of a page out of the gaps; returns those that were in them."""
        start, end = self._whole_seconds(flight, page)
        ends_early = not self._reaches_end(flight, page) and not self._plan.is_full(page)
        before = 0 if flight.offset else page.count_before(flight.asked.start)
        before += self._plan.expect(flight, request, _less(page.total, before))
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
        if flight.asked.end == self._window.end or self._plan.is_full(page):
            return False
        return page.total is not None or page.last_second == flight.asked.start

    def land_empty(self, flight: Flight, request: Request, page: Page) -> None:
        """Takes note of an answer without calls, although there should be some."""
        with self._lock:
            skip = flight.offset + page.rows
            if not flight.is_first:
                if not page.rows and (page.total is None or flight.offset < page.total):
                    # nothing is so far behind, though it is promised
                    self._plan.in_vain += flight.is_planned
                    self._gaps.doubt(flight)
            elif self._plan.is_full(page) and skip <= FARTHEST:
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
            self._plan.hear(flight)
            self._plan.expect(flight, request, page.total)
            self._gaps.let_go(flight)

    def is_crowded(self, flight: Flight, page: Page) -> bool:
        """Whether the second that was asked for from has more calls than a page."""
        is_one = flight.is_first and page.last_second == flight.asked.start
        return is_one and self._plan.is_full(page)

    def take_second(self, flight: Flight) -> Window | None:
        """The second at which the request began, which holds more calls than a page; it is for
        whoever asks to pass these on. ``None`` if somebody has."""
        second = Window(flight.asked.start, flight.asked.start + SECOND)
        with self._lock:
            self._plan.hear(flight)
            gap = self._gaps.begun_at(second.start)
            self._gaps.let_go(flight)
            if gap is None:
                return None
            if gap.end == second.end:
                self._gaps.all.remove(gap)
            gap.start, gap.skip = second.end, 0
            return second

    # -- reading again, from the end ------------------------------------------------------------

    def outcome(self, requests: int) -> Outcome:
        """As :meth:`SecondReading.outcome`."""
        with self._lock:
            return self._second_reading.outcome(requests)

    def read_again(self, requests: int) -> None:
        """As :meth:`SecondReading.begin`."""
        with self._lock:
            self._second_reading.begin(requests)

    def back(self) -> Flight | None:
        """As :meth:`SecondReading.next`."""
        with self._lock:
            return self._second_reading.next()

    def request_back(self, flight: Flight, edges: Edges) -> Request:
        """As :meth:`SecondReading.request`."""
        return self._second_reading.request(self.covering(flight.asked, edges))

    def land_back(
        self, flight: Flight, request: Request, page: Page
    ) -> tuple[pa.Table, Window | None]:
        """As :meth:`SecondReading.land`."""
        with self._lock:
            return self._second_reading.land(flight, request, page)

    def land_aside(self, request: Request, page: Page) -> pa.Table:
        """As :meth:`SecondReading.land_aside`."""
        with self._lock:
            return self._second_reading.land_aside(request, page)

    def found_new(self) -> None:
        """As :meth:`SecondReading.found_new`."""
        with self._lock:
            self._second_reading.found_new()


def _less(total: int | None, before: int) -> int | None:
    return None if total is None else total - before
