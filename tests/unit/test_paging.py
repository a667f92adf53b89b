"""Whatever the API does that is not documented, each call comes once, and none is missing."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.api.envelope import Refused
from dlt_uis.api.slots import Slot, Slots
from dlt_uis.errors import MalformedResponse, WindowIncomplete
from dlt_uis.localtime.windows import SECOND, Window
from dlt_uis.reading.agenda import Agenda
from dlt_uis.reading.asking import read_on
from dlt_uis.reading.paging import LARGEST_PAGE, Edges, Listener, Page, Request
from dlt_uis.reading.tally import Tally
from dlt_uis.reading.unread import Unread
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.reports.fields import NAIVE_TIME

from .fake_api import T0, Call, FakeApi, read


@given(
    seconds=st.lists(st.integers(-3, 24), max_size=120),
    length=st.integers(1, 20),
    crowd=st.tuples(st.integers(-2, 21), st.integers(0, 90)),
    page=st.sampled_from([1, 2, 3, 7, 50, 1000]),
    inclusive=st.tuples(st.booleans(), st.booleans()),
    threads=st.sampled_from([1, 4]),
    lose=st.integers(0, 1),
    seed=st.integers(0, 9),
)
def test_each_call_of_a_window_comes_exactly_once(
    seconds: list[int],
    length: int,
    crowd: tuple[int, int],
    page: int,
    inclusive: tuple[bool, bool],
    threads: int,
    lose: int,
    seed: int,
) -> None:
    moments = [*seconds, *[crowd[0]] * crowd[1]]
    ids = random.Random(seed).sample(range(10**9), len(moments))
    calls = [(T0 + second * SECOND, id_) for second, id_ in zip(moments, ids, strict=True)]
    window = Window(T0, T0 + length * SECOND)
    api = FakeApi(calls, page, inclusive_from=inclusive[0], inclusive_till=inclusive[1], lose=lose)
    received, reports = read(api.fetch, window, threads)
    wanted = sorted(id_ for start, id_ in calls if window.start <= start < window.end)
    assert sorted(received) == wanted
    assert [(r.promised, r.received) for r in reports] == [(len(wanted), len(wanted))]


@given(
    hours=st.lists(st.integers(-1, 24 * 40), max_size=150),
    days=st.integers(5, 40),
    page=st.sampled_from([3, 20, 1000]),
    inclusive=st.tuples(st.booleans(), st.booleans()),
    threads=st.sampled_from([2, 4, 9]),
    lose=st.integers(0, 1),
)
def test_each_call_comes_once_though_parts_are_read_before_an_answer(
    hours: list[int],
    days: int,
    page: int,
    inclusive: tuple[bool, bool],
    threads: int,
    lose: int,
) -> None:
    calls = [(T0 + timedelta(hours=hour), id_) for id_, hour in enumerate(hours)]
    window = Window(T0, T0 + timedelta(days=days))
    api = FakeApi(calls, page, inclusive_from=inclusive[0], inclusive_till=inclusive[1], lose=lose)
    received, reports = read(api.fetch, window, threads, patience=0.0)
    wanted = sorted(id_ for start, id_ in calls if window.start <= start < window.end)
    assert sorted(received) == wanted
    assert [(r.promised, r.received) for r in reports] == [(len(wanted), len(wanted))]


@given(
    minutes=st.lists(st.integers(-1, 60 * 12), max_size=200),
    crowd=st.tuples(st.integers(0, 60 * 11), st.integers(0, 60)),
    page=st.sampled_from([1, 3, 20, 1000]),
    inclusive=st.tuples(st.booleans(), st.booleans()),
    threads=st.sampled_from([2, 4, 9]),
    lose=st.integers(0, 1),
    wild=st.booleans(),
)
def test_each_call_comes_once_whatever_answers_tell_before_they_are_decoded(
    minutes: list[int],
    crowd: tuple[int, int],
    page: int,
    inclusive: tuple[bool, bool],
    threads: int,
    lose: int,
    wild: bool,
) -> None:
    moments = [*minutes, *[crowd[0]] * crowd[1]]
    calls = [(T0 + minute * 60 * SECOND, id_) for id_, minute in enumerate(moments)]
    window = Window(T0, T0 + timedelta(hours=11))
    api = FakeApi(
        calls, page, inclusive_from=inclusive[0], inclusive_till=inclusive[1], lose=lose,
        tells=True, wild=wild,
    )  # fmt: skip
    received, reports = read(api.fetch, window, threads)
    wanted = sorted(id_ for start, id_ in calls if window.start <= start < window.end)
    assert sorted(received) == wanted
    assert [(r.promised, r.received) for r in reports] == [(len(wanted), len(wanted))]


class Gathering:
    """Tells when so many requests have been sent."""

    def __init__(self, count: int) -> None:
        self.all_at_once = threading.Event()
        self._missing = count
        self._lock = threading.Lock()

    def one_more(self) -> None:
        with self._lock:
            self._missing -= 1
            if not self._missing:
                self.all_at_once.set()


def test_others_begin_while_the_first_answer_is_decoded() -> None:
    calls = [(T0 + minute * 60 * SECOND, minute) for minute in range(1000)]
    api, gathering = FakeApi(calls, 100, tells=True), Gathering(4)

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        with slot.sending():
            gathering.one_more()
        page = api.fetch(request, listener)
        assert gathering.all_at_once.wait(10)
        return page

    received, _ = read(fetch, Window(T0, T0 + timedelta(days=1)), 4, page_rows=100)
    assert sorted(received) == list(range(1000))


@pytest.mark.parametrize(("days", "together"), [(30, 4), (3, 1)])
@pytest.mark.parametrize("known", [False, True])
def test_a_long_window_is_cut_where_its_first_answer_is_slow(
    days: int, together: int, known: bool
) -> None:
    """A short one is not: each part would cost a request, and it is what syncs mostly read.

    Where an answer before was slow, it is ``known``, and nobody waits.
    """
    calls = [(T0 + timedelta(hours=hour), hour) for hour in range(days * 24)]
    now = 0.0
    api, slots = FakeApi(calls, 1000), Slots(4, (lambda: now) if known else time.monotonic)
    with slots.slot().sending():
        now = 5.0
    enough, first_came, under_way = threading.Event(), threading.Event(), []

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        with slot.sending():
            under_way.append(request)
            is_first = len(under_way) == 1
            if len(under_way) == together:
                enough.set()
            assert (enough if is_first else first_came).wait(10)
        if is_first:
            first_came.set()
        return api.fetch(request, listener)

    window = Window(T0, T0 + timedelta(days=days))
    received, _ = read(fetch, window, slots, patience=5.0 if known else 0.05)
    assert sorted(received) == list(range(days * 24))
    assert api.requests == together


def test_requests_go_on_while_an_answer_is_decoded() -> None:
    """The places are all taken again before the calls of the first answers are handed out."""
    calls = [(T0 + minute * 60 * SECOND, minute) for minute in range(1000)]
    api = FakeApi(calls, 100)
    decoding, sent = threading.Semaphore(0), []

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        with slot.sending():
            sent.append(request)
            page = api.fetch(request, listener)
        if len(sent) == 2:
            # until another thread has sent one
            assert decoding.acquire(timeout=10)
        elif len(sent) == 3:
            decoding.release()
        return page

    received, _ = read(fetch, Window(T0, T0 + timedelta(days=1)))
    assert sorted(received) == list(range(1000))


def test_a_window_that_stays_short_fails_with_its_bounds() -> None:
    calls = [(T0 + second * SECOND, second) for second in range(50)]
    window = Window(T0, T0 + timedelta(minutes=1))
    with pytest.raises(WindowIncomplete) as caught:
        read(FakeApi(calls, 10, lie=1).fetch, window, strict=True)
    assert (caught.value.promised, caught.value.received) == (51, 50)
    assert caught.value.start == window.start


@pytest.mark.parametrize("threads", [1, 2, 8])
@pytest.mark.parametrize("lie", [1, 100])
@pytest.mark.parametrize("is_empty", [False, True])
def test_calls_that_are_promised_and_never_come_are_not_asked_for_without_end(
    threads: int, lie: int, is_empty: bool
) -> None:
    """Others ask for pages behind the first one, which is empty as theirs are."""
    calls = [(T0 + second * SECOND, second) for second in range(50)]
    api = FakeApi(calls, 10, lie=lie, tells=True)

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        # long enough for others to ask before this one is answered, and before it is passed on
        with slot.sending():
            time.sleep(0.001)
        page = api.fetch(request, listener)
        time.sleep(0.001)
        assert api.requests < 300
        return replace(page, calls=page.calls.slice(0, 0)) if is_empty else page

    received, (report,) = read(fetch, Window(T0, T0 + timedelta(minutes=1)), threads, page_rows=10)
    came = [] if is_empty else list(range(50))
    assert sorted(received) == came
    assert (report.received, report.short) == (len(came), 50 + lie - len(came))
    assert api.requests <= (2 * threads + 1 if is_empty else 2 * 7 + 1)


@pytest.mark.parametrize("beyond", [1, 2, 5])
@pytest.mark.parametrize("page", [2, 3])
def test_calls_beyond_the_end_keep_no_short_window_from_its_end(beyond: int, page: int) -> None:
    """A page from the end may bear only a part of the window's last second, beside such calls."""
    start, end = T0, T0 + timedelta(seconds=5)
    calls = [(start, 0), *((end - SECOND, id_) for id_ in range(1, 6))]
    calls += [(end, 100 + id_) for id_ in range(beyond)]
    api = FakeApi(calls, page, lie=7)
    ids, (report,) = read(api.fetch, Window(start, end), page_rows=page)
    assert sorted(ids) == list(range(6))
    assert report.short
    assert api.requests < 60


