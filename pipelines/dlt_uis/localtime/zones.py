"""The account's time zone: between the API's local times and instants.

The API reads and writes times without an offset, in the account's zone (``get.account``). Where the
clock is put back an hour comes twice and the API does not tell the two apart. The rules, kept in
this one place:

* a local time that comes twice is taken as the first of the two instants, always, so that a call
  has one and the same time in every run;
* a local time that never was (the clock was put forward over it) is taken as the moment of change;
* bounds of what is read are widened over a change, so that no call falls between two readings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import UnknownTimezone
from ..reports.fields import TIMESTAMP

_LONGEST_CHANGE = timedelta(hours=24)
"""No zone's clock was ever put forward or back by more than a day."""

_STEP = timedelta(minutes=30)


@dataclass(frozen=True)
class Zone:
    """A time zone by its IANA name, such as ``Europe/Moscow``.

    Raises:
        UnknownTimezone: there is no such zone.
    """

    name: str

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise UnknownTimezone(self.name) from None

    @cached_property
    def _info(self) -> ZoneInfo:
        return ZoneInfo(self.name)

    def _offset(self, instant: datetime) -> timedelta:
        offset = instant.astimezone(self._info).utcoffset()
        assert offset is not None
        return offset

    def earliest_local(self, instant: datetime) -> datetime:
        """The earliest local time that any instant from ``instant`` on can bear (naive)."""
        offsets = self._offsets(instant, +1)
        return (instant.astimezone(UTC) + min(offsets)).replace(tzinfo=None)

    def latest_local(self, instant: datetime) -> datetime:
        """The latest local time that any instant up to ``instant`` can bear (naive)."""
        offsets = self._offsets(instant, -1)
        return (instant.astimezone(UTC) + max(offsets)).replace(tzinfo=None)

    def _offsets(self, instant: datetime, direction: int) -> list[timedelta]:
        """The zone's offsets at ``instant`` and within a day after (+1) or before (-1) it."""
        steps = range(int(_LONGEST_CHANGE / _STEP) + 1)
        return [self._offset(instant + direction * step * _STEP) for step in steps]

    def local(self, instant: datetime) -> datetime:
        """The local time (naive) of an instant."""
        return instant.astimezone(self._info).replace(tzinfo=None)

    def instant(self, local: datetime) -> datetime:
        """The instant (UTC) of a naive local time, by the rules of this module."""
        first = local.replace(tzinfo=self._info, fold=0)
        instant = first.astimezone(UTC)
        if self.local(instant) == local:
            return instant
        return self._change_between(instant - _LONGEST_CHANGE, instant)

    def _change_between(self, before: datetime, after: datetime) -> datetime:
        """The instant at which the clock was put forward, between the two given ones."""
        old = self._offset(before)
        while after - before > timedelta(seconds=1):
            middle = before + (after - before) // 2
            middle = middle.replace(microsecond=0)
            if middle <= before:
                break
            before, after = (middle, after) if self._offset(middle) == old else (before, middle)
        return after

    def to_utc(self, local: pa.Array) -> pa.Array:
        """Turns a column of naive local times into instants (``timestamp[us, UTC]``).

        Right for times before 2038: later clock changes are not known to Arrow.
        """
        instants = pc.assume_timezone(local, self.name, ambiguous="earliest", nonexistent="latest")
        return instants.cast(TIMESTAMP)

    def dates(self, instants: pa.ChunkedArray) -> pa.ChunkedArray:
        """The local days (``date32``) of a column of instants; right for times before 2038."""
        return pc.local_timestamp(instants.cast(pa.timestamp("us", self.name))).cast(pa.date32())
