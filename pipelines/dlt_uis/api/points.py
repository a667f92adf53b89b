"""The points governor: no request is sent that the account's budget does not cover.

Every successful request costs a point of a minute's and a day's budget, which the account's other
integrations share. Each answer tells what is left. One governor serves all threads of a run.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ..errors import DayPointsSpent

logger = logging.getLogger(__name__)

_MARGIN = timedelta(seconds=1)
"""The API tells the time to a reset in whole seconds; and clocks may differ a little."""


@dataclass(frozen=True)
class Budget:
    """What was last known of a budget: its size, what is left, and when it is whole again.

    An answer tells the seconds to the reset as of when it was given, which is some time between
    request and answer: so the reset lies between ``earliest`` and ``latest``.
    """

    limit: int
    remaining: int
    earliest: datetime
    latest: datetime

    def merged(self, other: Budget) -> Budget:
        """What both readings say together, in whichever order their answers came.

        Where their resets can't be the same, they are of different periods: the later is the news.
        Where they can, nobody knows that they are: the fewer points count until both resets are
        over. An answer that was long on its way costs that much waiting at most.
        """
        if self.latest < other.earliest:
            return other
        if other.latest < self.earliest:
            return self
        return Budget(
            other.limit,
            min(self.remaining, other.remaining),
            min(self.earliest, other.earliest),
            max(self.latest, other.latest),
        )


class Governor:
    """Lets requests go as the budgets allow.

    Args:
        reserve_minute: share (0 to 1) of a minute's points that is left to others.
        reserve_day: the same of the day's points.
        wait_for_day: sleep until the day resets when its points are spent, instead of raising.
        clock: the present instant.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], object] = time.sleep,
        reserve_minute: float = 0.0,
        reserve_day: float = 0.0,
        wait_for_day: bool = False,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._reserve_minute = reserve_minute
        self._reserve_day = reserve_day
        self.waits_for_day = wait_for_day
        self._changed = threading.Condition()
        self._minute: Budget | None = None
        self._day: Budget | None = None
        self._has_answer = False
        self._in_flight = 0
        self._points = 0

    @property
    def points(self) -> int:
        """Points that this governor's requests have cost."""
        with self._changed:
            return self._points

    @property
    def day(self) -> Budget | None:
        """The day's budget as it was last told, ``None`` if the API did not say."""
        with self._changed:
            return self._day

    @property
    def day_remaining(self) -> int | None:
        """Points left of the account's day, ``None`` if the API did not say."""
        with self._changed:
            return None if self._day is None else self._day.remaining

    @property
    def day_budget(self) -> int | None:
        """Points of a whole day that may be spent, ``None`` if the API did not say."""
        with self._changed:
            return None if self._day is None else self._usable(self._day.limit, self._day)

    @property
    def day_available(self) -> int | None:
        """Points of the day that may still be spent, ``None`` if the API did not say."""
        with self._changed:
            if self._day is None:
                return None
            whole = self._clock() >= self._day.latest
            remaining = self._day.limit if whole else self._day.remaining
            return self._usable(remaining, self._day)

    def _usable(self, remaining: int, day: Budget) -> int:
        return max(0, remaining - int(day.limit * self._reserve_day))

    def acquire(self) -> None:
        """Waits until a request may go, and counts it as under way.

        Raises:
            DayPointsSpent: nothing is left of the day's points but the reserve, and it is not to
                be waited for.
        """
        while True:
            with self._changed:
                wait = self._wait_needed()
                if wait is None:
                    self._changed.wait()
                    continue
                if wait <= 0:
                    self._in_flight += 1
                    return
            logger.info("the API points that may be spent now are: waiting %.0f seconds", wait)
            self._sleep(wait)

    def started(self) -> None:
        """A request is under way that asks for no permission: the end of a session."""
        with self._changed:
            self._in_flight += 1

    def _wait_needed(self) -> float | None:
        """Seconds to wait, none (0) if a request may go, ``None`` to wait for an answer."""
        if not self._has_answer and self._in_flight:
            # nothing is known of the budget yet: one request goes ahead and brings news
            return None
        now = self._clock()
        if self._is_spent(self._day, self._reserve_day, now):
            if self._in_flight:
                return None
            assert self._day is not None
            if self.waits_for_day:
                return self._until(self._day, now)
            raise DayPointsSpent(self._day.latest)
        if self._is_spent(self._minute, self._reserve_minute, now):
            assert self._minute is not None
            return self._until(self._minute, now)
        return 0.0

    @staticmethod
    def _until(budget: Budget, now: datetime) -> float:
        return max(0.1, (budget.latest - now).total_seconds())

    def _is_spent(self, budget: Budget | None, reserve: float, now: datetime) -> bool:
        if budget is None:
            return False
        # once it is whole again nobody has told what is left: until then, all of it
        remaining = budget.remaining if now < budget.latest else budget.limit
        return remaining - self._in_flight <= int(budget.limit * reserve)

    def answered(self, limits: Mapping[str, Any], *, spent: bool, asked_at: datetime) -> None:
        """Takes note of an answer: a request is no longer under way, and what is left.

        Args:
            limits: the answer's ``metadata.limits``; may be empty or partial.
            spent: whether the request cost a point, as successful ones do.
            asked_at: when the request was sent, by the governor's clock.
        """
        with self._changed:
            self._in_flight -= 1
            self._has_answer = True
            self._points += spent
            self._minute = self._merged(self._minute, limits, "minute", asked_at)
            self._day = self._merged(self._day, limits, "day", asked_at)
            self._changed.notify_all()

    def minute_is_spent(self) -> None:
        """The API refused a request for want of points, whatever was known."""
        with self._changed:
            now = self._clock()
            if self._minute is None or self._minute.latest <= now:
                self._minute = Budget(1, 0, now, now + timedelta(minutes=1))
            self._minute = replace(self._minute, remaining=0)

    def day_is_spent(self, reset_at: datetime) -> None:
        """The API refused a request for want of the day's points, until ``reset_at``."""
        with self._changed:
            limit = 1 if self._day is None else self._day.limit
            self._day = Budget(limit, 0, self._clock(), reset_at)

    def no_answer(self) -> None:
        """A request is no longer under way, and nothing is known of its cost."""
        with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    def _merged(
        self, known: Budget | None, limits: Mapping[str, Any], name: str, asked_at: datetime
    ) -> Budget | None:
        now = self._clock()
        if known is not None and known.latest <= now:
            known = None
        figures = [limits.get(f"{name}_{part}") for part in ("limit", "remaining", "reset")]
        if not all(isinstance(figure, int | float) for figure in figures):
            return known
        limit, remaining, reset = (float(figure) for figure in figures if figure is not None)
        left = timedelta(seconds=reset)
        new = Budget(int(limit), int(remaining), asked_at + left - _MARGIN, now + left + _MARGIN)
        return new if known is None else known.merged(new)
