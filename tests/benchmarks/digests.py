"""What two warehouses must have in common: rows, values and their sums, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.reports.fields import Field, Type
from dlt_uis.reports.own_names import POSITION

from .warehouses import Execute, Row

Digest: TypeAlias = Mapping[str, Row]
"""By table: its rows, then for each column how many values it has, and their sum."""

_AS_NUMBER = {
    Type.BIGINT: "{}",
    Type.TEXT: "length({})",
    Type.BOOL: "CAST({} AS int)",
    Type.TIMESTAMP: "CAST(extract(epoch FROM {}) AS bigint)",
    Type.DECIMAL: "{}",
}
"""What stands for a value in a sum, in the SQL of both databases."""

_KEYS = (
    (CALLS_REPORT.child_column("id"), Type.BIGINT),
    (CALLS_REPORT.child_cursor, Type.TIMESTAMP),
    (POSITION, Type.BIGINT),
)


def digest(execute: Execute) -> Digest:
    """Of all eleven tables, with all their columns."""
    found = {}
    for table, columns in tables():
        typed = {**dict(_KEYS if table != CALLS_REPORT.table else ()), **columns}
        sums = [
            part
            for name, type_ in typed.items()
            for part in (f'count("{name}")', f"sum({_number(name, type_)})")
        ]
        (found[table],) = execute(f"SELECT count(*), {', '.join(sums)} FROM uis_data.{table}")
    return found


def tables() -> Iterator[tuple[str, Mapping[str, Type]]]:
    """Each table with the columns that hold what the API sent, and their types."""
    yield CALLS_REPORT.table, _typed(CALLS_REPORT.scalars)
    for child in CALLS_REPORT.children:
        yield child.table, _typed(child.array.items) or {"value": Type.TEXT}


def _typed(fields: Sequence[Field]) -> Mapping[str, Type]:
    return {field.name: field.type for field in fields}


def _number(name: str, type_: Type) -> str:
    return _AS_NUMBER[type_].format(f'"{name}"')


def outline(execute: Execute) -> Digest:
    """The same of tables that dlt made by itself: what the API sent, without the keys.

    A field without values is no column there. Values that did not fit the first one's type are in
    a variant column. Times are counted only: dlt takes them to be in UTC.
    """
    found = {}
    for table, columns in tables():
        existing = {
            name
            for (name,) in execute(
                "SELECT column_name FROM information_schema.columns"
                f" WHERE table_schema = 'uis_data' AND table_name = '{table}'"
            )
        }
        parts = [part for name, type_ in columns.items() for part in _parts(name, type_, existing)]
        (found[table],) = execute(f"SELECT count(*), {', '.join(parts)} FROM uis_data.{table}")
    return found


def _parts(name: str, type_: Type, existing: set[str]) -> Iterator[str]:
    where = [each for each in sorted(existing) if each == name or each.startswith(f"{name}__v_")]
    value = f"coalesce({', '.join(_plain(each, type_) for each in where)})" if where else "NULL"
    yield f"count({value})"
    if type_ is not Type.TIMESTAMP:
        yield f"coalesce(sum({value}), 0)"


def _plain(name: str, type_: Type) -> str:
    # a sum of doubles would depend on their order
    number = f"CAST({_number(name, type_)} AS decimal(28, 2))"
    return f'"{name}"' if type_ is Type.TIMESTAMP else number


def check(name: str, found: Digest, expected: Digest) -> None:
    """Checks that a contender made what the others do.

    Raises:
        AssertionError: it did not; names the tables.
    """
    different = [table for table in expected if found[table] != expected[table]]
    assert not different, f"{name}: {', '.join(different)} differ from the answers"
