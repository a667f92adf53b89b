"""The calls: they go on until they end, and others come as time passes."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property

from ...reports.fields import Report
from ..clockwork import Clock
from ..days import Call, Days
from ..durations import LONGEST_CALL, Durations
from ..query import Query
from ..rendering import Renderer
from ..stories import read
from .base import Records, Stored
from .made import Made, made_of_calls
from .origins import Origins


class Calls(Stored):
    """The calls of an account.

    Args:
        calls: how many have ended by now.
        average: how many come a day.
    """

    def __init__(self, report: Report, clock: Clock, seed: int, calls: int, average: float) -> None:
        super().__init__(report, clock)
        self.origins = Origins(clock)
        self.first_day = clock.today()
        self._seed = seed
        self._renderer = Renderer(report, seed)
        self._days = Days(seed, clock.zone, average)
        self._made_until = clock.today()
        self._ended: dict[int, int] = {}
        self._endless: set[int] = set()
        self._always: set[int] = set()
        self._next_id = 9_000_000_001
        self._make(calls)

    def _make(self, calls: int) -> None:
        now = self.clock.second()
        made: list[Call] = []
        ended = 0
        day = self._made_until
        while ended < calls:
            self.first_day = day
            for call in self._days.calls(day):
                made.append(call)
                ended += call[0] <= now - LONGEST_CALL or self._natural_end(*call) <= now
            day -= timedelta(days=1)
        made.sort()
        # the oldest go, so that exactly as many as asked for have ended
        self.origins.put(made[ended - calls :])

    # -- what there is --------------------------------------------------------------------------

    @property
    def locals(self) -> array[int]:
        return self.origins.locals

    @property
    def ids(self) -> array[int]:
        return self.origins.ids

    def index_of(self, number: int) -> int:
        return self.origins.index_of(number)

    def live(self) -> None:
        today = self.clock.today()
        while self._made_until < today:
            self._made_until += timedelta(days=1)
            self.origins.put(list(self._days.calls(self._made_until)))

    def has_odd(self) -> bool:
        return bool(self.edits.removed or self._endless)

    def is_shown(self, index: int, now: int) -> bool:
        return self._is_shown(index, now, include_ongoing=False)

    # -- reading --------------------------------------------------------------------------------

    def asked(self, query: Query) -> tuple[Records, Sequence[int]]:
        self.live()
        ongoing = query.options.get(self.report.ongoing, False)
        return self, self.visible(self.between(*query.window), include_ongoing=ongoing)

    def visible(self, indices: range, *, include_ongoing: bool = False) -> Sequence[int]:
        """Those of ``indices`` that the API shows now."""
        now = self.clock.second()
        safe = self.clock.local(now) - LONGEST_CALL - 3 * 3_600
        cut = min(max(bisect_left(self.locals, safe), indices.start), indices.stop)
        old: Sequence[int] = range(indices.start, cut)
        if self.has_odd():
            special = self.edits.removed | self._endless
            old = [i for i in old if self.ids[i] not in special or self._is_shown(i, now, True)]
            old = [i for i in old if include_ongoing or not self._is_ongoing(i, now)]
        recent = [i for i in range(cut, indices.stop) if self._is_shown(i, now, include_ongoing)]
        return [*old, *recent] if recent else old

    def _is_shown(self, index: int, now: int, include_ongoing: bool) -> bool:
        id_ = self.ids[index]
        if id_ in self.edits.removed:
            return False
        if id_ in self._always:
            return True
        if self.origins.starts[index] > now:
            return False
        return include_ongoing or not self._is_ongoing(index, now)

    def _is_ongoing(self, index: int, now: int) -> bool:
        id_ = self.ids[index]
        if id_ in self._endless:
            return True
        return id_ not in self._always and self.end(index) > now

    def end(self, index: int) -> int:
        """When a call ends, if nobody lets it go on."""
        origins = self.origins
        start, id_ = origins.starts[index], origins.ids[index]
        ended = self._ended.get(id_)
        return self._natural_end(start, id_, origins.stories[index]) if ended is None else ended

    @cached_property
    def _made(self) -> Sequence[Made]:
        return made_of_calls(self.report, self._seed)

    def made(self, index: int) -> Made:
        return self._made[read(self.origins.stories[index])[3]]

    def phases(self, index: int) -> tuple[Durations, int]:
        """How long the phases of a call were made up to last, and how long it did in all."""
        id_ = self.ids[index]
        durations = self._renderer.durations(id_, self.origins.stories[index])
        ended = self._ended.get(id_)
        return durations, durations.total if ended is None else ended - self.origins.starts[index]

    def _natural_end(self, start: int, id_: int, story: int) -> int:
        return start + self._renderer.durations(id_, story).total

    def rendered(self, index: int) -> bytes:
        origins = self.origins
        finish = None if self._is_ongoing(index, self.clock.second()) else self.end(index)
        return self._renderer.render(
            origins.ids[index], origins.stories[index], origins.starts[index], finish,
            self.clock.text,
        )  # fmt: skip

    # -- changing -------------------------------------------------------------------------------

    def add(self, at: int, count: int) -> list[int]:
        ids = list(range(self._next_id, self._next_id + count))
        self._next_id += count
        self._always.update(ids)
        local = self.clock.local(at)
        self.origins.put([(at, id_, self._days.added(id_, local)) for id_ in ids])
        return ids

    def let_go_on(self, id_: int) -> None:
        """A call has not ended."""
        self._always.discard(id_)
        self._endless.add(id_)

    def let_end(self, id_: int) -> None:
        """An ongoing call ends now."""
        self._endless.discard(id_)
        self._always.add(id_)
        start = self.origins.starts[self.index_of(id_)]
        self._ended[id_] = max(self.clock.second(), start + 1)

    def move(self, id_: int, start: int) -> None:
        """A call that has ended is said to have begun at another instant."""
        self._always.add(id_)
        self.origins.move(id_, start)
