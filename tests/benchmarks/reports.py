"""All reports beside calls alone: how fast, in how much memory, and with how many requests.

``python -m tests.benchmarks.reports`` fails if one of its bounds does not hold. The account has
three legs to a call, and more visits and communications than calls. Reports differ in what a row
weighs, so that their speed is told by the JSON that is read.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from dlt_uis.reports import DEFAULT_REPORT, REPORTS
from dlt_uis.reports.fields import Report, Way

from .bounds import Bound
from .harness import Measured
from .machine import machine
from .serving import Served, serve
from .warehouses import Warehouse, fresh_duckdb

DAYS = 25
SMALL_PAGE = 1_000
"""Records of a page where requests are counted: a few requests do not decide with many pages."""

_IDLE = ("--lookback-days", "0.0417")


@dataclass
class Measurement:
    """The syncs of some reports: of all records, and then of what came since."""

    reports: str
    megabytes: float = 0.0
    first: list[Measured] = field(default_factory=list)
    idle: list[Measured] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Megabytes of JSON a second."""
        return self.megabytes / median(each.seconds for each in self.first)

    @property
    def peak_mb(self) -> float:
        return median(each.peak_mb for each in self.first)

    @property
    def idle_seconds(self) -> float:
        return median(each.seconds for each in self.idle)


def measured(served: Served, runs: int) -> Sequence[Measurement]:
    """Syncs calls and all reports in turns, after once that fills the sandbox's cache."""
    both = [Measurement(DEFAULT_REPORT.table), Measurement("all")]
    for number in range(runs + 1):
        for each in both:
            with fresh_duckdb() as warehouse:
                options = ("--reports", each.reports)
                served.seen()
                first = warehouse.sync(served.told, *options)
                each.megabytes = served.seen().megabytes
                if number:
                    each.first.append(first)
                    each.idle.append(warehouse.sync(served.told, *options, *_IDLE))
    return both


def requests(served: Served) -> Iterator[Bound]:
    """How many requests each report that is read by windows takes, by its pages."""
    with fresh_duckdb() as warehouse:
        served.seen()
        warehouse.sync(served.told, "--reports", "all", "--page-size", str(SMALL_PAGE))
        asked = served.seen().by_report
        for name, report in REPORTS.items():
            if report.way is Way.WINDOWS:
                pages = math.ceil(_rows(warehouse, report) / SMALL_PAGE)
                most = 1.3 * pages if report.is_sortable else 1.6 * pages + 2
                yield Bound(f"requests for {name}, of {pages} pages", asked[name], max(most, 2))


def _rows(warehouse: Warehouse, report: Report) -> int:
    key = ", ".join(report.key)
    ((rows, distinct),) = warehouse.query(
        f"SELECT count(*), count(DISTINCT ({key})) FROM uis_data.{report.table}"
    )
    assert rows == distinct, f"{report.table}: {rows - distinct} rows are doubled"
    return int(rows)


def bounds(calls: Measurement, all_: Measurement) -> Iterator[Bound]:
    rate = all_.rate / calls.rate
    yield Bound("MB of JSON a second, all reports to calls", rate, 0.7, is_least=True)
    yield Bound("peak memory, all reports to calls", all_.peak_mb / calls.peak_mb, 1.25)
    idle = all_.idle_seconds / calls.idle_seconds
    yield Bound("a sync that finds nothing new, all reports to calls", idle, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with serve(options.calls, DAYS) as served:
        both = measured(served, options.runs)
        held = [*bounds(*both), *requests(served)]
    told = {
        each.reports: {
            "megabytes": round(each.megabytes, 1),
            "seconds": [round(run.seconds, 2) for run in each.first],
            "megabytes_per_second": round(each.rate, 1),
            "peak_mb": round(each.peak_mb),
            "idle_seconds": [round(run.seconds, 2) for run in each.idle],
        }
        for each in both
    }
    told_bounds = {each.promise: [round(each.measured, 2), each.limit] for each in held}
    print(json.dumps({"machine": machine(), **told, "bounds": told_bounds}, indent=2))
    for bound in held:
        assert bound.is_held, f"{bound.promise}: {bound.measured:.2f}, not {bound.limit:.2f}"


if __name__ == "__main__":
    main()
