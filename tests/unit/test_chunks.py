"""Chunks and covered intervals tile a range: nothing twice, nothing left out."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.backfill.chunks import plan
from dlt_uis.localtime.intervals import from_state, merged, to_state, without
from dlt_uis.localtime.windows import SECOND, Window
from dlt_uis.reading.counting import Estimate
from dlt_uis.reports.fields import LONGEST_WINDOW

FIRST = datetime(2024, 1, 1)


@st.composite
def windows(draw: st.DrawFn, days: int = 400) -> Window:
    start = FIRST + draw(st.integers(0, days * 86_400)) * SECOND
    return Window(start, start + draw(st.integers(1, days * 86_400)) * SECOND)


@given(windows(), st.lists(windows(), max_size=5))
def test_what_is_left_and_what_is_covered_tile_the_window(
    window: Window, covered: list[Window]
) -> None:
    left = list(without(window, covered))
    inside = [
        Window(max(known.start, window.start), min(known.end, window.end))
        for known in covered
        if known.start < window.end and known.end > window.start
    ]
    assert merged([*left, *inside]) == [window]
    for part in left:
        assert not any(part.start < known.end and known.start < part.end for known in covered)
    assert from_state(to_state(left)) == left


@given(windows(), st.integers(0, 10_000_000), st.integers(1, 200_000), st.floats(0.001, 90))
def test_chunks_tile_the_window(window: Window, total: int, calls: int, days: float) -> None:
    pieces = list(window.pieces(LONGEST_WINDOW))
    estimates = [Estimate(piece, total // len(pieces)) for piece in pieces]
    calls = max(calls, total // 500, 1)
    longest = max(timedelta(days=days), window.length / 500)
    chunks = list(plan([window], estimates, calls=lambda: calls, longest=longest))
    assert merged(chunks) == [window]
    assert sum((chunk.length for chunk in chunks), timedelta()) == window.length
    for chunk in chunks:
        assert chunk.length <= longest + SECOND
        few = chunk.length <= 2 * SECOND
        assert few or sum(each.within(chunk) for each in estimates) <= calls + 1


def test_chunks_end_at_midnight() -> None:
    window = Window(datetime(2024, 1, 1, 7), datetime(2024, 3, 1))
    estimates = [Estimate(window, 600_000)]
    chunks = list(plan([window], estimates, calls=lambda: 100_000, longest=timedelta(31)))
    assert all(chunk.end.hour == 0 for chunk in chunks)
