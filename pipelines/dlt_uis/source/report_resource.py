"""The hidden resource that all tables of a report hang on: reads it from its cursor."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dlt
from dlt.extract.resource import DltResource

from ..decoding.names import Names
from ..localtime.windows import Window
from ..reports.fields import Way
from ..tables.rows import Item, Notice
from ..warehouse.run import current_run
from .absent_fields import note_absent
from .changes import note_rights
from .cursor import (
    Cursor,
    CustomerCursor,
    bounds,
    check,
    completed,
    customer_state,
    kept_if_cut_short,
    leave_other_account,
    newest_loaded,
)
from .day_cursor import DayCursor
from .extraction import Extraction
from .late_changes import LateChanges
from .overrides import check_overrides, warn_of_new_tables
from .reading_order import ReadingOrder
from .refusal_memory import RefusalMemory
from .session import Customer, Session
from .settings import ReportSettings, Settings
from .short_windows import ShortWindows

CurrentNames = Callable[[], Names]
"""Gives the columns that the tables have, as soon as the pipeline is known."""


def report_resource(
    order: ReadingOrder,
    asked: ReportSettings,
    settings: Settings,
    start_time: Cursor | None,
    names: CurrentNames,
) -> DltResource:
    """The records of one account or customer, from dlt's own cursor on."""
    report = asked.report

    def pages(opened: Callable[[], Session], cursor: Cursor | None) -> Generator[Item, None, None]:
        has_cursor = cursor is not None and cursor.end_value is None
        _check(asked, has_cursor=has_cursor)
        session = opened()
        if session.adoptions is not None and has_cursor:
            leave_other_account(session.adoptions, cursor)
        state, customer = dlt.current.resource_state(), session.only
        memory = RefusalMemory(state, settings.clock())
        newest = newest_loaded(cursor) if has_cursor else None
        extraction = _extraction(session, customer, asked, settings, names(), memory, newest)
        start, end = bounds(cursor, settings, extraction.zone)
        late = None
        if has_cursor:
            late = _late_changes(
                state, extraction, session, customer, settings, start, is_first=newest is None
            )
        reading = _planned(extraction, memory, None, start, end, late, settings.clock())
        first = reading.first_start
        if newest is not None and cursor is not None and first is not None and first < start:
            # dlt would take out what is older
            cursor.start_value = first
        yield from reading.pages(None)

    if settings.end_date is not None and start_time is None:
        return dlt.resource(
            lambda: order.read(report, lambda opened: pages(opened, None)),
            name=report.resource,
            selected=False,
        )

    cursor = completed(start_time, report, settings.lookback)

    def from_cursor(start_time: Cursor = cursor) -> Iterator[Item | None]:
        check(start_time, report)
        has_state = start_time.end_value is None
        since = start_time.start_value
        if has_state and since is not None and since != start_time.initial_value:
            warn_of_new_tables(dlt.current.source(), report, since)
        with kept_if_cut_short() if has_state else nullcontext():
            yield from order.read(report, lambda opened: pages(opened, start_time))

    return dlt.resource(from_cursor, name=report.resource, selected=False)


def _check(asked: ReportSettings, *, has_cursor: bool) -> None:
    check_overrides(dlt.current.source(), asked.report, has_cursor=has_cursor)
    asked.warn_of_misspelt()


def _extraction(
    session: Session,
    customer: Customer,
    asked: ReportSettings,
    settings: Settings,
    names: Names,
    memory: RefusalMemory,
    loaded_until: datetime | None = None,
) -> Extraction:
    owner = customer.owner
    return Extraction(
        customer.api, asked, settings,
        names=names, progress=current_run().progress, zone=customer.zone, owner=owner,
        page_size=session.page_size,
        left_out=memory.left_out, suspects=memory.suspects,
        short_windows=ShortWindows.at(session.place, asked.report, owner),
        loaded_until=loaded_until,
    )  # fmt: skip


def _note_refused(memory: RefusalMemory, extraction: Extraction) -> None:
    """Notes what was refused or not sent, once everything has been read, and what that changes."""
    asked, left_out, told = extraction.asked, extraction.left_out, extraction.asked.tell_changes
    memory.keep(extraction.refused)
    note_rights(memory, asked.report, asked.asked, left_out, told=told)
    note_absent(memory, asked.report, asked.asked, left_out, extraction.absent, told=told)


def _late_changes(
    state: dict[str, Any],
    extraction: Extraction,
    session: Session,
    customer: Customer,
    settings: Settings,
    start: datetime,
    *,
    is_first: bool,
) -> LateChanges | None:
    """What is to be read beside what is new; nothing of reports that are read otherwise."""
    if extraction.report.way is not Way.WINDOWS:
        return None
    return LateChanges(
        state,
        extraction,
        settings,
        session.place,
        customer.owner,
        start,
        settings.clock(),
        is_first,
    )


