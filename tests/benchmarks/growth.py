"""The cost of a sync follows the window, not the history.

A day's calls are synced, in turn, into a warehouse that holds few calls and into one that holds
twenty times as many. ``python -m tests.benchmarks.growth`` fails if the second takes longer than
the measurement itself may vary, or if a merge on Postgres reads a large table as a whole.

Each warehouse begins with a real sync of some days, whose rows are then copied inside it, shifted
in time and id: whole rows, in all tables of calls.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from time import sleep

from dlt_uis.reports.calls import CALLS_REPORT

from ..e2e.servers.postgres import postgres_server
from .harness import served
from .machine import machine
from .warehouses import Execute, Fresh, Row, Warehouse, fresh_duckdb, fresh_postgres

MOST = 1.25
BASE_CALLS, BASE_DAYS = 25_000, 12
"""What is really synced: about 2,000 calls a day."""

SMALL_TABLE = 250_000
"""Rows up to which Postgres may well read a table sooner than look each call up in its index."""


@dataclass(frozen=True)
class Grown:
    """Seconds of each sync into one warehouse, and the calls that it held before."""

    held: int
    seconds: list[float]


def grow(warehouse: Warehouse, copies: int) -> None:
    """Makes its history so many times as long: further and further back, with smaller ids."""
    with warehouse.filling() as execute:
        ((newest, oldest),) = execute("SELECT max(id), min(id) FROM uis_data.calls")
        made = 1
        while made < copies:
            more = min(made, copies - made)
            span = newest - oldest + 1
            shift = f"{made * span}", f"INTERVAL '{made * BASE_DAYS * 24} hours'"
            for table, key, time in _tables():
                _copy(execute, table, {key: shift[0], time: shift[1]}, newest - more * span)
            made += more


def _tables() -> Iterator[tuple[str, str, str]]:
    """Each table of calls, its column of ids and its column of starts."""
    yield CALLS_REPORT.table, "id", CALLS_REPORT.cursor
    for child in CALLS_REPORT.children:
        yield child.table, CALLS_REPORT.child_column("id"), CALLS_REPORT.child_cursor


def _copy(execute: Execute, table: str, shifts: Mapping[str, str], above: int) -> None:
    """Inserts the rows with ids above a number once more, shifted."""
    found = execute(
        "SELECT column_name FROM information_schema.columns"
        f" WHERE table_schema = 'uis_data' AND table_name = '{table}' ORDER BY ordinal_position"
    )
    names = [f'"{name}"' for (name,) in found]
    values = [f'"{name}" - {shifts[name]}' if name in shifts else f'"{name}"' for (name,) in found]
    key = next(iter(shifts))
    execute(
        f"INSERT INTO uis_data.{table} ({', '.join(names)})"
        f" SELECT {', '.join(values)} FROM uis_data.{table} WHERE {key} > {above}"
    )


def compare(fresh: Fresh, sandbox: Mapping[str, str], sizes: list[int], runs: int) -> list[Grown]:
    """Syncs a day into warehouses of both sizes, in turn, after once that does not count."""
    with ExitStack() as stack:
        warehouses = [stack.enter_context(fresh()) for _ in sizes]
        for warehouse, size in zip(warehouses, sizes, strict=True):
            warehouse.sync(sandbox)
            grow(warehouse, size // BASE_CALLS)
            warehouse.sync(sandbox, "--lookback-days", "1")
        grown = [Grown(_calls(warehouse), []) for warehouse in warehouses]
        on_postgres = warehouses[-1].destination == "postgres"
        before = _activity(warehouses[-1]) if on_postgres else {}
        for _ in range(runs):
            for warehouse, into in zip(warehouses, grown, strict=True):
                into.seconds.append(warehouse.sync(sandbox, "--lookback-days", "1").seconds)
        if on_postgres:
            _check_plans(warehouses[-1], before)
        for warehouse, into in zip(warehouses, grown, strict=True):
            _show(warehouse, into)
    return grown


def _calls(warehouse: Warehouse) -> int:
    ((calls, distinct),) = warehouse.query(
        "SELECT count(*), count(DISTINCT id) FROM uis_data.calls"
    )
    assert calls == distinct, f"{calls - distinct} calls are doubled"
    return int(calls)


def _show(warehouse: Warehouse, grown: Grown) -> None:
    ((window,),) = warehouse.query(
        "SELECT sum(rows) FROM uis_data.sync_windows"
        " WHERE _dlt_load_id = (SELECT max(_dlt_load_id) FROM uis_data.sync_windows)"
    )
    _calls(warehouse)
    each = " ".join(f"{seconds:.2f}" for seconds in grown.seconds)
    print(
        f"{warehouse.destination:9} {grown.held:9,} calls held, {window:6,} synced"
        f" {median(grown.seconds):6.2f} s  ({each})",
        flush=True,
    )


def _activity(warehouse: Warehouse) -> Mapping[str, Row]:
    """Rows of each table that were found by indexes, and read one after the other, so far."""
    found = warehouse.query(
        "SELECT relname, idx_tup_fetch, seq_tup_read FROM pg_stat_user_tables"
        " WHERE schemaname = 'uis_data'"
    )
    return {table: (fetched, read) for table, fetched, read in found}


def _check_plans(warehouse: Warehouse, before: Mapping[str, Row]) -> None:
    """Checks that Postgres found what the merges compared by indexes."""
    # a server counts what a connection did when that has ended
    while _activity(warehouse)[CALLS_REPORT.table][0] == before[CALLS_REPORT.table][0]:
        sleep(0.1)
    after = _activity(warehouse)
    for table, _, _ in _tables():
        found, read = (now - then for now, then in zip(after[table], before[table], strict=True))
        ((rows,),) = warehouse.query(f"SELECT count(*) FROM uis_data.{table}")
        print(f"{table:33} {rows:9,} rows, {found:9,} by indexes, {read:9,} read in sequence")
        assert rows <= SMALL_TABLE or read < rows, f"the merge of {table} reads all of it"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=100_000, help="calls in the one warehouse")
    parser.add_argument("--large", type=int, default=2_000_000, help="and in the other")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--destination", choices=("duckdb", "postgres"), help="only this one")
    options = parser.parse_args()
    about = machine()
    print(about, flush=True)
    ratios: dict[str, float] = {}
    with served(BASE_CALLS, BASE_DAYS) as sandbox, postgres_server() as server:
        for name, fresh in {"duckdb": fresh_duckdb, "postgres": fresh_postgres(server)}.items():
            if options.destination in (None, name):
                sizes = [options.small, options.large]
                small, large = compare(fresh, sandbox, sizes, options.runs)
                ratios[name] = round(median(large.seconds) / median(small.seconds), 3)
                print(f"{name:9} large to small: {ratios[name]:.2f}", flush=True)
    print(json.dumps({"machine": about, "runs": options.runs, "large_to_small": ratios}))
    for name, ratio in ratios.items():
        assert ratio <= MOST, f"{name}: {ratio}"


if __name__ == "__main__":
    main()
