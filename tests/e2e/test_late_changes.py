"""What changes long after a record began arrives: sales within an hour, all else within a day."""

from __future__ import annotations

import json
import logging
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from dlt_uis import uis_source
from dlt_uis.cli.main import cli
from dlt_uis.progress import Progress
from dlt_uis.runner import make_pipeline, run
from dlt_uis.sandbox import Account, Limits, Sandbox, Switches
from dlt_uis.verify.job import Verify

from .kills import run_and_kill
from .truth import Warehouse, arrays_but, assert_equals_truth

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEPT = ("tags", "recognized_text", "call_records")


class _Synced:
    """An account, and its syncs."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.account = sandbox, sandbox.account
        self.given: dict[str, Any] = {
            "access_token": sandbox.access_token, "api_url": sandbox.url,
            "clock": self.account.now, "start_date": "2026-01-30",
            "exclude_fields": arrays_but(*KEPT),
        }  # fmt: skip

    def __call__(self) -> int:
        """Syncs; returns how many requests for calls it took."""
        self.sandbox.stats.reset()
        run(make_pipeline(), lambda: uis_source(**self.given), Progress())
        return int(self.sandbox.stats.by_method["get.calls_report"])


@pytest.fixture
def account() -> Account:
    return Account(calls=400, days=90, now=NOW)


@pytest.fixture
def sync(account: Account) -> Iterator[_Synced]:
    with Sandbox(account) as sandbox:
        yield _Synced(sandbox)


def _change_all(account: Account, id_: int) -> None:
    """All that may happen to a call long after it ended, but for a sale."""
    account.tag(id_, "поздно")
    account.rate(id_, 4)
    account.recognise(id_, ["Алло", "до свидания"])
    account.update(id_, call_records=["https://media.example.ru/late.mp3"])


def _assert_right(account: Account) -> None:
    with Warehouse() as warehouse:
        assert_equals_truth(account, warehouse, arrays=KEPT)


def _old(account: Account, days: int) -> int:
    """A call without a sale, about so many days old."""
    moment = (account.now() - timedelta(days=days)).replace(tzinfo=None)
    found = min(
        (call for call in account.truth() if not call["sale_date"]),
        key=lambda call: abs(datetime.fromisoformat(call["start_time"]) - moment),
    )
    return int(found["id"])


def _asked(query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect("uis.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("machine", [pytest.param("same", marks=pytest.mark.cross), "new"])
def test_late_sales_come_within_an_hour_and_all_else_of_a_month_within_a_day(
    account: Account, sync: _Synced, machine: str
) -> None:
    """Also on a new machine each time: when they were asked for comes back from the warehouse."""

    def moved() -> None:
        if machine == "new":
            shutil.rmtree("dlt")

    sync()
    moved()
    sold, tagged = _old(account, 57), _old(account, 20)
    account.sell(sold, Decimal("12.5"))
    _change_all(account, tagged)
    sale = f"SELECT sale_cost FROM uis_data.calls WHERE id = {sold}"
    tags = f"SELECT count(*) FROM uis_data.calls__tags WHERE call_id = {tagged}"
    tags += " AND tag_name = 'поздно'"
    account.advance(timedelta(hours=1))
    assert sync() == 2
    assert (_asked(sale), _asked(tags)) == ([(Decimal("12.5"),)], [(0,)])
    # neither is due again within the hour
    moved()
    account.advance(timedelta(minutes=10))
    assert sync() == 1
    account.advance(timedelta(hours=23))
    moved()
    sync()
    assert _asked(tags) == [(1,)]
    _assert_right(account)


def test_a_sale_of_the_past_comes_with_the_deep_lookback(account: Account, sync: _Synced) -> None:
    """Told now, with a date of long ago, the hourly question does not find it. What changed 60 days
    ago takes a repair."""
    sync()
    told, forgotten = _old(account, 20), _old(account, 60)
    account.sell(told, Decimal(7), NOW - timedelta(days=19))
    account.tag(forgotten, "очень поздно")
    account.advance(timedelta(hours=2))
    sync()
    sale = f"SELECT sale_cost FROM uis_data.calls WHERE id = {told}"
    assert _asked(sale) == [(None,)]
    account.advance(timedelta(hours=23))
    sync()
    assert _asked(sale) == [(Decimal(7),)]
    verify = Verify(make_pipeline(), "2026-02-01", "2026-05-02", source=sync.given)
    assert not verify.run().is_equal
    verify.run(repair=True)
    _assert_right(account)


def test_neither_is_asked_for_if_switched_off(account: Account, sync: _Synced) -> None:
    sync.given.update(late_sales_hours=0, deep_lookback_hours=0)
    sync()
    account.sell(_old(account, 57), Decimal("12.5"))
    account.advance(timedelta(days=2))
    assert sync() == 1


def test_a_deep_lookback_that_takes_too_many_points_is_left_out_and_said(
    account: Account, sync: _Synced, caplog: pytest.LogCaptureFixture
) -> None:
    """Of 40 a day it may take four, and pages of 20 calls make it ten."""
    sync()
    account.tag(_old(account, 20), "поздно")
    account.advance(timedelta(hours=25))
    sync.given.update(page_size=20, reserve_day=0.0)
    sync.sandbox.api.budget.limits = Limits(day=40)
    caplog.set_level(logging.WARNING, logger="dlt_uis")
    assert sync() < 10
    assert "the lookback of 30 days is left out" in caplog.text
    assert _asked("SELECT count(*) FROM uis_data.calls") == [(account.count(),)]
    assert _asked("SELECT count(*) FROM uis_data.calls__tags WHERE tag_name = 'поздно'") == [(0,)]
    # with points enough it is made up for, as soon as it is tried again
    sync.sandbox.api.budget.limits = Limits()
    account.advance(timedelta(hours=2))
    sync()
    _assert_right(account)


def _present() -> Account:
    return Account(calls=400, days=90, now=datetime.now(UTC).replace(microsecond=0))


def _environment(sandbox: Sandbox, **given: Any) -> dict[str, str]:
    start = sandbox.account.now() - timedelta(days=95)
    settings = {
        "access_token": sandbox.access_token, "api_url": sandbox.url,
        "start_date": str(start.date()), "exclude_fields": json.dumps(arrays_but(*KEPT)), **given,
    }  # fmt: skip
    return {f"SOURCES__UIS__{name.upper()}": str(value) for name, value in settings.items()}


def test_check_foretells_a_deep_lookback_and_that_it_is_left_out() -> None:
    account = _present()
    with Sandbox(account) as sandbox:
        sync = _Synced(sandbox)
        sync.given["start_date"] = str((account.now() - timedelta(days=95)).date())
        sync()
        # so that it is due
        given = _environment(sandbox, deep_lookback_hours=1e-6, page_size=20)
        runner = CliRunner(env={**given, "COLUMNS": "300"})
        told = runner.invoke(cli, ["check"]).output
        assert "also reads calls back to" in told and "left out" not in told
        sandbox.api.budget.limits = Limits(day=40)
        for command in (["check"], ["sync", "--dry-run"]):
            told = runner.invoke(cli, command).output
            assert "also reads calls back to" in told and "It is left out, as it would take" in told


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.cross)])
def test_killed_at_any_moment_late_changes_come_with_the_next_sync(kills: int) -> None:
    rng = random.Random(5)
    account = _present()
    with Sandbox(account, switches=Switches(latency=0.02)) as sandbox:
        # each sync asks for all that is late
        given = _environment(sandbox, late_sales_hours=1e-6, deep_lookback_hours=1e-6, page_size=50)
        runner = CliRunner(env=given)
        assert runner.invoke(cli, ["sync"]).exit_code == 0
        sandbox.stats.reset()
        assert runner.invoke(cli, ["sync"]).exit_code == 0
        undisturbed = sandbox.stats.requests
        for number in range(kills):
            sold, changed = _old(account, 50 + number), _old(account, 10 + number)
            account.sell(sold, Decimal(number + 1))
            _change_all(account, changed)
            sandbox.stats.reset()
            run_and_kill(
                ["sync"], given, lambda: sandbox.stats.requests,
                undisturbed if number % 2 else rng.randrange(undisturbed),
                delay=rng.uniform(0.0, 0.6) if number % 2 else 0.0,
            )  # fmt: skip
        result = runner.invoke(cli, ["sync"])
        assert result.exit_code == 0, result.output
    _assert_right(account)
