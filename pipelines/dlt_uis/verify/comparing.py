"""What differs between the source's tables and the warehouse's: Arrow in, Arrow out.

Rows are paired by key with Arrow's join, and compared column by column: nothing here runs once a
row. What differs in a child table is told of its record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..decoding.arrays import differing_values, numbers
from ..reports.fields import TIMESTAMP, Child, Report, Type
from ..reports.own_names import DELETED, LOAD_ID

Tables = Mapping[str, pa.Table]
"""A report's tables by name, with key and cursor; child tables with ``position``, too."""

_NEVER_COMPARED = frozenset((LOAD_ID, "_dlt_id", DELETED))
KEY, TIME = "key", "time"
"""Columns of what a comparison finds: key and cursor of the record, whichever report it is of. A
key is a number, or text if it has several parts."""

_BETWEEN = "/"
"""Between the parts of a key."""


@dataclass(frozen=True)
class Comparison:
    """What differs. All tables have ``key`` and ``time``.

    ``missing``: records that only the source has. ``surplus``: records that only the warehouse has.
    ``doubled``: rows of a record that the warehouse has beyond the first one. ``changed``: a row
    for each record and ``column`` that differs in it; for a value in a child table that is
    ``table.column``, for elements that are missing or too many ``table``. ``orphans``: the same,
    for rows of child tables whose record neither side has.
    """

    missing: pa.Table
    surplus: pa.Table
    doubled: pa.Table
    changed: pa.Table
    orphans: pa.Table


def compare(report: Report, source: Tables, warehouse: Tables) -> Comparison:
    """Compares the tables that both have, in the columns that both have."""
    ours, theirs = source[report.table], warehouse[report.table]
    records = _Pairs(ours, theirs, report.key)
    our_keys, their_keys = _keys(ours, report.key), _keys(theirs, report.key)
    changed = [
        _changes(records.keys_of(report.key, mask), name) for name, mask in records.differing()
    ]
    orphans = []
    for child in report.children:
        if child.table in source and child.table in warehouse:
            rows = _Pairs(source[child.table], warehouse[child.table], child.key)
            changed += _changed_elements(child, rows, our_keys)
            orphans.append(_orphans(report, child, rows, our_keys, their_keys))
    missing = _records(report, records.missing)
    nothing = _records(report, ours.slice(0, 0)).append_column("column", pa.array([], pa.string()))
    return Comparison(
        missing,
        _records(report, records.surplus),
        _records(report, records.doubled),
        _timed(
            _distinct(changed, nothing.drop_columns([TIME])), _records(report, ours), missing[KEY]
        ),
        _distinct(orphans, nothing),
    )


def key_values(report: Report, key: Any) -> tuple[Any, ...]:
    """The values of a record's key columns, as Python has them."""
    if not isinstance(key, str):
        return (key,)
    fields = map(report.scalar, report.key)
    parts = zip(fields, key.split(_BETWEEN), strict=True)
    return tuple(_value(field.type, text) for field, text in parts if field is not None)


def _value(type_: Type, text: str) -> Any:
    match type_:
        case Type.TIMESTAMP:
            return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(text))
        case Type.DATE:
            return date(1970, 1, 1) + timedelta(days=int(text))
        case _:
            return int(text)


