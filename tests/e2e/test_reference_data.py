"""Reference data: lists that ids in calls point to, replaced on each sync."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from dlt_uis import uis_source
from dlt_uis.cli.main import cli
from dlt_uis.reports.lists import LISTS
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Fault, Sandbox

from .truth import Warehouse

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def counts(*tables: str) -> dict[str, int]:
    with Warehouse() as warehouse:
        return {
            table: int(warehouse.query(f"SELECT count(*) FROM uis_data.{table}")[0][0])
            for table in tables
        }


def test_ids_in_calls_can_be_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the command line: six lists, whose times are instants; none without the option."""
    account = Account(calls=60, days=10)
    with Sandbox(account) as sandbox:
        monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
        result = CliRunner().invoke(cli, ["sync", "--api-url", sandbox.url, "--reference-data"])
    assert result.exit_code == 0, result.output
    assert "virtual_numbers" in result.output
    joins = {
        "campaigns": ("campaign_id", "id"),
        "scenarios": ("scenario_id", "id"),
        "sites": ("site_id", "id"),
        "virtual_numbers": ("virtual_phone_number", "virtual_phone_number"),
        "employees": ("last_answered_employee_id", "id"),
    }
    with Warehouse() as warehouse:
        for table, (column, key) in joins.items():
            lost = warehouse.query(
                f"SELECT count(*) FROM uis_data.calls LEFT JOIN uis_data.{table} AS list"
                f" ON calls.{column} = list.{key}"
                f" WHERE calls.{column} IS NOT NULL AND list.{key} IS NULL"
            )
            assert lost == [(0,)], table
        made = warehouse.query("SELECT min(creation_time) FROM uis_data.campaigns")
    # 10:00 in Moscow
    assert made[0][0].astimezone(UTC) == datetime(2025, 1, 1, 7, tzinfo=UTC)


def test_a_list_that_cannot_be_had_keeps_its_rows(caplog: pytest.LogCaptureFixture) -> None:
    """With one warning; other lists are replaced, also by nothing; a failure loads nothing."""
    account = Account(calls=10, days=10, now=NOW)
    pipeline = make_pipeline()
    with Sandbox(account) as sandbox:

        def sync() -> None:
            source = uis_source(
                access_token=sandbox.access_token, api_url=sandbox.url, clock=account.now,
                request_attempts=1,
            )  # fmt: skip
            pipeline.run(source.with_resources("calls", *LISTS))

        sync()
        before = counts(*LISTS)
        account.listed("get.tags").pop()
        account.listed("get.sites").clear()
        sandbox.switches.disabled_methods = {"get.employees": "staff"}
        sandbox.switches.unknown_methods = {"get.campaigns"}
        caplog.set_level(logging.WARNING, "dlt_uis")
        sync()
        warned = [record.message for record in caplog.records if "up to date" in record.message]
        assert len(warned) == 2
        assert counts(*LISTS) == {**before, "tags": before["tags"] - 1, "sites": 0}
        after = counts(*LISTS)
        account.listed("get.scenarios").clear()
        sandbox.inject(Fault("http_502_html", times=9, method="get.virtual_numbers"))
        with pytest.raises(Exception, match="502"):
            sync()
        assert counts(*LISTS) == after
