"""Wherever records lie, a window is cut into parts that make headway."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.localtime.intervals import merged
from dlt_uis.localtime.windows import SECOND, Window
from dlt_uis.reading.cutting import in_order, left_of, parts_of
from dlt_uis.reports.fields import NAIVE_TIME

from .fake_api import T0

lengths = st.one_of(st.integers(2, 9), st.integers(2, 88 * 86_400))
places = st.lists(st.integers(0, 2**60), max_size=60)


def seconds_of(window: Window, places: list[int]) -> pa.Array:
    length = window.length // SECOND
    return pa.array([window.start + place % length * SECOND for place in places], NAIVE_TIME)


@given(lengths, places, st.floats(1, 1_000_000))
def test_parts_tile_a_window_and_are_two_at_least(
    length: int, places: list[int], pages: float
) -> None:
    window = Window(T0, T0 + length * SECOND)
    parts = parts_of(window, seconds_of(window, places), pages)
    assert merged(parts) == [window]
    assert sum((part.length for part in parts), timedelta()) == window.length
    assert 2 <= len(parts) < 100


@given(lengths, places, st.booleans(), st.floats(-1, 1_000_000))
def test_a_stretch_lies_at_an_end_and_the_rest_is_left(
    length: int, places: list[int], descending: bool, pages: float
) -> None:
    window = Window(T0, T0 + length * SECOND)
    seconds = seconds_of(window, places).sort("descending" if descending else "ascending")
    stretch = in_order(window, seconds)
    if stretch is None:
        return
    assert stretch.end == window.end if descending else stretch.start == window.start
    rest = left_of(window, stretch, pages)
    assert merged([*rest, stretch]) == [window]
    assert sum((part.length for part in rest), stretch.length) == window.length
    last = min(seconds.to_pylist()) if descending else max(seconds.to_pylist())
    assert any(part.start <= last < part.end for part in rest)


def test_a_second_that_many_begin_in_is_a_part_by_itself() -> None:
    window, crowded = Window(T0, T0 + timedelta(days=9)), T0 + timedelta(days=3)
    others = [T0 + timedelta(hours=7 * number % 216) for number in range(20)]
    parts = parts_of(window, pa.array([*others, *[crowded] * 30], NAIVE_TIME), 5.0)
    assert Window(crowded, crowded + SECOND) in parts


@pytest.mark.parametrize("late", [0, 30, 3_600])
def test_records_that_come_a_bit_late_are_in_order(late: int) -> None:
    """A clock that is set back is as little in the way; what may come later is left."""
    window = Window(T0, T0 + timedelta(days=9))
    moments = [T0 + 600 * number * SECOND for number in range(100)]
    moments[50] += late * SECOND
    stretch = in_order(window, pa.array(moments, NAIVE_TIME))
    assert stretch is not None
    assert moments[-1] - stretch.end <= 2 * timedelta(seconds=late)
