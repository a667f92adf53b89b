"""The range that a job is asked for: whole days of the account's zone, or times."""

from __future__ import annotations

from datetime import date, datetime

from .moments import instant_of, moment_of
from .windows import Window, spanning
from .zones import Zone


class Range:
    """From a day or time to another.

    Args:
        start: where it begins, a date or a time in the account's zone.
        end: where it ends; a date is included, a time is not.

    Raises:
        InvalidSetting: one of them is neither a date nor a time.
    """

    def __init__(self, start: str | date, end: str | date) -> None:
        first, last = moment_of("from", start), moment_of("to", end, whole_day=True)
        assert first is not None
        assert last is not None
        self._start, self._end = first, last

    def window(self, zone: Zone, now: datetime) -> Window | None:
        """The range in local time, up to the present; ``None`` if nothing of it has begun."""
        last = min(instant_of(self._end, zone), now)
        local_end = zone.latest_local(now) if last == now else zone.local(last)
        return spanning(zone.local(instant_of(self._start, zone)), local_end)
