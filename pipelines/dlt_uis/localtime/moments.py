"""Moments that a user names: dates, local times, times with an offset."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from ..errors import InvalidSetting
from .zones import Zone

_DATE = re.compile(r"\d{4}-?\d\d-?\d\d")
_YEARS = range(1900, 9999)
"""Before and after them a day more or less may be none that Python knows."""


def moment_of(name: str, value: str | date | None, *, whole_day: bool = False) -> datetime | None:
    """The time that a setting names, naive if it has no offset.

    Args:
        name: of the setting.
        value: a date stands for its first moment.
        whole_day: the setting is an end: a date stands for its last moment, so that the day is in.

    Raises:
        InvalidSetting: it is neither a date nor a time, or of a year that nobody means.
    """
    if isinstance(value, str):
        try:
            text = value.strip()
            value = (date if _DATE.fullmatch(text) else datetime).fromisoformat(text)
        except ValueError:
            raise InvalidSetting(
                name, "a date or a time such as 2026-01-31 or 2026-01-31 10:00:00"
            ) from None
    if value is not None and value.year not in _YEARS:
        raise InvalidSetting(name, f"a date or a time of the years {_YEARS[0]} to {_YEARS[-1]}")
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
        value += timedelta(days=whole_day)
    return value


def is_reversed(start: datetime, end: datetime) -> bool:
    """Whether a range ends before it begins, as far as can be told without the account's zone."""
    alike = (start.tzinfo is None) == (end.tzinfo is None)
    return alike and end <= start


def instant_of(moment: datetime, zone: Zone) -> datetime:
    """The instant (UTC) of a time in the account's zone, or of one that bears an offset."""
    return moment.astimezone(UTC) if moment.tzinfo else zone.instant(moment)
