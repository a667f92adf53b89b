"""When made-up calls happen, and whose they are; the same for the same seed.

Everything follows from the seed and the day or the call's id, never from the present moment, so
that an account lives: what was is still there later, and new calls come as time passes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate
from operator import add
from zoneinfo import ZoneInfo

from .clockwork import midnight
from .people import DUTY, SHIFT_AT, campaign_of, mix
from .stories import (
    ANSWERED,
    CALLS,
    POOLS,
    TURNS,
    Kind,
    Turn,
    caller_of,
    contact_of,
    delay_of,
    fates_of,
    story_of,
    turn_of,
)

Call = tuple[int, int, int]
"""Start (UTC epoch seconds), id, story."""

HOURS = (1, 1, 1, 1, 1, 2, 4, 9, 22, 40, 48, 46, 38, 40, 44, 42, 38, 34, 22, 12, 8, 5, 3, 2)
WEEKDAYS = (1.2, 1.15, 1.15, 1.1, 1.15, 0.75, 0.5)
CONTACTS_A_DAY = 2**20


def first_contact(seed: int, day: int) -> int:
    """The first of the contacts that are new on a day, by its ordinal: those after it are, too."""
    return (mix(seed, 6) % 10_000 + day - 730_000) * CONTACTS_A_DAY


_FAITHFUL = 0.22
"""New contacts that may call again, of the calls of a day."""

_RETURNS = (
    (1, 0.0, 0.45), (2, 0.3, 0.6), (3, 0.0, 0.25), (5, 0.5, 0.8), (7, 0.0, 0.3), (8, 0.7, 1.0),
    (10, 0.1, 0.35), (14, 0.0, 0.2), (16, 0.55, 0.75), (21, 0.0, 0.15), (23, 0.3, 0.45),
    (28, 0.0, 0.12),
)  # fmt: skip
"""After how many days contacts call again, and which: from and to, as parts of the faithful ones.
So a day's callers, and what number each call has, are known without other days being made."""


def _likely_lost(weekday: int, hour: int) -> float:
    """The share of lost calls: the more calls, the more, and most when nobody works."""
    if SHIFT_AT[weekday][hour] == DUTY:
        return 0.7
    load = HOURS[hour] / max(HOURS)
    return float(0.03 + 0.17 * load**2)


def _weight(turn: Turn, weekday: int, hour: int) -> float:
    """How many of a turn's calls begin in an hour."""
    calls, lost = HOURS[hour], _likely_lost(weekday, hour)
    is_duty = SHIFT_AT[weekday][hour] == DUTY
    match turn.kinds:
        case (Kind.ANSWERED,):
            return calls * (1 - lost)
        case (Kind.MISSED,):
            return calls * lost * (1.0 if is_duty else 0.35)
        case (_,):
            return 0.0 if is_duty else calls
        case _:
            # the next call comes within the hour, and finds somebody there
            is_last = hour == 23 or SHIFT_AT[weekday][hour + 1] == DUTY
            return 0.0 if is_duty or is_last else calls * lost


_WEIGHTS = tuple(
    tuple(
        tuple(accumulate(_weight(turn, weekday, hour) for hour in range(24)))
        for weekday in range(7)
    )
    for turn in TURNS
)


_ADDED = (Kind.ANSWERED, Kind.ANSWERED, Kind.MISSED)
"""How calls went that are added by hand."""


