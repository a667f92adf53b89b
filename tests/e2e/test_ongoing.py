"""Calls that still go on come with what is known of them, and are replaced when they have ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from dlt_uis import uis_source
from dlt_uis.backfill.job import Backfill
from dlt_uis.progress import Progress
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.source.cursor import cursor_of
from dlt_uis.verify.job import Verify

from .truth import Warehouse, arrays_but, assert_equals_truth

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEPT = ("tags",)


class _Life:
    """Calls of an account that begin, change and end, and what reads them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.account = sandbox.account
        self.given: dict[str, Any] = {
            "access_token": sandbox.access_token,
            "api_url": sandbox.url,
            "clock": self.account.now,
            "include_ongoing_calls": True,
            "exclude_fields": arrays_but(*KEPT),
        }

    def sync(self) -> None:
        run(make_pipeline(), lambda: uis_source(**self.given), Progress())

    def begin(self, ago: timedelta = timedelta()) -> int:
        return self.account.add_call(self.account.now() - ago, ongoing=True)


@pytest.fixture
def life() -> Iterator[_Life]:
    with Sandbox(Account(60, days=5, now=NOW)) as sandbox:
        yield _Life(sandbox)


def _ids(condition: str = "TRUE") -> list[int]:
    with duckdb.connect("uis.duckdb", read_only=True) as connection:
        found = connection.execute(f"SELECT id FROM uis_data.calls WHERE {condition}").fetchall()
    return sorted(id_ for (id_,) in found)


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.cross)])
def test_no_call_is_lost_or_there_twice_while_50_begin_change_and_end(
    life: _Life, seconds: int
) -> None:
    """A sync each second meets them in any stage; in the end all is as if they had come late."""
    account, going, begun = life.account, list[int](), 0
    life.sync()
    for second in range(1, seconds + 1):
        while begun < 50 * second // seconds:
            going.append(life.begin(timedelta(milliseconds=begun * 37 % 900)))
            begun += 1
        for id_ in going[::3]:
            account.tag(id_, f"в разговоре {second}")
        for _ in range(len(going) // 3):
            account.end_call(going.pop(0))
        life.sync()
        # the present second is read when it is over
        over = {
            call["id"]
            for call in account.truth(include_ongoing=True)
            if account.instant_of(call["id"]) < account.now()
        }
        assert _ids() == sorted(over)
        assert over.intersection(going) == {*_ids("finish_time IS NULL")}
        account.advance(timedelta(seconds=1))
    for id_ in going:
        account.end_call(id_)
    account.advance(timedelta(hours=1))
    life.sync()
    assert begun == 50
    with Warehouse() as warehouse:
        assert_equals_truth(account, warehouse, arrays=KEPT)


def test_verify_backfill_and_the_cursor_stay_right_while_calls_go_on(life: _Life) -> None:
    account = life.account
    long_one = life.begin(timedelta(days=2))
    life.sync()
    assert long_one in _ids("finish_time IS NULL")
    newest = life.begin()
    account.advance(timedelta(seconds=5))
    life.sync()
    # its start is the cursor, as that of any call; nothing that began before is missed by it
    assert cursor_of(make_pipeline()) == account.instant_of(newest)
    days = ("2026-04-24", "2026-05-02")
    assert Verify(make_pipeline(), *days, source=life.given).run().is_equal
    for id_ in (long_one, newest):
        account.end_call(id_)
    account.advance(timedelta(hours=1))
    Backfill(make_pipeline(), *days, source=life.given).run()
    assert _ids("finish_time IS NULL") == []
    assert Verify(make_pipeline(), *days, source=life.given).run().is_equal
    with Warehouse() as warehouse:
        assert_equals_truth(account, warehouse, arrays=KEPT)


def test_without_the_setting_they_come_when_they_have_ended(life: _Life) -> None:
    life.given["include_ongoing_calls"] = False
    id_ = life.begin(timedelta(minutes=5))
    life.sync()
    assert id_ not in _ids()
    life.account.end_call(id_)
    life.sync()
    assert id_ in _ids()
