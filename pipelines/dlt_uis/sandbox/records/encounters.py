"""The encounters of an account: several reports' records come of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property

from ...reports.fields import Report
from ..clockwork import Clock
from ..days import Call
from ..encounters import ENCOUNTERS, DeedKind, Encounter, EncounterDays
from ..stories import read
from .made import Made, made_of_encounters
from .origins import Origins


class Encounters:
    """Visits, and chats in messengers, since a day. They show when all in them is over.

    Args:
        calls: the report of calls: encounters share fields with them.
        average: calls a day.
    """

    def __init__(
        self, calls: Report, clock: Clock, seed: int, average: float, first_day: date
    ) -> None:
        self.origins = Origins(clock)
        self._calls = calls
        self._seed = seed
        self._clock = clock
        self._days = EncounterDays(seed, clock.zone, average)
        self._next_day = first_day
        self._always: set[int] = set()

    def live(self) -> None:
        today = self._clock.today()
        new: list[Call] = []
        while self._next_day <= today:
            new += self._days.encounters(self._next_day)
            self._next_day += timedelta(days=1)
        if new:
            self.origins.put(new)

    def encounter(self, index: int) -> Encounter:
        """The template of an encounter."""
        return ENCOUNTERS[read(self.origins.stories[index])[3]]

    @cached_property
    def _made(self) -> Sequence[Made]:
        return made_of_encounters(self._calls, self._seed)

    def made(self, index: int) -> Made:
        return self._made[read(self.origins.stories[index])[3]]

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
