"""What is left to be read of a window, and who reads it: spans, each from both of its ends.

A thread reads at one end of a span: from the start in the order of time, or from the end against
it. Two of them share a span without a border between them. Where calls lie closely is not known
beforehand, so that a border would mostly cut a page off that is not full, for a whole request; they
just meet. Only a third thread needs a border, as it begins in the middle.

What was read lies outside of the span: its ends only move towards one another, under a lock, and
pass on what they moved over. So each call is passed on once, however plans and answers cross.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pyarrow as pa

from .errors import MalformedResponse
from .paging import Edges, Fetch, Glimpse, Page, Request, Tally, read_by_id
from .windows import SECOND, Window

_LEAST_SHARED = 0.05
"""How much of a page there is to do for a thread without work, at least: where the API is slow it
would wait for a whole answer otherwise, and what it takes has to be asked for in any case."""

_MARGIN = 0.05
"""How much of a page more is asked for than is left to an end, so that it meets the other."""

_LEAST_CUT = timedelta(days=7)
"""How long a span is at least that is shared before anything is known of it. What a sync reads
again is shorter, and mostly fits a page."""


@dataclass
class _Together:
    """What all spans of a window share. The lock guards them, and what is planned by them."""

    tally: Tally
    page_rows: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)


class Span:
    """Seconds of a window that nobody has passed on yet, from ``start`` on and before ``end``.

    Attributes:
        left: about how many calls they have, ``None`` before an answer has told.
        is_exact: whether that is by the API's own count.
        ends: who reads, by whether it is against the order of time.
        passed_on: calls that its ends have passed on.
        cuts: how often a part was cut off.
    """

    def __init__(self, window: Window, together: _Together) -> None:
        self.start = window.start
        self.end = window.end
        self.together = together
        self.left: float | None = None
        self.is_exact = False
        self.ends: dict[bool, End] = {}
        self.passed_on = 0
        self.cuts = 0

    @property
    def is_done(self) -> bool:
        return self.start >= self.end

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def spare(self) -> float:
        """About how many calls are left beyond what the ends are about to bring."""
        with self.together.lock:
            return (self.left or 0) - sum(end.claim for end in self.ends.values())

    @property
    def unknown(self) -> timedelta:
        """How long it is for each of its ends, if it is worth a further one though nobody knows yet
        what is in it; else 0."""
        with self.together.lock:
            length = self.length / max(1, len(self.ends))
            return length if self.left is None and length >= _LEAST_CUT else timedelta()

    def share(self, *, may_cut: bool = True) -> End | None:
        """An end for another thread, ``None`` if there is not enough left for it.

        The other end of the span, if nobody is there; else where an answer that is being decoded
        ends; else it begins in the middle, if it ``may_cut`` the span there.
        """
        with self.together.lock:
            page = self.together.page_rows
            if self.is_done or not page or self.spare < _LEAST_SHARED * page:
                return None
            if len(self.ends) < 2:
                end: End | None = self._joined()
            else:
                end = self._taken_over()
                if end is None and may_cut:
                    end = self._begun_between(page)
            if end is not None:
                end.claim_next()
            return end

    def share_unknown(self) -> End | None:
        """The same, if the span is :attr:`unknown`: by time, as nobody knows of calls."""
        with self.together.lock:
            if self.is_done or not self.unknown:
                return None
            if len(self.ends) == 2 and self._cut_at(self._middle(), None) is None:
                return None
            end = self._joined()
            end.bound = self._middle()
            return end

    def _middle(self) -> datetime:
        return self.start + self.length // 2 // SECOND * SECOND

    def _joined(self) -> End:
        (present,) = self.ends.values()
        return present.beside(self, descending=not present.descending)

    def _taken_over(self) -> End | None:
        """An end that goes on where an answer that is being decoded ends."""
        for end in self.ends.values():
            if end.reached is None:
                continue
            is_exact = self.is_exact
            before = (self.left or 0) - end.claim if end.descending else end.claim
            far = self._cut_at(end.reached, before)
            if far is not None:
                rest = self if end.descending else far
                rest.is_exact = is_exact
                return end.beside(rest, descending=end.descending)
        return None

    def _begun_between(self, page: int) -> End | None:
        """An end in the middle, if each of the others would have to ask twice more.

        Calls are taken to be spread evenly, and there are whole pages on either side: one request
        more is made where they are not.
        """
        near, far, left, spare = self.ends[False], self.ends[True], self.left or 0, self.spare
        if spare <= 2 * page:
            return None
        before = near.claim + round(spare / page / 2) * page
        if not 0 < before < left:
            return None
        middle = self.start + int(self.length / SECOND * before / left) * SECOND
        beyond = self._cut_at(middle, before)
        if beyond is None:
            return None
        if self.spare >= beyond.spare:
            return near.beside(self, descending=True)
        return far.beside(beyond, descending=False)

    def _cut_at(self, middle: datetime, before: float | None) -> Span | None:
        """Cuts off what is from ``middle`` on, with the end that reads it; ``before`` so many calls
        are left here."""
        if not self.start < middle < self.end:
            return None
        far = Span(Window(middle, self.end), self.together)
        self.end = middle
        self.cuts += 1
        self.is_exact = False
        if self.left is not None and before is not None:
            far.left, self.left = max(0.0, self.left - before), before
        if end := self.ends.pop(True, None):
            end.span = far
            far.ends[True] = end
        return far


class End:
    """An end of a span, at which one thread reads.

    The first request for the ``whole`` of a window tells what the window's promise is.

    Attributes:
        span: another thread may cut a part off meanwhile.
        descending: whether it reads against the order of time, from the span's end.
        claim: about how many calls its request under way, or the next one, brings; infinite while
            nobody can know.
        reached: up to where the request under way brings them, once its answer has told that.
        bound: up to where the first request asks, if not for all of the span.
    """

    def __init__(
        self, span: Span, *, descending: bool, till_is_inclusive: bool, whole: bool = False
    ) -> None:
        self.span = span
        self.descending = descending
        self.till_is_inclusive = till_is_inclusive
        self.whole = whole
        self.claim = math.inf
        self.reached: datetime | None = None
        self.bound: datetime | None = None
        self._together = span.together
        self.tally = span.together.tally
        self._asked = self.tally.window
        self._asked_of: tuple[Span, int] | None = None
        self._passed_on = 0
        self._has_finished = False
        span.ends[descending] = self

    @classmethod
    def of_window(cls, tally: Tally, *, till_is_inclusive: bool) -> End:
        """The start of a window, of which nothing is read yet."""
        span = Span(tally.window, _Together(tally))
        return cls(span, descending=False, till_is_inclusive=till_is_inclusive, whole=True)

    def beside(self, span: Span, *, descending: bool) -> End:
        """A further end, of the same window."""
        return End(span, descending=descending, till_is_inclusive=self.till_is_inclusive)

    # -- planning -------------------------------------------------------------------------------

    def claim_next(self) -> None:
        """Takes what is left to it of the span, a page at most, off what others may take."""
        page, other = self._together.page_rows, self._other()
        is_known = other is None or other.claim < math.inf
        self.claim = max(0.0, min(page, self._left_to_it())) if is_known else page

    def _other(self) -> End | None:
        return self.span.ends.get(not self.descending)

    def _left_to_it(self) -> float:
        other = self._other()
        return (self.span.left or 0) - (other.claim if other else 0)

    def request(self, edges: Edges) -> Request | None:
        """What to ask for next; ``None`` if the span is done, or will be by the other end."""
        with self._together.lock:
            span, other = self.span, self._other()
            if span.is_done or (other and self._may_leave_it_to(other)):
                del span.ends[self.descending]
                return None
            self._asked = self._next_asked()
            self._asked_of, self._passed_on, self.reached = (span, span.cuts), span.passed_on, None
            page, limit = self._together.page_rows, None
            if span.left is not None:
                self.claim_next()
            if other and other.claim < math.inf and span.is_exact:
                limit = math.ceil(self._left_to_it() + _MARGIN * page) + 1
                self.claim = min(page, limit)
            asked = self.covering(self._asked, edges)
            return replace(asked, descending=self.descending, limit=limit, told=self.expect)

    def _next_asked(self) -> Window:
        span, bound, self.bound = self.span, self.bound, None
        if bound is None or not span.start < bound < span.end:
            return Window(span.start, span.end)
        return Window(bound, span.end) if self.descending else Window(span.start, bound)

    def _may_leave_it_to(self, other: End) -> bool:
        """Whether the other end's request is to bring all that is left. While nobody can know, this
        end goes on until an answer had all that was asked for."""
        if other.claim == math.inf:
            return self._has_finished
        return self.span.left is not None and self._left_to_it() <= 0

    def covering(self, asked: Window, edges: Edges) -> Request:
        """The narrowest request that is sure to cover the seconds of ``asked``.

        At the window's end the bound is as it was when the promise was asked for.
        """
        at_end = asked.end == self.tally.window.end
        till_is_inclusive = self.till_is_inclusive if at_end else edges.till_is_inclusive
        return edges.request(asked.start, asked.end, till_is_inclusive=till_is_inclusive)

    def asks_narrower(self, request: Request, edges: Edges) -> bool:
        """Whether it was learned since that a request may reach less far beyond its end."""
        with self._together.lock:
            if self.descending:
                return edges.till_is_inclusive and request.date_till >= self.span.end
            return edges.from_is_inclusive and request.date_from < self.span.start

    def expect(self, glimpse: Glimpse) -> None:
        """Takes note of what the answer to the request under way will bring."""
        with self._together.lock:
            second = glimpse.last.replace(microsecond=0)
            complete = glimpse.rows >= glimpse.total
            self.reached = self._kept(self._far_edge() if complete else self._edge_by(second))
            self._together.page_rows = max(self._together.page_rows, glimpse.rows)
            self._estimate(max(0, glimpse.total - glimpse.rows), glimpse.rows, self.reached)
            self.claim = glimpse.rows

    @property
    def _edge(self) -> datetime:
        """Where the span begins or ends here: no other end moves that."""
        return self.span.end if self.descending else self.span.start

    @_edge.setter
    def _edge(self, moment: datetime) -> None:
        if self.descending:
            self.span.end = moment
        else:
            self.span.start = moment

    def _edge_by(self, second: datetime) -> datetime:
        """Where the whole seconds end of an answer that reaches into ``second``."""
        return second + SECOND if self.descending else second

    def _far_edge(self) -> datetime:
        """Where an answer ends that has all that was asked for."""
        return self._asked.start if self.descending else self._asked.end

    def _kept(self, moment: datetime) -> datetime:
        return min(max(moment, self.span.start), self.span.end)

    def _estimate(self, beyond: int, rows: float, edge: datetime) -> None:
        """Takes note that there are ``beyond`` calls from the ``edge`` of an answer, that has
        ``rows``, to where it was asked up to.

        If a part was cut off since, or more is left than was asked for, calls are taken to be
        spread evenly, unless it is known better.
        """
        span = self.span
        left = float(beyond)
        if self._asked_of == (span, span.cuts) and self._covers_span():
            left -= span.passed_on - self._passed_on
            span.is_exact = True
        elif span.is_exact:
            return
        else:
            to_go = edge - span.start if self.descending else span.end - edge
            if asked := abs(self._far_edge() - edge):
                left *= to_go / asked
            else:
                covered = abs(edge - (self._asked.end if self.descending else self._asked.start))
                left = rows * (to_go / covered) if covered else 0.0
        span.left = rows + max(0.0, left)

    def _covers_span(self) -> bool:
        """Whether all that is left of the span was asked for."""
        return self._asked.start <= self.span.start and self._asked.end >= self.span.end

    # -- what came ------------------------------------------------------------------------------

    def promise(self, page: Page) -> None:
        """Takes note of what an answer promises for the window."""
        if self.whole:
            self.tally.promise(page)

    def overshoots(self, page: Page) -> bool:
        """Whether an incomplete page reaches beyond the window's end without telling how many calls
        there are."""
        with self._together.lock:
            met = page.first_second if self.descending else page.last_second
            return self._sees_beyond(self.span.end) and met >= self.span.end

    def _sees_beyond(self, end: datetime) -> bool:
        """Whether calls beyond ``end`` are beyond the window's, and were asked for: the promise
        counts them, too."""
        return end == self.tally.window.end and not self.till_is_inclusive

    def finish(self, page: Page) -> pa.Table:
        """Passes on the complete ``page``: all that was asked for."""
        with self._together.lock:
            self._has_finished = True
            return self._move(page, self._far_edge())

    def advance(self, page: Page) -> pa.Table | None:
        """Passes on the page's whole seconds; ``None`` if there are none."""
        with self._together.lock:
            span, rows = self.span, page.calls.num_rows
            edge = self._edge_by(page.first_second if self.descending else page.last_second)
            if not span.is_done and edge == self._edge:
                self._estimate(page.total - rows, rows, edge)
                return None
            return self._move(page, edge)

    def _move(self, page: Page, edge: datetime) -> pa.Table:
        """Moves its end of the span to ``edge``, and returns the calls in between."""
        span, edge = self.span, self._kept(edge)
        start, end = (edge, span.end) if self.descending else (span.start, edge)
        calls = page.between(start, end) if start < end else page.calls.slice(0, 0)
        if start < end and self._sees_beyond(end):
            self.tally.beyond(page.count_from(end))
        passed = page.count_from(edge) if self.descending else page.count_before(edge)
        self._together.page_rows = max(self._together.page_rows, page.calls.num_rows)
        self._estimate(max(0, page.total - passed), calls.num_rows, edge)
        self._edge = edge
        self._passed(calls.num_rows)
        return calls

    def _passed(self, calls: int) -> None:
        span = self.span
        span.passed_on += calls
        span.left = max(0.0, (span.left or 0) - calls)
        self.reached = None
        self.claim_next()

    def take_second(self) -> Window | None:
        """Moves on by a second, which holds more calls than a page; it is for whoever asks to pass
        these on. ``None`` if the span is done."""
        with self._together.lock:
            span = self.span
            if span.is_done:
                return None
            start = span.end - SECOND if self.descending else span.start
            second = Window(start, start + SECOND)
            self._edge = second.start if self.descending else second.end
            return second

    def pass_on(self, second: Window, parts: Iterator[Page]) -> Iterator[pa.Table]:
        """Passes on the calls of a ``second`` that was taken, of which ``parts`` are all."""
        beyond = 0
        for part in parts:
            calls = part.between(second.start, second.end)
            beyond += part.count_from(second.end)
            with self._together.lock:
                self._passed(calls.num_rows)
            yield calls
        if self._sees_beyond(second.end):
            self.tally.beyond(beyond)

    def is_astray(self, page: Page) -> bool:
        """Whether all calls of a page are outside of the span, where it should have begun."""
        with self._together.lock:
            if self.descending:
                return page.first_second >= self.span.end
            return page.last_second < self.span.start

    def abandon(self) -> None:
        """Gives the rest up: the API returns nothing although it promised more."""
        with self._together.lock:
            self.span.left = 0
            # the other end of the span, of which an answer may be on its way, stays where it is
            self._edge = self.span.start if self.descending else self.span.end


