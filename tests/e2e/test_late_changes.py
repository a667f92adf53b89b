"""What changes long after a record began arrives: sales within an hour, all else within a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from dlt_uis import uis_source
from dlt_uis.progress import Progress
from dlt_uis.runner import make_pipeline, run
from dlt_uis.sandbox import Account, Sandbox

from .truth import arrays_but

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

Sync = Callable[[], int]


@pytest.fixture
def account() -> Account:
    return Account(calls=400, days=90, now=NOW)


@pytest.fixture
def sync(account: Account) -> Iterator[Sync]:
    """Syncs; returns how many requests for calls it took."""
    with Sandbox(account) as sandbox:
        given: dict[str, Any] = {
            "access_token": sandbox.access_token, "api_url": sandbox.url, "clock": account.now,
            "start_date": "2026-01-30", "exclude_fields": arrays_but("tags"),
        }  # fmt: skip

        def once() -> int:
            sandbox.stats.reset()
            run(make_pipeline(), lambda: uis_source(**given), Progress())
            return int(sandbox.stats.by_method["get.calls_report"])

        yield once


def _old(account: Account, days: int) -> int:
    """A call without a sale, about so many days old."""
    moment = (NOW - timedelta(days=days)).replace(tzinfo=None)
    found = min(
        (call for call in account.truth() if not call["sale_date"]),
        key=lambda call: abs(datetime.fromisoformat(call["start_time"]) - moment),
    )
    return int(found["id"])


def _asked(query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect("uis.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_late_sales_come_within_an_hour_and_late_tags_within_a_day(
    account: Account, sync: Sync
) -> None:
    sync()
    sold, tagged = _old(account, 57), _old(account, 20)
    account.sell(sold, Decimal("12.5"))
    account.tag(tagged, "поздно")
    sale = f"SELECT sale_cost FROM uis_data.calls WHERE id = {sold}"
    tags = f"SELECT count(*) FROM uis_data.calls__tags WHERE call_id = {tagged}"
    tags += " AND tag_name = 'поздно'"
    account.advance(timedelta(hours=1))
    assert sync() == 2
    assert (_asked(sale), _asked(tags)) == ([(Decimal("12.5"),)], [(0,)])
    # neither is due again within the hour
    account.advance(timedelta(minutes=10))
    assert sync() == 1
    account.advance(timedelta(hours=23))
    sync()
    assert _asked(tags) == [(1,)]
    assert _asked("SELECT count(*), count(DISTINCT id) FROM uis_data.calls") == [
        (account.count(), account.count())
    ]
