"""Compares a warehouse with the sandbox's own truth: every value, element, position and type."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import duckdb

from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.reports.fields import Field, Type
from dlt_uis.sandbox import Account

Row = tuple[Any, ...]


def expected(value: Any, field: Field, zone: ZoneInfo) -> Any:
    """What the API's value must be in the warehouse."""
    if value is None:
        return None
    if field.type is Type.TIMESTAMP:
        return datetime.fromisoformat(value).replace(tzinfo=zone, fold=0).astimezone(UTC)
    if field.type is Type.DECIMAL:
        return Decimal(value)
    return value


class Warehouse:
    """Rows of a DuckDB warehouse, and what its types are called there."""

    type_names: ClassVar[Mapping[Type, str]] = {
        Type.BIGINT: "BIGINT",
        Type.TEXT: "VARCHAR",
        Type.BOOL: "BOOLEAN",
        Type.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
        Type.DECIMAL: "DECIMAL(38,9)",
    }

    def __init__(self, path: str = "uis.duckdb", dataset: str = "uis_data") -> None:
        self._connection = duckdb.connect(path, read_only=True)
        self._connection.execute("SET TimeZone = 'UTC'")
        self._dataset = dataset

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def rows(self, table: str, columns: list[str], order: str) -> list[Row]:
        names = ", ".join(f'"{column}"' for column in columns)
        query = f'SELECT {names} FROM {self._dataset}."{table}" ORDER BY {order}'
        return self.query(query)

    def query(self, query: str) -> list[Row]:
        return self._connection.execute(query).fetchall()

    def types(self, table: str) -> dict[str, str]:
        """Column types by name."""
        found = self.query(
            "SELECT column_name, data_type FROM information_schema.columns"
            f" WHERE table_schema = '{self._dataset}' AND table_name = '{table}'"
        )
        return dict(found)


ARRAYS = [array.name for array in CALLS_REPORT.arrays]


def arrays_but(*kept: str) -> list[str]:
    """All other arrays, as fields to exclude: few tables are loaded in half the time."""
    return [name for name in ARRAYS if name not in kept]


def assert_equals_truth(
    account: Account, warehouse: Warehouse, since: str = "", arrays: Collection[str] = ARRAYS
) -> None:
    """The warehouse holds exactly the account's visible calls, in all eleven tables.

    With ``since``, a local time as the API writes it, those that began then or later; with
    ``arrays``, in the tables of these alone beside that of calls.
    """
    zone = ZoneInfo(account.timezone)
    calls = (call for call in account.truth() if call["start_time"] >= since)
    truth = sorted(calls, key=lambda call: int(call["id"]))
    names = [field.name for field in CALLS_REPORT.scalars]
    wanted = [
        tuple(expected(call[field.name], field, zone) for field in CALLS_REPORT.scalars)
        for call in truth
    ]
    _assert_same(wanted, warehouse.rows("calls", names, "id"), "calls")
    start = CALLS_REPORT.scalar("start_time")
    assert start is not None
    for array in (each for each in CALLS_REPORT.arrays if each.name in arrays):
        table = CALLS_REPORT.child(array.name).table
        columns = [item.name for item in array.items] or ["value"]
        elements = []
        for call in truth:
            key = (call["id"], expected(call["start_time"], start, zone))
            for position, element in enumerate(call[array.name] or ()):
                values = [expected(element[item.name], item, zone) for item in array.items]
                elements.append((*key, position, *(values or [element])))
        keys = ["call_id", "call_start_time", "position"]
        found = warehouse.rows(table, keys + columns, "call_id, position")
        _assert_same(elements, found, table)


def _assert_same(wanted: list[Row], found: list[Row], table: str) -> None:
    assert len(found) == len(wanted), f"{table}: {len(found)} rows, not {len(wanted)}"
    for want, have in zip(wanted, found, strict=True):
        assert have == want, table


def assert_typed(warehouse: Warehouse) -> None:
    """Every documented column exists with its type, whether data came for it or not."""
    names = warehouse.type_names
    types = warehouse.types("calls")
    for field in CALLS_REPORT.scalars:
        assert types[field.name] == names[field.type], field.name
    for array in CALLS_REPORT.arrays:
        types = warehouse.types(CALLS_REPORT.child(array.name).table)
        assert types["call_id"] == types["position"] == names[Type.BIGINT]
        assert types["call_start_time"] == names[Type.TIMESTAMP]
        for item in array.items:
            assert types[item.name] == names[item.type], item.name
        assert array.is_of_objects or types["value"] == names[Type.TEXT]
