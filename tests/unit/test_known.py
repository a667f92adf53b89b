"""Ids of calls are known in little memory and time, whatever order they come in."""

from __future__ import annotations

import time
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.reading.known_keys import KnownKeys
from dlt_uis.reports.calls import CALLS_REPORT

MILLION = 1_000_000


def page(ids: pa.Array) -> pa.Table:
    return pa.table({"id": ids, "start": pa.nulls(len(ids))})


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.lists(st.integers(-9, 30), min_size=1, max_size=12)),
        max_size=9,
    )
)
def test_each_id_is_new_once(pages: list[tuple[str, list[int]]]) -> None:
    """And counts once for each window that it comes for."""
    known, seen = KnownKeys(CALLS_REPORT), {"a": set[int](), "b": set[int]()}
    windows = {"a": object(), "b": object()}
    for window, ids in pages:
        new, received = known.add(page(pa.array(ids)), windows[window])
        assert new["id"].to_pylist() == [
            id_ for id_ in dict.fromkeys(ids) if id_ not in seen["a"] | seen["b"]
        ]
        assert received == len(set(ids) - seen[window])
        seen[window].update(ids)
    for window, ids_seen in seen.items():
        assert sorted(known.of(windows[window])) == sorted(ids_seen)


@pytest.mark.parametrize("order", [pytest.param("rising", marks=pytest.mark.cross), "mixed"])
def test_a_million_ids_take_little_memory_and_time(order: str) -> None:
    """At most 20 MB, and a small part of the time that decoding 100 pages takes (half a minute)."""
    far, span = pc.multiply(pa.array(range(MILLION)), 618_033_988_749), 1_000_000_000_039
    ids = pc.subtract(far, pc.multiply(pc.divide(far, span), span))
    whole = page(ids.sort() if order == "rising" else ids)
    pages = [whole.slice(at, 10_000) for at in range(0, MILLION, 10_000)]
    before, began = pa.total_allocated_bytes(), time.process_time()
    known = KnownKeys(CALLS_REPORT)
    for each in pages:
        assert known.add(each, None)[1] == 10_000
    assert time.process_time() - began < 10
    assert pa.total_allocated_bytes() - before <= 20_000_000


def test_keys_of_several_columns_are_told_apart() -> None:
    """Also where the ends of their values meet, and where one is missing."""
    rows = [(1, "1", "a/b"), (1, "1", "a"), (11, "", "a/b"), (1, None, "1"), (1, "1", "a/b")]
    table = pa.table(
        [pa.array(column) for column in zip(*rows, strict=True)], ["visit_id", "name", "tag"]
    )
    known = KnownKeys(replace(CALLS_REPORT, key=("visit_id", "name", "tag")))
    assert known.add(table[:2], None)[0].to_pylist() == table[:2].to_pylist()
    assert known.add(table, None) == (table[2:4], 2)
    assert known.add(table[:0], None) == (table[:0], 0)
    assert known.count == 4
