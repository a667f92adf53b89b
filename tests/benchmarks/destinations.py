"""Loading into Postgres costs about what loading into a DuckDB file does, end to end.

The same account is synced, in turn, into a new DuckDB file and a new Postgres database.
``python -m tests.benchmarks.destinations`` fails if Postgres takes longer by more than the bound,
or if the two do not hold the same. Peak memory is that of the command, not of the server.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from dlt_uis.calls_report import CALLS_REPORT
from dlt_uis.fields import Field, Type
from dlt_uis.tables import CALL_ID, CALL_START, POSITION

from ..e2e.servers.postgres import postgres_server
from .harness import Measured, machine, served
from .warehouses import Row, Warehouse, fresh_duckdb, fresh_postgres

MOST = 1.3
DAYS = 25

_AS_NUMBER = {
    Type.BIGINT: "{}",
    Type.TEXT: "length({})",
    Type.BOOL: "CAST({} AS int)",
    Type.TIMESTAMP: "CAST(extract(epoch FROM {}) AS bigint)",
    Type.DECIMAL: "{}",
}
"""What stands for a value in a sum, in the SQL of both databases."""


def digest(warehouse: Warehouse, before: datetime) -> dict[str, Row]:
    """Rows of each table, and values and their sum of each column, of calls that began before."""
    found = {}
    for table, time, columns in _tables():
        sums = [
            part
            for name, type_ in columns
            for part in (f"count({name})", f"sum({_AS_NUMBER[type_].format(name)})")
        ]
        (found[table],) = warehouse.query(
            f"SELECT count(*), {', '.join(sums)} FROM uis_data.{table}"
            f" WHERE {time} < TIMESTAMPTZ '{before.isoformat()}'"
        )
    return found


def _tables() -> Iterator[tuple[str, str, list[tuple[str, Type]]]]:
    """Each table of calls, its column of starts, and all columns with their types."""
    yield CALLS_REPORT.table, CALLS_REPORT.cursor, _typed(CALLS_REPORT.scalars)
    for array in CALLS_REPORT.arrays:
        keys = [(CALL_ID, Type.BIGINT), (CALL_START, Type.TIMESTAMP), (POSITION, Type.BIGINT)]
        elements = _typed(array.items) or [("value", Type.TEXT)]
        yield CALLS_REPORT.child_table(array), CALL_START, keys + elements


def _typed(fields: Sequence[Field]) -> list[tuple[str, Type]]:
    return [(f'"{field.name}"', field.type) for field in fields]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    about = machine()
    print(about, flush=True)
    # calls that go on while this runs are in one warehouse and not in the other
    settled = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    rounds: dict[str, list[Measured]] = {"duckdb": [], "postgres": []}
    digests: dict[str, dict[str, Row]] = {}
    with served(options.calls, DAYS) as sandbox, postgres_server() as server:
        contenders = {"duckdb": fresh_duckdb, "postgres": fresh_postgres(server)}
        for turn in range(options.runs + 1):
            for name, fresh in contenders.items():
                with fresh() as warehouse:
                    done = warehouse.sync(sandbox)
                    if turn == 0:
                        digests[name] = digest(warehouse, settled)
                    else:
                        rounds[name].append(done)
    rows = sum(int(row[0]) for row in digests["duckdb"].values())
    seconds = {name: median(one.seconds for one in each) for name, each in rounds.items()}
    peaks = {name: max(one.peak_mb for one in each) for name, each in rounds.items()}
    for name, each in rounds.items():
        print(
            f"{name:9} {seconds[name]:6.2f} s {peaks[name]:5.0f} MB peak"
            f"  ({' '.join(f'{one.seconds:.2f}' for one in each)})"
        )
    ratio = round(seconds["postgres"] / seconds["duckdb"], 3)
    print(f"{rows:,} rows in {len(digests['duckdb'])} tables; postgres to duckdb: {ratio:.2f}")
    result = {
        "machine": about,
        "calls": int(digests["duckdb"][CALLS_REPORT.table][0]),
        "rows": rows,
        "runs": options.runs,
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "peak_mb": {name: round(value) for name, value in peaks.items()},
        "postgres_to_duckdb": ratio,
    }
    print(json.dumps(result))
    for table, row in digests["duckdb"].items():
        assert digests["postgres"][table] == row, f"{table} differs"
    assert ratio <= MOST


if __name__ == "__main__":
    main()
