"""The tables that users find in their warehouse, as the code declares them to dlt."""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, TypeAlias

from dlt.common.destination import Destination
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource

from dlt_uis import uis_source
from dlt_uis.decoding.names import Names
from dlt_uis.privacy.pages import Privacy
from dlt_uis.recordings.ledger import recordings_source
from dlt_uis.reports import DEFAULT_REPORT, LISTINGS
from dlt_uis.reports.fields import VALUE, Child, Listing, Report
from dlt_uis.reports.lists import LISTS
from dlt_uis.reports.own_names import RECORDINGS, SYNC_WINDOWS, VERIFIED_DAYS
from dlt_uis.source.resources import chunk_source
from dlt_uis.source.settings import ReportSettings
from dlt_uis.tables.rows import Item
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

_ABOUT: Mapping[str, str] = {
    "calls": "One row a call session: every scalar field of the report.",
    "call_legs": "One row a leg of a call: who rang at whom, for how long, and how it ended.",
    "financial_call_legs": "One row a leg of a call that is charged: what it cost.",
    "communications": "One row a communication of any kind, be it a call, chat, goal or web form.",
    "chats": "One row a chat, on the site or in a messenger.",
    "chat_messages": "One row a message of a chat.",
    "offline_messages": "One row a message that a visitor left in a form of the site.",
    "goals": "One row a goal that a visitor reached on the site.",
    "visitor_sessions": "One row a visit to the site.",
    "employee_stat": "One row an employee and day: how long the employee was in which status.",
    "campaign_daily_stat": (
        "One row an advertisement, keyword or campaign of a site and day: what it cost and brought."
    ),
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
    **{name: listing.about for name, listing in LISTS.items()},
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
    """A table; ``partition`` and ``cluster`` are BigQuery's, ``indexes`` are those of Postgres.

    ``listing`` is told of the table that has the records of a report or list themselves.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    partition: str | None
    cluster: tuple[str, ...]
    indexes: tuple[Index, ...]
    listing: Listing | None

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_key)


class _Nothing:
    """What a load would read of a report, with all its fields; for its tables only."""

    def __init__(self, report: Report) -> None:
        asked = ReportSettings(report, "uis", Privacy(report))
        self.extraction: Any = SimpleNamespace(
            report=report, asked=asked, names=Names(report), is_owned=False
        )

    def pages(self) -> Generator[Item, None, None]:
        yield from ()

    def remember(self, state: dict[str, Any]) -> None:
        """Nothing."""


def tables_of(report: Report) -> list[Table]:
    """The tables of a report.

    Raises:
        LookupError: there is nothing to say about a table or a column.
    """
    resources = chunk_source(_Nothing(report)).resources
    return [_table(resources[name]) for name in report.tables]


def other_tables() -> list[Table]:
    """The tables that are of no report or list, in the order in which they are made.

    Raises:
        LookupError: there is nothing to say about a table or a column.
    """
    days = verified_days_source(DEFAULT_REPORT, [], datetime.now(UTC))
    return [
        _table(_source().resources[SYNC_WINDOWS]),
        *map(_table, days.resources.values()),
        *map(_table, recordings_source([], owned=False).resources.values()),
    ]


def tables_of_list(listing: Listing) -> list[Table]:
    """The tables of a list.

    Raises:
        LookupError: there is nothing to say about a table or a column.
    """
    return [_table(_source().resources[name]) for name in listing.tables]


@functools.cache
def _source() -> DltSource:
    return uis_source(access_token="none")


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
        LISTINGS.get(resource.name),
    )


def _about(table: str) -> str:
    child = _child(table)
    if child is not None:
        kind = "a key of the object" if child.array.dictionary else "an element of the array"
        parent = table.removesuffix(f"__{child.array.name}")
        return f"{child.array.description} One row {kind} `{child.array.name}` in `{parent}`."
    if table not in _ABOUT:
        raise LookupError(f"say in _ABOUT what the table {table} is")
    return _ABOUT[table]


def _child(table: str) -> Child | None:
    children = (child for listing in LISTINGS.values() for child in listing.children)
    return next((child for child in children if child.table == table), None)


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
    if table in LISTINGS:
        field = LISTINGS[table].scalar(column)
        return field.values if field else ()
    child = _child(table)
    if child is None:
        return ()
    items = {item.name: item.values for item in child.array.items}
    return items.get(column, child.array.values if column == VALUE else ())
