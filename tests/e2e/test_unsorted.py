"""Where the API can't sort, or refuses to, reports come whole, in whatever order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from dlt_uis import uis_source
from dlt_uis.progress import Progress
from dlt_uis.reports import REPORTS
from dlt_uis.runner import make_pipeline, run
from dlt_uis.sandbox import Account, Sandbox, Switches

from .report_truth import assert_report_equals_truth

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
UNSORTED = [REPORTS[name] for name in ("offline_messages", "goals", "visitor_sessions")]
"""One that may be sorted, or not; one whose records several columns tell apart; a large one."""


@pytest.mark.parametrize(
    "switches",
    [
        {"unsorted": "random"},
        pytest.param({"unsorted": "by time", "inclusive_from": False}, marks=pytest.mark.cross),
        pytest.param(
            {"unsorted": "by time descending", "inclusive_till": False}, marks=pytest.mark.cross
        ),
        pytest.param({"unsorted": "by id", "total_items_as": "missing"}, marks=pytest.mark.cross),
        pytest.param({"unsorted": "stable", "page_cap": 25}, marks=pytest.mark.cross),
        pytest.param({"unsorted": "random", "total_items_offset": 1}, marks=pytest.mark.cross),
    ],
    ids=lambda switches: "-".join(map(str, switches.values())),
)
def test_reports_come_whole_though_the_api_refuses_to_sort(switches: Any) -> None:
    """And so do late sales, which are asked for by a filter."""
    account = Account(calls=120, days=12, now=NOW)
    for name in ("visitor_sessions", "goals"):
        # more in one second than a page
        account.add(name, NOW - timedelta(days=2), 100)
    unsortable = [report.method for report in UNSORTED]
    with Sandbox(account, switches=Switches(unsortable=unsortable, **switches)) as sandbox:
        _sync(sandbox)
        _assert_all(account)
        account.advance(timedelta(hours=30))
        for name in ("offline_messages", "goals"):
            account.sell(account.truth_ids(name)[0], Decimal("12.5"), report=name)
        _sync(sandbox)
    _assert_all(account)


def _sync(sandbox: Sandbox) -> None:
    source: dict[str, Any] = {
        "access_token": sandbox.access_token, "api_url": sandbox.url, "page_size": 40,
        "clock": sandbox.account.now, "start_date": "2026-04-01", "lookback_days": 2,
        "reports": [report.table for report in UNSORTED],
    }  # fmt: skip
    run(make_pipeline(), lambda: uis_source(**source), Progress())


def _assert_all(account: Account) -> None:
    with duckdb.connect("uis.duckdb", read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for report in UNSORTED:
            assert_report_equals_truth(
                account, report, lambda query: connection.execute(query).fetchall()
            )
