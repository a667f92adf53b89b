"""Settings of a run, checked before anything is asked of the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from .errors import InvalidSetting
from .report_pages import LARGEST_PAGE
from .zones import Zone

FIRST_SYNC = timedelta(days=30)
"""How far back the first sync reads where no ``start_date`` is set."""

SHORTEST_LOOKBACK = timedelta(hours=1)
"""A call of an hour that the clock repeats may be dated an hour early, never more."""

MOST_WINDOWS = 32


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Settings:
    """How the report is read. Field by field the parameters of ``uis_source``.

    Raises:
        InvalidSetting: a value is out of its range; names the setting.
    """

    timezone: str | None = None
    start_date: str | date | None = None
    lookback_days: float = 3.0
    fields: Sequence[str] | None = None
    exclude_fields: Sequence[str] | None = None
    filter: Mapping[str, Any] | None = None
    parallel_windows: int = 4
    page_size: int = LARGEST_PAGE
    request_attempts: int = 8
    clock: Callable[[], datetime] = utc_now

    def __post_init__(self) -> None:
        if not self.lookback >= SHORTEST_LOOKBACK:
            raise InvalidSetting("lookback_days", "at least 1/24 (an hour)")
        if not 1 <= self.parallel_windows <= MOST_WINDOWS:
            raise InvalidSetting("parallel_windows", f"from 1 to {MOST_WINDOWS}")
        if not 1 <= self.page_size <= LARGEST_PAGE:
            raise InvalidSetting("page_size", f"from 1 to {LARGEST_PAGE}, the API's maximum")
        if self.request_attempts < 1:
            raise InvalidSetting("request_attempts", "at least 1")
        if self.timezone is not None:
            Zone(self.timezone)
        self._start_moment()

    @property
    def lookback(self) -> timedelta:
        try:
            return timedelta(days=self.lookback_days)
        except OverflowError:
            raise InvalidSetting("lookback_days", "a number of days") from None

    def first_start(self, zone: Zone) -> datetime:
        """The instant (UTC) at which the first sync begins."""
        moment = self._start_moment()
        if moment is None:
            return self.clock() - FIRST_SYNC
        return moment.astimezone(UTC) if moment.tzinfo else zone.instant(moment)

    def _start_moment(self) -> datetime | None:
        value = self.start_date
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value.strip())
            except ValueError:
                raise InvalidSetting(
                    "start_date", "a date or a time such as 2026-01-31 or 2026-01-31 10:00:00"
                ) from None
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time.min)
        return value
