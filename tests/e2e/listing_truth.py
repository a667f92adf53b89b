"""What the tables of a report or list have to hold: every value, element, position and type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from dlt_uis.reports.fields import PART, VALUE, Array, Child, Field, Listing, Type

from .truth import Row, Warehouse, expected

Record = Mapping[str, Any]

_BRAND = "uis"
"""Whose account it is; fields that are another brand's need not be there."""

_OTHER_NAMES = ("contacts_id",)
"""Names of fields that the documentation has another name for, too."""


@dataclass(frozen=True)
class Expected:
    """A table: its columns, with their types, and its rows, in the order of its key."""

    table: str
    columns: Mapping[str, Type]
    key: Sequence[str]
    rows: Sequence[Row]


def expected_tables(
    listing: Listing, records: Sequence[Record], zone: ZoneInfo
) -> Iterator[Expected]:
    """The tables of a report or list, of records as the API's JSON gives them."""
    rows = [tuple(_value(record, each, zone) for each in listing.scalars) for record in records]
    columns = {field.name: field.type for field in listing.scalars}
    yield Expected(listing.table, columns, listing.key, _sorted(rows, columns, listing.key))
    for child in listing.children:
        yield _child_table(child, records, zone)


def _child_table(child: Child, records: Sequence[Record], zone: ZoneInfo) -> Expected:
    listing = child.listing
    carried = {name: listing.scalar(name) for name in listing.carried}
    fields = child.array.items if child.array.is_of_objects else (Field(VALUE, Type.TEXT, ""),)
    columns = {
        **{
            column: field.type
            for column, field in zip(child.carried, carried.values(), strict=True)
            if field
        },
        **dict.fromkeys(child.positions, Type.BIGINT),
        **{field.name: field.type for field in fields},
    }
    rows = [
        (
            *(_value(record, field, zone) for field in carried.values() if field),
            *places,
            *(
                _value(element, field, zone) if child.array.is_of_objects else element
                for field in fields
            ),
        )
        for record in records
        for places, element in _elements(record, child.path)
    ]
    return Expected(child.table, columns, child.key, _sorted(rows, columns, child.key))


def _elements(record: Record, path: Sequence[Array]) -> Iterator[tuple[tuple[int, ...], Any]]:
    for place, element in enumerate(_inside(record, path[0]) or ()):
        if len(path) == 1:
            yield (place,), element
        else:
            # documented as an object with one array, met as that array
            whole = {path[1].name: element} if isinstance(element, list) else element
            for places, inner in _elements(whole, path[1:]):
                yield (place, *places), inner


def _value(record: Record, field: Field, zone: ZoneInfo) -> Any:
    value = _inside(record, field)
    if field.type is Type.JSON:
        return None if value is None else json.dumps(value, ensure_ascii=False)
    return expected(value, field, zone)


def _inside(record: Record, field: Field | Array) -> Any:
    if field.inside is None:
        may_lack = _BRAND in field.lacking or field.name in _OTHER_NAMES
        return record.get(field.name) if may_lack else record[field.name]
    return (record[field.inside] or {}).get(field.name.removeprefix(field.inside + PART))


def _sorted(rows: list[Row], columns: Mapping[str, Type], key: Sequence[str]) -> list[Row]:
    places = [list(columns).index(name) for name in key]
    return sorted(rows, key=lambda row: [row[place] for place in places])


def assert_holds(warehouse: Warehouse, table: Expected) -> None:
    """The warehouse has just these rows, in columns of these types."""
    names = {**warehouse.type_names, Type.JSON: warehouse.type_names[Type.TEXT]}
    types = warehouse.types(table.table)
    for column, type_ in table.columns.items():
        assert types[column] == names[type_], f"{table.table}.{column}"
    found = warehouse.rows(table.table, list(table.columns), ", ".join(table.key))
    assert len(found) == len(table.rows), table.table
    for want, have in zip(table.rows, found, strict=True):
        assert have == want, table.table
