"""The cursor of reports of sums: which days are read, and when they were read last.

Each day costs requests of its own, so that not every sync may read them: today is read at most once
in ``stat_hours``, and the days of the lookback once a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import pyarrow as pa

from ..localtime.windows import Window
from ..localtime.zones import Zone
from .settings import Settings

LAST_START = "last_start"
_READ_AT = "read_at"
_LOOKED_BACK = "looked_back"


@dataclass(frozen=True)
class DayCursor:
    """The cursor of an account or customer.

    Args:
        state: of the report's resource, or the customer's part of it.
    """

    state: dict[str, Any]
    settings: Settings
    zone: Zone

    def window(self, now: datetime) -> Window | None:
        """The days (local time) that are to be read; ``None`` if it is too early to read any."""
        today = self.zone.local(now).date()
        last, read_at = self.state.get(LAST_START), self.state.get(_READ_AT)
        if last is None:
            first = self.zone.local(self.settings.first_start(self.zone)).date()
        elif self.state.get(_LOOKED_BACK) != today.isoformat():
            reached = datetime.fromisoformat(last) - self.settings.lookback
            first = self.zone.local(reached).date()
        elif read_at is not None and self._is_fresh(now - datetime.fromisoformat(read_at)):
            return None
        else:
            first = today
        # days are read as a whole, though some of the last one is to come
        start, end = min(first, today), today + timedelta(days=1)
        return Window(datetime.combine(start, time.min), datetime.combine(end, time.min))

    def _is_fresh(self, age: timedelta) -> bool:
        # a time to come is that of a clock that was wrong
        return timedelta(0) <= age < timedelta(hours=self.settings.stat_hours)

    def saw(self, page: pa.Table) -> None:
        """The cursor follows the clock, not what comes."""

    def advance(self, now: datetime) -> None:
        """All days have come."""
        today = self.zone.local(now).date()
        midnight = self.zone.instant(datetime.combine(today, time.min))
        known = self.state.get(LAST_START)
        latest = max(midnight, datetime.fromisoformat(known)) if known else midnight
        self.state[LAST_START] = latest.isoformat()
        self.state[_READ_AT] = now.isoformat()
        self.state[_LOOKED_BACK] = today.isoformat()
