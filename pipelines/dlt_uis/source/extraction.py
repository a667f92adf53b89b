"""One reading of the report: from the cursor to pages that are ready for the warehouse."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..api.client import DataApi
from ..api.points import Governor
from ..decoding.decoder import Decoder
from ..decoding.names import Names, StoredColumns
from ..decoding.sent_fields import SentFields
from ..decoding.shape import Shape, shape_of
from ..errors import FilterProhibited, SortProhibited
from ..localtime.windows import Window, spanning
from ..localtime.zones import Zone
from ..progress import Progress
from ..reading.fetching import ReportPages
from ..reading.page_size import PageSize
from ..reading.paging import Fetch, Request
from ..reading.parents import chat_ids, site_ids
from ..reading.reader import Batch, Reader, WindowReader, WindowReport
from ..reading.selection import FieldSelection
from ..reading.sums import ChatsReader, DaysReader, SitesReader, SumsReader
from ..reports.fields import TIMESTAMP, Way
from ..reports.own_names import DELETED, LATE_SALES
from ..tables.rows import (
    Item,
    Notice,
    empty_page,
    owned,
    replaced_in,
    to_instants,
    window_notice,
)
from ..warehouse.owners import Owner
from .settings import ReportSettings, Settings
from .short_windows import ShortWindows

logger = logging.getLogger(__name__)

_SOME = timedelta(days=2)
"""So much of a report of sums is read to show some of it."""

_UNRANGED = 1_000
"""Records that are asked for where one can't be asked for by its id: as many as a few seconds have,
so that one of each second is among them."""


class Extraction:
    """Reads all calls between two instants, each once, as Arrow pages.

    Args:
        asked: what is asked of which report.
        names: columns that the warehouse has beyond the documented fields.
        zone: the account's, if it is known already.
        owner: whose calls are read, if any are to be loaded.
        page_size: of the run, if others read in it, too.
        left_out: fields that are not asked for at present, as the account was refused them.
        suspects: fields that it was refused before, if it may have them by now.
        short_windows: what is remembered of windows that came short.
        loaded_until: when the newest call began that was loaded before, if that is known (UTC).
    """

    def __init__(
        self,
        api: DataApi,
        asked: ReportSettings,
        settings: Settings,
        *,
        names: Names,
        progress: Progress,
        zone: Zone | None = None,
        owner: Owner | None = None,
        page_size: PageSize | None = None,
        left_out: Collection[str] = (),
        suspects: Collection[str] = (),
        short_windows: ShortWindows | None = None,
        loaded_until: datetime | None = None,
    ) -> None:
        self._loaded_until = loaded_until
        self._sorts = asked.report.is_sortable and asked.report.way is Way.WINDOWS
        self._api = api
        self.asked = asked
        self.report = report = asked.report
        self._settings = settings
        self._progress = progress
        self.zone = zone or settings.zone(api)
        self._owner = owner or Owner()
        self._short_windows = short_windows or ShortWindows(None, report)
        self._selection = asked.selection(left_out, suspects)
        self.names = names
        self._decoder = Decoder(report, self.zone, names, asked.exclude_fields or ())
        self._page_size = page_size or PageSize(settings.page_size)
        self._sent = SentFields(report)

    @property
    def refused(self) -> Collection[str]:
        """Fields that the API has refused without naming them."""
        return self._selection.found

    @property
    def left_out(self) -> Collection[str]:
        """Fields that were to be asked for, and that the account can't read."""
        return {*self.asked.asked}.difference(self._selection.names)

    @property
    def absent(self) -> Mapping[str, Sequence[str]]:
        """Fields that were asked for, and that no record has: see :meth:`SentFields.absent`."""
        return self._sent.absent(self._selection.names)

    @property
    def governor(self) -> Governor:
        """What lets requests go as the points allow."""
        return self._api.governor

    @property
    def is_owned(self) -> bool:
        """Whether rows of calls tell their customer."""
        return self._owner.tells

    def know(self, stored: StoredColumns) -> None:
        """Takes note of columns that the warehouse has by now."""
        self.names.know(stored)
        self._decoder.know_stored()

    def windows(self, start: datetime, end: datetime) -> list[Window]:
        """The windows of local time that cover the instants from ``start`` before ``end``."""
        window = spanning(self.zone.earliest_local(start), self.zone.latest_local(end))
        return list(window.pieces(self.report.longest_window)) if window else []

    def newest(self, calls: int, window: Window) -> pa.Table:
        """The newest calls of a window, at most so many, as a page that would be loaded; any calls
        of it where the API can't sort them.

        Raises:
            UisError: see :meth:`DataApi.call`.
        """
        if self.report.way is not Way.WINDOWS:
            return self._some(calls, window)
        request = Request(window.start, window.end, descending=True)
        try:
            page = self._pages(PageSize(calls), self._selection).fetch(request)
        except SortProhibited:
            self._sorts = False
            page = self._pages(PageSize(calls), self._selection).fetch(request)
        return self._shaped(page.calls)

    def _some(self, rows: int, window: Window) -> pa.Table:
        """Rows of the last days of a window, at most so many, without marks of empty parts."""
        window = Window(window.end - _SOME, window.end)
        read = [each.calls for each in self.reader([window]) if isinstance(each, Batch)]
        table = pa.concat_tables(read, promote_options="default")
        return table.filter(pc.is_null(table[DELETED])).drop_columns([DELETED]).slice(0, rows)

    def total(self, window: Window) -> int | None:
        """How many calls the API says are in a window, give or take those on its bounds; ``None``
        if it does not say, or could not be asked for the window as a whole."""
        if self.report.way is not Way.WINDOWS:
            return None
        return self.asking_totals()(Request(window.start, window.end)).total

    def asking_totals(self) -> Fetch:
        """Asks for pages of which only key and cursor are read, as short as will do."""
        selection = FieldSelection(self.report, self.report.required)
        rows = 1 if self.report.ranged else _UNRANGED
        return self._pages(PageSize(rows), selection, sorts=False).fetch

    def _pages(
        self,
        page_size: PageSize,
        selection: FieldSelection,
        sent: SentFields | None = None,
        *,
        sorts: bool | None = None,
        condition: Mapping[str, Any] | None = None,
    ) -> ReportPages:
        return ReportPages(
            self._api, self.report, selection, self._decoder, self._progress,
            page_size=page_size, filters=[self.asked.filter, condition], sent=sent,
            more=self.asked.parameters,
            sorts=self._sorts if sorts is None else sorts,
        )  # fmt: skip

    def pages(self, start: datetime, end: datetime) -> Iterator[Item]:
        """The calls that began from ``start`` on and before ``end`` (instants).

        First comes a notice without calls, so that every table gets made; after the last page of
        each window one with its report.

        Raises:
            WindowIncomplete: the API returned fewer calls than it promised, twice, and that is not
                to be (``strict_totals``).
            UisError: see :meth:`DataApi.call`.
        """
        windows = self.windows(start, end)
        self._progress.planned(start, end, len(windows))
        yield from self.pages_of(self.reader(windows))

    def pages_of(
        self,
        reader: WindowReader,
        span: Window | None = None,
        sales: WindowReader | None = None,
    ) -> Iterator[Item]:
        """The calls of the windows that a reader reads; else as :meth:`pages`.

        The first answers are on their way while dlt makes the tables of the first notice.

        Args:
            span: that all calls of this load lie in, if it is not the reader's.
            sales: reads only records with a late sale, in other windows.
        """
        reader.start()
        try:
            yield from self._items(reader, span or reader.span, sales)
        finally:
            reader.close()

    def _items(
        self, reader: WindowReader, span: Window | None, sales: WindowReader | None
    ) -> Iterator[Item]:
        nothing = owned(empty_page(self.report, self._wanted_shape()), self._owner.of_calls)
        yield Notice(nothing, span=span)
        yield from self._told(self._read(reader), nothing)
        if sales is None:
            return
        try:
            yield from self._told(self._read(sales), nothing, LATE_SALES)
        except FilterProhibited as error:
            logger.debug("late sales are not asked for: %s", error.message)

    def _told(
        self,
        items: Iterator[Batch | WindowReport],
        nothing: pa.Table,
        purpose: str | None = None,
    ) -> Iterator[Item]:
        for item in items:
            if isinstance(item, Batch):
                yield item.taken()
            else:
                self._tell_refused(item)
                logger.info(
                    "window %s (%s): %d %s in %d requests",
                    item.window, self.zone.name, item.received, self.report.records, item.requests,
                )  # fmt: skip
                yield window_notice(
                    nothing, self.report, item, self.zone, self._owner.of_window, purpose
                )

    def _read(self, reader: WindowReader) -> Iterator[Batch | WindowReport]:
        """What a reader brings; in no order, if it turns out that the API can't sort."""
        try:
            yield from reader
        except SortProhibited:
            if reader.unsorted is None:
                raise
            # it is the first answer: nothing has come yet
            logger.debug("the API can't sort %s: windows are cut instead", self.report.records)
            self._sorts = False
            yield from reader.unsorted()

    def _tell_refused(self, report: WindowReport) -> None:
        if self._progress.refused(report.refused):
            logger.warning(
                "kept out: %s. The other %s are loaded, and so will be this one once it can be"
                " read. More of these are only counted: sync_windows.refused.",
                report.told, self.report.records,
            )  # fmt: skip

    def _wanted_shape(self) -> Shape:
        shape = shape_of(self.report)
        return shape.without(shape.names.difference(self._selection.wanted))

    def reader(
        self,
        windows: Sequence[Window],
        expected: Mapping[Window, int] | None = None,
        condition: Mapping[str, Any] | None = None,
    ) -> WindowReader:
        """A reader of windows, not started yet.

        Args:
            expected: about how many calls each of them has, where that is known.
            condition: a filter that holds beside the user's.
        """
        source = self._pages(self._page_size, self._selection, self._sent, condition=condition)
        if self.report.way is not Way.WINDOWS:
            return self._sums_reader(source, windows)
        rows = self._page_size.limit
        return Reader(
            self.report,
            source.fetch,
            windows,
            slots=self._api.slots,
            clock=self._settings.clock,
            progress=self._progress,
            shape=self._shaped,
            expected=expected,
            small=rows // 5,
            page_rows=rows,
            short_before=self._short_before,
            strict=self._settings.strict_totals,
            in_order=self._sorts,
            unsorted=partial(self.reader, windows, expected, condition) if self._sorts else None,
        )

    def _sums_reader(self, source: ReportPages, windows: Sequence[Window]) -> SumsReader:
        given: Any = {
            "clock": self._settings.clock, "progress": self._progress, "shape": self._shaped,
        }  # fmt: skip
        match self.report.way:
            case Way.DAYS:
                return DaysReader(self.report, source.fetch, windows, **given)
            case Way.SITES:
                sites = partial(site_ids, self._api)
                return SitesReader(self.report, source.fetch, windows, sites=sites, **given)
            case _:
                chats = partial(chat_ids, self._api)
                return ChatsReader(self.report, source.fetch, windows, chats=chats, **given)

    def _short_before(self, window: Window) -> int:
        start, end = self.zone.instant(window.start), self.zone.instant(window.end)
        return self._short_windows.before(start, end)

    def _shaped(self, calls: pa.Table) -> pa.Table:
        """A decoded page as it is loaded; the owner's columns are no fields, so come last."""
        self._progress.replaced(replaced_in(calls))
        page = to_instants(calls, self.report, self.zone)
        if self._loaded_until is not None and page[self.report.cursor].type == TIMESTAMP:
            newer = pc.greater(page[self.report.cursor], pa.scalar(self._loaded_until, TIMESTAMP))
            self._progress.newer(pc.sum(newer).as_py() or 0)
        protected = self.asked.privacy.protected(page, self.names)
        return owned(protected, self._owner.of_calls)
