"""Windows cover what they are cut from, without gap or overlap; local times lose no call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.errors import UnknownTimezone
from dlt_uis.localtime.windows import SECOND, Window, spanning
from dlt_uis.localtime.zones import Zone
from dlt_uis.reports.fields import LONGEST_WINDOW

moments = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)
zones = st.sampled_from(
    ["Europe/Moscow", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Dubai"]
).map(Zone)


@given(start=moments, seconds=st.integers(1, 10**9), longest=st.integers(1, 10**7))
def test_pieces_cover_a_window(start: datetime, seconds: int, longest: int) -> None:
    longest = max(longest, seconds // 500 + 1)
    window = Window(start, start + seconds * SECOND)
    pieces = list(window.pieces(longest * SECOND))
    assert pieces[0].start == window.start
    assert pieces[-1].end == window.end
    for before, after in pairwise(pieces):
        assert before.end == after.start
    assert all(piece.length <= longest * SECOND for piece in pieces)


@given(start=moments, days=st.integers(1, 2000))
def test_pieces_are_within_what_the_api_allows(start: datetime, days: int) -> None:
    """The shortest three months have 89 days; a request reaches two seconds further."""
    for piece in Window(start, start + timedelta(days=days)).pieces(LONGEST_WINDOW):
        assert piece.length + 2 * SECOND <= timedelta(days=89)
    assert timedelta(days=89) > LONGEST_WINDOW


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        Window(datetime(2026, 1, 1), datetime(2026, 1, 1))
    assert spanning(datetime(2026, 1, 1), datetime(2026, 1, 1)) is None


@given(
    zone=zones,
    bounds=st.tuples(moments, st.integers(0, 200_000)),
    offset=st.integers(0, 200_000),
)
def test_no_call_of_a_range_bears_a_time_outside_its_local_bounds(
    zone: Zone, bounds: tuple[datetime, int], offset: int
) -> None:
    start = bounds[0].replace(tzinfo=UTC)
    end = start + bounds[1] * SECOND
    call = min(start + offset * SECOND, end)
    assert zone.earliest_local(start) <= zone.local(call) <= zone.latest_local(end)


# Arrow knows no clock changes from 2038 on: it reads the 32-bit part of the zone files
@given(zone=zones, local=moments.filter(lambda moment: moment.year < 2038))
def test_one_local_time_is_one_instant_wherever_it_is_computed(zone: Zone, local: datetime) -> None:
    """Python's and Arrow's conversions follow the same rules, at clock changes too."""
    (arrow,) = zone.to_utc(pa.array([local], pa.timestamp("us"))).to_pylist()
    assert arrow == zone.instant(local)


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        ("Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29 01:00:00"),
        ("Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25 00:30:00"),
        ("America/New_York", "2026-03-08 02:30:00", "2026-03-08 07:00:00"),
    ],
)
def test_hours_that_clocks_skip_or_repeat(zone: str, local: str, instant: str) -> None:
    wanted = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert Zone(zone).instant(datetime.fromisoformat(local)) == wanted


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(UnknownTimezone, match="Mars/Olympus"):
        Zone("Mars/Olympus")
