"""Sums of days: each row of a site's day once, whatever else an answer brings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.localtime.windows import Window
from dlt_uis.progress import Progress
from dlt_uis.reading.paging import Page, Request
from dlt_uis.reading.reader import Batch, WindowReport
from dlt_uis.reading.sums import SitesReader
from dlt_uis.reports.campaign_daily_stat import CAMPAIGN_DAILY_STAT_REPORT
from dlt_uis.reports.own_names import DELETED

FIRST = date(2026, 3, 2)
DAYS = [FIRST + timedelta(days=number) for number in range(4)]
WINDOW = Window(datetime(2026, 3, 2), datetime(2026, 3, 6))
BEFORE = FIRST - timedelta(days=1)


class Api:
    """One site's rows: how many each day has, and how many there are a page."""

    def __init__(self, rows: Sequence[date], limit: int, *, told: str, knows_offset: bool) -> None:
        self.rows, self.limit, self.requests = rows, limit, 0
        self._told, self._knows_offset = told, knows_offset

    def fetch(self, request: Request) -> Page:
        """Answers by days: a request that begins a second before midnight gets the day before."""
        self.requests += 1
        first, last = request.date_from.date(), request.date_till.date()
        found = [(number, day) for number, day in enumerate(self.rows) if first <= day <= last]
        total = {"exact": len(found), "one more": len(found) + 1, "nothing": None}[self._told]
        shown = found[request.offset if self._knows_offset else 0 :][: self.limit]
        numbers, days = zip(*shown, strict=True) if shown else ((), ())
        rows = {"ad_id": pa.array(numbers, pa.int64()), "date": pa.array(days, pa.date32())}
        return Page(CAMPAIGN_DAILY_STAT_REPORT, pa.table(rows), total, self.limit)


def read(api: Api) -> tuple[list[date], int, WindowReport]:
    """The days of all rows, of how many marks, and what is told of the window."""
    given: dict[str, Any] = {"clock": lambda: datetime(2026, 3, 7, tzinfo=UTC)}
    reader = SitesReader(
        CAMPAIGN_DAILY_STAT_REPORT, api.fetch, [WINDOW],
        progress=Progress(), shape=lambda rows: rows, sites=lambda: [1], **given,
    )  # fmt: skip
    *batches, report = list(reader)
    assert isinstance(report, WindowReport)
    tables = [each.calls for each in batches if isinstance(each, Batch)]
    rows = pa.concat_tables(tables)
    is_row = pc.is_null(rows[DELETED])
    return (
        sorted(rows.filter(is_row)["date"].to_pylist()),
        rows[DELETED].drop_null().length(),
        report,
    )


@given(
    days=st.lists(st.sampled_from([BEFORE, *DAYS]), max_size=40),
    limit=st.integers(1, 30),
    told=st.sampled_from(["exact", "one more", "nothing"]),
)
def test_each_row_of_the_days_that_are_asked_for_comes_once(
    days: list[date], limit: int, told: str
) -> None:
    """And what is counted is what came, so that a day before does not look like a loss."""
    wanted = sorted(day for day in days if day != BEFORE)
    found, marks, report = read(Api(sorted(days), limit, told=told, knows_offset=True))
    assert found == wanted
    assert marks == len({*DAYS} - {*wanted})
    assert (report.received, report.refused) == (len(wanted), 0)
    assert report.promised >= len(wanted)
    assert told == "one more" or report.short == 0


@pytest.mark.parametrize("told", ["exact", "nothing", "one more"])
def test_an_api_that_knows_no_offset_costs_two_requests_a_site(told: str) -> None:
    api = Api(DAYS * 5, 1_000, told=told, knows_offset=False)
    found, _, report = read(api)
    assert found == sorted(DAYS * 5)
    assert api.requests == report.requests <= 2
