"""What of a window has not been read, and which page to ask for next.

Threads read a window side by side, a page each: one asks for the first page of what is left, the
others for those behind it, by offset. An offset only says where in line a page is likely to begin.
Which calls came, the page itself tells: calls come in the order of time, so all seconds between its
first and its last one are whole. They are passed on, and what no page had is a gap, that is read
from its start. So each second comes from exactly one answer, however answers cross, and wherever
an offset has led.

Pages overlap by a few calls, lest a second that lies across a border is whole in neither.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pyarrow as pa

from .errors import MalformedResponse
from .paging import FARTHEST, Edges, Fetch, Page, Request, Tally, read_by_id
from .windows import SECOND, Window

_MOST_OVERLAP = 0.04
"""How much of a page it may share with the next one at most."""

_FIRST_OVERLAP = 0.005
"""The same before a page has shown how many calls begin in one second."""

_WHOLE_BORDERS = 0.95
"""The share of borders at which the overlap is to be enough, even if that costs a request. Where it
is too short, one is made for the second on the border."""

_LEAST_GUESSED = timedelta(days=7)
"""How much of a window there is at least for each request that is made before an answer has told
whether the window has so many pages. What a sync reads again is shorter, and mostly fits a page."""


@dataclass(eq=False)
class Flight:
    """A request under way: for the calls of ``asked`` but the first ``offset``.

    ``rank`` tells about how many calls of the window come before its first one.
    """

    asked: Window
    offset: int
    rank: int
    thread: int = field(default_factory=threading.get_ident)


@dataclass(eq=False)
class _Gap:
    """Seconds that nobody has passed on yet, from ``start`` on and before ``end``.

    Attributes:
        rank: about how many calls of the window come before it.
        end_rank: and how many before its end, ``None`` before an answer has told.
        planned: up to which call those under way are likely to reach.
        flights: requests under way that are likely to bring its calls.
        was_empty: whether the API returned nothing from its start on, although it promised calls.
    """

    start: datetime
    end: datetime
    rank: int = 0
    end_rank: int | None = None
    planned: int = 0
    flights: list[Flight] = field(default_factory=list)
    was_empty: bool = False

    @property
    def spare(self) -> int:
        """About how many calls nobody has asked for."""
        if self.was_empty or not self.flights:
            return 0
        return (self.end_rank or 0) - self.planned

    @property
    def guessed_at(self) -> timedelta:
        """How long it is for each request if one more is made, while nobody knows what it has."""
        if self.was_empty or self.end_rank is not None or not self.flights:
            return timedelta()
        return (self.end - self.start) / (len(self.flights) + 1)


class Unread:
    """The gaps of a window. Threads share it.

    Args:
        tally: counts the calls of the window.
        till_is_inclusive: whether ``date_till`` is known to be, when the window is begun. It is
            asked for in the same way until its end, for the promise counts what lies on its bound.
        page_rows: the ``limit`` of requests.
        expected: about how many calls it has, if that is known.
        by_offset: whether pages may be asked for before those in front of them have come.
    """

    def __init__(
        self,
        tally: Tally,
        *,
        till_is_inclusive: bool,
        page_rows: int,
        expected: int | None = None,
        by_offset: bool = True,
    ) -> None:
        self.tally = tally
        self._window = tally.window
        self._till_is_inclusive = till_is_inclusive
        self._lock = threading.RLock()
        self._by_offset = by_offset
        self._page_rows = page_rows
        self._longest_page = 0
        self._crowds: Counter[int] = Counter()
        self._gaps = [_Gap(self._window.start, self._window.end, end_rank=expected)]

    @property
    def is_done(self) -> bool:
        """Whether all of it was passed on, or given up."""
        with self._lock:
            return not self._gaps

    # -- planning -------------------------------------------------------------------------------

    def first(self) -> Flight | None:
        """The first page of a gap from which nobody reads; ``None`` without one."""
        with self._lock:
            for gap in self._gaps:
                if not gap.flights:
                    return self._sent(gap, 0)
            return None

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

    def _widest(self) -> _Gap | None:
        gaps = [gap for gap in self._gaps if gap.spare > 0 and self._offset(gap)]
        return max(gaps, key=lambda gap: gap.spare, default=None)

    @property
    def unanswered(self) -> Flight | None:
        """The first request for a long gap of which nothing is known, if it may be worth a guess
        that there are more pages."""
        with self._lock:
            return next((gap.flights[0] for gap in self._gaps if self._may_guess(gap)), None)

    def guess(self) -> Flight | None:
        """The page behind those that are under way, though nobody knows whether there is one."""
        with self._lock:
            return next((self._behind(gap) for gap in self._gaps if self._may_guess(gap)), None)

    def _may_guess(self, gap: _Gap) -> bool:
        return gap.guessed_at >= _LEAST_GUESSED and self._offset(gap) > 0

    def _behind(self, gap: _Gap) -> Flight:
        return self._sent(gap, self._offset(gap))

    def _offset(self, gap: _Gap) -> int:
        """Where in the gap the next page begins; 0 if there is no sense in an offset."""
        overlap = self._overlap(gap)
        offset = gap.planned - overlap - gap.rank
        is_worth_it = 2 * overlap <= self._page_rows
        return offset if self._by_offset and is_worth_it and 0 < offset <= FARTHEST else 0

    def _overlap(self, gap: _Gap) -> int:
        """How many calls the next page is to share with the last one: one more than are in the
        second on their border. That is as many as one mostly has or, as far as it costs no further
        request, twice the most that were seen: a page may begin a second's calls earlier than
        planned, too. For the same reason the last one is not planned to be full.
        """
        page, least = self._page_rows, self._crowd(_WHOLE_BORDERS) + 1
        if gap.spare <= 0 or least >= page:
            return least
        requests = math.ceil(gap.spare / (page - least))
        room = page - math.ceil((gap.spare + least) / requests)
        return max(least, min(room, 2 * self._crowd(1.0) + 1))

    def _crowd(self, share: float) -> int:
        """How many calls the second on a border has at most, in so large a share of cases: it is as
        likely to be one of many calls as a call is."""
        if not self._crowds:
            return math.ceil(_FIRST_OVERLAP * self._page_rows)
        rest = share * sum(size * seconds for size, seconds in self._crowds.items())
        for size in sorted(self._crowds):
            rest -= size * self._crowds[size]
            if rest <= 0:
                break
        return min(size, math.ceil(_MOST_OVERLAP * self._page_rows))

    def _sent(self, gap: _Gap, offset: int) -> Flight:
        asked = Window(gap.start, gap.end)
        if not offset and gap.start == self._window.start and self.tally.promised is None:
            asked = self._window
        flight = Flight(asked, offset, gap.rank + offset)
        gap.flights.append(flight)
        gap.planned = flight.rank + self._page_rows
        return flight

    # -- asking ---------------------------------------------------------------------------------

    def request(self, flight: Flight, edges: Edges) -> Request:
        """What to ask the API for; its answer's total is taken note of before it is decoded."""
        request = replace(self.covering(flight.asked, edges), offset=flight.offset)

        def told(total: int) -> None:
            with self._lock:
                self._expect(flight, request, total)

        return replace(request, told=told)

    def covering(self, seconds: Window, edges: Edges) -> Request:
        """The narrowest request that is sure to cover some seconds."""
        at_end = seconds.end == self._window.end
        inclusive = self._till_is_inclusive if at_end else edges.till_is_inclusive
        return edges.request(seconds.start, seconds.end, till_is_inclusive=inclusive)

    def _expect(self, flight: Flight, request: Request, matching: int) -> int:
        """Takes note of how many calls there are, as far as was asked for; returns how many others,
        of the second before, are likely to have been counted.

        A page behind an offset does not show these: they are those beyond what is known, if there
        may be so many in a second. Taken for calls at the end, they would be asked for in vain.
        """
        asked, before = flight.asked, 0
        for gap in self._gaps:
            if flight in gap.flights and gap.end == asked.end:
                end_rank = flight.rank - flight.offset + matching
                if flight.offset and request.date_from < asked.start and gap.end_rank is not None:
                    more = end_rank - gap.end_rank
                    before = more if 0 < more <= self._crowd(1.0) else 0
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
        if _reaches_end(flight, page):
            return flight.offset > 0 and page.first_second >= end
        return page.last_second >= end

    def narrow(self, request: Request) -> Request:
        """The request without calls beyond the window's end, as the bound is inclusive."""
        with self._lock:
            self._till_is_inclusive = True
        return replace(request, date_till=self._window.end - SECOND, told=None)

    def promise(self, flight: Flight, request: Request, page: Page) -> None:
        """Takes note of what the first answer about the whole window promises."""
        if not flight.offset and flight.asked == self._window:
            self.tally.promise(page, counts_beyond=self.reaches_beyond(request))

    def land(self, flight: Flight, request: Request, page: Page) -> Iterator[pa.Table]:
        """Passes on those whole seconds of a page that nobody has passed on."""
        with self._lock:
            self._learn(flight, page)
            if _reaches_end(flight, page) and self.reaches_beyond(request):
                self.tally.beyond(page.count_from(self._window.end))
            passed = self._cut(flight, request, page)
        for part in passed:
            yield page.between(part.start, part.end)

    def _learn(self, flight: Flight, page: Page) -> None:
        rows = page.records
        if not rows:
            return
        self._crowds.update(page.crowds())
        if flight.offset + rows < page.total:
            # some APIs give fewer than they are asked for
            self._longest_page = max(self._longest_page, rows)
            self._page_rows = self._longest_page

    def _cut(self, flight: Flight, request: Request, page: Page) -> list[Window]:
        """Takes the whole seconds of a page out of the gaps; returns those that were in them."""
        start, end = _whole_seconds(flight, page)
        before = 0 if flight.offset else page.count_before(flight.asked.start)
        before += self._expect(flight, request, page.total - before)
        rank, gaps, passed = flight.rank - before, [], []
        for gap in self._gaps:
            first, last = max(start, gap.start), min(end, gap.end)
            flights = [each for each in gap.flights if each is not flight]
            if first >= last:
                gaps.append(replace(gap, flights=flights))
                continue
            passed.append(Window(first, last))
            if gap.start < first:
                near = [each for each in flights if each.rank < flight.rank]
                end_rank = rank + page.count_before(first)
                gaps.append(replace(gap, end=first, end_rank=end_rank, flights=near))
            if last < gap.end:
                far = [each for each in flights if each.rank >= flight.rank]
                reached = rank + page.count_before(last)
                gaps.append(replace(gap, start=last, rank=reached, flights=far, was_empty=False))
        self._gaps = gaps
        return passed

    def leave(self, flight: Flight, request: Request, page: Page) -> None:
        """Takes note of an answer that brought nothing, of what may be elsewhere."""
        with self._lock:
            self._expect(flight, request, page.total)
            self._let_go(flight)

    def abandon(self, flight: Flight) -> None:
        """Gives up what the API returns nothing of although it promises more."""
        with self._lock:
            for gap in [gap for gap in self._gaps if flight in gap.flights]:
                if gap.was_empty or gap.flights == [flight]:
                    self._gaps.remove(gap)
                # where others are on their way, it is asked for once more when they are there
                gap.was_empty = True
            self._let_go(flight)

    def _let_go(self, flight: Flight) -> None:
        for gap in self._gaps:
            if flight in gap.flights:
                gap.flights.remove(flight)

    def take_second(self, flight: Flight) -> Window | None:
        """The second at which the request began, which holds more calls than a page; it is for
        whoever asks to pass these on. ``None`` if somebody has."""
        second = Window(flight.asked.start, flight.asked.start + SECOND)
        with self._lock:
            gap = next((gap for gap in self._gaps if gap.start == second.start), None)
            self._let_go(flight)
            if gap is None:
                return None
            if gap.end == second.end:
                self._gaps.remove(gap)
            gap.start = second.end
            return second


