"""Reference data: lists of the account that ids in calls point to, replaced on each sync.

What a list's rows hold is not documented here: they are asked for as the API gives them by itself,
and columns get the types of what comes. Nested values become JSON. Personal data in them is dropped
or pseudonymised as that of calls is.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import dlt
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.extract.resource import DltResource

from ..api.client import DataApi
from ..api.envelope import Envelope
from ..errors import Forbidden, MalformedResponse, MethodDisabled, MethodNotFound
from ..localtime.times import instant_of, time_of
from ..localtime.zones import Zone
from ..privacy.pages import Privacy
from ..privacy.rows import Row, protect
from ..reading.paging import FARTHEST, LARGEST_PAGE
from ..reports.own_names import DELETED, OWNER_COLUMNS, USER_ID
from ..tables.merging import MERGE
from ..warehouse.owners import Place
from ..warehouse.run import current_run
from .claiming import current_place, told_owner
from .connection import Connection
from .settings import Settings

logger = logging.getLogger(__name__)

LISTS: Mapping[str, str] = {
    "tags": "Tags that calls may bear: calls__tags.tag_id.",
    "employees": "Employees: calls__employees.employee_id and the *_employee_id of calls.",
    "sites": "Sites that are tracked: calls.site_id.",
    "campaigns": "Advertising campaigns: calls.campaign_id, calls.visitor_first_campaign_id.",
    "scenarios": "Scenarios that calls are handled by: calls.scenario_id.",
    "virtual_numbers": "Numbers of the account: calls.virtual_phone_number.",
}
"""Tables by name, with what they are joined on; the method is ``get.`` and the name."""

_LACKING = (MethodDisabled, MethodNotFound, Forbidden)

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")


@dataclass(frozen=True)
class Reading:
    """A list of the accounts or customers that are configured."""

    table: str
    connections: Sequence[Connection]
    settings: Settings
    privacy: Privacy

    def customers(self) -> Iterator[tuple[Mapping[str, Any], list[Row] | None]]:
        """Each customer's owner columns and rows; ``None`` for rows that can't be had."""
        place = current_place() if self.connections[0].tells_owner else None
        for connection in self.connections:
            with connection.open(self.settings) as api:
                rows = self._rows(api)
                yield self._owner(connection, api, place) if rows is not None else {}, rows

    def _owner(
        self, connection: Connection, api: DataApi, place: Place | None
    ) -> Mapping[str, Any]:
        if not connection.tells_owner:
            return {}
        return told_owner(connection, api, self.settings, place).of_calls or {}

    def _rows(self, api: DataApi) -> list[Row] | None:
        try:
            strict = self.settings.strict_totals
            rows = _whole(api, f"get.{self.table}", strict=strict)
        except _LACKING as error:
            self._keep(str(error))
            return None
        if rows is None:
            self._keep("the API returned fewer rows than it promised, twice.")
            return None
        protect(rows, self.privacy)
        return _with_instants(rows, api, self.settings)

    def _keep(self, why: str) -> None:
        logger.warning("The table %s is not brought up to date: %s", self.table, why)


def reference_resources(
    connections: Sequence[Connection], settings: Settings, privacy: Privacy
) -> Sequence[DltResource]:
    """A resource for each list; selected are those that the settings name."""
    return [
        _resource(
            Reading(table, connections, settings, privacy),
            selected=table in settings.reference_data,
        )
        for table in LISTS
    ]


def _resource(reading: Reading, *, selected: bool) -> DltResource:
    owned = reading.connections[0].tells_owner

    def rows() -> Iterator[Any]:
        yield from (_of_customers if owned else _of_account)(reading)

    return dlt.resource(
        rows,
        name=reading.table,
        selected=selected,
        columns=_columns(owned=owned),
        primary_key=("id", USER_ID) if owned else "id",
        # a customer's rows replace that customer's only: another's may not be had today
        merge_key=USER_ID if owned else (),
        write_disposition=MERGE if owned else "replace",
    )


def _columns(*, owned: bool) -> TTableSchemaColumns:
    columns: TTableSchemaColumns = {
        "id": {"name": "id", "data_type": "bigint", "nullable": False, "description": "Its id."}
    }
    if owned:
        for name, (_, description) in OWNER_COLUMNS.items():
            columns[name] = {"name": name, "data_type": "bigint", "description": description}
        columns[USER_ID]["nullable"] = False
        columns[DELETED] = {"name": DELETED, "data_type": "bool", "hard_delete": True}
    return columns


def _of_account(reading: Reading) -> Iterator[Any]:
    for _, rows in reading.customers():
        if rows is None:
            # dlt would empty the table of a resource that replaces and yields nothing
            dlt.current.resource().apply_hints(write_disposition="append")
        else:
            current_run().progress.loaded(reading.table, len(rows))
            yield rows or dlt.mark.materialize_table_schema()


def _of_customers(reading: Reading) -> Iterator[Any]:
    for owner, rows in reading.customers():
        if rows is not None:
            current_run().progress.loaded(reading.table, len(rows))
            # the mark makes the merge delete what there was, also where nothing comes instead
            yield [{**row, **owner} for row in rows] or [{"id": 0, **owner, DELETED: True}]


def _whole(api: DataApi, method: str, *, strict: bool) -> list[Row] | None:
    """All rows of a list, each id once; with ``strict`` it is ``None`` if fewer came than were
    promised, twice."""
    rows, promised = _pages(api, method)
    if len(rows) < promised:
        rows |= _pages(api, method)[0]
    if len(rows) < promised:
        if strict:
            return None
        logger.warning(
            "%s: the API promised %d rows and returned %d, twice: all that it returns is loaded",
            method, promised, len(rows),
        )  # fmt: skip
    return list(rows.values())


def _pages(api: DataApi, method: str) -> tuple[dict[Any, Row], int]:
    rows: dict[Any, Row] = {}
    offset = 0
    while True:
        answer: Envelope[Any] = api.call(method, {"limit": LARGEST_PAGE, "offset": offset})
        page, promised = answer.data or [], answer.total or 0
        if not isinstance(page, list) or not all(isinstance(row, dict) for row in page):
            raise MalformedResponse(f"{method} without a list of objects")
        rows |= {row.get("id", (offset, number)): row for number, row in enumerate(page)}
        offset += len(page)
        may_be_last = len(page) < LARGEST_PAGE and offset >= promised
        if not page or may_be_last or offset > FARTHEST:
            return rows, promised


def _with_instants(rows: list[Row], api: DataApi, settings: Settings) -> list[Row]:
    """The rows with times in the account's zone, which they are written in, as instants."""
    times = [
        (row, name)
        for row in rows
        for name, value in row.items()
        if isinstance(value, str) and _TIME.fullmatch(value)
    ]
    if times:
        zone = Zone(settings.timezone or api.account().timezone)
        for row, name in times:
            with suppress(ValueError):  # else it stays text
                row[name] = instant_of(time_of(row[name]), zone)
    return rows