def test_a_task_counts_before_it_waits_for_a_slot() -> None:
    """Else its window may be finished by then, by others, without it."""
    counted = []

    class Waited(Slots):
        def take(self, slot: Slot, give_up: Callable[[], bool]) -> None:
            counted.append(len(window_read.tasks))
            super().take(slot, give_up)

    agenda = Agenda(CALLS_REPORT, Edges(), Waited(1), page_rows=10, patience=1.0)
    window_read = agenda.plan(Window(T0, T0 + SECOND), datetime(2026, 1, 1, tzinfo=UTC))
    assert agenda.next()
    assert counted == [1]


@pytest.mark.parametrize("threads", [1, 4])
def test_an_hour_that_clocks_repeat_may_come_twice_within_a_page(threads: int) -> None:
    """It is not documented whether the API sorts by the times that it writes, or by instants."""
    instants = [T0 + minute * 60 * SECOND for minute in range(0, 24 * 60, 9)]
    back = T0 + timedelta(hours=13)
    calls = [
        (moment if moment < back else moment - timedelta(hours=1), id_)
        for id_, moment in enumerate(instants)
    ]

    def fetch(request: Request, *_: object) -> Page:
        """By instants, which ids follow here."""
        matching = [call for call in calls if request.date_from <= call[0] <= request.date_till]
        page = matching[:: -1 if request.descending else 1][request.offset :][:30]
        table = {
            "id": pa.array([id_ for _, id_ in page], pa.int64()),
            "start_time": pa.array([start for start, _ in page], pa.timestamp("us")),
        }
        return Page(CALLS_REPORT, pa.table(table), len(matching), 30)

    received, _ = read(fetch, Window(T0, T0 + timedelta(days=1)), threads, page_rows=30)
    assert sorted(received) == list(range(len(calls)))


