"""A backfill of years: every call once, in bounded memory, as fast at the end as at the start.

``python -m tests.benchmarks.backfill`` fails if one of these does not hold. The rate is that of the
warehouse itself: how many calls each load package brought, and when it was in.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb

from .harness import dlt_uis_command, measure, served, workplace

MOST_MEMORY_MB = 700
LEAST_RATIO = 0.85

_ARRIVALS = """
SELECT epoch(l.inserted_at), w.rows
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
    options = parser.parse_args()
    with served(options.calls, options.days) as sandbox, workplace() as (folder, environment):
        environment["SOURCES__UIS__ACCESS_TOKEN"] = sandbox["access_token"]
        first = datetime.now(UTC) - timedelta(days=options.days + 60)
        command = [*dlt_uis_command(), "backfill", "--api-url", sandbox["url"]]
        command += ["--from", f"{first:%Y-%m-%d}", "--to", f"{datetime.now(UTC):%Y-%m-%d}"]
        began = datetime.now(UTC).timestamp()
        done = measure(command, folder, environment)
        with duckdb.connect(str(folder / "uis.duckdb"), read_only=True) as warehouse:
            arrivals = warehouse.execute(_ARRIVALS).fetchall()
            ((calls, distinct),) = warehouse.execute(
                "SELECT count(*), count(DISTINCT id) FROM uis_data.calls"
            ).fetchall()
        size = Path(folder / "uis.duckdb").stat().st_size / 1e6
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
