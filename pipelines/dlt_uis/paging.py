"""Paging through a window so that no call is lost or doubled: seeking, not skipping.

Calls of the same second have no fixed order, so offsets can skip and repeat them. Instead each
request takes the first page of what is left, sorted by ``start_time``. All seconds of a page but
its last are whole; they are passed on, and the next request starts at that last second again. So
every second comes from exactly one answer and no ids need to be remembered.

A second that holds more calls than a page is read in ranges of ``id`` (the API can filter by it,
though not sort), until each range fits a page. An offset would not do there: the order may differ
from one request to the next.

Whether ``date_from`` and ``date_till`` are inclusive is not documented. Requests reach one second
further on both sides until an answer has shown that a bound is inclusive; what lies outside is
clipped.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from .arrays import whole
from .errors import MalformedResponse
from .windows import SECOND, Window

_FILL = 0.7
"""How full, of a page, the id ranges of a crowded second are planned to be."""

_LEAST_SHARED = 0.05
"""How much of a page a thread without work takes off another's span: where the API is slow it would
wait for a whole answer otherwise, and what it takes has to be asked for in any case."""

_OVERLAP = 0.25
"""How much of a page it takes more than is left beyond the request under way, which is then sure to
be the last one of that span."""

_LEAST_CUT = timedelta(days=7)
"""How long a span is at least that is cut before anything is known of it. What a sync reads again
is shorter, and mostly fits a page."""


@dataclass(frozen=True)
class Glimpse:
    """What an answer tells before it is decoded, as that takes long: how many calls the API said
    match the request, how many it bears, and when (naive local) the last of these started.

    Nothing but plans is made by it: it need not be right.
    """

    total: int
    rows: int
    last: datetime


@dataclass(frozen=True)
class Request:
    """One request for calls: ``date_from`` and ``date_till`` as sent (naive local), and the
    exclusive bounds of ``id`` if only a range of ids is asked for. Who asks may want to be
    ``told`` of the answer before it is decoded."""

    date_from: datetime
    date_till: datetime
    id_above: int | None = None
    id_below: int | None = None
    told: Callable[[Glimpse], None] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Page:
    """An answer: its calls, with ``id`` (int64) and ``start_time`` (naive local) never null, and
    how many calls the API said match the request (``total_items``)."""

    calls: pa.Table
    total: int

    @property
    def is_complete(self) -> bool:
        """Whether it holds all calls that match the request."""
        return bool(self.calls.num_rows >= self.total)

    @cached_property
    def last_second(self) -> datetime:
        latest: datetime = pc.max(self.calls["start_time"]).as_py()
        return latest.replace(microsecond=0)

    def between(self, start: datetime, end: datetime) -> pa.Table:
        """Its calls that started from ``start`` on and before ``end``, not copied if possible."""
        times = self.calls["start_time"]
        inside = pc.and_(
            pc.greater_equal(times, pa.scalar(start, times.type)),
            pc.less(times, pa.scalar(end, times.type)),
        )
        first, count = pc.index(inside, True).as_py(), _count(inside)
        together = self.calls.slice(max(first, 0), count)
        if count == 0 or _count(inside.slice(first, count)) == count:
            return together
        return self.calls.filter(inside)

    def count_before(self, moment: datetime) -> int:
        return _count(pc.less(self.calls["start_time"], _scalar(self.calls, moment)))

    def count_from(self, moment: datetime) -> int:
        return _count(pc.greater_equal(self.calls["start_time"], _scalar(self.calls, moment)))


def _scalar(calls: pa.Table, moment: datetime) -> pa.Scalar:
    return pa.scalar(moment, calls.schema.field("start_time").type)


def _count(mask: pa.ChunkedArray) -> int:
    return pc.sum(mask).as_py() or 0


Fetch = Callable[[Request], Page]


class Edges:
    """What is known of the API's bounds. It only ever learns, so threads may share it."""

    def __init__(self) -> None:
        self.from_is_inclusive = False
        self.till_is_inclusive = False

    @classmethod
    def asked(cls, fetch: Fetch, page: Page) -> Edges:
        """All that there is to know, by asking for a known call (the page's first) on each bound.

        Costs two requests.
        """
        id_: int = page.calls["id"][0].as_py()
        second = page.calls["start_time"][0].as_py().replace(microsecond=0)
        edges = cls()
        at_from = Request(second, second + SECOND, id_ - 1, id_ + 1)
        at_till = Request(second - SECOND, second, id_ - 1, id_ + 1)
        edges.from_is_inclusive = fetch(at_from).total > 0
        edges.till_is_inclusive = fetch(at_till).total > 0
        return edges

    def request(self, start: datetime, end: datetime, *, till_is_inclusive: bool) -> Request:
        """The narrowest request that is sure to cover the seconds from ``start`` before ``end``."""
        return Request(
            start if self.from_is_inclusive else start - SECOND,
            end - SECOND if till_is_inclusive else end,
        )

    def learn(self, request: Request, page: Page) -> None:
        """Takes note of calls that lie exactly on a bound of the request."""
        if not page.calls.num_rows:
            return
        # set, never unset: another thread may have learned meanwhile
        if not self.from_is_inclusive and page.count_before(request.date_from + SECOND):
            self.from_is_inclusive = True
        if not self.till_is_inclusive and page.count_from(request.date_till):
            self.till_is_inclusive = True


