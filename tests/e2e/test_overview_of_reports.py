"""The overview names the other reports that are loaded, and the command that each needs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from click.testing import CliRunner

from dlt_uis import uis_source
from dlt_uis.cli.main import cli
from dlt_uis.overview.questions import ask
from dlt_uis.progress import Progress
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.verify.job import Verify

from .truth import arrays_but

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_rows_days_gaps_and_differences_are_those_of_each_report() -> None:
    account = Account(calls=60, days=12, now=NOW)
    with Sandbox(account) as sandbox:
        given: dict[str, Any] = {
            "access_token": sandbox.access_token, "api_url": sandbox.url, "clock": account.now,
            "exclude_fields": arrays_but(),
        }  # fmt: skip

        def sync(reports: str, **more: Any) -> None:
            source = uis_source(**{**given, "reports": reports, **more})
            run(make_pipeline(), source, Progress())

        sync("calls,call_legs,employee_stat", start_date="2026-04-20", end_date="2026-04-23")
        sync("calls,employee_stat", start_date="2026-04-25", end_date="2026-04-28")
        sync("call_legs", start_date="2026-04-24", end_date="2026-04-28")
        _change("DELETE FROM uis_data.call_legs WHERE start_time < TIMESTAMPTZ '2026-04-22'")
        source = {**given, "reports": "call_legs"}
        Verify(make_pipeline(), "2026-04-20", "2026-04-22", source=source).run()
        legs, stat = ask(make_pipeline()).others
    assert legs.rows == _count("call_legs") and stat.rows == _count("employee_stat")
    assert (str(stat.first), str(stat.last)) == ("2026-04-20", "2026-04-28")
    assert (len(legs.gaps), len(stat.gaps)) == (0, 1)
    assert [str(day) for day in legs.differing] == ["2026-04-20", "2026-04-21"]
    assert (stat.verified, stat.differing) == (0, [])
    page = _page()
    assert "Other reports" in page
    for command, days in (
        ("verify --repair --reports call_legs", "--from 2026-04-20 --to 2026-04-21"),
        ("backfill --reports employee_stat", "--from 2026-04-24 --to 2026-04-24"),
    ):
        assert re.search(f"dlt-uis {command} [^<]*{days}", page), command
    assert "Другие отчёты" in _page("ru")


def test_with_calls_alone_nothing_is_said_of_others() -> None:
    account = Account(calls=20, days=3, now=NOW)
    with Sandbox(account) as sandbox:
        given: Any = {"access_token": sandbox.access_token, "api_url": sandbox.url}
        run(make_pipeline(), uis_source(**given, clock=account.now), Progress())
    assert "Other reports" not in _page()


def _change(statement: str) -> None:
    with duckdb.connect("uis.duckdb") as connection:
        connection.execute(statement)


def _count(table: str) -> int:
    with duckdb.connect("uis.duckdb", read_only=True) as connection:
        ((rows,),) = connection.execute(f"SELECT count(*) FROM uis_data.{table}").fetchall()
    return int(rows)


def _page(language: str = "en") -> str:
    result = CliRunner().invoke(cli, ["overview", "--language", language])
    assert result.exit_code == 0, result.output
    return Path("uis-overview.html").read_text("utf-8")
