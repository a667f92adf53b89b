"""What changes later than the lookback: sales that are told weeks later, and all else of a month.

At most once in ``late_sales_hours`` a sync asks for records of the last 89 days whose sale is later
than the last time it asked. At most once in ``deep_lookback_hours`` it reads
``deep_lookback_days`` back instead of ``lookback_days``, unless that would take too many of the
day's points. Both touch only what was loaded before. When each was done last is kept in the state
of the report's resource.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..localtime.intervals import Span
from ..localtime.windows import Window, spanning
from ..localtime.zones import Zone
from ..reading.fetching import TIME
from ..reports.fields import Report
from ..warehouse.owners import Owner, Place
from .cursor import DEEP_AT, DEEP_TRIED, SALES_AT, is_due
from .extraction import Extraction
from .loaded_ranges import loaded_since
from .settings import Settings

logger = logging.getLogger(__name__)

SALE = "sale_date"
SALES_WITHIN = timedelta(days=89)
"""How old a record may be whose sale is asked for."""

_SLACK = timedelta(days=2)
"""A sale may be told with a date that is some time ago."""

_TRY_AGAIN_HOURS = 1.0
"""After so many a deep lookback is tried again that would have taken too many points."""

_SHARE = 0.1
"""Of the day's points, how many a deep lookback may take."""


def has_sales(report: Report) -> bool:
    """Whether a report can be asked for records by the time of their sale."""
    sale = report.scalar(SALE)
    return sale is not None and sale.filterable


@dataclass
class LateChanges:
    """What a sync reads beyond its lookback.

    Args:
        state: of the report's resource, or the customer's part of it.
        start: the instant from which on the sync reads anyway.
        now: the present instant.
        is_first: nothing was loaded before.
    """

    state: dict[str, Any]
    extraction: Extraction
    settings: Settings
    place: Place | None
    owner: Owner
    start: datetime
    now: datetime
    is_first: bool
    _done: list[str] = field(default_factory=list)

    def deep(self) -> list[Window]:
        """Windows before the start that are read again today; none as a rule."""
        if self.is_first:
            self._done.append(DEEP_AT)
            return []
        hours, days = self.settings.deep_lookback_hours, self.settings.deep_lookback_days
        back = self.start + self.settings.lookback - timedelta(days=days)
        if back >= self.start or not is_due(self.state, DEEP_AT, hours, self.now):
            return []
        if not is_due(self.state, DEEP_TRIED, _TRY_AGAIN_HOURS, self.now):
            return []
        windows = self._loaded(back, self.start)
        if windows and not self._can_afford(windows):
            self.state[DEEP_TRIED] = self.now.isoformat()
            return []
        self._done.append(DEEP_AT)
        return windows

    def _can_afford(self, windows: Sequence[Window]) -> bool:
        governor = self.extraction.governor
        if governor.day is None:
            return True
        records = sum(self.extraction.total(window) or 0 for window in windows)
        requests = sum(1 for _ in windows) + math.ceil(records / self.settings.page_size)
        allowed = most_points(governor.day.limit, governor.day_available or 0)
        if requests <= allowed:
            return True
        logger.warning(
            "the lookback of %g days is left out: it would take about %d points, and %d may be"
            " spent on it. To have it, set deep_lookback_days lower.",
            self.settings.deep_lookback_days, requests, allowed,
        )  # fmt: skip
        return False

    def sales(self, before: datetime) -> tuple[list[Window], Mapping[str, Any] | None]:
        """Windows in which records with a late sale are asked for, and the filter for those; no
        windows as a rule.

        Args:
            before: the instant from which on all records are read anyway.
        """
        report, hours = self.extraction.report, self.settings.late_sales_hours
        if not has_sales(report) or not is_due(self.state, SALES_AT, hours, self.now):
            return [], None
        if self.is_first:
            self._done.append(SALES_AT)
            return [], None
        known = self.state.get(SALES_AT)
        since = datetime.fromisoformat(known) if known else self.now - SALES_WITHIN
        self._done.append(SALES_AT)
        moment = self.extraction.zone.local(min(since, self.now) - _SLACK).strftime(TIME)
        condition = {"field": SALE, "operator": ">", "value": moment}
        return self._loaded(self.now - SALES_WITHIN, before), condition

    def remember(self) -> None:
        """All has come."""
        for name in self._done:
            self.state[name] = self.now.isoformat()

    def _loaded(self, start: datetime, end: datetime) -> list[Window]:
        """The windows (local time) of what is loaded between two instants."""
        if start >= end:
            return []
        spans = loaded_since(self.place, self.extraction.report, self.owner, start)
        longest = self.extraction.report.longest_window
        windows = _windows(spans, end, self.extraction.zone)
        return [piece for window in windows for piece in window.pieces(longest)]


def most_points(limit: int, available: int) -> int:
    """How many of a day's points a deep lookback may take."""
    return min(int(limit * _SHARE), available)


def _windows(spans: Sequence[Span], end: datetime, zone: Zone) -> Iterator[Window]:
    for span in spans:
        if span.start < end:
            window = spanning(zone.local(span.start), zone.local(min(span.end, end)))
            if window is not None:
                yield window
