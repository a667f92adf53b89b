"""Reference data: lists that ids in reports point to, each read and replaced as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dlt_uis import uis_source
from dlt_uis.progress import Progress
from dlt_uis.reports.lists import LISTS
from dlt_uis.runner.job import Summary, run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox

from .listing_truth import assert_holds, expected_tables
from .truth import Warehouse

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
FEW = ["tags", "employees", "sites", "campaigns"]


@pytest.fixture
def account() -> Account:
    return Account(calls=10, days=10, now=NOW)


@pytest.fixture
def sandbox(account: Account) -> Iterator[Sandbox]:
    with Sandbox(account) as sandbox:
        yield sandbox


def sync(sandbox: Sandbox, lists: Any = FEW, **settings: Any) -> Summary:
    given = {
        "access_token": sandbox.access_token, "api_url": sandbox.url, "request_attempts": 1,
        "clock": sandbox.account.now, "reference_data": lists, **settings,
    }  # fmt: skip
    return run(make_pipeline(), lambda: uis_source(**given), Progress())


def counts(*tables: str) -> dict[str, int]:
    with Warehouse() as warehouse:
        return {
            table: int(warehouse.query(f"SELECT count(*) FROM uis_data.{table}")[0][0])
            for table in tables
        }


def assert_hold(account: Account, lists: Iterable[str]) -> None:
    zone = ZoneInfo(account.timezone)
    with Warehouse() as warehouse:
        for listing in map(LISTS.__getitem__, lists):
            rows = [row for row in account.listed(listing.method) if not row.get("is_deleted")]
            for table in expected_tables(listing, rows, zone):
                assert_holds(warehouse, table)


def test_every_list_is_loaded_as_the_api_gives_it(account: Account, sandbox: Sandbox) -> None:
    """Those of an agent, too: each value, element and position. Again when a day has gone by, with
    all that has vanished meanwhile; not before."""
    given = {"access_token": sandbox.agent_token, "user_id": 101}
    sync(sandbox, True, **given)
    assert_hold(account, LISTS)
    account.listed("get.tags").pop(0)
    account.listed("get.sites").clear()
    employee = account.listed("get.employees")[1]
    employee["groups"], employee["operator"] = [], None
    # documented as objects with one array, a client has met the arrays alone
    condition = {"type": "include", "campaign_parameter": "utm", "value": "a", "operator": "="}
    account.listed("get.campaigns")[0]["campaign_conditions"] = {"group_conditions": [[condition]]}
    before = sandbox.stats.by_method["get.tags"]
    account.advance(timedelta(hours=23))
    sync(sandbox, FEW, **given)
    assert sandbox.stats.by_method["get.tags"] == before
    account.advance(timedelta(hours=1))
    sync(sandbox, FEW, **given)
    assert_hold(account, FEW)
