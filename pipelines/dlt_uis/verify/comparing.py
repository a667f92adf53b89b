"""What differs between the source's tables and the warehouse's: Arrow in, Arrow out.

Rows are paired by key with Arrow's join, and compared column by column: nothing here runs once a
row. What differs in a child table is told of its record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ..decoding.arrays import differing_values, numbers
from ..reports.fields import TIMESTAMP, Report
from ..reports.own_names import DELETED, LOAD_ID, POSITION

Tables = Mapping[str, pa.Table]
"""A report's tables by name, with key and cursor; child tables with ``position``, too."""

_NEVER_COMPARED = frozenset((LOAD_ID, "_dlt_id", DELETED))
KEY, TIME = "key", "time"
"""Columns of what a comparison finds: key and cursor of the record, whichever report it is of."""

_RECORD = pa.schema([(KEY, pa.int64()), (TIME, TIMESTAMP)])
_CHANGE = _RECORD.append(pa.field("column", pa.string()))


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
    key = report.key
    ours, theirs = source[report.table], warehouse[report.table]
    records = _Pairs(ours, theirs, (key,))
    changed = [_changes(records.source_keys(key, mask), name) for name, mask in records.differing()]
    orphans = []
    for name in report.tables[1:]:
        if name in source and name in warehouse:
            rows = _Pairs(source[name], warehouse[name], (report.child_key, POSITION))
            changed += _changed_elements(report, name, rows, ours[key])
            orphans.append(_orphans(report, name, rows, ours[key], theirs[key]))
    missing = _records(report, records.missing)
    return Comparison(
        missing,
        _records(report, records.surplus),
        _records(report, records.doubled),
        _timed(_distinct(changed, _CHANGE.remove(1)), _records(report, ours), missing[KEY]),
        _distinct(orphans, _CHANGE),
    )


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

    def source_keys(self, key: str, mask: pa.ChunkedArray) -> pa.ChunkedArray:
        """The source's ``key`` of the pairs that ``mask`` marks."""
        return self._source[key].take(self._here.filter(mask))

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
    columns = {key: rows[key].cast(pa.int64()) for key in keys}
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


def _changed_elements(
    report: Report, table: str, rows: _Pairs, records: pa.ChunkedArray
) -> list[pa.Table]:
    key = report.child_key
    known = rows.surplus.filter(_among(rows.surplus[key], records))
    doubled = rows.doubled.filter(_among(rows.doubled[key], records))
    changed = [_changes(each[key], table) for each in (rows.missing, known, doubled)]
    for name, mask in rows.differing():
        changed.append(_changes(rows.source_keys(key, mask), f"{table}.{name}"))
    return changed


def _orphans(
    report: Report,
    table: str,
    rows: _Pairs,
    source: pa.ChunkedArray,
    warehouse: pa.ChunkedArray,
) -> pa.Table:
    """Elements whose record is nowhere; those of a surplus record belong to it."""
    extra = pa.concat_tables([rows.surplus, rows.doubled])
    keys = extra[report.child_key]
    lost = extra.filter(pc.invert(pc.or_(_among(keys, source), _among(keys, warehouse))))
    names = pa.repeat(pa.scalar(table), lost.num_rows)
    columns = [lost[report.child_key], lost[report.child_cursor], names]
    return pa.table(columns, names=_CHANGE.names).cast(_CHANGE)


def _among(keys: pa.ChunkedArray, records: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_in(keys.cast(pa.int64()), value_set=records.cast(pa.int64()).combine_chunks())


def _records(report: Report, rows: pa.Table) -> pa.Table:
    """Key and cursor of rows of the report's own table."""
    return rows.select([report.key, report.cursor]).rename_columns(_RECORD.names).cast(_RECORD)


def _changes(keys: pa.ChunkedArray, column: str) -> pa.Table:
    return pa.table({KEY: keys.cast(pa.int64()), "column": pa.repeat(pa.scalar(column), len(keys))})


def _distinct(parts: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    rows = pa.concat_tables([schema.empty_table(), *parts])
    return rows.group_by(schema.names).aggregate([]).select(schema.names)


def _timed(changed: pa.Table, records: pa.Table, missing: pa.ChunkedArray) -> pa.Table:
    """Changes with their records' time, without those of records that are missing anyway."""
    changed = changed.filter(pc.invert(_among(changed[KEY], missing)))
    at = pc.index_in(changed[KEY], value_set=records[KEY].combine_chunks())
    return pa.table([changed[KEY], records[TIME].take(at), changed["column"]], schema=_CHANGE)
