"""The governor never lets more requests go than the budget has points."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.errors import DayPointsSpent
from dlt_uis.points import Governor
from dlt_uis.sandbox.budget import Budget, Limits


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 23, 58, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@given(minute=st.integers(1, 20), requests=st.integers(1, 60), together=st.integers(1, 4))
def test_the_minute_is_waited_for(minute: int, requests: int, together: int) -> None:
    clock = Clock()
    budget = Budget(Limits(day=10_000, minute=minute), clock)
    governor = Governor(clock=clock, sleep=clock.sleep)
    governor.acquire()
    budget.spend()
    governor.answered(budget.describe(), spent=True)
    for _ in range(requests):
        group = min(together, minute)
        for _ in range(group):
            governor.acquire()
        for _ in range(group):
            assert budget.lacks() is None
            budget.spend()
            governor.answered(budget.describe(), spent=True)
    assert budget.over_budget == 0


def test_the_day_ends_cleanly_and_leaves_the_reserve() -> None:
    clock = Clock()
    budget = Budget(Limits(day=10, minute=100), clock)
    governor = Governor(clock=clock, sleep=clock.sleep, reserve_day=0.2)
    for _ in range(8):
        governor.acquire()
        budget.spend()
        governor.answered(budget.describe(), spent=True)
    with pytest.raises(DayPointsSpent) as caught:
        governor.acquire()
    assert caught.value.exit_code == 75
    assert caught.value.reset_at >= datetime(2026, 3, 2, tzinfo=UTC)
    assert (governor.points, governor.day_remaining) == (8, 2)


def test_an_api_without_limits_is_not_slowed_down() -> None:
    clock = Clock()
    governor = Governor(clock=clock, sleep=clock.sleep)
    began = clock.now
    for _ in range(100):
        governor.acquire()
        governor.answered({}, spent=True)
    assert clock.now == began


def test_an_answer_that_comes_late_does_not_end_the_minute_early() -> None:
    """It was given in the minute before: it knows nothing of what was spent since."""
    clock = Clock()
    budget = Budget(Limits(day=10_000, minute=4), clock)
    governor = Governor(clock=clock, sleep=clock.sleep)

    def request() -> dict[str, int]:
        governor.acquire()
        assert budget.lacks() is None
        budget.spend()
        return budget.describe()

    governor.answered(request(), spent=True)
    late = request()
    clock.sleep(35)
    for _ in range(3):
        governor.answered(request(), spent=True)
    governor.answered(late, spent=True)
    request()
    request()
