"""Columns of the warehouse's tables, as dlt wants them: types, keys, descriptions, hints.

Types come from the same Arrow types that the data is loaded with, so that dlt never has to
reconcile the two.

A merge of dlt's takes each key once, in case a load job was killed after its commit and ran again.
Rows of a key are then the same, so any order of them will do; but with one (``dedup_sort``) DuckDB
finds the rows by their keys alone, and needs neither the memory nor the time to sort whole rows.
Our own destinations see to jobs that run again themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import pyarrow as pa
from dlt.common.libs.pyarrow import py_arrow_to_table_schema_columns
from dlt.common.schema.typing import TTableSchemaColumns

from ..reports import REPORTS
from ..reports.fields import VALUE, Child, Field, Listing
from ..reports.own_names import (
    DELETED,
    LOAD_ID,
    OWNER_COLUMNS,
    POSITION,
    USER_ID,
)
from .rows import WINDOW_COLUMNS, WINDOW_OPTIONAL

_Column = tuple[pa.DataType, str]

_LOAD = {LOAD_ID: (pa.string(), "Load package that brought the row; see _dlt_loads.")}


def report_columns(
    listing: Listing, asked: Collection[str], *, owned: bool = False
) -> TTableSchemaColumns:
    """Columns of the report's own table, for the fields that are ``asked`` for.

    Undocumented fields have no column until a value comes. ``owned`` rows tell their customer.
    """
    fields = [each for each in listing.scalars if each.of_request or each.asked in asked]
    columns = _columns(
        _of_fields(fields) | _deleted_of(listing) | _owner(owned) | _LOAD,
        never_null=(*listing.carried, USER_ID, LOAD_ID),
    )
    columns[listing.carried[-1]]["dedup_sort"] = "desc"
    if DELETED in columns:
        columns[DELETED]["hard_delete"] = True
    return columns


def _deleted_of(listing: Listing) -> dict[str, _Column]:
    """The mark of a day that has no rows, where days are replaced as a whole."""
    if listing.replaced_by == listing.key:
        return {}
    return {DELETED: (pa.bool_(), f"Always null here; marks days without {listing.records}.")}


def child_columns(child: Child, *, owned: bool = False) -> TTableSchemaColumns:
    """Columns of a child table; ``owned`` rows tell their customer."""
    array, listing = child.array, child.listing
    elements = (
        _of_fields(array.items)
        if array.is_of_objects
        else {VALUE: (pa.string(), array.description)}
    )
    deleted: dict[str, _Column] = {
        DELETED: (
            pa.bool_(),
            f"Always null here; marks {listing.records} without elements while loading.",
        )
    }
    keys = dict(_keys(child))
    columns = _columns(
        keys | elements | deleted | _owner(owned) | _LOAD, never_null=(*keys, USER_ID, LOAD_ID)
    )
    columns[child.carried[-1]]["dedup_sort"] = "desc"
    columns[DELETED]["hard_delete"] = True
    return columns


def _keys(child: Child) -> Iterator[tuple[str, _Column]]:
    """The columns that lead from an element to its record, and to its place."""
    listing, noun = child.listing, child.listing.noun.replace("_", " ")
    for name, column in zip(listing.carried, child.carried, strict=True):
        field = listing.scalar(name)
        assert field is not None
        about = field.description.removesuffix(".")
        yield column, (field.type.column, f"{about}; {listing.table}.{name}.")
    for array, column in zip(child.path[:-1], child.positions[:-1], strict=True):
        yield column, (pa.int64(), f"Place of the {array.noun} that it is in, from 0.")
    of = child.path[-2].noun if len(child.path) > 1 else noun
    yield POSITION, (pa.int64(), f"Place of the element in the {of}'s array, from 0.")


def window_columns(*, owned: bool = False) -> TTableSchemaColumns:
    """Columns of ``sync_windows``; the customer of ``owned`` rows is a part of their key."""
    optional = WINDOW_OPTIONAL - {USER_ID} if owned else WINDOW_OPTIONAL
    never_null = WINDOW_COLUMNS.keys() - optional
    return _columns(dict(WINDOW_COLUMNS) | _LOAD, never_null=(*never_null, LOAD_ID))


def documented_columns(table: str) -> Collection[str]:
    """Names of the documented fields that a report's table has a column for."""
    columns = (column for report in REPORTS.values() for column in report.columns)
    return {column.field.name for column in columns if column.table == table}


def recorded_columns(
    columns: Mapping[str, _Column], optional: Collection[str] = ()
) -> TTableSchemaColumns:
    """Columns of a table in which a job records what it did.

    Args:
        optional: those that may be null, as rows of earlier versions lack them.
    """
    return _columns(dict(columns) | _LOAD, never_null=(*(columns.keys() - set(optional)), LOAD_ID))


def _owner(owned: bool) -> dict[str, _Column]:
    return dict(OWNER_COLUMNS) if owned else {}


def _of_fields(fields: Collection[Field]) -> dict[str, _Column]:
    return {field.name: (field.type.column, field.description) for field in fields}


def _columns(columns: Mapping[str, _Column], never_null: Collection[str]) -> TTableSchemaColumns:
    schema = pa.schema(
        [pa.field(name, type_, name not in never_null) for name, (type_, _) in columns.items()]
    )
    hints = py_arrow_to_table_schema_columns(schema)
    for name, (_, description) in columns.items():
        hints[name]["description"] = description
    return hints
