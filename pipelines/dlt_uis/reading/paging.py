"""Paging through a window so that no call is lost or doubled: seeking, not skipping.

Calls of the same second have no fixed order, so offsets can skip and repeat them. Instead each
request takes a page, sorted by the cursor, of which all seconds but those that it begins and
ends in are whole; they are passed on, and the rest is asked for again. So every second comes from
exactly one answer and no ids need to be remembered (:mod:`.unread`). A second that holds more calls
than a page is read in ranges of the key (:mod:`.by_id`).

Whether ``date_from`` and ``date_till`` are inclusive is not documented. Requests reach one second
further on both sides until an answer has shown that a bound is inclusive; what lies outside is
clipped.

Where the API can't sort, windows are cut into parts instead (:mod:`.parts`).

How many calls match a request (``total_items``) is a check and no gate: an answer may promise calls
that don't exist, promise too few, or say nothing. So a page is the last one for sure only if it has
just as many as were promised, and could have had more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from ..api.envelope import Refused
from ..decoding.arrays import whole
from ..localtime.windows import SECOND
from ..reports.fields import Listing
from .keys import keys_of

LARGEST_PAGE = 10_000
"""The API's maximum of ``limit``."""

FARTHEST = 100_000
"""The API's maximum of ``offset``."""

_REPEATED = timedelta(hours=1)
"""How far clocks are set back at most."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Request:
    """One request for calls: ``date_from`` and ``date_till`` as sent (naive local), and the
    exclusive bounds of ids (:attr:`Report.ranged`) if only a range of them is asked for, or the ids
    that are not. The calls come in the order of time, or ``descending``, a page of them, behind the
    first ``offset``; in no order where the API can't sort. ``more`` are further parameters."""

    date_from: datetime
    date_till: datetime
    id_above: int | None = None
    id_below: int | None = None
    id_not_in: tuple[int, ...] = ()
    offset: int = 0
    descending: bool = False
    more: tuple[tuple[str, Any], ...] = ()

    def reaches(self, moment: datetime) -> bool:
        """Whether calls of this very moment may be asked for, which the promise counts then."""
        return self.date_till >= moment


@dataclass(frozen=True)
class Page:
    """An answer: its calls, with key and cursor (naive local) never null.

    Attributes:
        report: what they are records of.
        total: how many calls the API said match the request (``total_items``), ``None`` if it said
            nothing that can be used.
        limit: of the request.
        refused: records that were kept out.
    """

    report: Listing
    calls: pa.Table
    total: int | None
    limit: int = LARGEST_PAGE
    refused: Sequence[Refused] = ()

    @property
    def ids(self) -> pa.ChunkedArray:
        """The numbers by which calls can be asked for; only where the report has such."""
        assert self.report.ranged is not None
        return self.calls[self.report.ranged]

    @property
    def times(self) -> pa.ChunkedArray:
        return self.calls[self.report.cursor]

    @property
    def rows(self) -> int:
        """How many records came."""
        return int(self.calls.num_rows) + len(self.refused)

    @property
    def is_full(self) -> bool:
        """Whether there may be more calls, whatever the API promises."""
        return self.rows >= self.limit

    @cached_property
    def different(self) -> int:
        """How many different records came: it may bear one twice."""
        refused = {record.digest for record in self.refused}
        return int(pc.count_distinct(keys_of(self.calls, self.report)).as_py()) + len(refused)

    @property
    def tells_whether_more(self) -> bool:
        """Whether it tells if there are more records. A full one does not where no more than its
        own are promised, as that promise may be worth nothing."""
        if self.total is None:
            return self.is_full
        return self.total > self.different or (self.total == self.different and not self.is_full)

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
        return second_of(self.times[row].as_py())

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
        return whole(pc.floor_temporal(self.times, unit="second"))

    def between(self, start: datetime, end: datetime) -> pa.Table:
        """Its calls that started from ``start`` on and before ``end``, not copied if possible."""
        times = self.times
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
        return _count(pc.less(self.times, pa.scalar(moment, self.times.type)))

    def count_from(self, moment: datetime) -> int:
        return _count(pc.greater_equal(self.times, pa.scalar(moment, self.times.type)))


def second_of(moment: datetime) -> datetime:
    """The second that a moment lies in."""
    return moment.replace(microsecond=0)


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
        """All that there is to know, by asking for a known call (the page's first) on each bound,
        or for records of its second, if one can't be asked for by its id.

        Costs two requests; more only where so many other records come that none of them shows.
        """
        bounds: tuple[int | None, int | None] = (None, None)
        if page.report.ranged is not None:
            id_: int = page.ids[0].as_py()
            bounds = (id_ - 1, id_ + 1)
        second = page.first_second
        at_from = Request(second, second + SECOND, *bounds)
        at_till = Request(second - SECOND, second, *bounds)
        edges = cls()
        edges.from_is_inclusive = any(
            each.count_before(second + SECOND) for each in _pages(fetch, at_from)
        )
        edges.till_is_inclusive = any(each.count_from(second) for each in _pages(fetch, at_till))
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


def _pages(fetch: Fetch, request: Request) -> Iterator[Page]:
    """All pages of what matches a request, each asked for when it is its turn."""
    offset = 0
    while offset <= FARTHEST:
        yield (page := fetch(replace(request, offset=offset)))
        offset += page.rows
        if not page.rows or (page.total is not None and offset >= page.total):
            return
