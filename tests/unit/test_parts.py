"""Where the API can't be asked for an order each record comes once, too, and none is missing."""

from __future__ import annotations

import random
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.api.slots import Slot
from dlt_uis.errors import MalformedResponse, WindowIncomplete
from dlt_uis.localtime.windows import SECOND, Window
from dlt_uis.reading.paging import Listener, Page, Request
from dlt_uis.reading.reader import Batch
from dlt_uis.reports.fields import Report

from .fake_api import T0, Call, reader_of
from .test_paging import TOTALS, Gathering
from .unsorted_api import (
    ORDERS,
    PLAIN,
    RANGED,
    REPORTS,
    UNSTABLE,
    Traffic,
    UnsortedApi,
    read_parts,
)

MINUTE = timedelta(minutes=1)
HOUR = Window(T0, T0 + 60 * MINUTE)


def made(moments: Iterable[int], seed: int = 0, apart: timedelta = SECOND) -> list[Call]:
    moments = list(moments)
    ids = random.Random(seed).sample(range(10**9), len(moments))
    return [(T0 + moment * apart, id_) for moment, id_ in zip(moments, ids, strict=True)]


def within(calls: Iterable[Call], window: Window) -> list[int]:
    return sorted(id_ for start, id_ in calls if window.start <= start < window.end)


def crowd_of(calls: list[Call]) -> int:
    """The most that begin in one second."""
    starts = [start for start, _ in calls]
    return max(map(starts.count, {*starts}), default=0)


@given(
    moments=st.lists(st.integers(-2, 62), max_size=90),
    crowd=st.tuples(st.integers(-1, 61), st.integers(0, 70)),
    apart=st.sampled_from([SECOND, MINUTE]),
    page=st.sampled_from([1, 3, 20, 60]),
    inclusive=st.tuples(st.booleans(), st.booleans()),
    order=st.sampled_from(sorted(ORDERS)),
    report=st.sampled_from(sorted(REPORTS)),
    promise=st.sampled_from(sorted(TOTALS)),
    capped=st.booleans(),
    loses_at=st.sets(st.integers(0, 12), max_size=1),
    doubles_at=st.sets(st.integers(0, 12)),
    threads=st.sampled_from([1, 4]),
    seed=st.integers(0, 9),
)
def test_each_record_of_a_window_comes_exactly_once(
    moments: list[int],
    crowd: tuple[int, int],
    apart: timedelta,
    page: int,
    inclusive: tuple[bool, bool],
    order: str,
    report: str,
    promise: str,
    capped: bool,
    loses_at: set[int],
    doubles_at: set[int],
    threads: int,
    seed: int,
) -> None:
    """Whatever is not documented, as far as anybody could tell: what is lost without a promise
    nobody misses, and of a handful of records the same ones may come twice by chance."""
    calls = made([*moments, *[crowd[0]] * crowd[1]], seed, apart)
    window = Window(T0, T0 + 60 * apart)
    knows = promise in ("exact", "one more", "many more")
    capped = capped and page >= (20 if order in UNSTABLE else 5) and (knows or promise == "none")
    api = UnsortedApi(
        calls, page, order=order, report=REPORTS[report], totals=TOTALS[promise], capped=capped,
        inclusive_from=inclusive[0], inclusive_till=inclusive[1], seed=seed,
        loses_at=loses_at if promise in ("exact", "one more") else (),
        doubles_at=() if capped and promise == "none" else doubles_at,
    )  # fmt: skip
    received, (read,) = read_parts(api, window, threads)
    wanted = within(calls, window)
    assert len({*received}) == len(received) == read.received
    if report == "ranged" or order not in UNSTABLE or crowd_of(calls) <= page // 3:
        assert received == wanted
        lacking = {"exact": 0, "none": 0, "too few": 0, "of the page": 0, "one more": 1}
        assert read.short == lacking.get(promise, read.short)
    elif promise == "exact":
        # a crowded second that is in another order with each request: see below
        assert {*received} <= {*wanted}
        assert read.short == len(wanted) - len(received)


