"""Days are told loaded exactly as far as they were read, whatever windows they were read in."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.localtime.intervals import Span, merged
from dlt_uis.localtime.zones import Zone
from dlt_uis.overview.coverage import (
    Extent,
    State,
    Verdict,
    bounds,
    dates,
    days_of,
    extent_of,
    gaps,
    shares,
    state_of,
)
from dlt_uis.overview.page import page_of
from dlt_uis.overview.questions import Facts
from dlt_uis.secrecy.scrubbing import remember

START = datetime(2024, 3, 1, tzinfo=UTC)
DAYS = 60
minutes = st.integers(0, DAYS * 1440 - 1)
spans = st.lists(
    st.tuples(minutes, st.integers(1, 20_000)).map(
        lambda pair: Span(_at(pair[0]), _at(min(pair[0] + pair[1], DAYS * 1440)))
    ),
    max_size=12,
)
zones = st.sampled_from(
    ["Europe/Moscow", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]
).map(Zone)


def _at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def _length(of: list[Span]) -> timedelta:
    return sum((span.end - span.start for span in of), timedelta(0))


def verdict(*, is_equal: bool) -> Verdict:
    return Verdict(5, 5, 0, 0, 0, is_compared=True, is_equal=is_equal, verified_at=START)


@given(spans)
def test_spans_and_gaps_make_up_the_whole(read: list[Span]) -> None:
    """Without overlap: what was read and what was not are never shown as both."""
    whole, missing = merged(read), gaps(read)
    assert merged(whole + missing) == ([Span(whole[0].start, whole[-1].end)] if whole else [])
    if whole:
        assert _length(whole) + _length(missing) == whole[-1].end - whole[0].start


@given(spans, zones)
def test_the_shares_of_days_add_up_to_what_was_read(read: list[Span], zone: Zone) -> None:
    """Also over clock changes, where a day has 23 or 25 hours."""
    days = list(dates(date(2024, 2, 28), date(2024, 5, 2)))
    found = shares(read, days, zone)
    assert all(0 <= share <= 1 for share in found.values())
    seconds = sum(
        share * (bounds(day, zone).end - bounds(day, zone).start).total_seconds()
        for day, share in found.items()
    )
    assert seconds == pytest.approx(_length(merged(read)).total_seconds(), abs=1e-3)


@given(spans, st.data())
def test_how_windows_were_cut_does_not_matter(read: list[Span], data: st.DataObject) -> None:
    cut = []
    for span in read:
        length = int((span.end - span.start).total_seconds())
        middle = span.start + timedelta(seconds=data.draw(st.integers(0, length)))
        cut += [Span(span.start, middle), Span(middle, span.end)]
    zone, days = Zone("Europe/Berlin"), list(dates(date(2024, 3, 1), date(2024, 4, 30)))
    assert shares(read, days, zone) == shares(cut, days, zone)


@pytest.mark.parametrize(
    ("share", "equal", "state"),
    [
        (0.0, None, State.GAP),
        (0.4, None, State.PARTIAL),
        (1.0, None, State.LOADED),
        (1.0, True, State.EQUAL),
        (0.4, True, State.PARTIAL),
        (1.0, False, State.DIFFERENT),
        (0.0, False, State.DIFFERENT),
    ],
)
def test_the_most_pressing_state_is_shown(share: float, equal: bool | None, state: State) -> None:
    found = None if equal is None else verdict(is_equal=equal)
    assert state_of(share, found) is state


def test_a_day_that_a_zone_skipped_is_no_gap() -> None:
    """Samoa moved over the date line and had no 30 December 2011."""
    skipped = date(2011, 12, 30)
    assert shares([], [skipped], Zone("Pacific/Apia")) == {skipped: 1.0}


def test_a_day_bears_when_it_was_last_read() -> None:
    first, second, third = dates(date(2024, 3, 1), date(2024, 3, 3))
    reads = [(second, third, _at(9)), (date(2024, 2, 1), second, _at(5))]
    read = [Span(START, START + timedelta(days=3))]
    days = days_of(first, third, Zone("UTC"), read, reads, {second: verdict(is_equal=True)})
    assert [day.loaded_at for day in days] == [_at(5), _at(9), _at(9)]
    assert [day.state for day in days] == [State.LOADED, State.EQUAL, State.LOADED]


def test_a_day_that_was_read_in_part_is_counted_as_such() -> None:
    """Neither as whole nor as missing, also where it was verified and differs."""
    read = [Span(START, START + timedelta(days=2, hours=7))]
    first, last = date(2024, 2, 28), date(2024, 3, 3)
    verdicts = {date(2024, 3, 3): verdict(is_equal=False)}
    days = days_of(first, last, Zone("UTC"), read, [], verdicts)
    assert extent_of(days) == Extent(whole=2, partial=1, missing=2)
    assert extent_of([]) == Extent(0, 0, 0)


@pytest.mark.parametrize(("surplus", "is_told"), [(0, False), (2, True)])
def test_a_day_that_differs_carries_the_command_that_repairs_it(
    surplus: int, is_told: bool
) -> None:
    """With the options that lead to the warehouse; what removes calls has to be added by hand."""
    bad = replace(verdict(is_equal=False), surplus=surplus)
    page = page_of(facts(verdicts={START.date(): bad}), "duckdb", START, "--dataset 'a b'")
    command = "dlt-uis verify --repair --dataset &#x27;a b&#x27; --from 2024-03-01 --to 2024-03-01"
    assert f"<code>{command}</code>" in page
    assert ("<code>--prune</code>" in page) == is_told


def test_a_secret_is_hidden_in_the_page_but_the_script_stays_whole() -> None:
    script = r'id="plotly">([A-Za-z0-9+/=]+)</script>'
    before = re.search(script, page_of(facts(), "duckdb", START))
    assert before
    # as if a secret's letters stood in the script by chance, in base64 or as they are
    remember("a-place", before[1][1000:1012], b64decode(before[1][2000:2008]).decode("latin-1"))
    page = page_of(facts(), "duckdb, a-place", START)
    assert "duckdb, ***" in page
    assert "a-place" not in page
    after = re.search(script, page)
    assert after and after[1] == before[1]


def facts(**given: Any) -> Facts:
    """Of a warehouse into which three days without calls were loaded."""
    usual: dict[str, Any] = {
        "zone": Zone("UTC"), "is_zone_known": True, "calls": 0, "first": None, "last": None,
        "days": {}, "spans": [Span(START, START + timedelta(days=3))], "reads": [], "loads": [],
        "load_count": 0, "verdicts": None, "has_trail": True, "has_lost": True,
    }  # fmt: skip
    return Facts(**{**usual, **given})
