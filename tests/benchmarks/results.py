"""What a run of the benchmarks found, as a whole; and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .bounds import Bound, bounds
from .contenders import Result

_SAME_TASK = ("a", "b", "c", "d", "d2", "e")
"""Those that make the same tables, of which a ratio makes sense."""


@dataclass(frozen=True)
class Standing:
    """A contender's result beside that of ``a``; scaled if it had fewer calls."""

    result: Result
    scaled_seconds: float | None
    ratio: float | None

    @property
    def seconds(self) -> float:
        """For all calls."""
        return self.result.seconds if self.scaled_seconds is None else self.scaled_seconds


@dataclass(frozen=True)
class Outcome:
    """``facts`` say what the machine was, ``calls`` is what results are scaled to."""

    facts: Mapping[str, str]
    calls: int
    json_mb: float
    runs: int
    results: Mapping[str, Result]

    @property
    def bounds(self) -> Sequence[Bound]:
        return bounds(self.results, self.calls)

    @property
    def standings(self) -> Sequence[Standing]:
        return [self._standing(result) for result in self.results.values()]

    def _standing(self, result: Result) -> Standing:
        if result.key not in _SAME_TASK:
            return Standing(result, None, None)
        scaled = result.seconds_for(self.calls)
        a = self.results.get("a")
        return Standing(
            result,
            scaled if result.calls != self.calls else None,
            scaled / a.seconds if a else None,
        )

    def as_json(self) -> Mapping[str, Any]:
        return {
            **self.facts,
            "calls": self.calls,
            "json_mb": round(self.json_mb, 1),
            "runs": self.runs,
            "contenders": [_described(standing) for standing in self.standings],
            "bounds": [
                {**asdict(bound), "measured": round(bound.measured, 3), "is_held": bound.is_held}
                for bound in self.bounds
            ],
        }


def _described(standing: Standing) -> Mapping[str, Any]:
    result = standing.result
    numbers = {
        "calls": result.calls,
        "seconds": result.seconds,
        "scaled_seconds": standing.scaled_seconds,
        "times_a": standing.ratio,
        "cpu_seconds": result.cpu_seconds,
        "peak_mb": result.peak_mb,
        "requests": result.requests or None,
        "server_cpu_seconds": result.server_cpu_seconds if result.requests else None,
    }
    given = {name: round(value, 3) for name, value in numbers.items() if value is not None}
    each = [round(run.seconds, 3) for run in result.runs]
    return {"key": result.key, "name": result.name, **given, "each": each}
