"""What must hold: ratios within one run on one machine, and peak memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .contenders import Result
from .latency import SLOW, WITHOUT, waiting

_ENOUGH_CALLS = 50_000
"""For which the bound of memory is meant."""


@dataclass(frozen=True)
class Bound:
    """A promise, what was measured, and the limit: the most, or the least."""

    promise: str
    measured: float
    limit: float
    is_least: bool = False

    @property
    def is_held(self) -> bool:
        if self.is_least:
            return self.measured >= self.limit
        return self.measured <= self.limit


def bounds(results: Mapping[str, Result], calls: int) -> list[Bound]:
    """The bounds of whatever took part.

    Args:
        results: by the contenders' keys.
        calls: to which contenders that loaded fewer are scaled.
    """
    return [*_of_speed(results, calls), *_of_size(results, calls), *_of_latency(results)]


def _of_speed(results: Mapping[str, Result], calls: int) -> Iterator[Bound]:
    a, d, e = (results.get(key) for key in ("a", "d", "e"))
    if a and d:
        yield Bound("a to d, DuckDB's read_json", a.seconds / d.seconds, 0.8)
    for key, name, least in (("b", "plain dlt", 40), ("c", "plain dlt with parquet", 7)):
        if a and (other := results.get(key)):
            ratio = other.seconds_for(calls) / a.seconds
            yield Bound(f"{key} to a, {name}", ratio, least, is_least=True)
    if a and e:
        yield Bound("e to a, Postgres to DuckDB", e.seconds / a.seconds, 1.3)
    if "g" in results:
        ratio = results["g"].seconds / results["g2"].seconds
        yield Bound("g to g2, nothing new to nothing at all", ratio, 1.3)


def _of_size(results: Mapping[str, Result], calls: int) -> Iterator[Bound]:
    a, h = results.get("a"), results.get("h")
    if a and calls >= _ENOUGH_CALLS:
        yield Bound("peak memory of a, MB", a.peak_mb, 500)
    if a and h:
        yield Bound("h to a, peak memory", h.peak_mb / a.peak_mb, 1.2)
        yield Bound("h to a, time a call", h.seconds_a_call / a.seconds_a_call, 1.1)


def _of_latency(results: Mapping[str, Result]) -> Iterator[Bound]:
    for slow in SLOW:
        if result := results.get(slow.key):
            wait, work = waiting(result, slow.latency), results[WITHOUT].seconds
            floors = f"waiting {wait:.1f} s, {WITHOUT} {work:.1f} s"
            promise = f"{slow.key} to the longer of {floors}"
            yield Bound(promise, result.seconds / max(wait, work), 1.15)
