"""A list is read page behind page: each record once, all that come, and not for ever."""

from __future__ import annotations

import random

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.api.envelope import Refused
from dlt_uis.reading.paging import FARTHEST, Fetch, Page, Request
from dlt_uis.reading.whole import EVERYTHING, Whole, as_promised, read_whole
from dlt_uis.reports.lists import LISTS

TAGS = LISTS["tags"]


def page(ids: list[int], total: int | None, limit: int, refused: int = 0) -> Page:
    kept_out = [
        Refused(f"{number}", "a record whose id can't be read") for number in range(refused)
    ]
    return Page(TAGS, pa.table({"id": pa.array(ids, pa.int64())}), total, limit, kept_out)


def ids_of(whole: Whole) -> list[int]:
    return sorted(whole.rows["id"].to_pylist())


@given(
    count=st.integers(0, 60),
    limit=st.integers(1, 20),
    cap=st.integers(1, 20),
    total=st.sampled_from(["exact", "too many", "nothing"]),
)
def test_all_records_come_once(count: int, limit: int, cap: int, total: str) -> None:
    """However many the API gives at once, and whatever it promises."""
    promised = {"exact": count, "too many": count + 3, "nothing": None}[total]

    def fetch(request: Request) -> Page:
        ids = list(range(count))[request.offset :][: min(limit, cap)]
        return page(ids, promised, limit)

    whole = read_whole(fetch, EVERYTHING, ["id"])
    assert ids_of(whole) == list(range(count))
    assert whole.short == (3 if total == "too many" else 0)
    assert whole.requests <= 2 * (count // min(limit, cap) + 2)


@given(count=st.integers(1, 60), limit=st.integers(1, 20), seed=st.integers())
def test_what_one_reading_skips_the_other_may_bring(count: int, limit: int, seed: int) -> None:
    """Each page is of another order, so that some records come twice, and some not at all."""
    rng = random.Random(seed)

    def fetch(request: Request) -> Page:
        ids = rng.sample(range(count), count)[request.offset :][:limit]
        return page(ids, count, limit)

    whole = read_whole(fetch, EVERYTHING, ["id"])
    found = ids_of(whole)
    assert len(found) == len(set(found)) == count - whole.short
    assert set(found) <= set(range(count))


def test_an_api_that_knows_no_offset_is_not_asked_for_ever() -> None:
    fetches: list[Fetch] = [
        lambda _: page([1, 2, 3], 1_000_000, 3),
        lambda _: page([1, 2, 3], None, 10_000),
        lambda _: page([], 5, 10_000),
    ]
    for fetch in fetches:
        assert read_whole(fetch, EVERYTHING, ["id"]).requests <= 4
    without_key = read_whole(lambda _: page([1] * 9_999, 10**9, 9_999), EVERYTHING)
    assert without_key.requests <= 2 * (FARTHEST // 9_999 + 2)


@given(count=st.integers(0, 30), cap=st.integers(1, 20), knows_offset=st.booleans())
def test_without_key_and_promise_it_ends_where_nothing_new_comes(
    count: int, cap: int, knows_offset: bool
) -> None:
    def fetch(request: Request) -> Page:
        ids = list(range(count))[request.offset if knows_offset else 0 :][:cap]
        return page(ids, None, 10_000)

    whole = read_whole(fetch, EVERYTHING)
    assert ids_of(whole) == list(range(count if knows_offset else min(count, cap)))
    assert whole.requests <= count // cap + 2


@given(ids=st.lists(st.integers(0, 5), max_size=12), promised=st.integers(0, 12))
def test_rows_that_are_alike_are_left_out_as_far_as_they_are_too_many(
    ids: list[int], promised: int
) -> None:
    # alike but for what is in their arrays, two are not alike
    rows = pa.table(
        {"id": pa.array([id_ // 2 for id_ in ids], pa.int64()), "tags": [[id_ % 2] for id_ in ids]}
    )
    kept = [2 * row["id"] + row["tags"][0] for row in as_promised(rows, promised).to_pylist()]
    assert set(kept) == set(ids)
    assert len(kept) == min(len(ids), max(promised, len(set(ids))))


def test_records_that_are_kept_out_are_not_missing() -> None:
    """They count once, on however many pages they are."""
    whole = read_whole(lambda _: page([1, 2], 4, 10, refused=2), EVERYTHING, ["id"])
    assert (whole.short, len(whole.refused), whole.requests) == (0, 2, 1)


def test_a_promise_of_nothing_beside_rows_says_nothing() -> None:
    assert ids_of(read_whole(lambda _: page([7, 7], 0, 10), EVERYTHING)) == [7, 7]
