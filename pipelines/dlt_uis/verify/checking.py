"""Checks days: counts them, or reads them on both sides and compares every value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from ..decoding.shape import VARIANT
from ..localtime.windows import Window
from ..localtime.zones import Zone
from ..progress import Progress
from ..reading.counting import Counter, Estimate
from ..reports.fields import Report, Way
from ..source.extraction import Extraction
from ..tables.rows import child_table, page_of, report_table
from .comparing import Comparison, Tables, compare
from .days import Day, batches, windows_of
from .findings import DayFound, found_of
from .stored_rows import Span, Warehouse

CALLS_AT_ONCE = 20_000
"""About how many calls, in whole days, are compared at once: it bounds memory."""


@dataclass(frozen=True)
class Compared:
    """Days that were compared; ``source`` are the source's tables."""

    days: Sequence[Day]
    source: Tables
    comparison: Comparison
    found: tuple[DayFound, ...]


class Checker:
    """Compares source and warehouse.

    Args:
        settled: calls from this instant on are not settled yet: the next sync reads them.
    """

    def __init__(
        self,
        extraction: Extraction,
        warehouse: Warehouse,
        counter: Counter,
        progress: Progress,
        *,
        settled: datetime,
    ) -> None:
        self._extraction = extraction
        self._warehouse = warehouse
        self._counter = counter
        self._progress = progress
        self._settled = settled
        self._stored: Mapping[date, int] = {}
        self._estimates: Sequence[Estimate] = ()

    @property
    def _zone(self) -> Zone:
        """In which days begin: those that the API gives as days are the same everywhere."""
        extraction = self._extraction
        return Zone("UTC") if extraction.report.is_of_days else extraction.zone

    def survey(self, window: Window) -> int:
        """Learns roughly what a window holds; returns the calls of the side that has more.

        Costs a point for each 88 days.
        """
        (span,) = self.spans([window])
        self._stored = self._warehouse.counts(span, self._zone)
        if self._extraction.report.way is Way.WINDOWS:
            self._estimates = self._counter.estimates(window)
        total = sum(estimate.calls for estimate in self._estimates)
        return max(total, sum(self._stored.values()))

    def spans(self, windows: Iterable[Window]) -> list[Span]:
        """The instants from which on and before which the warehouse has the windows' calls."""
        return [(self._zone.instant(each.start), self._zone.instant(each.end)) for each in windows]

    def expected(self, day: Day) -> float:
        """About how many calls a day has, on the side that has more."""
        roughly = sum(estimate.within(day.window) for estimate in self._estimates)
        return max(self._stored.get(day.date, 0), roughly)

    @property
    def can_count(self) -> bool:
        """Whether days can be counted exactly; if not, hardly a call is there to be read."""
        return self._counter.can_be_exact

    def counted(self, days: Sequence[Day]) -> Iterator[DayFound | None]:
        """Counts days on both sides, a point each; ``None`` for one that the API does not count."""
        counts = self._counter.counts([day.window for day in days])
        for day, (_, calls) in zip(days, counts, strict=True):
            if calls is None:
                yield None
                continue
            stored = self._stored.get(day.date, 0)
            self._progress.received(calls)
            yield DayFound(
                day.date,
                calls,
                stored,
                missing=max(0, calls - stored),
                surplus=max(0, stored - calls),
                is_whole=day.is_whole,
            )

    def compared(self, days: Sequence[Day]) -> Iterator[Compared]:
        """Reads days on both sides and compares them, a few at once.

        The warehouse is read first: a call that it has then, and the source has no more
        afterwards, has really gone from the source.
        """
        return map(self._read_and_compared, batches(days, self.expected, CALLS_AT_ONCE))

    def _read_and_compared(self, days: Sequence[Day]) -> Compared:
        windows = self._windows_of(days)
        stored = self._warehouse.rows(self.spans(windows))
        return self._compared(days, self._read(windows), stored)

    def compared_again(self, compared: Compared) -> Compared:
        """Compares days with the warehouse as it is now, and the source as it was read."""
        stored = self._warehouse.rows(self.spans(self._windows_of(compared.days)))
        return self._compared(compared.days, compared.source, stored)

    def _windows_of(self, days: Sequence[Day]) -> list[Window]:
        return windows_of(days, self._extraction.report.longest_window)

    def _compared(self, days: Sequence[Day], source: Tables, stored: Tables) -> Compared:
        report = self._extraction.report
        comparison = compare(report, source, stored)
        found = found_of(
            days,
            comparison,
            source=source[report.table][report.cursor],
            warehouse=stored[report.table][report.cursor],
            zone=self._zone,
            settled=self._settled,
        )
        return Compared(days, source, comparison, tuple(found))

    def _read(self, windows: list[Window]) -> Tables:
        """The source's tables of windows, in the columns that are to be compared."""
        items = list(self._extraction.pages_of(self._extraction.reader(windows)))
        # notices know the fields that were asked for, pages those that the account can read
        pages = [item for item in items if isinstance(item, pa.Table)] or [page_of(items[0])]
        return tables_of(self._extraction.report, pages)


def tables_of(report: Report, pages: Sequence[pa.Table]) -> Tables:
    """The tables that pages become, without variant columns of fields that they lack."""
    names = {name for page in pages for name in page.column_names}
    parts = {report.table: [report_table(page, report, "") for page in pages]}
    for child in report.children:
        rows = [child_table(page, child, "", tombstones=False) for page in pages]
        if child.top.name in names:
            parts[child.table] = [each for each in rows if each is not None]
    tables = {
        name: pa.concat_tables(tables, promote_options="default") for name, tables in parts.items()
    }
    records = tables[report.table]
    lacking = [
        name
        for name in records.column_names
        if name.endswith(VARIANT) and name.removesuffix(VARIANT) not in names
    ]
    return {**tables, report.table: records.drop_columns(lacking)}
