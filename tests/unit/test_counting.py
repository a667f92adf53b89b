"""Counts are exact, whatever the API's bounds mean; days are put together without loss."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.localtime.intervals import merged
from dlt_uis.localtime.windows import SECOND, Window
from dlt_uis.reading.counting import Counter
from dlt_uis.reports.fields import LONGEST_WINDOW
from dlt_uis.verify.days import Day, batches, days_of, windows_of

from .fake_api import T0, FakeApi
from .unsorted_api import PLAIN, UnsortedApi

WHOLE = Window(T0, T0 + timedelta(seconds=120))


@pytest.mark.parametrize("inclusive_from", [True, False])
@pytest.mark.parametrize("inclusive_till", [True, False])
@given(
    st.lists(st.integers(0, 119), min_size=1, max_size=60),
    st.lists(st.integers(1, 119), unique=True, max_size=10),
)
def test_every_call_counts_in_its_window(
    inclusive_from: bool, inclusive_till: bool, seconds: list[int], cuts: list[int]
) -> None:
    """Under all four readings, with many calls in one second, and on the bounds."""
    # the survey must meet a call, which one on the first second need not be
    calls = [(T0 + second * SECOND, id_) for id_, second in enumerate([60, *seconds])]
    api = FakeApi(calls, 1, inclusive_from=inclusive_from, inclusive_till=inclusive_till)
    counter = Counter(api.fetch, threads=2)
    counter.estimates(WHOLE)
    assert counter.can_be_exact
    bounds = [T0 + cut * SECOND for cut in sorted({0, *cuts, 120})]
    windows = [Window(a, b) for a, b in pairwise(bounds)]
    for window, count in counter.counts(windows):
        assert count == len([s for s, _ in calls if window.start <= s < window.end])
    assert api.requests == 1 + 2 + len(windows)


FIRST = datetime(2025, 1, 1)
DAYS = days_of(Window(FIRST, FIRST + timedelta(days=1_000)), FIRST + timedelta(days=2_000))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 230), st.integers(0, 50)), max_size=4))
def test_batches_hold_each_day_once(runs: list[tuple[int, int, int]]) -> None:
    """Also of hundreds of days in a row, of gaps between, and of days without calls."""
    rest = iter(DAYS)
    weight: dict[Day, int] = {}
    for gap, length, calls in runs:
        weight |= dict.fromkeys(list(islice(rest, gap + length))[gap:], calls)
    days = list(weight)
    grouped = list(batches(days, weight.__getitem__, 100))
    assert [day for batch in grouped for day in batch] == days
    for batch in grouped:
        assert len(batch) == 1 or sum(weight[day] for day in batch) <= 100
        windows = windows_of(batch, LONGEST_WINDOW)
        assert all(window.length <= LONGEST_WINDOW for window in windows)
        assert merged(windows) == merged(day.window for day in batch)


@given(
    inclusive=st.tuples(st.booleans(), st.booleans()),
    seconds=st.lists(st.integers(0, 119), min_size=1, max_size=60),
    crowd=st.tuples(st.integers(59, 61), st.integers(0, 60)),
    cuts=st.lists(st.integers(1, 119), unique=True, max_size=10),
    order=st.sampled_from(["by chance", "by id", "by time", "back in time"]),
    page=st.sampled_from([3, 20, 1_000]),
)
def test_every_record_counts_that_no_id_tells_from_others(
    inclusive: tuple[bool, bool],
    seconds: list[int],
    crowd: tuple[int, int],
    cuts: list[int],
    order: str,
    page: int,
) -> None:
    """Though many others of the seconds beside it come, and hide it."""
    moments = [60, *seconds, *[crowd[0]] * crowd[1]]
    calls = [(T0 + second * SECOND, id_) for id_, second in enumerate(moments)]
    page = 1_000 if order == "by chance" else page
    api = UnsortedApi(
        calls, page, order=order, report=PLAIN,
        inclusive_from=inclusive[0], inclusive_till=inclusive[1],
    )  # fmt: skip
    counter = Counter(api.fetch, threads=2)
    counter.estimates(WHOLE)
    assert counter.can_be_exact
    bounds = [T0 + cut * SECOND for cut in sorted({0, *cuts, 120})]
    windows = [Window(a, b) for a, b in pairwise(bounds)]
    counts = [count for _, count in counter.counts(windows)]
    assert counts == [
        len([start for start, _ in calls if window.start <= start < window.end])
        for window in windows
    ]
    assert page < 1_000 or api.requests == 1 + 2 + len(windows)
