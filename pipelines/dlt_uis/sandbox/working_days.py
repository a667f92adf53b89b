"""When employees are in which status: the same for the same seed and day."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from .clockwork import Clock
from .people import ON_DUTY, SHIFTS, groups_of
from .statuses import AVAILABLE, AWAY, BREAK, BUSY, COMPLAINTS, DIALING, TRAINING, Status

_OTHERS = (BREAK, BREAK, BREAK, BUSY, AWAY, DIALING, TRAINING, COMPLAINTS)


class Stretch(NamedTuple):
    """Somebody is in a status from one instant until another (UTC epoch seconds)."""

    start: int
    end: int
    status: Status


def stretches(seed: int, clock: Clock, employee: int, day: date) -> Sequence[Stretch]:
    """An employee's statuses on a local day, who comes and goes some minutes away from the hour.

    Those who have left, and are in no shift any more, were on duty.
    """
    rng = random.Random(f"{seed}:{day.isoformat()}:{employee}")
    # midnight is not always so many hours before: it is at noon that clocks say what they should
    noon = (clock.midnight(day) + clock.midnight(day + timedelta(days=1))) // 2
    found: list[Stretch] = []
    for hours in _hours(employee, day.weekday()):
        start = noon + (hours.start - 12) * 3_600 + rng.randint(60, 540)
        end = noon + (hours.stop - 12) * 3_600 - rng.randint(60, 540)
        found += _of_shift(rng, start, end)
    return found


def _hours(employee: int, weekday: int) -> Iterator[range]:
    shifts = [SHIFTS[place] for place in groups_of(employee)]
    yield from (shift.hours for shift in shifts if shift is not ON_DUTY and weekday in shift.days)
    if ON_DUTY in shifts or not shifts:
        # they take turns
        turns = len(ON_DUTY.staff)
        turn = ON_DUTY.staff.index(employee) if shifts else employee % turns
        yield range(turn * 24 // turns, (turn + 1) * 24 // turns)


def _of_shift(rng: random.Random, start: int, end: int) -> Iterator[Stretch]:
    while start < end:
        for status, least, most in ((AVAILABLE, 1_500, 6_000), (rng.choice(_OTHERS), 120, 1_500)):
            stop = min(end, start + rng.randint(least, most))
            if start < stop:
                yield Stretch(start, stop, status)
            start = stop
