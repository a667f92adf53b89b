"""The hidden resource that all tables of a report hang on: reads it from its cursor."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import datetime

import dlt
from dlt.extract.resource import DltResource

from ..decoding.names import Names
from ..localtime.windows import Window
from ..reading.page_size import PageSize
from ..tables.rows import Item, Notice
from ..warehouse.run import current_run, running
from .absent_fields import note_absent
from .changes import note_rights
from .claiming import claim, current_place
from .connection import Connection
from .cursor import (
    Cursor,
    CustomerCursor,
    bounds,
    check,
    completed,
    kept_if_cut_short,
    leave_other_account,
    newest_loaded,
)
from .extraction import Extraction
from .overrides import check_overrides, warn_of_new_tables
from .refusal_memory import RefusalMemory
from .settings import ReportSettings, Settings
from .short_windows import ShortWindows
from .turns import in_turns

CurrentNames = Callable[[], Names]
"""Gives the columns that the tables have, as soon as the pipeline is known."""


def report_resource(
    connection: Connection,
    asked: ReportSettings,
    settings: Settings,
    start_time: Cursor | None,
    names: CurrentNames,
) -> DltResource:
    """The records of one account or customer, from dlt's own cursor on."""
    report = asked.report

    def pages(cursor: Cursor | None) -> Generator[Item, None, None]:
        has_cursor = cursor is not None and cursor.end_value is None
        check_overrides(dlt.current.source(), report, has_cursor=has_cursor)
        asked.warn_of_misspelt()
        memory = RefusalMemory(dlt.current.resource_state(), settings.clock())
        with connection.open(settings) as api:
            place = current_place()
            (owner,) = claim([connection], [api], settings, place)
            if place is not None and has_cursor:
                leave_other_account(owner.adoptions, cursor)
            extraction = Extraction(
                api,
                asked,
                settings,
                names=names(),
                progress=current_run().progress,
                owner=owner,
                left_out=memory.left_out,
                suspects=memory.suspects,
                short_windows=ShortWindows.at(place, report, owner),
                loaded_until=newest_loaded(cursor) if has_cursor else None,
            )
            yield from extraction.pages(*bounds(cursor, settings, extraction.zone))
            _note_refused(memory, extraction)
            current_run().progress.points_left(api.governor.day_remaining)

    if settings.end_date is not None and start_time is None:
        return dlt.resource(lambda: in_turns(pages(None)), name=report.resource, selected=False)

    cursor = completed(start_time, report, settings.lookback)

    def from_cursor(start_time: Cursor = cursor) -> Iterator[Item | None]:
        check(start_time, report)
        has_state = start_time.end_value is None
        since = start_time.start_value
        if has_state and since is not None and since != start_time.initial_value:
            warn_of_new_tables(dlt.current.source(), report, since)
        with kept_if_cut_short() if has_state else nullcontext():
            yield from in_turns(pages(start_time))

    return dlt.resource(from_cursor, name=report.resource, selected=False)


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
    cursor: CustomerCursor | None
    windows: list[Window]
    now: datetime

    def pages(self, span: Window | None) -> Generator[Item, None, None]:
        for item in self.extraction.pages_of(self.extraction.reader(self.windows), span):
            if self.cursor is not None and not isinstance(item, Notice):
                self.cursor.saw(item)
            yield item
            del item  # so that it is not held while the next one is waited for
        _note_refused(self.memory, self.extraction)
        if self.cursor is not None:
            self.cursor.advance(self.now)


def customers_resource(
    connections: tuple[Connection, ...],
    asked: ReportSettings,
    settings: Settings,
    names: CurrentNames,
) -> DltResource:
    """The records of several customers, one after the other, each from a cursor of its own."""
    report = asked.report

    def of_customers() -> Iterator[Item | None]:
        has_cursor = settings.end_date is None
        check_overrides(dlt.current.source(), report, has_cursor=has_cursor)
        asked.warn_of_misspelt()
        with ExitStack() as stack:
            readings = _readings(stack, connections, asked, settings, names())
            # a merge is told once what the load may bring: that of all customers
            windows = [window for reading in readings for window in reading.windows]
            span = _around(windows)
            for reading in readings:
                yield from in_turns(reading.pages(span))

    return dlt.resource(of_customers, name=report.resource, selected=False)


def _readings(
    stack: ExitStack,
    connections: tuple[Connection, ...],
    asked: ReportSettings,
    settings: Settings,
    names: Names,
) -> list[_Reading]:
    report = asked.report
    page_size, readings = PageSize(settings.page_size), []
    first = stack.enter_context(connections[0].open(settings))
    with running(governor=first.governor):
        apis = [first, *(stack.enter_context(each.open(settings)) for each in connections[1:])]
    place = current_place()
    owners = claim(connections, apis, settings, place)
    if place is not None and settings.end_date is None:
        leave_other_account(owners[0].adoptions)
    for connection, api, owner in zip(connections, apis, owners, strict=True):
        memory = RefusalMemory(dlt.current.resource_state(), settings.clock(), connection.user_id)
        extraction = Extraction(
            api, asked, settings, names=names, progress=current_run().progress,
            owner=owner, page_size=page_size, short_windows=ShortWindows.at(place, report, owner),
            left_out=memory.left_out, suspects=memory.suspects,
        )  # fmt: skip
        start, end = bounds(None, settings, extraction.zone)
        cursor = None
        if settings.end_date is None:
            assert connection.user_id is not None
            cursor = CustomerCursor(dlt.current.resource_state(), report, connection.user_id)
            start = cursor.start(settings, extraction.zone)
        windows = extraction.windows(start, end)
        current_run().progress.planned(start, end, len(windows), extraction.zone.name)
        readings.append(_Reading(extraction, memory, cursor, windows, settings.clock()))
    return readings


def _around(windows: list[Window]) -> Window | None:
    if not windows:
        return None
    return Window(min(each.start for each in windows), max(each.end for each in windows))
