"""The checkup: all that a sync needs, tried without loading anything.

Settings, API and warehouse are checked one by one; what fails stops only what needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import dlt

from ..errors import UisError
from ..localtime.zones import Zone
from ..reports.fields import Report
from ..runner.job import any_error_translated
from ..runner.pipelines import make_pipeline
from ..source.claiming import settled
from ..source.connection import Connection
from ..source.cursor import deep_start_in, next_start_in, suspects_of
from ..source.parameters import Configured, configured
from ..source.unknown_settings import unknown_settings
from ..warehouse.owners import Owner
from .api import ACCOUNT, API, CLOCK, FIELDS, NEXT, POINTS, REPORT, ZONE, ApiCheck
from .folder import folder_lines
from .history import History, history_of
from .lines import Checkup, Line, Status, failed, ok, skipped, warning
from .recordings import recordings_line
from .tables import table_lines
from .writable import try_to_write

SETTINGS, DESTINATION, DATASET, LAST = "settings", "destination", "dataset", "last_sync"
RECORDINGS = "recordings"

ORDER = (
    SETTINGS, API, ACCOUNT, REPORT, FIELDS, POINTS, CLOCK, ZONE, DESTINATION, DATASET, LAST,
    RECORDINGS, NEXT,
)  # fmt: skip
"""Names of the checks, as they are shown; each is there at least once."""


def check_up(
    destination: str, *, dataset: str, name: str, source: Mapping[str, Any] | None = None
) -> Checkup:
    """Checks what ``sync`` with the same options would meet; raises nothing that a line can say.

    Args:
        destination: as for :func:`.runner.make_pipeline`, as are ``dataset`` and ``name``.
        source: parameters of ``uis_source``; the rest comes from dlt's configuration.
    """
    warehouse = _Warehouse(destination, dataset, name)
    lines, points = list(warehouse.lines()), 0
    try:
        given = configured(**dict(source or {}))
    except UisError as error:
        lines.append(failed(SETTINGS, error))
    else:
        lines.append(ok(SETTINGS, f"complete; {_asked(given)} are asked for"))
        lines += _slips(given)
        lines += warehouse.tables(given)
        owners: list[Owner] = []
        for connection in given.connections:
            history = warehouse.history
            api = ApiCheck(given, connection, *_known(given, connection, history))
            found = [line for line in api.lines() if line.check != NEXT or warehouse.history]
            lines += [_of_customer(connection, line) for line in found]
            points += api.points
            if any(line.check == ACCOUNT and line.status is not Status.FAILED for line in found):
                owners.append(api.owner)
            if any(line.check == API and line.status is Status.FAILED for line in found):
                break  # nobody is there for the other customers either
        if warehouse.history is not None and len(owners) == len(given.connections):
            lines.append(_whose(owners, warehouse.history, adopt=given.settings.adopt))
    lines += _skipped(lines)
    lines.sort(key=lambda line: ORDER.index(line.check))
    return Checkup(lines, points)


def _asked(given: Configured) -> str:
    fields = sum(len(each.asked) for each in given.reports)
    others = len(given.reports) - 1
    return f"{fields} fields" + (f" of {others + 1} reports" if others else "")


def _known(
    given: Configured, connection: Connection, history: History | None
) -> tuple[Mapping[str, datetime | None], Mapping[str, Collection[str]], Mapping[str, datetime]]:
    """Where the next sync begins to read each report, fields that it was refused, and how far back
    it reads further."""
    reports = [asked.report for asked in given.reports]
    starts = {each.table: _start(given, each, connection, history) for each in reports}
    if history is None:
        return starts, {}, {}
    customer = connection.user_id if connection.tells_owner else None
    state = history.state
    suspects = {each.table: suspects_of(state, each, customer) for each in reports}
    deep = {
        each.table: deep_start_in(state, each, given.settings, starts[each.table], customer)
        for each in reports
    }
    return starts, suspects, {name: start for name, start in deep.items() if start is not None}


def _slips(given: Configured) -> Iterator[Line]:
    """What seems to be misspelt."""
    hint = "Correct the name, or remove it: docs/configuration.md lists all settings."
    for unknown in unknown_settings():
        yield warning(SETTINGS, str(unknown), hint)
    for asked in given.reports:
        for told in asked.misspelt:
            yield warning(SETTINGS, told, "A name that the API does not know either is left out.")


def _skipped(lines: Sequence[Line]) -> Iterator[Line]:
    """Lines for the checks that there was no sense in."""
    failures = [line.check for line in lines if line.status is Status.FAILED]
    of_api = [check for check in failures if check != DESTINATION]
    for check in ORDER:
        if all(line.check != check for line in lines):
            is_of_warehouse = check in (LAST, RECORDINGS) or not of_api
            after = DESTINATION if is_of_warehouse else of_api[0]
            yield skipped(check, after if failures else REPORT)


class _Warehouse:
    """Checks the warehouse; ``history`` is what it remembers, ``None`` where it can't be asked."""

    def __init__(self, destination: str, dataset: str, name: str) -> None:
        self._destination = destination
        self._dataset = dataset
        self._name = name
        self.history: History | None = None

    def tables(self, given: Configured) -> Iterator[Line]:
        """What was changed by hand, and matters to what is asked for."""
        if self.history is None:
            return  # it can't be asked
        try:
            pipeline = make_pipeline(self._destination, dataset=self._dataset, name=self._name)
            owned = given.tells_owner
            with any_error_translated(pipeline):
                for each in given.reports:
                    yield from table_lines(
                        pipeline, DESTINATION, each.report, each.wanted, owned=owned
                    )
        except UisError as error:
            yield failed(DESTINATION, error)

    def lines(self) -> Iterator[Line]:
        try:
            pipeline = make_pipeline(self._destination, dataset=self._dataset, name=self._name)
            written = try_to_write(pipeline)
            self.history = history_of(pipeline)
            of_folder = list(folder_lines(LAST, pipeline, self.history))
        except UisError as error:
            yield failed(DESTINATION, error)
        else:
            yield ok(DESTINATION, f"{self._destination}: {written}")
            yield _last(self.history, pipeline)
            yield from of_folder
            yield recordings_line(pipeline, RECORDINGS)


