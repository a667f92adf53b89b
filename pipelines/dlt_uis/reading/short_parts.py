"""The parts of a window that are short, and their reading again.

A part is short if fewer records came than were promised, though the page had room. When all others
are read, it is asked what is behind these records. Nothing is, if the API promises too much.
Otherwise a record was lost, or the API gives no more at once.

If no part is short, and yet the window is by more than an answer is known to promise too much, some
records may have moved meanwhile: then all is asked for again. If that brings nothing new, the
records that came are all that there are.
"""

from __future__ import annotations

from collections.abc import Sequence

from .part import Part
from .second_reading import Outcome
from .tally import Tally

_MOST_ROUNDS = 20
"""How often what is short is asked for again at most, though each time more records came: they may
just be coming into being."""


class ShortParts:
    """Those of a window. Who shares it takes care of threads."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._parts: list[Part] = []
        self._too_many = 0
        self._rounds = 0
        self._had_come = -1
        self._is_all = False

    def add(self, part: Part) -> None:
        """A part that is to be asked for again."""
        self._parts.append(part)

    def clear(self) -> None:
        """They have come."""
        self._parts = []

    def promise_too_many(self, records: int) -> None:
        """An answer promised so many records that don't exist. Each may, so it does not add up."""
        self._too_many = max(self._too_many, records)

    @property
    def is_missing(self) -> bool:
        """Whether the window lacks records that the API is not known to promise in vain."""
        return self._tally.missing > self._too_many

    @property
    def is_all(self) -> bool:
        """Whether all is asked for again, as it is not known what is missing."""
        return self._is_all and self.is_missing

    def __bool__(self) -> bool:
        return bool(self._parts) or self.is_missing

    def outcome(self) -> Outcome:
        """What is to be done when no request is under way."""
        if not self:
            return Outcome.READ
        if not self._rounds:
            return Outcome.SHORT_AT_FIRST
        if self._come == self._had_come:
            if self._is_all or not self.is_missing:
                return Outcome.READ
            self.clear()
        return Outcome.SHORT if self._rounds < _MOST_ROUNDS else Outcome.READ

    def again(self) -> Sequence[Part]:
        """What to ask for again: the parts that are short; all, if there are none."""
        parts, self._parts = self._parts, []
        self._is_all = not parts
        self._rounds += 1
        self._had_come = self._come
        return parts or [Part(self._tally.window, trusts_order=False)]

    @property
    def _come(self) -> int:
        return self._tally.received + self._tally.refused
