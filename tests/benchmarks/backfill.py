"""A backfill of years: every call once, in bounded memory, as fast at the end as at the start.

``python -m tests.benchmarks.backfill`` fails if one of these does not hold. It loads into DuckDB,
or with ``--destination postgres`` into a server that it starts. The rate is that of the warehouse
itself: how many calls each load package brought, and when it was in.
"""

from __future__ import annotations

import argparse
import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from ..e2e.servers.postgres import postgres_server
from .harness import served
from .warehouses import Fresh, fresh_duckdb, fresh_postgres

MOST_MEMORY_MB = 700
LEAST_RATIO = 0.85

_ARRIVALS = """
SELECT extract(epoch FROM l.inserted_at), w.rows
FROM uis_data._dlt_loads l
JOIN (SELECT _dlt_load_id, sum(rows) AS rows FROM uis_data.sync_windows GROUP BY 1) w
  ON w._dlt_load_id = l.load_id
ORDER BY 1
"""


def tenths(arrivals: list[tuple[float, int]], began: float) -> list[float]:
    """Calls a second in each tenth of the calls, from (epoch seconds, calls) of the packages."""
    total = sum(calls for _, calls in arrivals)
    marks, sofar = [(0.0, began)], 0
    for moment, calls in arrivals:
        sofar += calls
        marks.append((sofar, moment))

    def when(calls: float) -> float:
        for (a, t), (b, u) in pairwise(marks):
            if a <= calls <= b and b > a:
                return t + (u - t) * (calls - a) / (b - a)
        return marks[-1][1]

    cuts = [when(total * i / 10) for i in range(11)]
    return [total / 10 / (end - start) for start, end in pairwise(cuts)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=1_095)
    parser.add_argument("--destination", choices=("duckdb", "postgres"), default="duckdb")
    options = parser.parse_args()
    now = datetime.now(UTC)
    first = now - timedelta(days=options.days + 60)
    with ExitStack() as stack:
        sandbox = stack.enter_context(served(options.calls, options.days))
        fresh: Fresh = fresh_duckdb
        if options.destination == "postgres":
            fresh = fresh_postgres(stack.enter_context(postgres_server()))
        warehouse = stack.enter_context(fresh())
        began = datetime.now(UTC).timestamp()
        done = warehouse.load(
            "backfill", sandbox, "--from", f"{first:%Y-%m-%d}", "--to", f"{now:%Y-%m-%d}"
        )
        arrivals = warehouse.query(_ARRIVALS)
        ((calls, distinct),) = warehouse.query(
            "SELECT count(*), count(DISTINCT id) FROM uis_data.calls"
        )
        size = warehouse.megabytes
    rates = tenths([(float(moment), int(rows)) for moment, rows in arrivals], began)
    ratio = rates[-1] / rates[0]
    result = {
        "calls": calls,
        "distinct": distinct,
        "packages": len(arrivals),
        "seconds": round(done.seconds, 1),
        "peak_mb": round(done.peak_mb),
        "warehouse_mb": round(size),
        "calls_per_second_by_tenth": [round(rate) for rate in rates],
        "last_to_first": round(ratio, 3),
    }
    print(json.dumps(result, indent=2))
    assert calls == distinct >= options.calls
    assert done.peak_mb <= MOST_MEMORY_MB
    assert ratio >= LEAST_RATIO


if __name__ == "__main__":
    main()
