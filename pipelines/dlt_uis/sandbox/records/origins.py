"""What records come of: calls and visits, each with a moment, a number and a story."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from ..clockwork import Clock
from ..days import Call


class Origins:
    """Calls, or visits, in the order of local time.

    Attributes:
        locals, starts: when each begins: local seconds, UTC epoch seconds.
        ids, stories: its number, and what is told of it: see :mod:`..stories`.
        version: how often there were others.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._index: dict[int, int] = {}
        self.locals: array[int] = array("q")
        self.starts: array[int] = array("q")
        self.ids: array[int] = array("q")
        self.stories: array[int] = array("q")
        self.version = 0

    def put(self, new: Sequence[Call]) -> None:
        """Adds some, each in its place."""
        rows = list(zip(self.locals, self.starts, self.ids, self.stories, strict=True))
        rows += [(self._clock.local(utc), utc, id_, story) for utc, id_, story in new]
        rows.sort()
        self.locals, self.starts, self.ids, self.stories = (
            array("q", (row[column] for row in rows)) for column in range(4)
        )
        self._index = {}
        self.version += 1

    def move(self, id_: int, start: int) -> None:
        """Lets one begin at another instant."""
        index = self.index_of(id_)
        story = self.stories[index]
        for column in (self.locals, self.starts, self.ids, self.stories):
            del column[index]
        self.put([(start, id_, story)])

    def index_of(self, id_: int) -> int:
        """Where it stands.

        Raises:
            KeyError: there is none.
        """
        if not self._index:
            self._index = {known: i for i, known in enumerate(self.ids)}
        return self._index[id_]
