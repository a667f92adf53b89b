"""One verification that goes on: which days are compared, and what was found so far."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from dlt.common.runtime.collector_base import Collector

from ..api.points import Governor
from ..localtime.windows import Window
from ..progress import Progress
from .checking import Checker, Compared
from .days import Day
from .findings import DayFound
from .repairing import Repairer

SAMPLE_CALLS = 100_000
"""Ranges with at most so many calls are compared in full by default, else days worth so many."""

Sample = int | str | None
"""``"all"``, ``"none"``, a number of days, or ``None`` for the default."""


@dataclass
class Verification:
    """Compares days, and maybe repairs them.

    Attributes:
        step: tells whoever watches which step it is in, inside a ``with`` block.
        days: what was found; ``before`` the repair, if there was one.
        seed: chose the days that were compared; ``None`` if it was not left to chance.
        pruned: how many records were removed.
    """

    checker: Checker
    progress: Progress
    governor: Governor
    step: Collector
    days: dict[Day, DayFound] = field(default_factory=dict)
    before: dict[Day, DayFound] = field(default_factory=dict)
    seed: int | None = None
    pruned: int = 0

    def compare(self, days: Sequence[Day], *, sample: Sample, seed: int | None) -> None:
        """Counts days, and compares those of the sample and those whose counts differ."""
        window = Window(days[0].window.start, days[-1].window.end)
        total = self.checker.survey(window)
        self.progress.foreseen(total, *self.checker.spans([window])[0])
        chosen = self._chosen(days, total, sample, seed)
        others = [day for day in days if day not in chosen]
        with self.step("comparing"):
            self._take(self.checker.compared([day for day in days if day in chosen]))
        with self.step("counting"):
            counted = zip(others, self.checker.counted(others), strict=True)
            # one by one: what was found before the points are spent is kept
            self.days |= ((day, found) for day, found in counted if found is not None)
        with self.step("comparing"):
            doubtful = [
                day for day in others if day not in self.days or not self.days[day].is_equal
            ]
            self._take(self.checker.compared(doubtful))

    def repair(self, repairer: Repairer, *, prune: bool) -> None:
        """Repairs the days that differ, and compares them again."""
        differing = [day for day, found in sorted(self.days.items()) if not found.is_equal]
        if not differing:
            return
        self.before = dict(self.days)
        rows = sum(found.source_calls for found in self.days.values() if not found.is_equal)
        span = Window(differing[0].window.start, differing[-1].window.end)
        self.progress.foreseen(2 * rows, *self.checker.spans([span])[0])
        repairer.merge(differing)
        with self.step("comparing"):
            compared = self.checker.compared(differing)
            self._take(map(partial(repairer.remove, prune=prune), compared))
        self.pruned = repairer.pruned

    def _take(self, compared: Iterable[Compared]) -> None:
        for each in compared:
            self.days |= zip(each.days, each.found, strict=True)
            self.progress.points_left(self.governor.day_remaining)
            # the next days are read now: these must not stay in memory meanwhile
            del each

    def _chosen(
        self, days: Sequence[Day], total: int, sample: Sample, seed: int | None
    ) -> set[Day]:
        """The days of the sample."""
        if sample == "all" or not self.checker.can_count:
            return set(days)
        if sample is None and total <= SAMPLE_CALLS:
            return set(days)
        if sample == "none":
            return set()
        self.seed = random.SystemRandom().randrange(10**6) if seed is None else seed
        shuffled = random.Random(self.seed).sample(days, len(days))
        if isinstance(sample, int):
            return set(shuffled[:sample])
        chosen: set[Day] = set()
        calls = 0.0
        for day in shuffled:
            if calls < SAMPLE_CALLS:
                chosen.add(day)
                calls += self.checker.expected(day)
        return chosen
