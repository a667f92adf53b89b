"""The records of one report: what can be read of them, and what can be done to them."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ...reports.fields import Report
from ..clockwork import Clock
from ..query import Query
from .edits import Edits
from .unlisted import UNLISTED, unlisted

Record = dict[str, Any]

_SETTLED = 4 * 3_600
"""Seconds after which a record that has begun is shown, and changes no more by itself."""


class Records(ABC):
    """Records in the order of their time, to be read by their place.

    Attributes:
        is_stable: what stands at a place stays there until the account changes.
    """

    is_stable = True

    def __init__(self, report: Report, edits: Edits) -> None:
        self.report = report
        self.edits = edits

    @property
    @abstractmethod
    def locals(self) -> array[int]:
        """Their times, in local seconds."""

    @property
    @abstractmethod
    def ids(self) -> array[int]:
        """Their numbers: ids, mostly."""

    @property
    def number_field(self) -> str | None:
        """The field that holds the number, if one does."""
        return self.report.ranged

    @abstractmethod
    def rendered(self, index: int) -> bytes:
        """A record's JSON, all documented fields, as it was made up."""

    def changes_of(self, index: int) -> Mapping[str, Any]:
        """What has been changed of a record by hand."""
        return self.edits.changes.get(self.ids[index], {})

    def encoded(self, index: int) -> bytes:
        """The JSON of a record with all documented fields, and those that come unasked."""
        text, changes = self.rendered(index), self.changes_of(index)
        unasked = self.edits.unasked(self.ids[index])
        if not changes and not unasked:
            return text
        return as_json({**json.loads(text, parse_float=Decimal), **unasked, **changes})

    def decoded(self, index: int) -> Record:
        """A record as the API's JSON gives it, all fields, numbers exact."""
        record: Record = json.loads(self.encoded(index), parse_float=Decimal)
        return {**unlisted(self.report, record), **self.edits.asked_only(self.ids[index]), **record}


class Archive(ABC):
    """All that there is of a report."""

    def __init__(self, report: Report, clock: Clock) -> None:
        self.report = report
        self.clock = clock
        self.edits = Edits()

    @property
    def extra_fields(self) -> frozenset[str]:
        """Undocumented fields that the API has by now."""
        return self.edits.fields.union(UNLISTED.get(self.report.table, ()))

    @abstractmethod
    def asked(self, query: Query) -> tuple[Records, Sequence[int]]:
        """The records of a query, its filter aside, and the places of those that are shown."""

    @abstractmethod
    def everything(self) -> tuple[Records, Sequence[int]]:
        """The same of all records that the API shows now."""

    @abstractmethod
    def record(self, number: int) -> Record:
        """The record with a number, shown or not.

        Raises:
            KeyError: there is none.
        """

    def check(self, number: int) -> None:
        """Makes sure that there is one.

        Raises:
            KeyError: there is none.
        """
        self.record(number)

    @abstractmethod
    def add(self, at: int, count: int) -> list[int]:
        """Adds so many records of an instant (UTC epoch seconds), with all that goes with them.
        Returns their numbers."""


class Stored(Records, Archive):
    """Records that are made once, and shown or not."""

    def __init__(self, report: Report, clock: Clock) -> None:
        Archive.__init__(self, report, clock)
        Records.__init__(self, report, self.edits)

    @abstractmethod
    def index_of(self, number: int) -> int:
        """Where the record with a number stands.

        Raises:
            KeyError: there is none.
        """

    @abstractmethod
    def live(self) -> None:
        """Makes what has come since."""

    @abstractmethod
    def has_odd(self) -> bool:
        """Whether old records may be hidden."""

    @abstractmethod
    def is_shown(self, index: int, now: int) -> bool:
        """Whether the API shows a record at an instant."""

    def record(self, number: int) -> Record:
        return self.decoded(self.index_of(number))

    def check(self, number: int) -> None:
        self.index_of(number)

    def asked(self, query: Query) -> tuple[Records, Sequence[int]]:
        self.live()
        return self, self.visible(self.between(*query.window))

    def everything(self) -> tuple[Records, Sequence[int]]:
        self.live()
        return self, self.visible(range(len(self.ids)))

    def between(self, start: float, end: float) -> range:
        """Places of the records from one local second to another, both included."""
        return range(bisect_left(self.locals, start), bisect_right(self.locals, end))

    def visible(self, indices: range) -> Sequence[int]:
        """Those of ``indices`` that the API shows now."""
        now = self.clock.second()
        settled = bisect_left(self.locals, self.clock.local(now) - _SETTLED)
        cut = min(max(settled, indices.start), indices.stop)
        old: Sequence[int] = range(indices.start, cut)
        if self.has_odd():
            old = [index for index in old if self.is_shown(index, now)]
        recent = [index for index in range(cut, indices.stop) if self.is_shown(index, now)]
        return [*old, *recent] if recent else old


def as_json(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, default=_number).encode()


def _number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value))