def _keys(rows: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    """The keys of rows in one column."""
    parts = [_plain(rows[name]) for name in names]
    if len(parts) == 1:
        return parts[0]
    return pc.binary_join_element_wise(*(part.cast(pa.string()) for part in parts), _BETWEEN)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A part of a key as a number, whatever its type is in the warehouse."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(TIMESTAMP)
    elif pa.types.is_date(column.type):
        column = column.cast(pa.date32()).cast(pa.int32())
    return column.cast(pa.int64())


class _Pairs:
    """Rows of two tables, paired by their key.

    Of rows with the same key in the warehouse the first one counts; the others are ``doubled``.
    """

    def __init__(self, source: pa.Table, warehouse: pa.Table, keys: Sequence[str]) -> None:
        self._source = source
        self._warehouse, self.doubled = _without_repeats(warehouse, keys)
        joined = _numbered(source, keys, "source").join(
            _numbered(self._warehouse, keys, "warehouse"),
            keys=list(keys),
            join_type="full outer",
        )
        here, there = joined["source"], joined["warehouse"]
        self.missing = source.take(here.filter(pc.is_null(there)))
        self.surplus = self._warehouse.take(there.filter(pc.is_null(here)))
        both = pc.and_(pc.is_valid(here), pc.is_valid(there))
        self._here, self._there = here.filter(both), there.filter(both)

    def keys_of(self, names: Sequence[str], mask: pa.ChunkedArray) -> pa.ChunkedArray:
        """The records' keys, in some columns, of the pairs that ``mask`` marks."""
        return _keys(self._source.select(names).take(self._here.filter(mask)), names)

    def differing(self) -> list[tuple[str, pa.ChunkedArray]]:
        """Columns with different values, and which pairs have them."""
        found = []
        for name in self._source.column_names:
            if name in self._warehouse.column_names and name not in _NEVER_COMPARED:
                ours = self._source[name].take(self._here)
                mask = _differs(ours, self._warehouse[name].take(self._there))
                if pc.any(mask, min_count=0).as_py():
                    found.append((name, mask))
        return found


def _numbered(rows: pa.Table, keys: Sequence[str], name: str) -> pa.Table:
    columns = {key: _plain(rows[key]) for key in keys}
    return pa.table({**columns, name: numbers(rows.num_rows)})


def _without_repeats(rows: pa.Table, keys: Sequence[str]) -> tuple[pa.Table, pa.Table]:
    """The first row of each key, and the others."""
    numbered = _numbered(rows, keys, "row")
    first = numbered.group_by(list(keys)).aggregate([("row", "min")])["row_min"]
    if len(first) == rows.num_rows:
        return rows, rows.slice(0, 0)
    is_first = pc.is_in(numbered["row"], value_set=first.combine_chunks())
    return rows.filter(is_first), rows.filter(pc.invert(is_first))


def _differs(ours: pa.ChunkedArray, theirs: pa.ChunkedArray) -> pa.ChunkedArray:
    """Which values are not the same; null is the same as null only."""
    try:
        theirs = theirs.cast(ours.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        # somebody gave the column another type
        ours, theirs = ours.cast(pa.string()), theirs.cast(pa.string())
    return differing_values(ours, theirs)


def _of_record(child: Child) -> tuple[str, ...]:
    """The columns of a child table that hold the key of its record."""
    return tuple(map(child.listing.child_column, child.listing.key))


def _changed_elements(child: Child, rows: _Pairs, records: pa.ChunkedArray) -> list[pa.Table]:
    names, table = _of_record(child), child.table
    known, doubled = (_keys(each, names) for each in (rows.surplus, rows.doubled))
    of_records = (each.filter(_among(each, records)) for each in (known, doubled))
    changed = [_changes(each, table) for each in (_keys(rows.missing, names), *of_records)]
    for name, mask in rows.differing():
        changed.append(_changes(rows.keys_of(names, mask), f"{table}.{name}"))
    return changed


def _orphans(
    report: Report,
    child: Child,
    rows: _Pairs,
    source: pa.ChunkedArray,
    warehouse: pa.ChunkedArray,
) -> pa.Table:
    """Elements whose record is nowhere; those of a surplus record belong to it."""
    extra = pa.concat_tables([rows.surplus, rows.doubled])
    keys = _keys(extra, _of_record(child))
    is_lost = pc.invert(pc.or_(_among(keys, source), _among(keys, warehouse)))
    lost = keys.filter(is_lost)
    times = extra[report.child_cursor].filter(is_lost)
    names = pa.repeat(pa.scalar(child.table), len(lost))
    return pa.table({KEY: lost, TIME: _instants(times), "column": names})


def _among(keys: pa.ChunkedArray, records: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_in(keys, value_set=records.combine_chunks())


def _records(report: Report, rows: pa.Table) -> pa.Table:
    """Key and cursor of rows of the report's own table."""
    return pa.table({KEY: _keys(rows, report.key), TIME: _instants(rows[report.cursor])})


def _instants(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times as instants; a day begins at midnight, UTC."""
    return times.cast(TIMESTAMP)


def _changes(keys: pa.ChunkedArray, column: str) -> pa.Table:
    return pa.table({KEY: keys, "column": pa.repeat(pa.scalar(column), len(keys))})


def _distinct(parts: Sequence[pa.Table], nothing: pa.Table) -> pa.Table:
    rows = pa.concat_tables([nothing, *parts])
    return rows.group_by(rows.column_names).aggregate([]).select(rows.column_names)


def _timed(changed: pa.Table, records: pa.Table, missing: pa.ChunkedArray) -> pa.Table:
    """Changes with their records' time, without those of records that are missing anyway."""
    changed = changed.filter(pc.invert(_among(changed[KEY], missing)))
    at = pc.index_in(changed[KEY], value_set=records[KEY].combine_chunks())
    columns = [changed[KEY], records[TIME].take(at), changed["column"]]
    return pa.table(columns, names=[KEY, TIME, "column"])
