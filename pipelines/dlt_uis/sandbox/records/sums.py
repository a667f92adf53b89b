"""Reports of sums: their rows are worked out when they are asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import NamedTuple

from ...reports.fields import Report
from .base import Record, Records, as_json
from .edits import Edits


class Row(NamedTuple):
    """A row: its time (local seconds), its number, and what it says."""

    local: int
    number: int
    record: Record


class Rows(Records):
    """Rows that were worked out, with what has been changed of them by hand."""

    is_stable = False

    def __init__(self, report: Report, edits: Edits, rows: Iterable[Row]) -> None:
        super().__init__(report, edits)
        found = [row for row in rows if row.number not in edits.removed]
        found.sort(key=lambda row: row[:2])
        self._locals = array("q", (row.local for row in found))
        self._ids = array("q", (row.number for row in found))
        self._records = [row.record for row in found]

    @property
    def locals(self) -> array[int]:
        return self._locals

    @property
    def ids(self) -> array[int]:
        return self._ids

    @property
    def number_field(self) -> None:
        return None

    def record(self, number: int) -> Record:
        """The row with a number.

        Raises:
            KeyError: there is none.
        """
        if number not in self._ids:
            raise KeyError(number)
        return self.decoded(self._ids.index(number))

    def rendered(self, index: int) -> bytes:
        return as_json(self._records[index])
