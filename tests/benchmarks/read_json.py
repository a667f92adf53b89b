"""DuckDB's own JSON reading: answers that lie in files become the same tables.

It has no HTTP, no merge, none of dlt's columns and no ``sync_windows``. Which of several ways is
the fastest depends on the machine: each is tried, and the best one competes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.reports.fields import Array, Field, Type
from dlt_uis.reports.own_names import POSITION

from .answers import Saved
from .contenders import Bench, Contender, Run
from .digests import check, digest
from .harness import Measured, measure, program_command, workplace
from .serving import ZONE
from .warehouses import Execute, opened

_TYPES = {
    Type.BIGINT: "BIGINT",
    Type.TEXT: "VARCHAR",
    Type.BOOL: "BOOLEAN",
    # as the API writes it: without a zone
    Type.TIMESTAMP: "TIMESTAMP",
    Type.DECIMAL: "DECIMAL(38, 9)",
}

_KEY, _TIME = CALLS_REPORT.child_column("id"), CALLS_REPORT.child_cursor


def _fields(fields: Sequence[Field]) -> Mapping[str, str]:
    return {field.name: _TYPES[field.type] for field in fields}


def _elements(array: Array) -> object:
    return [_fields(array.items) if array.is_of_objects else _TYPES[Type.TEXT]]


_CALL = {
    **_fields(CALLS_REPORT.scalars),
    **{array.name: _elements(array) for array in CALLS_REPORT.arrays},
}
_RESULT = {"data": [_CALL]}
"""The structure of an answer's result, as ``from_json`` takes it."""


def _sql_type(structure: object) -> str:
    """The SQL type of such a structure."""
    if isinstance(structure, list):
        return f"{_sql_type(structure[0])}[]"
    if isinstance(structure, Mapping):
        members = (f'"{name}" {_sql_type(type_)}' for name, type_ in structure.items())
        return f"STRUCT({', '.join(members)})"
    return str(structure)


@dataclass(frozen=True)
class Way:
    """A way to read files: a query for the calls, structs in a column ``call``."""

    name: str
    page_size: int
    query: Callable[[Sequence[Path]], str]

    def script(self, files: Sequence[Path]) -> Mapping[str, Sequence[str]]:
        """The statements that make the tables."""
        return {
            "first": [
                "SET preserve_insertion_order = false",
                "CREATE SCHEMA uis_data",
                # uncompressed, and gone at the end
                "ATTACH ':memory:' AS pages",
                f"CREATE TABLE pages.calls AS {self.query(files)}",
            ],
            "then": [_calls_table(), *map(_child_table, CALLS_REPORT.arrays)],
        }


def _read_json(files: Sequence[Path]) -> str:
    # unless told that each object is a record, it reads much of a file to find out: it takes six
    # times as long
    return (
        f"SELECT unnest(result.data) AS call FROM read_json({_names(files)},"
        f" format = 'newline_delimited', records = true, maximum_object_size = {_largest(files)},"
        f" columns = {{result: '{_sql_type(_RESULT)}'}})"
    )


def _from_objects(files: Sequence[Path]) -> str:
    return (
        f"SELECT {_from_json('json')} AS call FROM read_json_objects({_names(files)},"
        f" format = 'newline_delimited', maximum_object_size = {_largest(files)})"
    )


def _from_text(files: Sequence[Path]) -> str:
    # a reader of text is one thread, so there is one for each of two cores
    halves = [half for half in (files[::2], files[1::2]) if half]
    return " UNION ALL ".join(
        f"SELECT {_from_json('content')} AS call FROM read_text({_names(half)})" for half in halves
    )


def _from_json(text: str) -> str:
    return f"unnest(from_json({text}, '{json.dumps({'result': _RESULT})}').result.data)"


def _names(files: Sequence[Path]) -> list[str]:
    return [str(file) for file in files]


def _largest(files: Sequence[Path]) -> int:
    return 1 + max(file.stat().st_size for file in files)


PAGE_SIZES = (1_000, 5_000)

READ_JSON = [Way("read_json", size, _read_json) for size in PAGE_SIZES]
FROM_JSON = [
    Way(name, size, query)
    for name, query in {"read_json_objects": _from_objects, "read_text": _from_text}.items()
    for size in PAGE_SIZES
]


def _calls_table() -> str:
    columns = ", ".join(_column("call", field) for field in CALLS_REPORT.scalars)
    return f"CREATE TABLE uis_data.{CALLS_REPORT.table} AS SELECT {columns} FROM pages.calls"


def _child_table(array: Array) -> str:
    columns = ", ".join(_column("element", item) for item in array.items) or 'element AS "value"'
    return f"""
        CREATE TABLE uis_data.{CALLS_REPORT.child(array.name).table} AS
        SELECT {_KEY}, {_TIME}, {POSITION} - 1 AS {POSITION}, {columns} FROM (
            SELECT
                call.id AS {_KEY},
                call.start_time AT TIME ZONE '{ZONE}' AS {_TIME},
                generate_subscripts(call."{array.name}", 1) AS {POSITION},
                unnest(call."{array.name}") AS element
            FROM pages.calls
        )"""


def _column(of: str, field: Field) -> str:
    zone = f" AT TIME ZONE '{ZONE}'" if field.type is Type.TIMESTAMP else ""
    return f'{of}."{field.name}"{zone} AS "{field.name}"'


@contextmanager
def read(way: Way, files: Sequence[Path]) -> Iterator[tuple[Measured, Execute]]:
    """Makes the tables in a process of its own; gives what that took, and a connection to them."""
    with workplace() as (folder, environment):
        (folder / "script.json").write_text(json.dumps(way.script(files)))
        done = measure([*program_command("duckdb_sql"), "script.json"], folder, environment)
        with opened(folder / "calls.duckdb") as execute:
            yield done, execute


class ReadJson(Contender):
    """The best of several ways."""

    def __init__(self, key: str, bench: Bench, ways: Sequence[Way]) -> None:
        self._bench = bench
        self._way = min(ways, key=lambda way: _seconds(way, bench.saved))
        way = self._way
        super().__init__(key, f"DuckDB {way.name}, {way.page_size:,} calls a file")

    def run(self) -> Run:
        files = self._bench.saved.files(self._way.page_size)
        with read(self._way, files) as (done, execute):
            check(self.name, digest(execute), self._bench.reference)
        return Run(self._bench.calls, done, done.seconds)


def _seconds(way: Way, saved: Saved) -> float:
    with read(way, saved.files(way.page_size)) as (done, _):
        return done.seconds