@dataclass(frozen=True)
class _Reading:
    """What is to be read of a customer, and the cursor to be moved when all of it has come.

    Attributes:
        windows: of which all records are read.
        sales: windows of which only records with a late sale are, by a ``condition``.
        late: remembers that these were read.
    """

    extraction: Extraction
    memory: RefusalMemory
    cursor: CustomerCursor | DayCursor | None
    windows: list[Window]
    now: datetime
    sales: Sequence[Window] = ()
    condition: Mapping[str, Any] | None = None
    late: LateChanges | None = None

    @property
    def span(self) -> Window | None:
        """From the first window to the last one."""
        return _around([*self.windows, *self.sales])

    @property
    def first_start(self) -> datetime | None:
        """The instant from which on records may come."""
        span = self.span
        return None if span is None else self.extraction.zone.instant(span.start)

    def pages(self, span: Window | None) -> Generator[Item, None, None]:
        sales = None
        if self.sales:
            sales = self.extraction.reader(self.sales, condition=self.condition)
        reader = self.extraction.reader(self.windows)
        for item in self.extraction.pages_of(reader, span or self.span, sales):
            if self.cursor is not None and not isinstance(item, Notice):
                self.cursor.saw(item)
            yield item
            del item  # so that it is not held while the next one is waited for
        _note_refused(self.memory, self.extraction)
        if self.late is not None:
            self.late.remember()
        if self.cursor is not None and self.windows:
            self.cursor.advance(self.now)


def _planned(
    extraction: Extraction,
    memory: RefusalMemory,
    cursor: CustomerCursor | None,
    start: datetime,
    end: datetime,
    late: LateChanges | None,
    now: datetime,
) -> _Reading:
    """The reading of all records between two instants, and of late changes before them."""
    windows, zone = extraction.windows(start, end), extraction.zone
    sales, condition = list[Window](), None
    if late is not None:
        windows = [*late.deep(), *windows]
        sales, condition = late.sales(zone.instant(windows[0].start) if windows else start)
    first = zone.instant(windows[0].start) if windows else start
    current_run().progress.planned(min(first, start), end, len(windows))
    return _Reading(extraction, memory, cursor, windows, now, sales, condition, late)


def customers_resource(
    order: ReadingOrder, asked: ReportSettings, settings: Settings, names: CurrentNames
) -> DltResource:
    """The records of several customers, one after the other, each from a cursor of its own; also a
    report of days, which dlt's incremental has no cursor for."""

    def pages(opened: Callable[[], Session]) -> Generator[Item, None, None]:
        has_cursor = settings.end_date is None
        _check(asked, has_cursor=has_cursor)
        session = opened()
        if session.adoptions is not None and has_cursor:
            leave_other_account(session.adoptions)
        known = names()
        readings = [
            _reading(session, customer, asked, settings, known) for customer in session.customers
        ]
        # a merge is told once what the load may bring: that of all customers
        span = _around([reading.span for reading in readings if reading.span is not None])
        for reading in readings:
            yield from reading.pages(span)

    report = asked.report
    return dlt.resource(lambda: order.read(report, pages), name=report.resource, selected=False)


def _reading(
    session: Session,
    customer: Customer,
    asked: ReportSettings,
    settings: Settings,
    names: Names,
) -> _Reading:
    report, user_id = asked.report, customer.connection.user_id
    tells = customer.connection.tells_owner
    state = dlt.current.resource_state()
    memory = RefusalMemory(state, settings.clock(), user_id if tells else None)
    extraction = _extraction(session, customer, asked, settings, names, memory)
    start, end = bounds(None, settings, extraction.zone)
    own = customer_state(state, user_id) if tells else state
    if settings.end_date is not None:
        return _planned(extraction, memory, None, start, end, None, settings.clock())
    if report.is_of_days:
        return _of_days(extraction, memory, DayCursor(own, settings, extraction.zone), settings)
    assert user_id is not None
    cursor = CustomerCursor(state, report, user_id)
    start = cursor.start(settings, extraction.zone)
    late = _late_changes(
        own, extraction, session, customer, settings, start, is_first=not cursor.has_loaded
    )
    return _planned(extraction, memory, cursor, start, end, late, settings.clock())


def _of_days(
    extraction: Extraction, memory: RefusalMemory, cursor: DayCursor, settings: Settings
) -> _Reading:
    """The reading of the days that are to be read now."""
    now, zone = settings.clock(), extraction.zone
    window = cursor.window(now)
    windows = [] if window is None else list(window.pieces(extraction.report.longest_window))
    if window is not None:
        start, end = zone.instant(window.start), min(zone.instant(window.end), now)
        current_run().progress.planned(start, end, len(windows))
    return _Reading(extraction, memory, cursor, windows, now)


def _around(windows: list[Window]) -> Window | None:
    if not windows:
        return None
    return Window(min(each.start for each in windows), max(each.end for each in windows))
