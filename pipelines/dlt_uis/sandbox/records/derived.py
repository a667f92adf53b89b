"""Records that come of others: of calls, and of encounters."""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from ...reports.fields import Report
from ..clockwork import Clock
from .base import Stored
from .made import Made
from .origins import Origins


class Source(Protocol):
    """Calls, or encounters."""

    @property
    def origins(self) -> Origins: ...

    def live(self) -> None:
        """Makes what has come since."""

    def has_odd(self) -> bool:
        """Whether old ones may be hidden."""

    def is_shown(self, index: int, now: int) -> bool:
        """Whether the API shows it at an instant."""

    def made(self, index: int) -> Made:
        """What it has in common with others of its template."""


class Piece(NamedTuple):
    """A record: when it is (UTC epoch seconds), its number, and which part of its origin it is."""

    at: int
    number: int
    part: int = 0


class Derived(Stored):
    """Records that come of calls or encounters: made when they are asked for, and made anew when
    others have come. They are shown when that is which they come of."""

    def __init__(self, report: Report, clock: Clock, sources: Sequence[Source]) -> None:
        super().__init__(report, clock)
        self._sources = sources
        self._made_of: list[int] = []
        self._index: dict[int, int] = {}
        self._locals: array[int] = array("q")
        self._ids: array[int] = array("q")
        self._origins: array[int] = array("q")
        self._places: array[int] = array("q")

    @abstractmethod
    def come_of(self, source: Source, index: int) -> Iterable[Piece]:
        """The records that come of a call or an encounter."""

    @abstractmethod
    def rendered_from(self, source: Source, index: int, part: int) -> bytes:
        """The JSON of such a record."""

    @property
    def locals(self) -> array[int]:
        return self._locals

    @property
    def ids(self) -> array[int]:
        return self._ids

    def live(self) -> None:
        for source in self._sources:
            source.live()
        versions = [source.origins.version for source in self._sources]
        if versions != self._made_of:
            self._made_of = versions
            self._make()

    def _make(self) -> None:
        local = self.clock.local
        rows = [
            (local(at), number, index, part * len(self._sources) + place)
            for place, source in enumerate(self._sources)
            for index in range(len(source.origins.ids))
            for at, number, part in self.come_of(source, index)
        ]
        rows.sort()
        self._locals, self._ids, self._origins, self._places = (
            array("q", (row[column] for row in rows)) for column in range(4)
        )
        self._index = {}

    def index_of(self, number: int) -> int:
        self.live()
        if not self._index:
            self._index = {known: place for place, known in enumerate(self._ids)}
        return self._index[number]

    def has_odd(self) -> bool:
        return bool(self.edits.removed) or any(source.has_odd() for source in self._sources)

    def is_shown(self, index: int, now: int) -> bool:
        if self._ids[index] in self.edits.removed:
            return False
        source, origin, _ = self.origin(index)
        return source.is_shown(origin, now)

    def origin(self, index: int) -> tuple[Source, int, int]:
        """What a record comes of, where that stands, and which part of it the record is."""
        part, place = divmod(self._places[index], len(self._sources))
        return self._sources[place], self._origins[index], part

    def made(self, index: int) -> Made:
        """What that has in common with others of its template."""
        source, origin, _ = self.origin(index)
        return source.made(origin)

    def rendered(self, index: int) -> bytes:
        return self.rendered_from(*self.origin(index))
