"""What is said of a run while it goes on does not jump."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from dlt_uis.cli.display import StepCollector, _line
from dlt_uis.progress import Progress, Rate, in_words

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_what_is_expected_is_told_when_all_windows_have_answered() -> None:
    progress, rate = Progress(), Rate(lambda: 0.0)
    progress.planned(NOW, NOW, windows=2)
    progress.promised(100)
    progress.received(100)
    assert in_words(progress.snapshot(), rate) == "100 calls, 0 calls/s"
    progress.promised(300)
    assert in_words(progress.snapshot(), rate) == "25%, 100 of 400 calls, 0 calls/s"


def test_the_wait_for_the_first_answer_does_not_count_and_the_time_left_runs_down() -> None:
    seconds = 0
    progress, rate = Progress(), Rate(lambda: seconds)
    progress.foreseen(1_000, NOW, NOW)
    told = []
    for seconds in range(60, 70):  # noqa: B007 - the clock
        progress.received(50)
        told.append(rate.measure(progress.snapshot())[1])
    assert told == [None, None, None, None, None, 14, 13, 12, 11, 10]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_narrow_terminal_shows_how_far_a_run_is_and_the_time_left(width: int) -> None:
    seconds = 0
    progress, rate = Progress(), Rate(lambda: seconds)
    progress.foreseen(1_000_000, NOW, NOW)
    progress.points_left(99_000)
    for seconds in (1, 20):  # noqa: B007 - the clock
        progress.received(100_000)
        rate.measure(progress.snapshot())
    steps = StepCollector()
    steps._start("Extract uis")
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    with console.capture() as shown:
        console.print(_line(steps, progress.snapshot(), rate, in_words))
    line = shown.get()
    assert line.count("\n") == 1
    assert "reading" in line
    assert "20%, 200,000 of 1,000,000 calls, 2 min 32 s left" in line
