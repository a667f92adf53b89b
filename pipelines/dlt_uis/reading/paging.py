"""Paging through a window so that no call is lost or doubled: seeking, not skipping.

Calls of the same second have no fixed order, so offsets can skip and repeat them. Instead each
request takes a page, sorted by ``start_time``, of which all seconds but those that it begins and
ends in are whole; they are passed on, and the rest is asked for again. So every second comes from
exactly one answer and no ids need to be remembered (:mod:`.unread`).

A second that holds more calls than a page is read in ranges of ``id`` (the API can filter by it,
though not sort), until each range fits a page. An offset would not do there: the order may differ
from one request to the next.

Whether ``date_from`` and ``date_till`` are inclusive is not documented. Requests reach one second
further on both sides until an answer has shown that a bound is inclusive; what lies outside is
clipped.

How many calls match a request (``total_items``) is a check and no gate: an answer may promise calls
that don't exist, promise too few, or say nothing. So a page is the last one for sure only if it has
just as many as were promised, and could have had more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from ..api.envelope import Refused
from ..decoding.arrays import whole
from ..errors import MalformedResponse
from ..localtime.windows import SECOND, Window
from .known_ids import KnownIds

LARGEST_PAGE = 10_000
"""The API's maximum of ``limit``."""

FARTHEST = 100_000
"""The API's maximum of ``offset``."""

_REPEATED = timedelta(hours=1)
"""How far clocks are set back at most."""

_MICROSECOND = timedelta(microseconds=1)

_FILL = 0.7
"""How full, of a page, the id ranges of a crowded second are planned to be."""

_MOST_PARTS = 8
"""Into how many ranges one is cut at most."""


@dataclass(frozen=True)
class Request:
    """One request for calls: ``date_from`` and ``date_till`` as sent (naive local), and the
    exclusive bounds of ``id`` if only a range of ids is asked for, or the ids that are not. The
    calls come in the order of time, or ``descending``, a page of them, behind the first
    ``offset``."""

    date_from: datetime
    date_till: datetime
    id_above: int | None = None
    id_below: int | None = None
    id_not_in: tuple[int, ...] = ()
    offset: int = 0
    descending: bool = False