@pytest.mark.parametrize("change", ["appear", "vanish", "move"])
@given(
    moments=st.lists(st.integers(0, 59), min_size=1, max_size=150),
    page=st.sampled_from([5, 20, 60]),
    order=st.sampled_from(sorted(ORDERS)),
    changes=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 59)), min_size=1, max_size=3),
    inclusive=st.tuples(st.booleans(), st.booleans()),
    threads=st.sampled_from([1, 4]),
)
def test_what_changes_while_a_window_is_read_hides_nothing_else(
    change: str,
    moments: list[int],
    page: int,
    order: str,
    changes: list[tuple[int, int]],
    inclusive: tuple[bool, bool],
    threads: int,
) -> None:
    """Also a record that moves to where others have been read already: it is lacking there."""
    calls = made(moments, apart=MINUTE)
    api = UnsortedApi(
        list(calls), page, order=order, inclusive_from=inclusive[0], inclusive_till=inclusive[1]
    )
    there = {id_ for _, id_ in calls}

    def changed(request: int) -> None:
        for number, (at, minute) in enumerate(changes):
            if at != request:
                continue
            if change == "appear":
                api.calls.append((T0 + minute * MINUTE, -number))
            elif api.calls:
                _, id_ = api.calls.pop(minute % len(api.calls))
                if change == "move":
                    api.calls.append((T0 + minute * MINUTE, id_))
                else:
                    there.discard(id_)

    api.before_answer = changed
    received, (read,) = read_parts(api, HOUR, threads)
    assert len({*received}) == len(received) == read.received
    assert there <= {*received}
    assert read.short == 0


@given(
    moments=st.lists(st.integers(0, 239), max_size=300),
    order=st.sampled_from(sorted(ORDERS)),
    inclusive=st.tuples(st.booleans(), st.booleans()),
    threads=st.sampled_from([1, 3, 8]),
    lie=st.integers(0, 1),
)
def test_windows_are_read_side_by_side(
    moments: list[int], order: str, inclusive: tuple[bool, bool], threads: int, lie: int
) -> None:
    """And what lies on the bounds between them counts in one of them."""
    calls = made(moments, apart=MINUTE)
    windows = [Window(T0 + i * 60 * MINUTE, T0 + (i + 1) * 60 * MINUTE) for i in range(4)]
    api = UnsortedApi(
        calls, 20, order=order, lie=lie, inclusive_from=inclusive[0], inclusive_till=inclusive[1]
    )
    received, reports = read_parts(api, windows, threads)
    assert received == sorted(id_ for _, id_ in calls)
    counts = {each.window: (each.received, each.short) for each in reports}
    assert counts == {window: (len(within(calls, window)), lie) for window in windows}


@pytest.mark.parametrize("which", ["all", "first page", "every other", "last"])
@pytest.mark.parametrize("promise", ["exact", "one more", "none"])
@pytest.mark.parametrize("order", ["by chance", "by time", "back in time"])
def test_records_that_are_refused_count_as_received(which: str, promise: str, order: str) -> None:
    """Each once, though it comes on several pages, and nobody knows when it began."""
    calls = [(T0 + number * SECOND, number) for number in range(100)]
    kept_out = {
        "all": range(100), "first page": range(20), "every other": range(0, 100, 2),
        "last": range(80, 100),
    }[which]  # fmt: skip
    api = UnsortedApi(calls, 20, order=order, totals=TOTALS[promise], refused=kept_out)
    received, (report,) = read_parts(api, Window(T0, T0 + timedelta(minutes=5)))
    assert received == [id_ for id_ in range(100) if id_ not in kept_out]
    assert (report.refused, report.short) == (len(kept_out), promise == "one more")
    assert api.requests <= 60