@pytest.mark.parametrize("tells", [False, True])
@pytest.mark.parametrize("threads", [1, 4, 8])
def test_requests_follow_the_number_of_pages(threads: int, tells: bool) -> None:
    """Sharing a window between threads costs hardly a request."""
    rng = random.Random(3)
    calls = [(T0 + rng.randrange(86_400) * SECOND, id_) for id_ in range(20_000)]
    api = FakeApi(calls, 1000, tells=tells)
    window = Window(T0, T0 + timedelta(days=1))
    received, _ = read(api.fetch, window, threads, page_rows=1000)
    assert len(received) == 20_000
    assert api.requests <= 20 * 1.15 + threads


@pytest.mark.parametrize("tells", [False, True])
@pytest.mark.parametrize("threads", [2, 4, 8])
@pytest.mark.parametrize("calls", [9_900, pytest.param(50_000, marks=pytest.mark.cross)])
def test_no_request_is_made_for_calls_of_the_second_before(
    calls: int, threads: int, tells: bool
) -> None:
    """Each request counts a call in front of it, and begins with it, as bounds are not known."""
    api = FakeApi([(T0 + second * SECOND, second) for second in range(calls)], 1000, tells=tells)
    received, _ = read(api.fetch, Window(T0, T0 + calls * SECOND), threads, page_rows=1000)
    assert sorted(received) == list(range(calls))
    # each shares at least a call with the next
    assert api.requests == math.ceil(calls / 999)


