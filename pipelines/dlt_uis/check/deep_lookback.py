"""Whether the next sync reads further back than others, and whether the points allow it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime

from ..api.client import DataApi
from ..errors import LACKING, UisError
from ..source.late_changes import most_points
from ..source.settings import ReportSettings, Settings
from .lines import Line, failed, ok, warning
from .newest import newest_record
from .other_reports import left_out


def deep_line(
    api: DataApi,
    check: str,
    asked: ReportSettings,
    settings: Settings,
    start: datetime,
    end: datetime,
) -> Iterator[Line]:
    """The line about a deep lookback that is due; it costs a point.

    Args:
        start, end: local times that it reads beside what is read anyway.
    """
    report = asked.report
    try:
        found = newest_record(api, report, report.required, start, end, asked.filter)
    except LACKING as error:
        yield left_out(check, report, error)
        return
    except UisError as error:
        yield failed(check, error)
        return
    requests = 1 + math.ceil((found.total or 0) / settings.page_size)
    message = (
        f"also reads {report.records} back to {start:%Y-%m-%d}, as once in"
        f" {settings.deep_lookback_hours:g} hours: about {found.total or 0:,}"
    )
    day, governor = api.governor.day, api.governor
    if day is None or requests <= most_points(day.limit, governor.day_available or 0):
        yield ok(check, message)
        return
    yield warning(
        check,
        f"{message}. It is left out, as it would take {requests:,} points",
        "To have it, set deep_lookback_days lower. Changes of that time are not seen without it.",
    )
