"""The charts are what plotly knows how to draw, and show each day where a calendar has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import plotly.graph_objects as go
import pytest

from dlt_uis.localtime.intervals import Span
from dlt_uis.localtime.zones import Zone
from dlt_uis.overview.calendar import STATES, calendar
from dlt_uis.overview.charts import calls_a_day, calls_by_week, is_long, loads
from dlt_uis.overview.coverage import Day, days_of, gaps
from dlt_uis.overview.loads import Kind, Load
from dlt_uis.overview.look import Chart
from dlt_uis.overview.questions import DayCalls
from dlt_uis.overview.texts import Texts

ZONE = Zone("Europe/Moscow")
ENGLISH = Texts("en")
START = datetime(2024, 12, 30, 21, tzinfo=UTC)  # midnight in Moscow
FIRST = date(2024, 12, 31)


def history(length: int) -> tuple[list[Day], dict[date, DayCalls], list[Span]]:
    """So many days with ten calls each; the third is a gap where there are enough."""
    read = [Span(START, START + timedelta(days=length))]
    if length > 5:
        read = [
            Span(START, START + timedelta(days=2)),
            Span(START + timedelta(days=3), START + timedelta(days=length)),
        ]
    days = days_of(FIRST, FIRST + timedelta(days=length - 1), ZONE, read, [], {})
    calls = {day.date: DayCalls({"in": 7, "out": 3}, lost=2) for day in days if day.share}
    return days, calls, gaps(read)


def a_load(number: int) -> Load:
    at = START + timedelta(hours=number)
    return Load(str(number), Kind.REPAIR, at, at + timedelta(seconds=number % 3), 100, 1, 1, 1)


def assert_drawable(chart: Chart) -> None:
    go.Figure(chart)  # raises where a name or value is not plotly's


@pytest.mark.parametrize("length", [1, 3, 60, 1_100])
@pytest.mark.parametrize("has_lost", [True, False])
def test_every_chart_is_one_that_plotly_takes(length: int, has_lost: bool) -> None:
    days, calls, missing = history(length)
    assert_drawable(calendar(days, calls, ZONE, ENGLISH))
    assert_drawable(calls_a_day(days, calls, ZONE, missing, ENGLISH, has_lost=has_lost))
    assert_drawable(calls_by_week(days, calls, ZONE, missing, ENGLISH, has_lost=has_lost))
    assert_drawable(loads([a_load(number) for number in range(min(length, 200))], ZONE, ENGLISH))
    assert is_long(days) == (length == 1_100)


def test_the_calendar_has_each_day_once_in_its_weekdays_row() -> None:
    days, calls, _ = history(800)
    found = 0
    for cells in _cells(calendar(days, calls, ZONE, ENGLISH)):
        for row, states in enumerate(cells):
            texts = [text for text, state in states if state is not None]
            found += len(texts)
            names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
            assert all(text.startswith(f"<b>{names[row]}, ") for text in texts)
    assert found == len(days)


def test_the_calendar_shows_the_gap() -> None:
    days, calls, _ = history(10)
    colours = list(STATES)
    shown = {
        text.split("</b>")[0].removeprefix("<b>"): colours[state].value
        for cells in _cells(calendar(days, calls, ZONE, ENGLISH))
        for row in cells
        for text, state in row
        if state is not None
    }
    assert shown["Thu, 2 Jan 2025"] == "not loaded"
    assert list(shown.values()).count("not loaded") == 1


def _empty_cells(chart: Chart) -> int:
    empty = (trace["z"] for trace in chart["data"] if "text" not in trace)
    return sum(cell is not None for cells in empty for row in cells for cell in row)


@pytest.mark.parametrize(
    ("length", "years", "months"),
    [
        (1, "2024", ["Dec"]),
        (3, "2024–2025", ["Jan"]),
        (60, "2024–2025", ["Jan", "Feb"]),
        (370, "2024–2026", ["Jan", "Feb"]),
    ],
)
def test_a_short_history_has_no_more_cells_than_its_weeks(
    length: int, years: str, months: list[str]
) -> None:
    """In one block, over New Year too; cells of a year to come would only be empty."""
    days, calls, _ = history(length)
    chart = calendar(days, calls, ZONE, ENGLISH)
    assert len(list(_cells(chart))) == 1
    monday = FIRST - FIRST.weekday() * timedelta(days=1)
    weeks = (days[-1].date - monday).days // 7 + 1
    assert _empty_cells(chart) == 7 * weeks - length
    text = chart["layout"]["annotations"][0]["text"]
    assert text.split("  ")[0] == f"<b>{years}</b>"
    assert list(chart["layout"]["xaxis"]["ticktext"])[:2] == months


def test_a_long_history_has_a_block_a_year_without_the_months_before_and_after_it() -> None:
    days, calls, _ = history(800)
    chart = calendar(days, calls, ZONE, ENGLISH)
    assert [note["text"][3:7] for note in chart["layout"]["annotations"]] == [
        "2027", "2026", "2025", "2024",
    ]  # fmt: skip
    assert _empty_cells(chart) < 7 * 2
    newest, oldest = chart["layout"]["xaxis"], chart["layout"]["xaxis4"]
    assert newest["ticktext"] == ["Jan", "Feb", "Mar"]
    assert oldest["ticktext"] == ["Dec"]
    assert newest["range"] == oldest["range"]


def _cells(chart: Chart) -> Sequence[Sequence[Sequence[tuple[str, int | None]]]]:
    """Text and state of the cells, by year and row."""
    return [
        [list(zip(texts, states, strict=True)) for texts, states in zip(*pair, strict=True)]
        for pair in ((trace["text"], trace["z"]) for trace in chart["data"] if "text" in trace)
    ]


def test_a_weeks_mean_leaves_out_days_that_were_not_read() -> None:
    days, calls, missing = history(100)
    chart = calls_by_week(days, calls, ZONE, missing, ENGLISH, has_lost=True)
    incoming, outgoing, lost = (trace["y"] for trace in _named(chart).values())
    assert set(incoming) == {7}
    assert set(outgoing) == {3}
    assert set(lost) == {20}


@pytest.mark.parametrize("length", [30, 60, 300])
def test_the_line_of_lost_calls_breaks_where_days_are_not_loaded(length: int) -> None:
    days, calls, missing = history(length)
    chart = calls_a_day(days, calls, ZONE, missing, ENGLISH, has_lost=True)
    lost = next(trace for trace in chart["data"] if trace.get("yaxis") == "y2")
    broken = [place for place, share in zip(lost["x"], lost["y"], strict=True) if share is None]
    assert broken == ["2025-01-02"]
    assert lost["connectgaps"] is False


def test_without_a_record_of_what_was_read_a_quiet_day_does_not_break_the_line() -> None:
    days, calls, _ = history(60)
    unknown = days_of(days[0].date, days[-1].date, ZONE, [], [], {})
    chart = calls_a_day(unknown, calls, ZONE, [], ENGLISH, has_lost=True)
    lost = next(trace for trace in chart["data"] if trace.get("yaxis") == "y2")
    assert None not in lost["y"]


def _named(chart: Chart) -> Mapping[str, Chart]:
    return {trace["name"]: trace for trace in chart["data"]}


def test_a_load_that_took_no_time_has_no_rate() -> None:
    assert a_load(3).rate is None
    assert a_load(1).rate == 100


def test_a_load_says_what_it_was() -> None:
    bars, rates = loads([a_load(1)], ZONE, ENGLISH)["data"]
    assert all("<br>repair<br>" in trace["text"][0] for trace in (bars, rates))


def test_thousands_are_set_apart_by_thin_spaces() -> None:
    assert ENGLISH.number(1234567) == "1\u202f234\u202f567"
    assert ENGLISH.number(0.25, 1) == "0.2"
