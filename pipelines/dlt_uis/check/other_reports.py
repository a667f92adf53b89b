"""The checks of reports beside the first one: whether each can be read, and all of its fields."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from ..api.client import DataApi
from ..errors import LACKING, UisError
from ..localtime.windows import Window, ceil_to_second, floor_to_second
from ..reading.parents import one_part
from ..reports.fields import Report
from ..source.settings import ReportSettings
from .lines import Line, failed, ok, warning
from .newest import Newest, newest_record


def other_report(
    api: DataApi,
    check: str,
    asked: ReportSettings,
    start: datetime,
    end: datetime,
    suspects: Collection[str],
) -> Iterator[Line]:
    """The lines of a report; it costs a point, or two.

    Args:
        start, end: local times between which a record is asked for.
        suspects: fields that syncs were refused.
    """
    report = asked.report
    try:
        more = one_part(api, report, Window(floor_to_second(start), ceil_to_second(end)))
        if more is None:
            yield ok(check, f"{report.method}: the account has nothing that it could be asked for")
            return
        newest = newest_record(
            api, report, asked.asked, start, end, asked.filter, suspects, more=more
        )
    except LACKING as error:
        yield left_out(check, report, error)
    except UisError as error:
        yield failed(check, error)
    else:
        yield _read(check, asked, newest)


def left_out(check: str, report: Report, error: UisError) -> Line:
    """That syncs leave a report out, which others do not hinge on; and what it takes."""
    return warning(check, f"{report.method} can't be read: {error.message}",
                   f"A sync leaves {report.records} out.{report.takes}")  # fmt: skip


def _read(check: str, asked: ReportSettings, newest: Newest) -> Line:
    report, refused = asked.report, sorted(error.field or "" for error in newest.refused)
    if refused:
        return warning(
            check,
            f"{report.method} can be read, but for {', '.join(refused)}",
            "A sync leaves these fields out. To be rid of this message, name them in"
            f" exclude_fields in [sources.uis.{report.table}].",
        )
    total = "" if newest.total is None else f"; about {newest.total:,} records since the next start"
    return ok(check, f"{report.method} can be read, all {len(asked.asked)} fields{total}")
