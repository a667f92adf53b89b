"""A server that takes its time: requests wait side by side, and nothing else should be waited for.

``waiting`` is the time that pages spend at the server if as many are under way all the time as
windows may be read at once. A run can't be faster than that, nor than one without latency.
"""

from __future__ import annotations

from collections.abc import Iterator

from dlt_uis.settings import Settings

from .contenders import Bench, Result
from .syncs import Sync
from .warehouses import fresh_duckdb

LATENCIES = (0.3, 5.0)
_PAGES = 50
"""Into how many pages the account is cut."""


def slow_syncs(bench: Bench, latencies: tuple[float, ...] = LATENCIES) -> Iterator[Sync]:
    """The same sync without latency, and with each."""
    options = ("--page-size", str(max(1, bench.calls // _PAGES)))
    for number, latency in enumerate((0.0, *latencies)):
        name = f"dlt-uis into DuckDB, {_PAGES} pages, {latency:g} s each"
        yield Sync(f"i{number}", name, bench, fresh_duckdb, options, latency)


def waiting(result: Result, latency: float) -> float:
    """Seconds of pages at the server, by the requests that were made."""
    return result.requests * latency / Settings().parallel_windows