def _of_customer(connection: Connection, line: Line) -> Line:
    """The line, which tells whom it is about where ``user_id`` lists customers."""
    if not connection.tells_owner:
        return line
    return replace(line, message=f"customer {connection.user_id}: {line.message}")


def _start(
    given: Configured, report: Report, connection: Connection, history: History | None
) -> datetime | None:
    """Where the next sync begins to read, ``None`` if that is for the settings to say."""
    if history is None or given.settings.end_date is not None:
        return None
    customer = connection.user_id if connection.tells_owner else None
    adoptions = None if history.place is None else history.place.holders.adoptions
    return next_start_in(history.state, report, given.settings.lookback, customer, adoptions)


def _whose(owners: Sequence[Owner], history: History, *, adopt: bool) -> Line:
    """Whether the dataset holds calls of the account that is configured, or none yet."""
    place = history.place
    if place is None:
        return ok(DATASET, "the destination can't be asked whose calls it holds")
    try:
        settled_owners, doubt = settled(owners, place, adopt=adopt)
    except UisError as error:
        return failed(DATASET, error)
    if not place.holders.owners:
        return ok(DATASET, f"{place.dataset} does not hold any account's calls yet")
    if settled_owners[0].adoptions > place.holders.adoptions:
        return warning(
            DATASET,
            f"{place.dataset} holds calls of {place.holders.owners[0]}: the next sync takes it over"
            f" for {owners[0]}",
            "Remove the setting adopt (SOURCES__UIS__ADOPT) if that is not meant.",
        )
    if doubt is not None:
        return warning(DATASET, doubt, "Make sure that they are: nothing else has to be done.")
    return ok(DATASET, f"{place.dataset} holds calls of {owners[0]}")


def _last(history: History, pipeline: dlt.Pipeline) -> Line:
    pending = len(pipeline.list_extracted_load_packages())
    pending += len(pipeline.list_normalized_load_packages())
    rest = f"; {pending} load packages of it wait for the next one" if pending else ""
    if history.last is None:
        return ok(LAST, f"none has loaded anything yet{rest}")
    last = history.last
    local = Zone(last.zone).local
    start, end, finished = map(local, (last.start, last.end, last.finished))
    message = (
        f"{finished:%Y-%m-%d %H:%M} ({last.zone}): {last.calls:,} calls from"
        f" {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}{rest}"
    )
    if last.short_windows:
        return warning(
            LAST,
            f"{message}; {last.short_windows:,} windows came short: the API promised"
            f" {last.short:,} calls more than it returned",
            "All that it returns is loaded, and sync_windows.short tells which windows these are."
            " Nothing has to be done. A sync with SOURCES__UIS__STRICT_TOTALS=true would fail.",
        )
    return ok(LAST, message)