@dataclass(frozen=True)
class Page:
    """An answer: its calls, with ``id`` (int64) and ``start_time`` (naive local) never null.

    Attributes:
        total: how many calls the API said match the request (``total_items``), ``None`` if it said
            nothing that can be used.
        limit: of the request.
        refused: records that were kept out.
    """

    calls: pa.Table
    total: int | None
    limit: int = LARGEST_PAGE
    refused: Sequence[Refused] = ()

    @property
    def rows(self) -> int:
        """How many records came."""
        return int(self.calls.num_rows) + len(self.refused)

    @property
    def is_full(self) -> bool:
        """Whether there may be more calls, whatever the API promises."""
        return self.rows >= self.limit

    @property
    def is_complete(self) -> bool:
        """Whether it holds all calls that match the request, for sure."""
        return self.rows == self.total and not self.is_full

    @property
    def first_second(self) -> datetime:
        return self._second_at(0)

    @property
    def last_second(self) -> datetime:
        return self._second_at(-1)

    def _second_at(self, row: int) -> datetime:
        return _second(self.calls["start_time"][row].as_py())

    def is_in_order(self, *, descending: bool = False) -> bool:
        """Whether no call comes after those of later seconds; but for an hour that clocks repeat,
        in case the API sorts by instants."""
        seconds = pc.cast(self._seconds, pa.int64())
        seconds = pc.negate(seconds) if descending else seconds
        behind = pc.max(pc.subtract(pc.cumulative_max(seconds), seconds)).as_py() or 0
        return bool(behind <= _REPEATED // _MICROSECOND)

    def crowds(self) -> Mapping[int, int]:
        """How many of its seconds have how many calls, by the number of calls."""
        sizes = pc.value_counts(self._seconds).field("counts")
        return {int(each["values"]): each["counts"] for each in pc.value_counts(sizes).to_pylist()}

    @cached_property
    def _seconds(self) -> pa.Array:
        return whole(pc.floor_temporal(self.calls["start_time"], unit="second"))

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
"""Asks for a page."""


class Listener(Protocol):
    """Wants to hear how many calls match a request before the page is decoded, as that takes
    long."""

    def told(self, request: Request, total: int) -> None:
        """The answer says so; it may be told again, where it has to be asked for again."""


TellingFetch = Callable[[Request, Listener | None], Page]
"""Asks for a page, and may tell of it before it is decoded."""


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
        edges.from_is_inclusive = fetch(at_from).rows > 0
        edges.till_is_inclusive = fetch(at_till).rows > 0
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
    """What the API promised for a window (``total_items``), and the calls that came.

    Attributes:
        first_second: of the calls that came, ``None`` without any.
        last_second: the same.

    Args:
        known: ids of the calls that came for this load, of other windows, too.
    """

    def __init__(self, window: Window, known: KnownIds | None = None) -> None:
        self.window = window
        self.first_second: datetime | None = None
        self.last_second: datetime | None = None
        self._known = known or KnownIds()
        self._lock = threading.Lock()
        self._promised: int | None = None
        self._counts_beyond = False
        self._before = self._beyond = 0
        self._received = 0
        self._refused: dict[str, Refused] = {}

    @property
    def promised(self) -> int | None:
        """Calls promised inside the window, ``None`` where no answer has told a number."""
        with self._lock:
            if self._promised is None:
                return None
            beyond = self._beyond if self._counts_beyond else 0
            return max(0, self._promised - self._before - beyond)

    @property
    def received(self) -> int:
        """Calls that came, each once."""
        with self._lock:
            return self._received

    @property
    def refused(self) -> int:
        """Records that were kept out, each once."""
        with self._lock:
            return len(self._refused)

    @property
    def told(self) -> str | None:
        """What a log says of one record that was kept out."""
        with self._lock:
            return next((record.told for record in self._refused.values()), None)

    @property
    def missing(self) -> int:
        """Promised less received; a record that was kept out was received."""
        promised = self.promised
        return 0 if promised is None else max(0, promised - self.received - self.refused)

    def promise(self, page: Page, *, counts_beyond: bool) -> None:
        """Notes the promise of the first answer about the whole window; later ones are ignored.

        Args:
            counts_beyond: whether calls beyond the window's end were asked for, too.
        """
        with self._lock:
            if self._promised is None and page.total is not None:
                self._promised = page.total
                self._before = page.count_before(self.window.start)
                self._counts_beyond = counts_beyond

    def promise_within(self, total: int, *, counts_beyond: bool) -> None:
        """Notes the promise of an answer that counts no calls before the window's start: the first
        one may have lost some of those that it counts there."""
        with self._lock:
            self._promised, self._before, self._counts_beyond = total, 0, counts_beyond

    def before(self, calls: int) -> None:
        """Notes how many calls there are before the window's start, which the promise counts: the
        first answer may have lost some of them."""
        with self._lock:
            self._before = max(self._before, calls)

    def beyond(self, calls: int) -> None:
        """Notes how many calls there are beyond the window's end, in case the promise counts
        them."""
        with self._lock:
            self._beyond = calls

    def refuse(self, records: Sequence[Refused]) -> int:
        """Counts records that were kept out; returns how many have not come before."""
        with self._lock:
            before = len(self._refused)
            self._refused |= {record.digest: record for record in records}
            return len(self._refused) - before

    def take(self, calls: pa.Table) -> pa.Table:
        """Counts ``calls`` as received and returns those that have not come before."""
        if not calls.num_rows:
            return calls
        new, received = self._known.add(calls, self)
        times = pc.min_max(calls["start_time"])
        first, last = (_second(times[each].as_py()) for each in ("min", "max"))
        with self._lock:
            self._received += received
            self.first_second = min(first, self.first_second or first)
            self.last_second = max(last, self.last_second or last)
        return new

    def few_ids(self, most: int) -> tuple[int, ...]:
        """Ids of the calls that came, if they are not more than ``most``."""
        return tuple(self._known.of(self)) if self.received <= most else ()


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def read_by_id(request: Request, fetch: Fetch, most: int = LARGEST_PAGE) -> Iterator[Page]:
    """All calls that match ``request``, each once, whatever their order: in ranges of ``id``.

    Where a range holds more than a page, the answer's own ids are a fair sample of it: some of
    them become borders of smaller ranges, and their calls are passed on at once, so that every
    step makes headway. A page that could have had more calls ends its range, whatever is promised.

    Args:
        most: how many calls the API is known to give at once at most.

    Raises:
        MalformedResponse: the API answered with calls from outside of the range asked for.
    """
    ranges: list[tuple[int | None, int | None]] = [(request.id_above, request.id_below)]
    longest = 0
    while ranges:
        above, below = ranges.pop()
        page = fetch(replace(request, id_above=above, id_below=below))
        _check_ids(page, above, below)
        # some APIs give fewer than they are asked for: the first page tells, as there are more
        longest = max(longest, page.rows)
        is_last = page.is_complete and page.rows < most
        ends_early = page.rows < longest and not page.is_full
        if is_last or ends_early or not page.calls.num_rows:
            yield page
        else:
            borders = _borders(page)
            at_borders = pc.is_in(page.calls["id"], value_set=pa.array(borders, pa.int64()))
            yield replace(page, calls=page.calls.filter(at_borders))
            ranges += zip([above, *borders], [*borders, below], strict=True)


def _check_ids(page: Page, above: int | None, below: int | None) -> None:
    """Without the filter, every range would hold the whole second again."""
    bounds = pc.min_max(page.calls["id"])
    least, most = bounds["min"].as_py(), bounds["max"].as_py()
    if least is None:
        return
    if (above is not None and least <= above) or (below is not None and most >= below):
        raise MalformedResponse("calls from outside of the range of ids asked for")


def _borders(page: Page) -> list[int]:
    """Ids of a page that cut its range into parts of less than a page; at most so many that a
    promise of calls that don't exist does little harm."""
    ids = pc.unique(page.calls["id"]).sort().to_pylist()
    parts = -(-max(page.total or 0, len(ids)) // max(1, int(_FILL * len(ids))))
    parts = min(max(2, parts), _MOST_PARTS)
    borders = {ids[len(ids) * i // parts] for i in range(1, parts)}
    return sorted(borders)
