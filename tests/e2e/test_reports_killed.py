"""A sync of every report that is killed, or whose machine is gone, loses and doubles nothing."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from click.testing import CliRunner

from dlt_uis.cli.main import cli
from dlt_uis.reports import REPORTS
from dlt_uis.sandbox import Account, Sandbox, Switches

from .kills import run_and_kill
from .report_truth import assert_report_equals_truth

LOOKBACK = timedelta(days=1)
LAST = REPORTS["campaign_daily_stat"].method


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.cross)])
def test_killed_at_any_moment_all_reports_heal_and_an_empty_machine_reads_the_lookback_only(
    kills: int,
) -> None:
    rng = random.Random(kills)
    account = Account(calls=60, days=5, now=datetime.now(UTC).replace(microsecond=0))
    first = f"{account.now() - timedelta(days=7):%Y-%m-%d}"
    with Sandbox(account, switches=Switches(latency=0.02)) as sandbox:
        given = {"SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token}
        command = ["sync", "--api-url", sandbox.url, "--reports", "all", "--start-date", first]
        command += ["--lookback-days", f"{LOOKBACK.days}"]

        def finish() -> None:
            result = CliRunner(env=given).invoke(cli, command)
            assert result.exit_code == 0, result.output

        def read_last() -> int:
            return sandbox.stats.by_method.get(LAST, 0)

        for number in range(kills):
            sandbox.stats.reset()
            if number % 2:
                # all is read, and being loaded
                sites = len(account.listed("get.sites"))
                run_and_kill(command, given, read_last, sites, delay=rng.uniform(0.0, 3.0))
            else:
                enough = rng.randrange(20)
                run_and_kill(command, given, lambda: sandbox.stats.requests, enough)
        finish()
        _assert_all(account)
        shutil.rmtree("dlt")
        finish()
    _assert_all(account)
    _assert_last_load_has_read_the_lookback(account)


def _assert_all(account: Account) -> None:
    with duckdb.connect("uis.duckdb", read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for report in REPORTS.values():
            assert_report_equals_truth(
                account, report, lambda query: connection.execute(query).fetchall()
            )


def _assert_last_load_has_read_the_lookback(account: Account) -> None:
    """Of all reports but those of days, which today's first sync has read."""
    zone = ZoneInfo(account.timezone)
    with duckdb.connect("uis.duckdb", read_only=True) as connection:
        found = connection.execute(
            "SELECT report, min(window_start) FROM uis_data.sync_windows WHERE _dlt_load_id ="
            " (SELECT max(_dlt_load_id) FROM uis_data.sync_windows) GROUP BY report"
        ).fetchall()
    started = dict(found)
    assert {name for name, report in REPORTS.items() if not report.is_of_days} <= {*started}
    for name, start in started.items():
        newest = max((each[REPORTS[name].cursor] for each in account.truth(name)), default=None)
        if newest is None:
            continue  # of a few days that have none
        cursor = datetime.fromisoformat(newest).replace(tzinfo=zone)
        assert start >= cursor - LOOKBACK, name
