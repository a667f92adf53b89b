"""The account's points: a budget for each minute and each day of its clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Limits:
    """Points a day and a minute."""

    day: int = 100_000
    minute: int = 1_000


class Budget:
    """Spends points; a request over the budget is refused and counted."""

    def __init__(self, limits: Limits, clock: Callable[[], datetime]) -> None:
        self.limits = limits
        self.over_budget = 0
        self.points = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._minute = self._day = datetime.min
        self._spent_in_minute = self._spent_in_day = 0

    def _turn(self) -> datetime:
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        day = minute.replace(hour=0, minute=0)
        if minute != self._minute:
            self._minute, self._spent_in_minute = minute, 0
        if day != self._day:
            self._day, self._spent_in_day = day, 0
        return now

    def lacks(self) -> Literal["day", "minute"] | None:
        """Which budget has nothing left for one more request."""
        with self._lock:
            self._turn()
            lacking: Literal["day", "minute"] | None = None
            if self._spent_in_day >= self.limits.day:
                lacking = "day"
            elif self._spent_in_minute >= self.limits.minute:
                lacking = "minute"
            self.over_budget += lacking is not None
            return lacking

    def spend(self) -> None:
        with self._lock:
            self._turn()
            self.points += 1
            self._spent_in_minute += 1
            self._spent_in_day += 1

    def describe(self) -> dict[str, int]:
        """The ``limits`` of an answer's metadata."""
        with self._lock:
            now = self._turn()
            return {
                "day_limit": self.limits.day,
                "day_remaining": max(0, self.limits.day - self._spent_in_day),
                "day_reset": 86_400 - (now.hour * 3600 + now.minute * 60 + now.second),
                "minute_limit": self.limits.minute,
                "minute_remaining": max(0, self.limits.minute - self._spent_in_minute),
                "minute_reset": 60 - now.second,
            }
