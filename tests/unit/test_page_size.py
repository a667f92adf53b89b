"""Pages that get smaller while a window is read lose no call, double none, and waste little."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.localtime.windows import SECOND, Window
from dlt_uis.reading.page_size import PageSize

from .fake_api import T0, FakeApi, read


@given(
    minutes=st.lists(st.integers(-1, 60 * 12), max_size=200),
    crowd=st.tuples(st.integers(0, 60 * 11), st.integers(0, 60)),
    page=st.sampled_from([8, 20, 64, 1000]),
    slower_at=st.frozensets(st.integers(0, 12), max_size=6),
    inclusive=st.tuples(st.booleans(), st.booleans()),
    threads=st.sampled_from([1, 2, 4, 9]),
    lose=st.integers(0, 1),
    tells=st.booleans(),
)
def test_each_call_comes_once_though_pages_get_smaller(
    minutes: list[int],
    crowd: tuple[int, int],
    page: int,
    slower_at: frozenset[int],
    inclusive: tuple[bool, bool],
    threads: int,
    lose: int,
    tells: bool,
) -> None:
    moments = [*minutes, *[crowd[0]] * crowd[1]]
    calls = [(T0 + minute * 60 * SECOND, id_) for id_, minute in enumerate(moments)]
    window = Window(T0, T0 + timedelta(hours=11))
    api = FakeApi(
        calls, page, inclusive_from=inclusive[0], inclusive_till=inclusive[1], lose=lose,
        tells=tells, slower_at=slower_at,
    )  # fmt: skip
    received, reports = read(api.fetch, window, threads, page_rows=page)
    wanted = sorted(id_ for start, id_ in calls if window.start <= start < window.end)
    assert sorted(received) == wanted
    assert [(r.promised, r.received) for r in reports] == [(len(wanted), len(wanted))]


@pytest.mark.parametrize("threads", [1, 4])
def test_smaller_pages_are_planned_for(threads: int) -> None:
    """So many requests more as the calls need, and few beside."""
    calls = [(T0 + second * SECOND, second) for second in range(4_000)]
    api = FakeApi(calls, 400, tells=True, slower_at=[3, 6])
    window = Window(T0, T0 + timedelta(hours=2))
    received, _ = read(api.fetch, window, threads, page_rows=400)
    assert len(received) == 4_000
    assert api.requests <= 1.25 * 4_000 / 100


def test_requests_that_run_out_of_time_side_by_side_halve_the_page_once() -> None:
    size = PageSize(1_000)
    assert [size.after_timeout(1_000), size.after_timeout(1_000), size.limit] == [500, 500, 500]
    assert [size.after_timeout(500), size.after_timeout(1_000)] == [250, 250]
    assert [PageSize(1).after_timeout(1), PageSize(3).after_timeout(3)] == [1, 1]
