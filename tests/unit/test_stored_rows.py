"""Rows are looked up that verification compares: those of its spans, days as wholes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.reports import REPORTS
from dlt_uis.verify.stored_rows import bounds_of

MIDNIGHT = datetime(2026, 3, 4, tzinfo=UTC)


@given(start=st.integers(0, 3 * 86_400), length=st.integers(1, 3 * 86_400))
def test_a_day_that_has_only_begun_is_looked_up_as_a_whole(start: int, length: int) -> None:
    """The API gives its sums up to the present, and a sync loads them."""
    begin = MIDNIGHT + timedelta(seconds=start)
    end = begin + timedelta(seconds=length)
    first, last = begin.date(), (end - timedelta(seconds=1)).date()
    found = bounds_of([(begin, end)], REPORTS["employee_stat"])
    assert found == [first, last + timedelta(days=1)]


def test_instants_bound_other_reports() -> None:
    span = (MIDNIGHT, MIDNIGHT + timedelta(hours=7))
    assert bounds_of([span], REPORTS["calls"]) == [*span]
