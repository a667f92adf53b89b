"""Every report of the API comes whole, changes, and goes on after a kill, as calls do."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from click.testing import CliRunner, Result

from dlt_uis import uis_source
from dlt_uis.cli.main import cli
from dlt_uis.errors import ReportsRefused
from dlt_uis.progress import Progress
from dlt_uis.reports import REPORTS
from dlt_uis.runner import make_pipeline, run
from dlt_uis.sandbox import Account, Limits, Sandbox, Switches

from .report_truth import assert_report_equals_truth

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
WITH_SALES = ("calls", "communications", "chats", "offline_messages", "goals")


def _account(**given: Any) -> Account:
    return Account(**{"calls": 150, "days": 12, "now": NOW, **given})


def _sync(sandbox: Sandbox, reports: Any = "all", **given: Any) -> Progress:
    progress = Progress()
    source = {
        "access_token": sandbox.access_token, "api_url": sandbox.url,
        "clock": sandbox.account.now, "reports": reports, "start_date": "2026-04-01", **given,
    }  # fmt: skip
    run(make_pipeline(), lambda: uis_source(**source), progress)
    return progress


@contextmanager
def _warehouse(path: str = "uis.duckdb") -> Iterator[Any]:
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield lambda query: connection.execute(query).fetchall()


def _assert_equal(account: Account, *names: str) -> None:
    with _warehouse() as query:
        for name in names:
            assert_report_equals_truth(account, REPORTS[name], query)


def test_each_report_comes_whole_and_its_changes_too() -> None:
    """In pages that are shorter than asked for, too."""
    account = _account()
    with Sandbox(account, switches=Switches(page_cap=40)) as sandbox:
        _sync(sandbox, page_size=100)
        _assert_equal(account, *REPORTS)
        account.advance(timedelta(hours=30))
        for name in WITH_SALES:
            newest = account.truth_ids(name)[-1]
            account.sell(newest, Decimal("12.5"), report=name)
            account.tag(newest, "поздно", report=name)
        account.remove(account.truth_ids("call_legs")[0], "call_legs")
        _sync(sandbox)
    _assert_equal(account, *(name for name in REPORTS if name != "call_legs"))
    with _warehouse() as query:
        # what is removed at the source stays: a sync does not see it
        legs = account.count("call_legs") + 1
        assert query("SELECT count(*) FROM uis_data.call_legs") == [(legs,)]


@pytest.mark.cross
@pytest.mark.parametrize(
    "switches",
    [
        Switches(inclusive_from=False, inclusive_till=False),
        Switches(total_items_as="missing", page_cap=60),
        Switches(total_items_offset=3),
        Switches(repeat="on a page"),
    ],
)
def test_reports_are_read_whole_under_every_reading(switches: Switches) -> None:
    account = _account()
    with Sandbox(account, switches=switches) as sandbox:
        _sync(sandbox, page_size=100)
    _assert_equal(account, *REPORTS)


@pytest.mark.parametrize(
    "switches",
    [
        Switches(inclusive_from=False, inclusive_till=False),
        Switches(total_items_as="missing", page_cap=40),
        pytest.param(Switches(total_items_offset=1), marks=pytest.mark.cross),
        pytest.param(Switches(repeat="on a page"), marks=pytest.mark.cross),
    ],
)
def test_days_are_read_whole_under_every_reading(switches: Switches) -> None:
    """Also where no column tells one row from the others; a lie costs a request, not hundreds."""
    account = _account(calls=60, days=4)
    names = ("employee_stat", "campaign_daily_stat")
    with Sandbox(account, switches=switches) as sandbox:
        _sync(sandbox, names, start_date="2026-04-27")
        sites = len(account.listed("get.sites"))
        asked = sandbox.stats.by_method[REPORTS["campaign_daily_stat"].method]
    assert switches.page_cap or asked <= 2 * sites
    _assert_equal(account, *names)


def _command(sandbox: Sandbox, reports: str, *options: str, **environment: str) -> Result:
    """The command, of the account's last days."""
    first = f"{sandbox.account.now() - timedelta(days=7):%Y-%m-%d}"
    given = {"SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token, "COLUMNS": "300", **environment}
    target = ["sync", "--api-url", sandbox.url, "--start-date", first, "--reports", reports]
    return CliRunner(env=given).invoke(cli, [*target, *options])


def _of_the_present() -> Account:
    return Account(calls=60, days=5, now=datetime.now(UTC).replace(microsecond=0))


def test_reports_without_access_are_left_out_with_a_word_each_and_the_rest_is_loaded() -> None:
    """As of an account without the component of visits, and without the right to see money."""
    account = _of_the_present()
    switches = Switches(disabled_methods={"get.visitor_sessions_report": "call_tracking"})
    switches.forbidden_methods = ("get.financial_call_legs_report",)
    with Sandbox(account, switches=switches) as sandbox:
        result = _command(sandbox, "all", "--summary-file", "run.json")
    assert result.exit_code == 0, result.output
    money, visits = [line for line in result.output.splitlines() if " WARNING " in line]
    assert "financial call legs are left out: " in money
    assert "It takes the right to see the account's money" in money
    assert "visitor sessions are left out: " in visits
    assert "one of the components call_tracking, consultant, lead, sitephone" in visits
    refused = ["financial_call_legs", "visitor_sessions"]
    assert json.loads(Path("run.json").read_text())["skipped_reports"] == refused
    assert not {*refused} & _tables()
    _assert_equal(account, *(name for name in REPORTS if name not in refused))


def test_without_access_to_any_report_there_is_one_error() -> None:
    methods = {REPORTS[name].method: "consultant" for name in ("chats", "goals")}
    switches = Switches(disabled_methods=methods)
    with Sandbox(_account(calls=10), switches=switches) as sandbox, pytest.raises(ReportsRefused):
        _sync(sandbox, "chats,goals")
    assert not Path("uis.duckdb").exists() or _tables() == set()


def _tables() -> set[str]:
    with _warehouse() as query:
        found = query("SELECT table_name FROM information_schema.tables")
    return {name for (name,) in found if not name.startswith("_dlt")}


def test_points_that_end_in_the_third_report_leave_two_and_the_next_run_begins_with_it() -> None:
    account, names = _of_the_present(), ("calls", "call_legs", "communications", "chats")
    options = ("--page-size", "10", "--lookback-days", "0.1")
    third = REPORTS["communications"].method
    with Sandbox(account, limits=Limits(day=1_000)) as sandbox:

        def spend(_: int) -> None:
            """Somebody else spends the rest, while the third report is read."""
            if sandbox.stats.by_method.get(third, 0) > 1:
                sandbox.api.budget.limits = Limits(day=sandbox.api.budget.points)

        sandbox.switches.before_answer = spend
        given = {"SOURCES__UIS__RESERVE_DAY": "0"}
        result = _command(sandbox, ",".join(names), *options, **given)
        assert result.exit_code == 75, result.output
        assert "communications are not read to their end" in result.output
        assert _read_whole() == {"calls", "call_legs"}
        _assert_equal(account, "calls", "call_legs")
        sandbox.stats.reset()
        sandbox.switches.before_answer, sandbox.api.budget.limits = None, Limits()
        result = _command(sandbox, ",".join(names), *options, **given)
        assert result.exit_code == 0, result.output
        asked = [name for name in sandbox.stats.by_method if name != "get.account"]
    assert asked[0] == third
    _assert_equal(account, *names)


def _read_whole() -> set[str]:
    with _warehouse() as query:
        return {name for (name,) in query("SELECT report FROM uis_data.sync_windows")}


def test_a_host_reads_reports_by_their_resources() -> None:
    account = _account(calls=40)
    os.environ.pop("SOURCES__UIS__REPORTS", None)
    with Sandbox(account) as sandbox:
        source = uis_source(
            access_token=sandbox.access_token, api_url=sandbox.url, clock=account.now,
            start_date="2026-04-01",
            reports={"call_legs": {"exclude_fields": ["employee_full_name"]}, "chats": {}},
        )  # fmt: skip
        pipeline = dlt.pipeline("host", destination="duckdb", dataset_name="uis_data")
        pipeline.run(source.with_resources("call_legs", "chats", "sync_windows"))
    with _warehouse("host.duckdb") as query:
        (legs,) = query("SELECT count(*), count(DISTINCT id) FROM uis_data.call_legs")
        assert legs == (account.count("call_legs"),) * 2
        columns = {row[0] for row in query("DESCRIBE uis_data.call_legs")}
        assert "employee_full_name" not in columns
        assert query("SELECT count(*) FROM uis_data.chats") == [(account.count("chats"),)]
        told = query("SELECT DISTINCT report FROM uis_data.sync_windows ORDER BY 1")
        assert told == [("call_legs",), ("chats",)]
