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
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from .arrays import whole
from .errors import MalformedResponse
from .windows import SECOND, Window

LARGEST_PAGE = 10_000
"""The API's maximum of ``limit``."""

FARTHEST = 100_000
"""The API's maximum of ``offset``."""

_REPEATED = timedelta(hours=1)
"""How far clocks are set back at most."""

_MICROSECOND = timedelta(microseconds=1)

_FILL = 0.7
"""How full, of a page, the id ranges of a crowded second are planned to be."""


@dataclass(frozen=True)
class Request:
    """One request for calls: ``date_from`` and ``date_till`` as sent (naive local), and the
    exclusive bounds of ``id`` if only a range of ids is asked for. The calls come in the order of
    time, a page of them, behind the first ``offset``. Who asks may want to be ``told`` how many
    match the request before the answer is decoded, as that takes long."""

    date_from: datetime
    date_till: datetime
    id_above: int | None = None
    id_below: int | None = None
    offset: int = 0
    told: Callable[[int], None] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Refused:
    """A record that was kept out, as it can't be told from others or has no time.

    Attributes:
        digest: of the record, so that one which comes on two pages counts once.
        told: names it, for a log.
    """

    digest: str
    told: str


@dataclass(frozen=True)
class Page:
    """An answer: its calls, with ``id`` (int64) and ``start_time`` (naive local) never null, how
    many calls the API said match the request (``total_items``), and records that were kept out."""

    calls: pa.Table
    total: int
    refused: Sequence[Refused] = ()

    @property
    def records(self) -> int:
        """How many records came, those that were kept out among them."""
        return int(self.calls.num_rows) + len(self.refused)

    @property
    def is_complete(self) -> bool:
        """Whether it holds all calls that match the request."""
        return self.records >= self.total

    @property
    def first_second(self) -> datetime:
        return self._second_at(0)

    @property
    def last_second(self) -> datetime:
        return self._second_at(-1)

    def _second_at(self, row: int) -> datetime:
        moment: datetime = self.calls["start_time"][row].as_py()
        return moment.replace(microsecond=0)

    @property
    def is_in_order(self) -> bool:
        """Whether no call comes after those of later seconds; but for an hour that clocks repeat,
        in case the API sorts by instants."""
        seconds = pc.cast(self._seconds, pa.int64())
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
        self._counts_beyond = False
        self._beyond = 0
        self._ids: list[pa.ChunkedArray] = []
        self._refused: dict[str, Refused] = {}
        self._rereading = False

    @property
    def promised(self) -> int | None:
        """Calls promised inside the window, ``None`` before the first answer."""
        with self._lock:
            if self._promised is None:
                return None
            return self._promised - (self._beyond if self._counts_beyond else 0)

    @property
    def received(self) -> int:
        with self._lock:
            return sum(len(ids) for ids in self._ids) + len(self._refused)

    @property
    def refused(self) -> Sequence[Refused]:
        """Records that were kept out, each once; they count as received."""
        with self._lock:
            return tuple(self._refused.values())

    def refuse(self, page: Page) -> None:
        """Notes the records of a page that were kept out."""
        if page.refused:
            with self._lock:
                self._refused |= {each.digest: each for each in page.refused}

    @property
    def is_short(self) -> bool:
        return self.received < (self.promised or 0)

    def promise(self, page: Page, *, counts_beyond: bool) -> None:
        """Notes the promise of the first answer about the whole window; later ones are ignored.

        Args:
            counts_beyond: whether calls beyond the window's end were asked for, too.
        """
        with self._lock:
            if self._promised is None:
                self._promised = page.total - page.count_before(self.window.start)
                self._counts_beyond = counts_beyond

    def beyond(self, calls: int) -> None:
        """Notes how many calls there are beyond the window's end, in case the promise counts
        them."""
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


def read_by_id(request: Request, fetch: Fetch) -> Iterator[Page]:
    """All calls that match ``request``, each once, whatever their order: in ranges of ``id``.

    Where a range holds more than a page, the answer's own ids are a fair sample of it: some of
    them become borders of smaller ranges, and their calls are passed on at once, so that every
    step makes headway. Ends early where nothing comes although calls are promised.

    Raises:
        MalformedResponse: the API answered with calls from outside of the range asked for.
    """
    ranges: list[tuple[int | None, int | None]] = [(request.id_above, request.id_below)]
    while ranges:
        above, below = ranges.pop()
        page = fetch(Request(request.date_from, request.date_till, above, below))
        _check_ids(page, above, below)
        if page.is_complete:
            yield page
        elif page.calls.num_rows:
            borders = _borders(page)
            at_borders = pc.is_in(page.calls["id"], value_set=pa.array(borders, pa.int64()))
            yield Page(page.calls.filter(at_borders), len(borders))
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
    ids = pc.unique(page.calls["id"]).sort().to_pylist()
    parts = max(2, -(-page.total // max(1, int(_FILL * len(ids)))))
    borders = {ids[len(ids) * i // parts] for i in range(1, parts)}
    return sorted(borders)
