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

from .client import DataApi
from .connection import Connection
from .envelope import Envelope
from .errors import Forbidden, MalformedResponse, MethodDisabled, MethodNotFound
from .merging import MERGE
from .paging import FARTHEST, LARGEST_PAGE
from .private_rows import Row, protect
from .progress import current_progress
from .settings import Settings
from .tables import DELETED, OWNER_COLUMNS, USER_ID
from .times import instant_of, time_of
from .zones import Zone

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

    def customers(self) -> Iterator[tuple[Mapping[str, Any], list[Row] | None]]:
        """Each customer's owner columns and rows; ``None`` for rows that can't be had."""
        for connection in self.connections:
            with connection.open(self.settings) as api:
                rows = self._rows(api)
                owner = connection.owner(api) if rows is not None else None
                yield owner or {}, rows

    def _rows(self, api: DataApi) -> list[Row] | None:
        try:
            rows = _whole(api, f"get.{self.table}")
        except _LACKING as error:
            self._keep(str(error))
            return None
        if rows is None:
            self._keep("the API returned fewer rows than it promised, twice.")
            return None
        protect(rows, self.settings.privacy)
        return _with_instants(rows, api, self.settings)

    def _keep(self, why: str) -> None:
        logger.warning("The table %s is not brought up to date: %s", self.table, why)


def reference_resources(
    connections: Sequence[Connection], settings: Settings
) -> Sequence[DltResource]:
    """A resource for each list; selected are those that the settings name."""
    return [
        _resource(Reading(table, connections, settings), selected=table in settings.reference_data)
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
            current_progress().loaded(reading.table, len(rows))
            yield rows or dlt.mark.materialize_table_schema()


def _of_customers(reading: Reading) -> Iterator[Any]:
    for owner, rows in reading.customers():
        if rows is not None:
            current_progress().loaded(reading.table, len(rows))
            # the mark makes the merge delete what there was, also where nothing comes instead
            yield [{**row, **owner} for row in rows] or [{"id": 0, **owner, DELETED: True}]


def _whole(api: DataApi, method: str) -> list[Row] | None:
    """All rows of a list, each id once; ``None`` if fewer came than were promised, twice."""
    for _ in range(2):
        rows, promised = _pages(api, method)
        if len(rows) >= promised:
            return rows
    return None


def _pages(api: DataApi, method: str) -> tuple[list[Row], int]:
    rows: dict[Any, Row] = {}
    offset = 0
    while True:
        answer: Envelope[Any] = api.call(method, {"limit": LARGEST_PAGE, "offset": offset})
        page, promised = answer.data, answer.metadata.get("total_items")
        if not isinstance(page, list) or not all(isinstance(row, dict) for row in page):
            raise MalformedResponse(f"{method} without a list of objects")
        rows |= {row.get("id", (offset, number)): row for number, row in enumerate(page)}
        offset += len(page)
        total = promised if isinstance(promised, int) else offset
        if not page or offset >= total or offset > FARTHEST:
            return list(rows.values()), total


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
