"""How long the phases of made-up calls last: much as they do, many short ones and few long ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

LONGEST_CALL = 1_800
"""Seconds that no made-up call exceeds."""

_DRAWS = 1_024
_LONGEST_WAIT = 120
_LONGEST_TALK = 1_600


class Durations(NamedTuple):
    """Seconds of a call's phases."""

    wait: int
    talk: int
    postprocess: int

    @property
    def total(self) -> int:
        return self.wait + self.talk


@lru_cache
def spread(median: int, longest: int) -> Sequence[int]:
    """So many durations, each as likely as another: log-normal ones."""
    normal = NormalDist(math.log(median), 0.9)
    drawn = (normal.inv_cdf((place + 0.5) / _DRAWS) for place in range(_DRAWS))
    return [min(longest, max(1, round(math.exp(each)))) for each in drawn]


@dataclass(frozen=True)
class Lengths:
    """The durations that calls of a template may have."""

    waits: Sequence[int]
    talks: Sequence[int] | None

    @classmethod
    def of(cls, wait: int, talk: int | None) -> Lengths:
        """Those around a median wait and talk; a lost call has no talk."""
        talks = None if talk is None else spread(talk, _LONGEST_TALK)
        return cls(spread(wait, _LONGEST_WAIT), talks)

    def durations(self, stirred: int) -> Durations:
        """A call's, by its own number."""
        wait = self.waits[stirred % _DRAWS]
        if self.talks is None:
            return Durations(wait, 0, 0)
        return Durations(wait, self.talks[(stirred >> 10) % _DRAWS], (stirred >> 20) % 60)