@pytest.mark.parametrize("empty", [1, 2, 3, 4])
def test_an_empty_answer_where_calls_were_promised_loses_none(empty: int) -> None:
    """Others may be on their way by then; what nobody brings is read again."""
    api = FakeApi([(T0 + 60 * minute * SECOND, minute) for minute in range(60)], 20, tells=True)

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        page = api.fetch(request, listener, slot)
        return replace(page, calls=page.calls.slice(0, 0)) if api.requests == empty else page

    received, (report,) = read(fetch, Window(T0, T0 + timedelta(hours=1)), 4, page_rows=20)
    assert sorted(received) == list(range(60))
    assert (report.promised, report.received) == (60, 60)


def bursts(calls: int) -> list[Call]:
    """Calls of a month, nine of ten in short bursts."""
    rng = random.Random(7)
    at = [rng.randrange(30) * 86_400 + rng.randrange(600) for _ in range(calls)]
    at[::10] = [rng.randrange(30 * 86_400) for _ in at[::10]]
    return [(T0 + second * SECOND, id_) for id_, second in enumerate(at)]


@pytest.mark.parametrize("tells", [False, True])
@pytest.mark.parametrize("threads", [2, 4, 8])
@pytest.mark.parametrize("calls", [2_500, 9_900, pytest.param(50_000, marks=pytest.mark.cross)])
def test_threads_share_a_window_wherever_calls_lie(calls: int, threads: int, tells: bool) -> None:
    """Borders in time between them would mostly cost pages that are not full."""
    api = FakeApi(bursts(calls), 1000, tells=tells)
    window = Window(T0, T0 + timedelta(days=30))
    received, _ = read(api.fetch, window, threads, page_rows=1000)
    assert sorted(received) == list(range(calls))
    # now and then a thread asks for what another one would have brought
    assert api.requests <= calls / 1000 * 1.02 + 1 + threads / 2


def test_an_answer_in_another_order_than_asked_for_is_malformed() -> None:
    """Else its first and last second would be taken for those that it reaches from and to."""
    api = FakeApi([(T0 + minute * 60 * SECOND, minute) for minute in range(300)], 100)

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        page = api.fetch(request, listener, slot)
        return replace(page, calls=page.calls[::-1])

    with pytest.raises(MalformedResponse, match="order"):
        read(fetch, Window(T0, T0 + timedelta(days=1)), page_rows=100)