class Days:
    """The days of an account, with so many calls on average."""

    def __init__(self, seed: int, zone: ZoneInfo, average: float) -> None:
        self._seed = seed
        self._zone = zone
        self._average = average
        self._counts: dict[int, int] = {}

    def calls(self, day: date) -> Iterator[Call]:
        """The calls of a local day, in no order."""
        rng = self._rng(day)
        count = self._drawn(rng, day)
        start = midnight(day, self._zone)
        length = midnight(day + timedelta(days=1), self._zone) - start
        # ids are not in the order of time
        first_id = 3_000_000_000 + (day.toordinal() - 730_000) * 4_000_000
        ids = rng.sample(range(first_id, first_id + 3 * count + 1), count)
        told = self._told(rng, day, count)
        for id_, (moment, story) in zip(ids, told, strict=True):
            yield start + min(moment, length - 1), id_, story

    def added(self, id_: int, start: int) -> int:
        """The story of a call that is added by hand; its contact calls for the first time.

        Args:
            start: local seconds.
        """
        contact = first_contact(self._seed, 730_000) + id_ % CONTACTS_A_DAY
        days, second = divmod(start, 86_400)
        # the first of January 1970 was a Thursday
        shift = SHIFT_AT[(days + 3) % 7][second // 3600]
        fate = mix(id_)
        kinds = _ADDED if shift == DUTY else (*_ADDED, Kind.ANSWERED, Kind.PLACED)
        pool = POOLS[kinds[fate % len(kinds)]][shift][campaign_of(contact)]
        return story_of(caller_of(contact, 1), pool[(fate >> 8) % len(pool)])

    # -- how many -------------------------------------------------------------------------------

    def _rng(self, day: date) -> random.Random:
        return random.Random(f"{self._seed}:{day.isoformat()}")

    def _drawn(self, rng: random.Random, day: date) -> int:
        return round(self._average * WEEKDAYS[day.weekday()] * rng.uniform(0.9, 1.1))

    def _count(self, ordinal: int) -> int:
        """How many calls a day has."""
        if ordinal not in self._counts:
            day = date.fromordinal(ordinal)
            self._counts[ordinal] = self._drawn(self._rng(day), day)
        return self._counts[ordinal]

    # -- who ------------------------------------------------------------------------------------

    def _places(self, ordinal: int, back: tuple[int, float, float]) -> range:
        """Which of a day's new contacts call again so many days later."""
        days, start, end = back
        faithful = _FAITHFUL * min(self._count(ordinal), self._count(ordinal + days))
        # rounded up on some days, so that few calls a day have callers who call again, too
        rounding = mix(ordinal, 7) / 2**44
        return range(int(start * faithful + rounding), int(end * faithful + rounding))

    def _turns(self, day: date, count: int) -> Iterator[tuple[int, int]]:
        """Callers of a day, and their turns: the faithful, those who call again, and others."""
        today = day.toordinal()
        new = first_contact(self._seed, today)
        faithful = int(_FAITHFUL * count) + 1
        for contact in range(new, new + faithful):
            yield caller_of(contact, 1), turn_of(*fates_of(contact), 0)
        for place, back in enumerate(_RETURNS):
            origin = today - back[0]
            first = first_contact(self._seed, origin)
            again = self._places(origin, back)
            earlier = [(each[0], self._places(origin, each)) for each in _RETURNS[:place] if again]
            for index in again:
                fates, fate = fates_of(first + index)
                number = 1 + CALLS[turn_of(fates, fate, 0)]
                for days, places in earlier:
                    if index in places:
                        number += CALLS[turn_of(fates, fate, days)]
                yield caller_of(first + index, number), turn_of(fates, fate, back[0])
        for contact in range(new + faithful, new + CONTACTS_A_DAY):
            yield caller_of(contact, 1), turn_of(*fates_of(contact), 0)

    # -- what happens ---------------------------------------------------------------------------

    def _told(self, rng: random.Random, day: date, count: int) -> list[tuple[int, int]]:
        """The day's calls as (seconds since midnight, story)."""
        told: list[tuple[int, int]] = []
        weekday = day.weekday()
        for place, callers in enumerate(self._callers(day, count)):
            weights = _WEIGHTS[place][weekday]
            hours = rng.choices(range(24), cum_weights=weights, k=len(callers))
            moments = [hour * 3600 + int(rng.random() * 3600) for hour in hours]
            if place == ANSWERED:
                _burst(rng, moments, count)
            told += _calls(rng, TURNS[place], SHIFT_AT[weekday], moments, callers)
        return told

    def _callers(self, day: date, count: int) -> list[list[int]]:
        """The callers that each turn happens to, with so many calls in all."""
        callers: list[list[int]] = [[] for _ in TURNS]
        left = count
        for caller, meant in self._turns(day, count):
            if not left:
                break
            # there may be no place for a second call
            turn = meant if CALLS[meant] <= left else ANSWERED
            callers[turn].append(caller)
            left -= CALLS[turn]
        return callers


def _burst(rng: random.Random, moments: list[int], count: int) -> None:
    """Twice many calls in one second, as a queue that opens or a dialer makes them."""
    for _ in range(2):
        size = min(rng.randint(3, 40), count // 4, len(moments))
        second = rng.randrange(8 * 3600, 20 * 3600)
        start = rng.randint(0, len(moments) - size)
        moments[start : start + size] = [second] * size


def _calls(
    rng: random.Random,
    turn: Turn,
    shifts: Sequence[int],
    moments: Sequence[int],
    callers: Sequence[int],
) -> Iterator[tuple[int, int]]:
    """A turn's calls, by templates of who is there and of the caller's campaign.

    Args:
        moments: when its first calls begin.
    """
    drawn = rng.random
    for step, kind in enumerate(turn.kinds):
        if step:
            moments = list(map(add, moments, map(delay_of, callers)))
            callers = [caller + 1 for caller in callers]
        pools = POOLS[kind]
        for moment, caller in zip(moments, callers, strict=True):
            pool = pools[shifts[moment // 3600]][campaign_of(contact_of(caller))]
            yield moment, story_of(caller, pool[int(drawn() * len(pool))])