@pytest.mark.parametrize(
    ("report", "order", "records", "requests"),
    [
        (RANGED, "by chance", 25_000, 17),
        (PLAIN, "by id", 25_000, 15),
        (PLAIN, "by chance", 2_500, 70),
        (PLAIN, "by time", 2_500, 70),
    ],
    ids=["ranged", "in one order", "in any order", "in time"],
)
def test_25_000_records_of_one_second_come(
    report: Report, order: str, records: int, requests: int
) -> None:
    """By ranges of ids. Where these can't be asked for pages are gone through again and again, if
    they come in another order each time, until all have come."""
    moments = [70_000] * records + [9 * number for number in range(records // 8)]
    calls = made(moments)
    api = UnsortedApi(calls, records * 2 // 5, order=order, report=report)
    received, (read,) = read_parts(api, Window(T0, T0 + timedelta(days=2)), 4)
    assert received == sorted(id_ for _, id_ in calls)
    assert read.short == 0
    assert api.requests <= requests


@pytest.mark.parametrize("order", ["chance", "time", "back"])
@pytest.mark.parametrize("pages", [1, 2, 3, 5, 10, 30, pytest.param(100, marks=pytest.mark.cross)])
def test_requests_follow_the_number_of_pages(pages: int, order: str) -> None:
    """Of a month whose days and nights, weeks and weekends are not alike."""
    for records in {pages * 1_000 - 999, pages * 1_000 - 500, pages * 1_000}:
        api = Traffic(records, 1_000, order)
        received, _ = read_parts(api, api.window, 4)
        assert len(received) == records
        assert api.requests <= 1.6 * pages + 2


@pytest.mark.parametrize("order", ["chance", "time", "back"])
@pytest.mark.parametrize("pages", [1, 2, 3, 10])
def test_a_short_window_costs_about_twice_its_requests(pages: int, order: str) -> None:
    """And no more than another one if it was as short when it was read last."""
    right, short = costs(pages, order, lie=0), costs(pages, order, lie=1)
    assert short <= 2 * right + 2
    # in order, some that seem to be whole are asked for, as the promises do not add up
    again = costs(pages, order, lie=1, short_before=lambda _: 1)
    assert again <= right * (1 if order == "chance" else 1.6) + 1
    assert again < costs(pages, order, lie=2, short_before=lambda _: 1)


def costs(pages: int, order: str, lie: int, **options: Any) -> int:
    api = Traffic(pages * 1_000 - 500, 1_000, order, lie=lie)
    received, (report,) = read_parts(api, api.window, **options)
    assert (len(received), report.short) == (pages * 1_000 - 500, lie)
    return api.requests


def test_a_window_of_one_page_that_is_short_costs_two_requests() -> None:
    made = [(T0 + number * SECOND, number) for number in range(42)]
    asked = {(0, 0): 1, (1, 0): 2, (10**6, 0): 2, (3, 2): 2, (3, 3): 1, (3, 4): 2}
    for (lie, short_before), requests in asked.items():
        api = UnsortedApi(made, 100, order="by chance", lie=lie)
        read_parts(api, HOUR, 4, short_before=lambda _, known=short_before: known)
        assert api.requests == requests


@pytest.mark.parametrize("strict", [False, True])
def test_only_strict_totals_fail(strict: bool) -> None:
    """What was remembered counts for nothing then."""
    api = UnsortedApi(made(range(42)), 100, order="by chance", lie=1)
    with pytest.raises(WindowIncomplete) if strict else nullcontext():
        read_parts(api, HOUR, strict=strict, short_before=lambda _: 1)
    assert api.requests == (2 if strict else 1)


@pytest.mark.parametrize("order", ["by chance", "by time"])
def test_smaller_pages_are_planned_for(order: str) -> None:
    """Where pages do not come in time fewer records are asked for."""
    api = UnsortedApi(made(range(3_600)), 400, order=order, slower_at=[3, 6])
    received, _ = read_parts(api, HOUR, 4)
    assert len(received) == 3_600
    assert api.requests <= 2 * 3_600 / 100


def test_others_ask_as_soon_as_the_first_page_tells_where_to_cut() -> None:
    api, gathering = UnsortedApi(made(range(3_600)), 500, order="by chance"), Gathering(5)

    api.before_answer = lambda _: gathering.one_more()

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        with slot.sending():
            page = api.fetch(request, listener)
            assert api.requests == 1 or gathering.all_at_once.wait(10)
        return page

    received, _ = read_parts(api, HOUR, 4, fetch=fetch)
    assert len(received) == 3_600


def test_records_from_outside_of_the_bounds_are_malformed() -> None:
    """Else a window would be cut without end."""
    api = UnsortedApi(made(range(50)), 100, order="by chance")

    def fetch(request: Request, *_: object) -> Page:
        return api.fetch(replace(request, date_from=T0, date_till=T0 + MINUTE))

    with pytest.raises(MalformedResponse, match="outside"):
        read_parts(api, Window(T0 + 5 * MINUTE, T0 + 9 * MINUTE), fetch=fetch)


def test_a_page_is_let_go_before_others_come() -> None:
    """Memory follows the page and the threads, not the window."""
    api = Traffic(40_000, 1_000, "chance", padding=1_000)
    most = began = pa.total_allocated_bytes()
    reader = reader_of(api.fetch, [api.window], 2, api.report, in_order=False)
    for item in reader:
        most = max(most, pa.total_allocated_bytes())
        if isinstance(item, Batch):
            item.taken()
    assert most - began < 12 * 1_000_000