@given(
    minutes=st.lists(st.integers(-1, 60 * 12), max_size=200),
    crowd=st.tuples(st.integers(-1, 60 * 12), st.integers(0, 60)),
    page=st.sampled_from([1, 5, 20, 60]),
    threads=st.sampled_from([2, 4, 9]),
    inclusive=st.tuples(st.booleans(), st.booleans()),
    expected=st.none() | st.integers(0, 300),
    astray=st.none() | st.integers(-9, 9),
)
def test_each_call_comes_once_wherever_offsets_lead(
    minutes: list[int],
    crowd: tuple[int, int],
    page: int,
    threads: int,
    inclusive: tuple[bool, bool],
    expected: int | None,
    astray: int | None,
) -> None:
    """Nobody knows how many calls come before a page: some are made, or deleted, meanwhile, and an
    API may not heed an offset at all. What was expected of the window may be wrong, too."""
    moments = [*minutes, *[crowd[0]] * crowd[1]]
    calls = [(T0 + minute * 60 * SECOND, id_) for id_, minute in enumerate(moments)]
    window = Window(T0, T0 + timedelta(hours=12))
    api = FakeApi(calls, page, inclusive_from=inclusive[0], inclusive_till=inclusive[1])

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        offset = 0 if astray is None else max(0, request.offset + astray)
        return api.fetch(replace(request, offset=offset if request.offset else 0), listener, slot)

    known = {} if expected is None else {window: expected}
    received, reports = read(fetch, window, threads, expected=known, page_rows=page, patience=0.0)
    wanted = sorted(id_ for start, id_ in calls if window.start <= start < window.end)
    assert sorted(received) == wanted
    assert [(r.promised, r.received) for r in reports] == [(len(wanted), len(wanted))]


def test_a_window_that_is_known_to_be_large_is_read_side_by_side_at_once() -> None:
    calls = [(T0 + minute * 60 * SECOND, minute) for minute in range(380)]
    api, gathering, window = FakeApi(calls, 100), Gathering(4), Window(T0, T0 + timedelta(days=1))

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        with slot.sending():
            gathering.one_more()
            assert gathering.all_at_once.wait(10)
        return api.fetch(request, listener)

    received, _ = read(fetch, window, 4, expected={window: 370}, page_rows=100)
    assert sorted(received) == list(range(380))
    assert api.requests == 4


def test_an_api_that_ignores_a_range_of_ids_is_told_from_one_that_heeds_it() -> None:
    """Else a second of more calls than a page would be asked for without end, and doubled."""
    api = FakeApi([(T0, id_) for id_ in range(300)], 100)

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        return api.fetch(replace(request, id_above=None, id_below=None), listener, slot)

    with pytest.raises(MalformedResponse, match="range of ids"):
        read(fetch, Window(T0, T0 + timedelta(days=1)))


def test_a_failing_thread_ends_the_reading_with_its_error() -> None:
    def fetch(*_: object) -> Page:
        raise ValueError("from a thread")

    with pytest.raises(ValueError, match="from a thread"):
        read(fetch, Window(T0, T0 + SECOND), slots=4)


@pytest.mark.parametrize("ahead", [False, True])
def test_calls_beyond_the_end_are_no_part_of_the_promise(ahead: bool) -> None:
    """A page shows that the bound is inclusive, before all calls on it have come: a page behind an
    offset, or one at the start of what is left. The promise counted them."""
    window = Window(T0, T0 + 10 * SECOND)
    api = FakeApi([(T0 + second * SECOND, second) for second in range(8)], 5)
    api.calls += [(window.end, 10 + id_) for id_ in range(9)]
    unread, edges = (
        Unread(tally := Tally(window, CALLS_REPORT), till_is_inclusive=False, page_rows=5),
        Edges(),
    )
    first = unread.first()
    assert first
    flights = [first]
    if ahead:
        unread.told(first, unread.request(first, edges), 17)
        further = unread.further()
        assert further
        assert further.offset
        flights = [further, first]
    received = [calls for each in flights for calls in read_on(unread, each, api.fetch, edges)]
    while flight := unread.first():
        received += read_on(unread, flight, api.fetch, edges)
    ids = [id_ for table in received for id_ in table["id"].to_pylist()]
    assert sorted(ids) == list(range(8))
    assert (tally.promised, tally.received) == (8, 8)


TOTALS: dict[str, Callable[[int, int], int | None]] = {
    "exact": lambda matching, _: matching,
    "one more": lambda matching, _: matching + 1,
    "many more": lambda matching, _: matching + 1_000,
    "none": lambda *_: None,
    "too few": lambda matching, _: max(0, matching - 3),
    "of the page": lambda _, rows: rows,
    "different": lambda matching, rows: matching + (rows * 7 + matching) % 3,
}
"""What an API may promise, of the calls that match and those on the page."""


