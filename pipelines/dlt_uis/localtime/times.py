"""Times as text: what the API documents, and what it may write instead."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from .zones import Zone

_TIME = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[ Tt](?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?)?"
    r"(?: ?(?P<offset>[Zz]|[+-]\d\d(?::?[0-5]\d)?))?)?",
    re.ASCII,
)
_PARTS = ("year", "month", "day", "hour", "minute", "second")


def time_of(text: str) -> datetime:
    """A day, or a time with or without an offset; naive if it has none.

    Raises:
        ValueError: it is neither, or there is no such time, or it is finer than a microsecond.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError("no time")
    fraction = (found["fraction"] or "").rstrip("0")
    if len(fraction) > 6:
        raise ValueError("finer than a microsecond")
    year, month, day, hour, minute, second = (int(found[part] or 0) for part in _PARTS)
    moment = datetime(year, month, day, hour, minute, second, int(fraction.ljust(6, "0")))
    offset = found["offset"]
    if offset is None:
        return moment
    return moment.replace(tzinfo=_zone_of(offset))


def _zone_of(offset: str) -> timezone:
    if offset in "Zz":
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-ahead if offset[0] == "-" else ahead)


def instant_of(moment: datetime, zone: Zone) -> datetime:
    """The instant (UTC) of a time; a naive one is read in ``zone``.

    Raises:
        ValueError: it is not of the years 1 to 9999, which every warehouse can hold.
    """
    try:
        return moment.astimezone(UTC) if moment.tzinfo else zone.instant(moment)
    except OverflowError:
        raise ValueError("out of the calendar") from None