def _reaches_end(flight: Flight, page: Page) -> bool:
    """Whether there are no calls behind a page as far as was asked for."""
    if not flight.offset:
        return page.is_complete
    # one that has more than there can be behind an offset did not begin there
    return flight.offset + page.records == page.total


def _whole_seconds(flight: Flight, page: Page) -> tuple[datetime, datetime]:
    """From where on and before where all calls are in the page, as far as was asked for."""
    asked = flight.asked
    if flight.offset and not page.calls.num_rows:
        return asked.start, asked.start
    # the first second is for a request without an offset: that asks for the window's promise, too
    start = max(asked.start, page.first_second) + SECOND if flight.offset else asked.start
    return start, asked.end if _reaches_end(flight, page) else page.last_second


def read_on(unread: Unread, flight: Flight, fetch: Fetch, edges: Edges) -> Iterator[pa.Table]:
    """Asks for a page: yields those of its calls that nobody has passed on.

    Leaves the tally short if the API does not return what it promised.

    Raises:
        MalformedResponse: the API answered with calls that were not asked for, and no others, or
            in another order.
    """
    request = unread.request(flight, edges)
    page = fetch(request)
    edges.learn(request, page)
    if unread.overshoots(flight, request, page):
        unread.promise(flight, request, page)
        request, page = _fetch_again_exactly(unread, request, page, fetch)
    is_first = not flight.offset
    if is_first and page.is_complete:
        unread.promise(flight, request, page)
        yield from _taken(unread, unread.land(flight, request, page))
    elif not page.calls.num_rows:
        unread.promise(flight, request, page)
        if is_first:
            unread.abandon(flight)
        else:
            unread.leave(flight, request, page)
    elif not page.is_in_order:
        raise MalformedResponse("calls in another order than asked for")
    elif is_first and page.last_second < flight.asked.start:
        if not (edges.from_is_inclusive and request.date_from < flight.asked.start):
            raise MalformedResponse("calls from outside of the bounds asked for")
        # nothing but calls before the gap, now known to be avoidable
        unread.leave(flight, request, page)
    else:
        unread.promise(flight, request, page)
        if is_first and page.last_second == flight.asked.start:
            del page  # lest it is held while the second is read
            yield from _read_crowded(unread, flight, fetch, edges)
        else:
            yield from _taken(unread, unread.land(flight, request, page))


def _taken(unread: Unread, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    for calls in tables:
        yield unread.tally.take(calls)


def _fetch_again_exactly(
    unread: Unread, request: Request, page: Page, fetch: Fetch
) -> tuple[Request, Page]:
    """The page without calls beyond the window's end, now that the bound is known to be inclusive.

    How many those are, only the two promises tell: what is missing in the page may also be lost.
    """
    narrow = unread.narrow(request)
    exact = fetch(narrow)
    unread.tally.beyond(page.total - exact.total)
    return narrow, exact


def _read_crowded(unread: Unread, flight: Flight, fetch: Fetch, edges: Edges) -> Iterator[pa.Table]:
    """The calls of a second that has more of them than a page."""
    second = unread.take_second(flight)
    if second is None:
        return
    request, beyond = unread.covering(second, edges), 0
    for part in read_by_id(request, fetch):
        beyond += part.count_from(second.end)
        yield unread.tally.take(part.between(second.start, second.end))
    if second.end == unread.tally.window.end and unread.reaches_beyond(request):
        unread.tally.beyond(beyond)
