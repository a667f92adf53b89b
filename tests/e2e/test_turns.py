"""Threads that share slots, points and a login never wait for one another without end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dlt_uis.api.auth import Auth, LoginAuth, TokenAuth
from dlt_uis.api.client import DataApi
from dlt_uis.api.envelope import Envelope
from dlt_uis.api.points import Governor
from dlt_uis.api.slots import Slot, Slots
from dlt_uis.errors import DayPointsSpent
from dlt_uis.sandbox import Account, Limits, Sandbox

PATIENCE = 10.0


@pytest.fixture
def account() -> Account:
    return Account(5, days=2, now=datetime(2026, 3, 4, 12, tzinfo=UTC))


@contextmanager
def client(sandbox: Sandbox, auth: Auth, slots: Slots, *, reserve: float = 0) -> Iterator[DataApi]:
    clock = sandbox.account.now
    governor = Governor(clock=clock, reserve_day=reserve)
    with DataApi(sandbox.url, auth, governor=governor, slots=slots, clock=clock) as api:
        yield api


def asked(api: DataApi, slot: Slot | None = None) -> object:
    """The account's zone, asked for anew: the client itself asks for the account once."""
    answer: Envelope[Any] = api.call("get.account", {}, slot=slot)
    assert answer.data is not None
    return answer.data[0]["timezone"]


def test_who_still_waits_when_all_is_over_asks_for_nothing(account: Account) -> None:
    """Neither for calls nor, with its session ended, for another one."""
    sleeps, is_over = threading.Event(), threading.Event()

    def sleep(_: float) -> None:
        sleeps.set()
        is_over.wait(PATIENCE)
        account.advance(timedelta(minutes=2))

    with Sandbox(account, limits=Limits(minute=2)) as sandbox, ThreadPoolExecutor(1) as beside:
        auth, clock = LoginAuth(sandbox.login, sandbox.password), account.now
        governor = Governor(clock=clock, sleep=sleep)
        api = DataApi(sandbox.url, auth, governor=governor, slots=Slots(1), clock=clock)
        asked(api)
        waiting = beside.submit(asked, api)
        assert sleeps.wait(PATIENCE)
        api.close()
        is_over.set()
        assert waiting.exception(PATIENCE) is not None
        assert sandbox.stats.by_method == {"login.user": 1, "get.account": 1, "logout.user": 1}


def asked_by_two(api: DataApi, slots: Slots) -> list[object]:
    """What comes of two requests: of one that gets the only slot first, and asks only once the
    other, which has none, has gone as far as it can."""
    came: dict[str, object] = {}
    is_held = threading.Event()

    def ask(name: str, slot: Slot | None = None) -> None:
        try:
            came[name] = asked(api, slot)
        except DayPointsSpent as error:
            came[name] = type(error)

    def with_slot() -> None:
        slot = slots.slot()
        slot.take()
        is_held.set()
        deadline = time.monotonic() + PATIENCE
        # who begins to wait for a slot tells nobody
        while not slots._queue and time.monotonic() < deadline:
            time.sleep(0.001)
        ask("with a slot", slot)

    def without() -> None:
        is_held.wait(PATIENCE)
        ask("without")

    # daemons, so that those that wait without end do not keep the tests waiting
    threads = [threading.Thread(target=job, daemon=True) for job in (with_slot, without)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    return [came["with a slot"], came["without"]]


def test_who_holds_a_slot_may_wait_for_a_login(account: Account) -> None:
    slots = Slots(1)
    with (
        Sandbox(account) as sandbox,
        client(sandbox, LoginAuth(sandbox.login, sandbox.password), slots) as api,
    ):
        assert asked_by_two(api, slots) == ["Europe/Moscow", "Europe/Moscow"]
        assert sandbox.stats.by_method["login.user"] == 1


def test_the_last_point_goes_to_who_holds_a_slot(account: Account) -> None:
    """Who has none does not count as under way: its answer would be waited for in vain."""
    slots = Slots(1)
    with (
        Sandbox(account, limits=Limits(day=10)) as sandbox,
        client(sandbox, TokenAuth(sandbox.access_token), slots, reserve=0.5) as api,
    ):
        for _ in range(4):
            asked(api)
        assert asked_by_two(api, slots) == ["Europe/Moscow", DayPointsSpent]
