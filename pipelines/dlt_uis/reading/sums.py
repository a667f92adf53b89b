"""Reports of sums, and of records without a key: asked for part by part, and replaced as a whole.

A part is a day (``get.employee_stat`` has no day in its rows: one is asked for at a time), a site
and a window of days (``get.campaign_daily_stat``), or a chat (``get.chat_messages_report`` of
Novofon). All rows of a part come in one load, each part with a mark of its own where it has none,
so that the merge takes out what was there before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..decoding.arrays import numbers
from ..localtime.windows import SECOND, Window
from ..progress import Progress
from ..reports.fields import Report
from ..reports.own_names import DELETED, POSITION
from .paging import Fetch, Request
from .reader import Batch, WindowReader, WindowReport
from .whole import as_promised, read_whole

_DAY = timedelta(days=1)


@dataclass
class _Counted:
    """What reading a window took, and what came."""

    requests: int = 0
    promised: int = 0
    received: int = 0
    refused: int = 0


class SumsReader:
    """Reads windows one after the other; iterate over it once. As :class:`.reader.Reader`.

    Args:
        report: what is read.
        fetch: asks the API for a page.
        windows: whole days of local time.
        clock: the present instant (UTC).
        progress: is told what came.
        shape: turns a page into what is passed on.
    """

    def __init__(
        self,
        report: Report,
        fetch: Fetch,
        windows: Sequence[Window],
        *,
        clock: Callable[[], datetime],
        progress: Progress,
        shape: Callable[[pa.Table], pa.Table],
    ) -> None:
        self.windows: Sequence[Window] = windows
        self.unsorted: Callable[[], WindowReader] | None = None
        self._report = report
        self._fetch = fetch
        self._clock = clock
        self._progress = progress
        self._shape = shape
        self._counted = _Counted()

    @property
    def span(self) -> Window | None:
        """From the first window's start to the last one's end; ``None`` without windows."""
        if not self.windows:
            return None
        starts, ends = zip(*((each.start, each.end) for each in self.windows), strict=True)
        return Window(min(starts), max(ends))

    def start(self) -> None:
        """Nothing is read ahead."""

    def close(self) -> None:
        """Nothing is left open."""

    def __iter__(self) -> Iterator[Batch | WindowReport]:
        for window in self.windows:
            started, self._counted = self._clock(), _Counted()
            for rows in self._parts(window):
                self._progress.received(rows[DELETED].null_count)
                yield Batch(self._shape(rows))
            self._progress.promised(self._counted.promised)
            yield self._told(window, started)

    def _parts(self, window: Window) -> Iterator[pa.Table]:
        """The rows of a window, all rows of a part in one table, with marks of empty parts."""
        raise NotImplementedError

    def _told(self, window: Window, started: datetime) -> WindowReport:
        counted = self._counted
        return WindowReport(
            window,
            promised=counted.promised,
            received=counted.received,
            short=max(0, counted.promised - counted.received - counted.refused),
            refused=counted.refused,
            requests=counted.requests,
            started_at=started,
            finished_at=self._clock(),
        )

    def _whole(
        self, request: Request, key: Sequence[str] = (), days: Sequence[date] = ()
    ) -> pa.Table:
        """All rows that match a request.

        Args:
            days: those whose rows are taken, if others may come with them.
        """
        whole = read_whole(self._fetch, request, key)
        self._counted.requests += whole.requests
        return self._taken(whole.rows, whole.promised, len(whole.refused), days)

    def _taken(self, rows: pa.Table, promised: int, refused: int, days: Sequence[date]) -> pa.Table:
        """The rows of these days, if any are named, which are counted."""
        taken = rows.filter(pc.is_in(rows["date"], value_set=pa.array(days))) if days else rows
        self._counted.promised += max(0, promised - (rows.num_rows - taken.num_rows))
        self._counted.received += taken.num_rows
        self._counted.refused += refused
        return taken


class DaysReader(SumsReader):
    """Asks for each day by itself, and adds the day."""

    def _parts(self, window: Window) -> Iterator[pa.Table]:
        for day in _days(window):
            midnight = datetime.combine(day, time.min)
            request = Request(midnight, midnight + _DAY - SECOND)
            rows = self._whole(request, self._report.required)
            yield _with_marks(rows, self._report, {"date": day}, [{"date": day}])


class SitesReader(SumsReader):
    """Asks for each site by itself, in windows that fit a page, and numbers the rows of a day.

    Args:
        sites: ids of the account's sites, asked for when reading begins.
    """

    def __init__(self, *args: Any, sites: Callable[[], Sequence[int]], **more: Any) -> None:
        super().__init__(*args, **more)
        self._sites = sites

    def _parts(self, window: Window) -> Iterator[pa.Table]:
        for site in self._sites():
            yield from self._of_site(site, list(_days(window)))

    def _of_site(self, site: int, days: Sequence[date]) -> Iterator[pa.Table]:
        # a day begins at a bound, which may not be inclusive; rows of the day before are left out
        first = datetime.combine(days[0], time.min) - SECOND
        last = datetime.combine(days[-1], time.min) + _DAY - SECOND
        request = Request(first, last, more=(("site_id", site),))
        is_one = len(days) == 1
        rows = self._whole(request, days=days) if is_one else self._in_a_page(request, days)
        if rows is None:
            half = len(days) // 2
            yield from self._of_site(site, days[:half])
            yield from self._of_site(site, days[half:])
            return
        # a client has met rows without their site
        rows = rows.drop_columns([name for name in ("site_id",) if name in rows.column_names])
        marks = [{"site_id": site, "date": day} for day in days]
        numbered = _numbered(rows, "date")
        yield _with_marks(numbered, self._report, {"site_id": site}, marks)

    def _in_a_page(self, request: Request, days: Sequence[date]) -> pa.Table | None:
        """All rows of the days of a request; ``None`` if a page has no room for them."""
        self._counted.requests += 1
        page = self._fetch(request)
        if page.is_full:
            return None
        promised = page.total or page.rows
        if promised > page.rows or (page.rows and page.total is None):
            # more may be promised than there is, and a page may be short before the end
            self._counted.requests += 1
            behind = self._fetch(replace(request, offset=page.rows))
            if behind.rows and not behind.calls.equals(page.calls):
                return None
        refused = len(page.refused)
        return self._taken(as_promised(page.calls, promised - refused), promised, refused, days)


class ChatsReader(SumsReader):
    """Asks for each chat by itself, and numbers its messages.

    Args:
        chats: ids of the chats of a window.
    """

    def __init__(self, *args: Any, chats: Callable[[Window], Sequence[int]], **more: Any) -> None:
        super().__init__(*args, **more)
        self._chats = chats

    def _parts(self, window: Window) -> Iterator[pa.Table]:
        for chat in self._chats(window):
            request = Request(window.start, window.end, more=(("chat_id", chat),))
            rows = self._whole(request)
            rows = rows.drop_columns([name for name in ("chat_id",) if name in rows.column_names])
            moment = {"chat_id": chat, self._report.cursor: window.start}
            rows = rows.take(pc.sort_indices(rows[self._report.cursor]))
            numbered = rows.append_column(POSITION, numbers(rows.num_rows))
            yield _with_marks(numbered, self._report, {"chat_id": chat}, [moment])


def _days(window: Window) -> Iterator[date]:
    """The local days of a window, also those that it has a part of."""
    day = window.start.date()
    while datetime.combine(day, time.min) < window.end:
        yield day
        day += _DAY


def _numbered(rows: pa.Table, by: str) -> pa.Table:
    """The rows in the order of a column, and numbered among those that are alike in it."""
    rows = rows.take(pc.sort_indices(rows, sort_keys=[(by, "ascending")]))
    row = numbers(rows.num_rows)
    if not rows.num_rows:
        return rows.append_column(POSITION, row)
    values = rows[by].combine_chunks()
    firsts = pa.table({by: values, "row": row}).group_by(by).aggregate([("row", "min")])
    place = pc.index_in(values, value_set=firsts[by].combine_chunks())
    begin = firsts["row_min"].combine_chunks().take(place)
    return rows.append_column(POSITION, pc.subtract(row, begin))


def _with_marks(
    rows: pa.Table,
    report: Report,
    given: Mapping[str, Any],
    parts: Sequence[Mapping[str, Any]],
) -> pa.Table:
    """The rows with the columns that the API does not send, and a mark for each part without rows.

    Args:
        given: columns that are the same for all rows.
        parts: the values of the columns by which rows are replaced, of each part that was read.
    """
    types = {field.name: field.type.wire for field in report.scalars}
    for name, value in given.items():
        rows = rows.append_column(name, pa.repeat(pa.scalar(value, types[name]), rows.num_rows))
    rows = rows.append_column(DELETED, pa.nulls(rows.num_rows, pa.bool_()))
    there = rows.select(list(report.replaced_by)).group_by(list(report.replaced_by)).aggregate([])
    known = {tuple(each[name] for name in report.replaced_by) for each in there.to_pylist()}
    empty = [each for each in parts if tuple(each[n] for n in report.replaced_by) not in known]
    if not empty:
        return rows
    # what a record can't do without is there, too: nobody will see it
    nothing = {name: 0 for name in report.key if name not in report.replaced_by}
    marks = [{**nothing, **each, DELETED: True} for each in empty]
    return pa.concat_tables([rows, pa.Table.from_pylist(marks, schema=rows.schema)])
