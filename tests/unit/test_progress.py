"""What is said of a run while it goes on does not jump."""

from __future__ import annotations

from datetime import UTC, datetime

from dlt_uis.progress import Progress, Rate, in_words

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_what_is_expected_is_told_when_all_windows_have_answered() -> None:
    progress, rate = Progress(), Rate(lambda: 0.0)
    progress.planned(NOW, NOW, windows=2, zone="UTC")
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