def read(end: End, fetch: Fetch, edges: Edges) -> Iterator[pa.Table]:
    """Reads at an end of a span: yields its calls, each once, a table a page.

    Ends early, with the tally short, if the API stops returning what it promised.

    Raises:
        MalformedResponse: the API answered with calls that were not asked for, and no others.
    """
    while (request := end.request(edges)) is not None:
        # in a function of its own, lest a page is held while the next one is waited for
        yield from _read_on(end, request, fetch, edges)


def _read_on(end: End, request: Request, fetch: Fetch, edges: Edges) -> Iterator[pa.Table]:
    page = fetch(request)
    edges.learn(request, page)
    if not page.is_complete and page.calls.num_rows and end.overshoots(page):
        page = _fetch_again_exactly(end, request, page, fetch)
    end.promise(page)
    if page.is_complete:
        yield end.tally.take(end.finish(page))
    elif not page.calls.num_rows:
        end.abandon()
    elif end.descending and not page.runs_backwards:
        raise MalformedResponse("calls in another order than asked for")
    elif not end.is_astray(page):
        yield from _read_whole_seconds(end, page, fetch, edges)
    elif not end.asks_narrower(request, edges):
        # else: nothing but calls beside the span, now known to be avoidable
        raise MalformedResponse("calls from outside of the bounds asked for")


def _fetch_again_exactly(end: End, request: Request, page: Page, fetch: Fetch) -> Page:
    """The page without calls beyond the window's end, now that the bound is known to be inclusive.

    How many those are, only the two promises tell: what is missing in the page may also be lost.
    """
    end.till_is_inclusive = True
    exact = fetch(replace(request, date_till=request.date_till - SECOND))
    end.promise(page)
    end.tally.beyond(page.total - exact.total)
    return exact


def _read_whole_seconds(end: End, page: Page, fetch: Fetch, edges: Edges) -> Iterator[pa.Table]:
    calls = end.advance(page)
    if calls is not None:
        yield end.tally.take(calls)
    elif second := end.take_second():
        for calls in end.pass_on(second, read_by_id(end.covering(second, edges), fetch)):
            yield end.tally.take(calls)