class Tally:
    """What the API promised for a window (``total_items``), and the calls that came."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._lock = threading.Lock()
        self._promised: int | None = None
        self._beyond = 0
        self._ids: list[pa.ChunkedArray] = []
        self._rereading = False

    @property
    def promised(self) -> int | None:
        """Calls promised inside the window, ``None`` before the first answer."""
        with self._lock:
            return None if self._promised is None else self._promised - self._beyond

    @property
    def received(self) -> int:
        with self._lock:
            return sum(len(ids) for ids in self._ids)

    @property
    def is_short(self) -> bool:
        return self.received < (self.promised or 0)

    def promise(self, page: Page) -> None:
        """Notes the promise of the first answer about the whole window; later ones are ignored."""
        with self._lock:
            if self._promised is None:
                self._promised = page.total - page.count_before(self.window.start)

    def beyond(self, calls: int) -> None:
        """Takes calls beyond the window's end, which the promise counted, off it."""
        with self._lock:
            self._beyond = calls

    def start_over(self) -> None:
        """The window is read again: a new promise, and only calls that have not come yet."""
        with self._lock:
            self._promised, self._beyond, self._rereading = None, 0, True

    def take(self, calls: pa.Table) -> pa.Table:
        """Counts ``calls`` as received and returns those that have not come before."""
        calls = _without_repeats(calls)
        with self._lock:
            if self._rereading and self._ids:
                known = pa.chunked_array([chunk for ids in self._ids for chunk in ids.chunks])
                calls = calls.filter(pc.invert(pc.is_in(calls["id"], value_set=known)))
            # a column shares its memory with the page: a copy lets the page go
            self._ids.append(pa.chunked_array([pc.add(whole(calls["id"]), 0)]))
        return calls


def _without_repeats(calls: pa.Table) -> pa.Table:
    """``calls`` without later rows of an id that one answer bears twice."""
    if pc.count_distinct(calls["id"]).as_py() == calls.num_rows:
        return calls
    numbered = pa.table({"id": calls["id"], "row": pa.array(range(calls.num_rows))})
    first = numbered.group_by("id").aggregate([("row", "min")])["row_min"]
    return calls.take(first.sort())