@given(
    minutes=st.lists(st.integers(-1, 60), max_size=80),
    crowd=st.tuples(st.integers(-1, 60), st.integers(0, 40)),
    page=st.sampled_from([2, 5, 20, 60]),
    inclusive=st.tuples(st.booleans(), st.booleans()),
    threads=st.sampled_from([1, 4]),
    promise=st.sampled_from(sorted(TOTALS)),
    capped=st.booleans(),
    lose=st.integers(0, 1),
)
def test_each_call_comes_once_whatever_is_promised(
    minutes: list[int],
    crowd: tuple[int, int],
    page: int,
    inclusive: tuple[bool, bool],
    threads: int,
    promise: str,
    capped: bool,
    lose: int,
) -> None:
    """Short pages, a lost call and the API's bounds come on top, as far as anybody could tell."""
    knows = promise in ("exact", "one more", "many more")
    moments = [*minutes, *[crowd[0]] * crowd[1]]
    calls = [(T0 + minute * 60 * SECOND, id_) for id_, minute in enumerate(moments)]
    window = Window(T0, T0 + timedelta(hours=1))
    api = FakeApi(
        calls, page, inclusive_from=inclusive[0], inclusive_till=inclusive[1],
        lose=lose if promise in ("exact", "one more") and not capped else 0,
        capped=capped and (knows or promise == "none"), totals=TOTALS[promise], tells=True,
    )  # fmt: skip
    received, (report,) = read(
        api.fetch, window, threads, page_rows=LARGEST_PAGE if capped else page
    )
    wanted = sorted(id_ for start, id_ in calls if window.start <= start < window.end)
    assert sorted(received) == wanted
    assert report.received == len(wanted)
    lacking = {"exact": 0, "none": 0, "too few": 0, "of the page": 0, "one more": 1}
    assert report.short == lacking.get(promise, report.short)


def costs(calls: list[Call], page: int, lie: int, threads: int = 1, **options: Any) -> int:
    api, end = FakeApi(calls, page, lie=lie, tells=True), calls[-1][0] + SECOND
    received, (report,) = read(api.fetch, Window(T0, end), threads, page_rows=page, **options)
    assert (len(received), report.short) == (len(calls), lie)
    return api.requests


@pytest.mark.parametrize("calls", [1, 2, 49, 50, 51, 60, 99, 101, 480, 1_000])
@pytest.mark.parametrize("apart", [0, 1, 3])
def test_a_short_window_costs_at_most_twice_its_pages(calls: int, apart: int) -> None:
    """Also where all of them began in one second, which is read by ranges of ids. It costs no more
    than its pages if it was as short when it was read last."""
    made = [(T0 + apart * number * SECOND, number) for number in range(calls)]
    pages = costs(made, 50, 0)
    # how many ranges it takes is up to chance
    chance = 0 if apart else pages // 2
    # one more if threads meet so that a page is asked for in vain
    assert costs(made, 50, 1) <= 2 * pages + max(int(pages > 1), chance)
    assert costs(made, 50, 1, short_before=lambda _: 1) <= pages + 1 + chance
    assert costs(made, 50, 2, short_before=lambda _: 1) <= 2 * pages + 1 + chance


def test_a_window_of_one_page_that_is_short_costs_two_requests() -> None:
    made = [(T0 + number * SECOND, number) for number in range(42)]
    assert [costs(made, 100, lie, threads=4) for lie in (0, 1, 1_000_000)] == [1, 2, 2]
    accepted = [costs(made, 100, 3, threads=4, short_before=lambda _, n=n: n) for n in (2, 3, 4)]
    assert accepted == [2, 1, 2], "one that lacks fewer may have lost another one"


@pytest.mark.parametrize("strict", [False, True])
def test_only_strict_totals_fail(strict: bool) -> None:
    """What was remembered counts for nothing then."""
    made = [(T0 + number * SECOND, number) for number in range(42)]
    api, window = FakeApi(made, 100, lie=1), Window(T0, T0 + timedelta(minutes=1))
    with pytest.raises(WindowIncomplete) if strict else nullcontext():
        read(api.fetch, window, strict=strict, short_before=lambda _: 1)
    assert api.requests == (2 if strict else 1)


