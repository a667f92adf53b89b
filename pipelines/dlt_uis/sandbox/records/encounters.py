"""The encounters of an account: no report by themselves, but several reports' records come of them."""

from __future__ import annotations

from datetime import date, timedelta

from ..clockwork import Clock
from ..encounters import ENCOUNTERS, DeedKind, Encounter, EncounterDays
from ..stories import read
from .origins import Origins


class Encounters:
    """Visits, and chats in messengers, since a day. They show when all in them is over.

    Args:
        average: calls a day.
    """

    def __init__(self, clock: Clock, seed: int, average: float, first_day: date) -> None:
        self.origins = Origins(clock)
        self._clock = clock
        self._days = EncounterDays(seed, clock.zone, average)
        self._next_day = first_day
        self._always: set[int] = set()

    def live(self) -> None:
        today = self._clock.today()
        new = []
        while self._next_day <= today:
            new += self._days.encounters(self._next_day)
            self._next_day += timedelta(days=1)
        if new:
            self.origins.put(new)

    def encounter(self, index: int) -> Encounter:
        """The template of an encounter."""
        return ENCOUNTERS[read(self.origins.stories[index])[3]]

    def has_odd(self) -> bool:
        return False

    def is_shown(self, index: int, now: int) -> bool:
        origins = self.origins
        if origins.ids[index] in self._always:
            return True
        return origins.starts[index] + self.encounter(index).end <= now

    def add(self, kind: DeedKind | None, at: int, count: int) -> list[int]:
        """So many encounters at an instant, over by now: visits, or in which one thing is done.
        Returns their numbers."""
        added = self._days.added(kind, at, count)
        self.origins.put(added)
        ids = [id_ for _, id_, _ in added]
        self._always.update(ids)
        return ids