class Span:
    """The part of a window that one thread is reading; another thread may take its far half.

    ``start`` moves on as pages come. The lock guards ``start``, ``end`` and the estimate of what
    is left: the reading thread moves the one bound, a thread without work the other.

    Of what is left (``_left`` calls) the request under way brings ``_page_rows``, up to
    ``_reached`` once its answer has told that.

    The first answer about the ``whole`` of a window tells what the window's promise is.
    """

    def __init__(
        self, window: Window, tally: Tally, *, till_is_inclusive: bool, whole: bool = False
    ) -> None:
        self.start = window.start
        self.end = window.end
        self.tally = tally
        self.till_is_inclusive = till_is_inclusive
        self.whole = whole
        self._lock = threading.Lock()
        self._asked_end = window.end
        self._page_rows = 0
        self._left = 0
        self._reached: datetime | None = None

    @property
    def spare(self) -> int:
        """About how many calls are left beyond the request under way."""
        with self._lock:
            return self._left - self._page_rows

    @property
    def unknown(self) -> timedelta:
        """How long it is, if it is worth a cut though nobody knows yet what is in it; else 0."""
        with self._lock:
            length = self.end - self.start
            return timedelta() if self._page_rows or length < _LEAST_CUT else length

    @property
    def is_done(self) -> bool:
        with self._lock:
            return self.start >= self.end

    def request(self, edges: Edges) -> Request:
        with self._lock:
            self._asked_end, self._reached = self.end, None
            asked = edges.request(self.start, self.end, till_is_inclusive=self.till_is_inclusive)
            return replace(asked, told=self.expect)

    def expect(self, glimpse: Glimpse) -> None:
        """Takes note of what the answer to the request under way will bring."""
        with self._lock:
            reached = min(max(glimpse.last.replace(microsecond=0), self.start), self.end)
            beyond = self._still_mine(max(0, glimpse.total - glimpse.rows), reached)
            self._page_rows, self._left = glimpse.rows, glimpse.rows + beyond
            self._reached = reached

    def _still_mine(self, calls: int, start: datetime) -> int:
        """About how many of the ``calls`` from ``start`` to the end that was asked for are left
        here, if the far end was given away meanwhile."""
        if not start < self._asked_end:
            return calls
        return round(calls * ((self.end - start) / (self._asked_end - start)))

    def promise(self, page: Page) -> None:
        """Takes note of what an answer promises for the window."""
        if self.whole:
            self.tally.promise(page)

    def advance(self, page: Page, until: datetime) -> pa.Table:
        """Moves the start on to ``until`` and returns the page's calls up to there."""
        with self._lock:
            until = min(until, self.end)
            calls = page.between(self.start, until)
            self._page_rows = page.calls.num_rows
            self._left = self._still_mine(page.total - page.count_before(until), until)
            self.start, self._reached = until, None
        return calls

    def advance_by_id(self, parts: Iterable[Page]) -> Iterator[pa.Table]:
        """Moves the start on by a second, of which ``parts`` are all calls; yields them."""
        second, beyond = self.start, 0
        for part in parts:
            beyond += part.count_from(second + SECOND)
            yield part.between(second, second + SECOND)
        with self._lock:
            self._count_beyond(beyond, second + SECOND)
            self.start = second + SECOND

    def overshoots(self, page: Page) -> bool:
        """Whether an incomplete page already holds calls beyond the window's end."""
        with self._lock:
            return self._reaches_window_end(self.end) and page.last_second >= self.end

    def _count_beyond(self, calls: int, until: datetime) -> None:
        """Takes note of calls beyond the window's end, if it is that which is read up to, and if
        they were asked for: else nobody saw any, whatever the promise counted."""
        if self._reaches_window_end(until) and not self.till_is_inclusive:
            self.tally.beyond(calls)

    def _reaches_window_end(self, moment: datetime) -> bool:
        return moment == self.end == self.tally.window.end

    def finish(self, page: Page) -> pa.Table:
        """The complete ``page``'s calls up to the span's end, which is reached by it."""
        with self._lock:
            calls = page.between(self.start, self.end)
            self._count_beyond(page.count_from(self.end), self.end)
            self.start, self._left = self.end, 0
        return calls

    def abandon(self) -> None:
        """Gives the rest up: the API returns nothing although it promised more."""
        with self._lock:
            self.start, self._left = self.end, 0

    def give_half(self) -> Span | None:
        """Cuts off the far half of what is left beyond the request under way, for another thread.

        It is cut between whole pages, so that no half ends with a small one, unless what is left is
        less than a page. Calls are taken to be spread evenly; where they are not, a part of a page
        is read for nothing.
        """
        with self._lock:
            spare = self._left - self._page_rows
            if spare < _LEAST_SHARED * self._page_rows or not self._page_rows:
                return None
            far_calls = math.ceil(spare / self._page_rows / 2) * self._page_rows
            if far_calls > spare:
                overlap = 0 if self._reached else round(_OVERLAP * self._page_rows)
                far_calls = min(spare + overlap, self._left - 1)
            far = self._cut_at(self._before_the_last(far_calls))
            if far is not None:
                far._left, far._page_rows = far_calls, self._page_rows
                self._left -= far_calls
            return far

    def _before_the_last(self, calls: int) -> datetime:
        """About the second before which all but the last ``calls`` that are left began."""
        start, left = self.start, self._left
        if self._reached is not None:
            start, left = self._reached, self._left - self._page_rows
        return start + int((self.end - start) / SECOND * (1 - calls / left)) * SECOND

    def give_unknown_half(self) -> Span | None:
        """Cuts off the far half of the time, if it is :attr:`unknown`."""
        if not self.unknown:
            return None
        with self._lock:
            return self._cut_at(self.start + (self.end - self.start) // 2 // SECOND * SECOND)

    def _cut_at(self, middle: datetime) -> Span | None:
        if not self.start < middle < self.end:
            return None
        far = Span(Window(middle, self.end), self.tally, till_is_inclusive=self.till_is_inclusive)
        self.end = middle
        return far


def read(span: Span, fetch: Fetch, edges: Edges) -> Iterator[pa.Table]:
    """Reads a span to its end: yields its calls, each once, a table a page.

    Ends early, with the tally short, if the API stops returning what it promised.

    Raises:
        MalformedResponse: the API answered with calls before ``date_from``, and no others.
    """
    while not span.is_done:
        # in a function of its own, lest a page is held while the next one is waited for
        yield from _read_on(span, fetch, edges)


def _read_on(span: Span, fetch: Fetch, edges: Edges) -> Iterator[pa.Table]:
    """Asks for what comes next in a span."""
    request = span.request(edges)
    page = fetch(request)
    edges.learn(request, page)
    if not page.is_complete and page.calls.num_rows and span.overshoots(page):
        page = _fetch_again_exactly(span, request, page, fetch)
    if page.is_complete:
        span.promise(page)
        yield span.tally.take(span.finish(page))
    elif not page.calls.num_rows:
        span.promise(page)
        span.abandon()
    elif page.last_second >= span.start:
        span.promise(page)
        yield from _read_whole_seconds(span, page, fetch, edges)
    elif not edges.from_is_inclusive or request.date_from >= span.start:
        # else: nothing but calls of the second before, now known to be avoidable
        raise MalformedResponse("calls that started before date_from")


def _fetch_again_exactly(span: Span, request: Request, page: Page, fetch: Fetch) -> Page:
    """The page without calls beyond the window's end, now that the bound is known to be inclusive.

    How many those are, only the two promises tell: what is missing in the page may also be lost.
    """
    span.till_is_inclusive = True
    exact = fetch(replace(request, date_till=request.date_till - SECOND))
    span.promise(page)
    span.tally.beyond(page.total - exact.total)
    return exact


def _read_whole_seconds(span: Span, page: Page, fetch: Fetch, edges: Edges) -> Iterator[pa.Table]:
    if page.last_second > span.start:
        yield span.tally.take(span.advance(page, page.last_second))
        return
    second = Window(span.start, span.start + SECOND)
    request = edges.request(second.start, second.end, till_is_inclusive=span.till_is_inclusive)
    for calls in span.advance_by_id(read_by_id(request, fetch)):
        yield span.tally.take(calls)


def read_by_id(request: Request, fetch: Fetch) -> Iterator[Page]:
    """All calls that match ``request``, each once, whatever their order: in ranges of ``id``.

    Where a range holds more than a page, the answer's own ids are a fair sample of it: some of
    them become borders of smaller ranges, and their calls are passed on at once, so that every
    step makes headway. Ends early where nothing comes although calls are promised.
    """
    ranges: list[tuple[int | None, int | None]] = [(request.id_above, request.id_below)]
    while ranges:
        above, below = ranges.pop()
        page = fetch(Request(request.date_from, request.date_till, above, below))
        if page.is_complete:
            yield page
        elif page.calls.num_rows:
            borders = _borders(page)
            at_borders = pc.is_in(page.calls["id"], value_set=pa.array(borders, pa.int64()))
            yield Page(page.calls.filter(at_borders), len(borders))
            ranges += zip([above, *borders], [*borders, below], strict=True)


def _borders(page: Page) -> list[int]:
    ids = pc.unique(page.calls["id"]).sort().to_pylist()
    parts = max(2, -(-page.total // max(1, int(_FILL * len(ids)))))
    borders = {ids[len(ids) * i // parts] for i in range(1, parts)}
    return sorted(borders)
