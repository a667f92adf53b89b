"""Settings of a run, checked before anything is asked of the API."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import sleep
from typing import Any

from ..api.client import DataApi
from ..errors import InvalidSetting, ReversedRange
from ..localtime.moments import instant_of, is_reversed, moment_of
from ..localtime.zones import Zone
from ..privacy.pages import Privacy
from ..reading.paging import LARGEST_PAGE
from ..reading.selection import FieldSelection, near_field
from ..reports.fields import Report

logger = logging.getLogger(__name__)

FIRST_SYNC = timedelta(days=30)
"""How far back the first sync reads where no ``start_date`` is set."""

SHORTEST_LOOKBACK = timedelta(hours=1)
"""A call of an hour that the clock repeats may be dated an hour early, never more."""

MOST_WINDOWS = 32

_HOURS = {
    "stat_hours": "each sync",
    "late_sales_hours": "never",
    "deep_lookback_hours": "never",
    "reference_hours": "each sync",
}
"""Settings of how often something is done, and what 0 means."""

_DEEPEST = 3_650

_FIRST_ZONE = Zone("Etc/GMT-14")
"""Where each day begins first."""

REQUEST_TIMEOUT = 300.0
"""Seconds that a request may take in all, by default."""

LONGEST_TIMEOUT = 86_400.0


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Settings:
    """How reports are read. Field by field the parameters of ``uis_source``, whose defaults stand
    here.

    Raises:
        InvalidSetting: a value is out of its range; names the setting.
        ReversedRange: ``end_date`` is not after ``start_date``.
    """

    timezone: str | None = None
    start_date: str | date | None = None
    end_date: str | date | None = None
    lookback_days: float = 3.0
    stat_hours: float = 1.0
    late_sales_hours: float = 1.0
    deep_lookback_hours: float = 24.0
    deep_lookback_days: float = 30.0
    parallel_windows: int = 4
    page_size: int = LARGEST_PAGE
    request_attempts: int = 8
    request_timeout: float = REQUEST_TIMEOUT
    reserve_minute: float = 0.1
    reserve_day: float = 0.1
    wait_for_day: bool = False
    strict_totals: bool = False
    reference_data: Sequence[str] = ()
    reference_hours: float = 24.0
    adopt: bool = False
    clock: Callable[[], datetime] = utc_now
    sleep: Callable[[float], object] = sleep

    def __post_init__(self) -> None:
        if not self.lookback >= SHORTEST_LOOKBACK:
            raise InvalidSetting("lookback_days", "a number of days, at least 1/24 (an hour)")
        if not 1 <= self.parallel_windows <= MOST_WINDOWS:
            raise InvalidSetting("parallel_windows", f"a number from 1 to {MOST_WINDOWS}")
        if not 1 <= self.page_size <= LARGEST_PAGE:
            raise InvalidSetting(
                "page_size", f"a number from 1 to {LARGEST_PAGE}, the API's maximum"
            )
        if self.request_attempts < 1:
            raise InvalidSetting("request_attempts", "a number, at least 1")
        if not 0 < self.request_timeout <= LONGEST_TIMEOUT:
            raise InvalidSetting("request_timeout", "seconds, from more than 0 to a day (86400)")
        if self.timezone is not None:
            Zone(self.timezone)
        for name, zero in _HOURS.items():
            if not 0 <= getattr(self, name) < math.inf:
                raise InvalidSetting(name, f"a number of hours, 0 for {zero}")
        if not 0 <= self.deep_lookback_days <= _DEEPEST:
            raise InvalidSetting("deep_lookback_days", f"a number of days, from 0 to {_DEEPEST}")
        for name in ("reserve_minute", "reserve_day"):
            if not 0 <= getattr(self, name) < 1:
                raise InvalidSetting(name, "a share from 0 to less than 1, such as 0.1")
        self._check_range()

    def _check_range(self) -> None:
        start = moment_of("start_date", self.start_date)
        end = moment_of("end_date", self.end_date, whole_day=True)
        if start is not None and end is not None and is_reversed(start, end):
            raise ReversedRange("start_date", "end_date")
        if start is not None and instant_of(start, _FIRST_ZONE) > self.clock():
            allowed = "a date or a time that is not yet to come, by this machine's clock"
            raise InvalidSetting("start_date", allowed)

    def zone(self, api: DataApi) -> Zone:
        """The zone that times are in: the account's, unless one is set.

        Raises:
            UisError: see :meth:`DataApi.call`.
        """
        return Zone(self.timezone or api.account().timezone)

    @property
    def lookback(self) -> timedelta:
        try:
            return timedelta(days=self.lookback_days)
        except (OverflowError, ValueError):
            raise InvalidSetting("lookback_days", "a number of days") from None

    def first_start(self, zone: Zone) -> datetime:
        """The instant (UTC) at which the first sync begins: a midnight, if none is set, so that all
        days are whole."""
        moment = moment_of("start_date", self.start_date)
        if moment is None:
            moment = datetime.combine(zone.local(self.clock() - FIRST_SYNC).date(), time.min)
        return instant_of(moment, zone)

    def end(self, zone: Zone) -> datetime | None:
        """The instant (UTC) before which reading ends, ``None`` for the present.

        Raises:
            ReversedRange: it is not after the start, as only the zone can tell.
        """
        moment = moment_of("end_date", self.end_date, whole_day=True)
        if moment is None:
            return None
        end = instant_of(moment, zone)
        if end <= self.first_start(zone):
            given = "start_date" if self.start_date else "start_date (by default 30 days ago)"
            raise ReversedRange(given, "end_date")
        return end


@dataclass(frozen=True)
class ReportSettings:
    """What is asked of one report, and what becomes of its personal data.

    Raises:
        UnknownField: see :class:`.FieldSelection`.
    """

    report: Report
    brand: str
    privacy: Privacy
    fields: Sequence[str] | None = None
    exclude_fields: Sequence[str] | None = None
    filter: Mapping[str, Any] | None = None
    tell_changes: bool = True
    include_ongoing_calls: bool = False

    def __post_init__(self) -> None:
        self.selection()  # names a field that can't be excluded before anything is asked

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Further parameters of each request."""
        name = self.report.ongoing
        return {name: True} if name and self.include_ongoing_calls else {}

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of the fields that the tables have."""
        return self.selection().wanted

    @property
    def asked(self) -> tuple[str, ...]:
        """Names of those that are asked for: the brand may not know all of them."""
        return self.selection().names

    @property
    def misspelt(self) -> Sequence[str]:
        """What is to be said of names in ``fields`` that the documentation does not list, and that
        look like ones that it does."""
        near = {name: near_field(name, self.report) for name in self.fields or ()}
        return [
            f"fields names {name}, which is not documented: it is asked for. Did you mean {meant}?"
            for name, meant in near.items()
            if meant is not None
        ]

    def warn_of_misspelt(self) -> None:
        """Says in the log which names in ``fields`` look like slips."""
        for told in self.misspelt:
            logger.warning("%s", told)

    def selection(
        self, left_out: Collection[str] = (), suspects: Collection[str] = ()
    ) -> FieldSelection:
        """The fields that are asked for; ``left_out`` and ``suspects`` were refused before."""
        return FieldSelection(
            self.report, self.fields, self.exclude_fields, self.privacy.dropped,
            brand=self.brand, left_out=left_out, suspects=suspects,
        )  # fmt: skip


def user_ids_of(value: Any) -> tuple[int, ...] | int | None:
    """The customers that ``user_id`` names: one, several, or none.

    Raises:
        InvalidSetting: it is neither a number nor a list of numbers.
    """
    value = parsed(value)
    if value is None or (isinstance(value, int) and _is_id(value)):
        return value
    if isinstance(value, list | tuple) and value and all(map(_is_id, value)):
        return tuple(dict.fromkeys(value))
    raise InvalidSetting("user_id", "a number, or a JSON list of numbers")


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def parsed(value: Any) -> Any:
    """A value from the environment is text: JSON, mostly."""
    if isinstance(value, str):
        try:
            return json.loads(value.strip().lower() or "null")
        except ValueError:
            return value
    return value
