"""The range that a job is asked for: whole days of the account's zone, or times."""

from __future__ import annotations

from datetime import date, datetime

from ..errors import InvalidArgument, InvalidSetting, ReversedRange
from .moments import instant_of, is_reversed, moment_of
from .windows import Window, spanning
from .zones import Zone


class Range:
    """From a day or time to another.

    Args:
        start: where it begins, a date or a time in the account's zone.
        end: where it ends; a date is included, a time is not.

    Raises:
        InvalidArgument: one of them is neither a date nor a time.
        ReversedRange: it ends before it begins.
    """

    def __init__(self, start: str | date, end: str | date) -> None:
        first, last = _moment("start", start), _moment("end", end, whole_day=True)
        if is_reversed(first, last):
            raise ReversedRange("start", "end")
        self._start, self._end = first, last

    def window(self, zone: Zone, now: datetime) -> Window | None:
        """The range in local time, up to the present; ``None`` if nothing of it has begun.

        Raises:
            ReversedRange: it ends before it begins, as only the zone can tell.
        """
        start, end = instant_of(self._start, zone), instant_of(self._end, zone)
        if end <= start:
            raise ReversedRange("start", "end")
        last = min(end, now)
        local_end = zone.latest_local(now) if last == now else zone.local(last)
        return spanning(zone.local(start), local_end)


def _moment(name: str, value: str | date, *, whole_day: bool = False) -> datetime:
    try:
        moment = moment_of(name, value, whole_day=whole_day)
    except InvalidSetting as error:
        raise InvalidArgument(name, error.allowed) from None
    assert moment is not None
    return moment
