"""How fast a run is, and how long it still takes, in words."""

from __future__ import annotations

import time
from collections.abc import Callable

from .progress import Snapshot


class Rate:
    """Calls a second and time left, from the counts since it was made."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()

    def measure(self, now: Snapshot) -> tuple[float, float | None]:
        """Calls a second so far, and seconds left (``None`` while nobody can know)."""
        elapsed = self._clock() - self._began
        rate = now.calls / elapsed if elapsed > 0 else 0.0
        if now.share is None or not rate:
            return rate, None
        return rate, max(0, now.calls_expected - now.calls) / rate


def in_words(now: Snapshot, rate: Rate) -> str:
    """Calls done of calls expected, rate, points and time left."""
    speed, left = rate.measure(now)
    share = "" if now.share is None else f"{now.share:.0%}, "
    of = f" of {now.calls_expected:,}" if now.calls_expected else ""
    eta = "" if left is None else f", {duration(left)} left"
    points = "" if now.day_points_left is None else f", {now.day_points_left:,} points left"
    return f"{share}{now.calls:,}{of} calls, {speed:,.0f} calls/s{points}{eta}"


def duration(seconds: float) -> str:
    """Seconds in words."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
