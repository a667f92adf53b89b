"""The hidden resource that all tables of a report hang on: reads it from its cursor."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

import dlt
from dlt.extract.resource import DltResource

from ..decoding.names import Names
from ..localtime.windows import Window
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
        memory = RefusalMemory(dlt.current.resource_state(), settings.clock())
        extraction = _extraction(
            session, session.only, asked, settings, names(), memory,
            loaded_until=newest_loaded(cursor) if has_cursor else None,
        )  # fmt: skip
        yield from extraction.pages(*bounds(cursor, settings, extraction.zone))
        _note_refused(memory, extraction)

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
    note_rights(memory, asked.asked, left_out, told=told)
    note_absent(memory, asked.asked, left_out, extraction.absent, told=told)


@dataclass(frozen=True)
class _Reading:
    """What is to be read of a customer, and the cursor to be moved when all of it has come."""

    extraction: Extraction
    memory: RefusalMemory
    cursor: CustomerCursor | DayCursor | None
    windows: list[Window]
    now: datetime

    def pages(self, span: Window | None) -> Generator[Item, None, None]:
        for item in self.extraction.pages_of(self.extraction.reader(self.windows), span):
            if self.cursor is not None and not isinstance(item, Notice):
                self.cursor.saw(item)
            yield item
            del item  # so that it is not held while the next one is waited for
        _note_refused(self.memory, self.extraction)
        if self.cursor is not None and self.windows:
            self.cursor.advance(self.now)


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
        span = _around([window for reading in readings for window in reading.windows])
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
    windows = extraction.windows(start, end)
    cursor: CustomerCursor | DayCursor | None = None
    if settings.end_date is None and report.is_of_days:
        own = customer_state(state, user_id) if tells else state
        cursor = DayCursor(own, settings, extraction.zone)
        window = cursor.window(settings.clock())
        windows = [] if window is None else list(window.pieces(report.longest_window))
    elif settings.end_date is None:
        assert user_id is not None
        cursor = CustomerCursor(state, report, user_id)
        windows = extraction.windows(cursor.start(settings, extraction.zone), end)
    if windows:
        zone = extraction.zone
        first, last = zone.instant(windows[0].start), zone.instant(windows[-1].end)
        current_run().progress.planned(first, min(last, end), len(windows), zone.name)
    return _Reading(extraction, memory, cursor, windows, settings.clock())


def _around(windows: list[Window]) -> Window | None:
    if not windows:
        return None
    return Window(min(each.start for each in windows), max(each.end for each in windows))
