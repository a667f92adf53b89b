"""The tables that users find in their warehouse, as the code declares them to dlt."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from dlt.common.destination import Destination
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource

from dlt_uis import uis_source
from dlt_uis.decoding.shape import VALUE
from dlt_uis.recordings.ledger import recordings_source
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.reports.own_names import RECORDINGS, SYNC_WINDOWS, VERIFIED_DAYS
from dlt_uis.source.reference_data import LISTS
from dlt_uis.verify.verified_days import verified_days_source
from dlt_uis.warehouse.indexes import Index, wanted_indexes

WAREHOUSES: Mapping[str, str] = {
    "duckdb": "DuckDB",
    "postgres": "Postgres",
    "bigquery": "BigQuery",
}
"""Warehouses whose types the pages give, by dlt's name."""

_Hints: TypeAlias = Mapping[str, Any]
"""What dlt knows of a table or a column."""

_REPORT = "calls_report"
"""The hidden resource that the tables hang on; it is no table itself."""

_ABOUT: Mapping[str, str] = {
    CALLS_REPORT.table: "One row a call session: every scalar field of the report.",
    SYNC_WINDOWS: (
        "One row a window that was read: what the API promised, what came, what it cost. A sync, a"
        " backfill and a repair all write here; `verify` and `overview` read it."
    ),
    VERIFIED_DAYS: (
        "One row a local day that `verify` looked at: what it found there last. The table is made"
        " by the first `verify`."
    ),
    RECORDINGS: (
        "One row a recording that `dlt-uis recordings` asked for: what came of it, and where its"
        " file is. The table is made by the first run."
    ),
    **{
        name: f"{about} Replaced on each sync; further columns are those that the API gives."
        for name, about in LISTS.items()
    },
}


@dataclass(frozen=True)
class Column:
    """A column; ``types`` are its types by warehouse, ``refers_to`` is ``table.column``."""

    name: str
    data_type: str
    types: Mapping[str, str]
    description: str
    is_key: bool
    is_nullable: bool
    refers_to: str | None
    values: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table; ``partition`` and ``cluster`` are BigQuery's, ``indexes`` are those of Postgres."""

    name: str
    about: str
    columns: tuple[Column, ...]
    partition: str | None
    cluster: tuple[str, ...]
    indexes: tuple[Index, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_key)


def tables() -> list[Table]:
    """All tables, in the order in which the source makes them.

    Raises:
        LookupError: there is nothing to say about a table or a column.
    """
    resources = [
        *_source().resources.values(),
        *verified_days_source(CALLS_REPORT, [], datetime.now(UTC)).resources.values(),
        *recordings_source([], owned=False).resources.values(),
    ]
    return [_table(resource) for resource in resources if resource.name != _REPORT]


def _source() -> DltSource:
    """The source with all fields, whatever is configured where the pages are made."""
    return uis_source(access_token="none", fields=list(CALLS_REPORT.names), exclude_fields=[])


def _table(resource: DltResource) -> Table:
    schema: Any = resource.compute_table_schema()
    hints: Mapping[str, _Hints] = schema["columns"]
    return Table(
        resource.name,
        _about(resource.name),
        tuple(_column(schema, column) for column in hints.values()),
        next((name for name, column in hints.items() if column.get("x-bigquery-partition")), None),
        tuple(name for name, column in hints.items() if column.get("x-bigquery-cluster")),
        tuple(index for index in wanted_indexes() if index.table == resource.name),
    )


def _about(table: str) -> str:
    for array in CALLS_REPORT.arrays:
        if table == CALLS_REPORT.child_table(array):
            return f"{array.description} One row an element of the array `{array.name}` of a call."
    if table not in _ABOUT:
        raise LookupError(f"say in _ABOUT what the table {table} is")
    return _ABOUT[table]


def _column(table: _Hints, column: _Hints) -> Column:
    name = column["name"]
    if not column.get("description"):
        raise LookupError(f"the column {table['name']}.{name} has no description")
    return Column(
        name,
        column["data_type"],
        {warehouse: _type_in(warehouse, table, column) for warehouse in WAREHOUSES},
        column["description"],
        bool(column.get("primary_key")),
        bool(column.get("nullable", True)),
        next(_references(table, name), None),
        _values(table["name"], name),
    )


def _type_in(warehouse: str, table: _Hints, column: _Hints) -> str:
    type_: str = _types_of(warehouse).to_destination_type(column, table)
    return type_.replace(" (", "(")


@functools.cache
def _types_of(warehouse: str) -> Any:
    destination: Any = Destination.from_reference(warehouse)
    return destination.capabilities().get_type_mapper()


def _references(table: _Hints, column: str) -> Iterator[str]:
    for reference in table.get("references", ()):
        pairs = zip(reference["columns"], reference["referenced_columns"], strict=True)
        for name, referred in pairs:
            if name == column:
                yield f"{reference['referenced_table']}.{referred}"


def _values(table: str, column: str) -> tuple[str, ...]:
    """The documented values of an enum, none for any other column."""
    if table == CALLS_REPORT.table:
        field = CALLS_REPORT.scalar(column)
        return field.values if field else ()
    for array in CALLS_REPORT.arrays:
        if table == CALLS_REPORT.child_table(array):
            items = {item.name: item.values for item in array.items}
            return items.get(column, array.values if column == VALUE else ())
    return ()