@pytest.mark.parametrize("page", [7, 20, 1_000])
@pytest.mark.parametrize("threads", [1, 4])
def test_a_call_that_comes_again_and_again_is_passed_on_once(page: int, threads: int) -> None:
    """On one page, and on others; it counts as received once, so a lost one is still found."""
    calls = [(T0 + number * SECOND, number) for number in range(200)]
    api = FakeApi(calls, page, lose=1)

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        found = api.fetch(request, listener, slot)
        rows = found.calls
        again = pa.concat_tables([rows.slice(0, 3), rows.slice(2)]) if len(rows) > 3 else rows
        return replace(found, calls=again.slice(0, max(page, len(rows))))

    received, (report,) = read(
        fetch, Window(T0, T0 + timedelta(minutes=5)), threads, page_rows=page
    )
    assert sorted(received) == list(range(200))
    assert (report.received, report.short) == (200, 0)


@pytest.mark.parametrize("to", [timedelta(seconds=5), timedelta(seconds=195)])
def test_a_call_that_moves_while_it_is_read_comes_once(to: timedelta) -> None:
    """Also to where pages have been read already: it is lacking there, and looked for."""
    calls = [(T0 + number * SECOND, number) for number in range(200)]
    api = FakeApi(calls, 20)

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        if api.requests == 4:
            moved = 190 if to < timedelta(seconds=100) else 3
            api.calls[moved] = (T0 + to, moved)
        return api.fetch(request, listener, slot)

    received, (report,) = read(fetch, Window(T0, T0 + timedelta(minutes=5)), page_rows=20)
    assert sorted(received) == list(range(200))
    assert report.short == 0


@pytest.mark.parametrize("which", ["all", "first page", "every other", "last"])
@pytest.mark.parametrize("promise", ["exact", "one more", "none"])
def test_records_that_are_refused_count_as_received(which: str, promise: str) -> None:
    """Each once, though it may come on two pages. A page of nothing else is neither the end, nor
    asked for again and again."""
    calls = [(T0 + number * SECOND, number) for number in range(100)]
    kept_out = {
        "all": range(100), "first page": range(20), "every other": range(0, 100, 2),
        "last": range(80, 100),
    }[which]  # fmt: skip
    api = FakeApi(calls, 20, totals=TOTALS[promise])

    def fetch(request: Request, listener: Listener | None, slot: Slot) -> Page:
        found = api.fetch(request, listener, slot)
        is_bad = pc.is_in(found.calls["id"], value_set=pa.array(kept_out, pa.int64()))
        bad = [Refused(f"{id_}", "") for id_ in found.calls.filter(is_bad)["id"].to_pylist()]
        return replace(found, calls=found.calls.filter(pc.invert(is_bad)), refused=bad)

    received, (report,) = read(fetch, Window(T0, T0 + timedelta(minutes=5)), page_rows=20)
    assert sorted(received) == [id_ for id_ in range(100) if id_ not in kept_out]
    assert (report.refused, report.short) == (len(kept_out), promise == "one more")
    assert api.requests <= 20


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(0, 9), st.integers(0, 9))
def test_a_part_of_a_page_is_the_calls_of_its_seconds(
    seconds: list[int], start: int, end: int
) -> None:
    """Whether they lie together, as the API sorts them, or not."""
    at = [datetime(2026, 1, 1) + timedelta(seconds=second) for second in range(10)]
    calls = pa.table(
        {
            "id": pa.array(range(len(seconds)), pa.int64()),
            "start_time": pa.array([at[second] for second in seconds], NAIVE_TIME),
        }
    )
    part = Page(CALLS_REPORT, calls, len(seconds)).between(at[start], at[end])
    wanted = [id_ for id_, second in enumerate(seconds) if start <= second < end]
    assert part["id"].to_pylist() == wanted
