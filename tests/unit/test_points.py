"""The governor never lets more requests go than the budget has points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlt_uis.api.points import Governor
from dlt_uis.errors import DayPointsSpent
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
    governor.answered(budget.describe(), spent=True, asked_at=clock.now)
    for _ in range(requests):
        group = min(together, minute)
        for _ in range(group):
            governor.acquire()
        for _ in range(group):
            assert budget.lacks() is None
            budget.spend()
            governor.answered(budget.describe(), spent=True, asked_at=clock.now)
    assert budget.over_budget == 0


def test_the_day_ends_cleanly_and_leaves_the_reserve() -> None:
    clock = Clock()
    budget = Budget(Limits(day=10, minute=100), clock)
    governor = Governor(clock=clock, sleep=clock.sleep, reserve_day=0.2)
    for _ in range(8):
        governor.acquire()
        budget.spend()
        governor.answered(budget.describe(), spent=True, asked_at=clock.now)
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
        governor.answered({}, spent=True, asked_at=clock.now)
    assert clock.now == began


@dataclass
class Sent:
    """A request under way, and the budget that its answer tells once it is served."""

    asked_at: datetime
    told: dict[str, int] | None = None


@example(4, [(0, 0)] * 3 + [(1, 0), (0, 0), (3, 0), (0, 0), (0, 0), (3, 0), (1, 0)])
@given(st.integers(2, 8), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), max_size=200))
def test_answers_that_come_late_and_in_any_order_do_no_harm(
    minute: int, events: list[tuple[int, int]]
) -> None:
    """A request may be served, and its answer arrive, long after it was allowed to go."""
    clock = Clock()
    budget = Budget(Limits(day=10_000, minute=minute), clock)
    governor = Governor(clock=clock, sleep=clock.sleep)
    governor.acquire()
    under_way = [Sent(clock.now)]

    def serve(sent: Sent) -> None:
        if sent.told is None:
            assert budget.lacks() is None
            budget.spend()
            sent.told = budget.describe()

    def deliver(sent: Sent) -> None:
        serve(sent)
        assert sent.told is not None
        under_way.remove(sent)
        governor.answered(sent.told, spent=True, asked_at=sent.asked_at)

    deliver(under_way[0])
    for kind, number in events:
        if kind == 0 and len(under_way) < min(4, minute):
            governor.acquire()
            under_way.append(Sent(clock.now))
        elif kind == 1 and under_way:
            serve(under_way[number % len(under_way)])
        elif kind == 2 and under_way:
            deliver(under_way[number % len(under_way)])
        elif kind == 3:
            # no request is under way for more than some seconds
            for sent in list(under_way):
                if clock.now - sent.asked_at > timedelta(seconds=5):
                    deliver(sent)
            clock.sleep(number % 15)
