"""A server that takes its time: requests wait side by side, and nothing else should be waited for.

``waiting`` is the time that pages spend at the server if as many are under way all the time as
windows may be read at once. A run can't be faster than that, nor than one without latency.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dlt_uis.source.settings import Settings

from .contenders import Bench, Result
from .syncs import Sync
from .warehouses import fresh_duckdb

WITHOUT = "i0"
"""The run without latency."""


@dataclass(frozen=True)
class Slow:
    """A server that takes ``latency`` seconds for each of about so many pages of the account."""

    key: str
    pages: int
    latency: float


SLOW: Sequence[Slow] = (Slow("i1", 50, 0.3), Slow("i2", 50, 5.0), Slow("i3", 500, 0.3))
"""In 50 pages of 0.3 s starting and loading take about as long as waiting; in 500 they do not."""


def slow_syncs(bench: Bench) -> Iterator[Sync]:
    """The same sync without latency, and with each."""
    for slow in (Slow(WITHOUT, 50, 0.0), *SLOW):
        name = f"dlt-uis into DuckDB, {slow.pages} pages, {slow.latency:g} s each"
        options = ("--page-size", str(max(1, bench.calls // slow.pages)))
        yield Sync(slow.key, name, bench, fresh_duckdb, options, slow.latency)


def waiting(result: Result, latency: float) -> float:
    """Seconds of pages at the server, by the requests that were made."""
    return result.requests * latency / Settings().parallel_windows
