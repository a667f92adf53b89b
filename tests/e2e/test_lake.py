"""Parquet files in a folder or bucket, where dlt can but append: nothing is lost."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from dlt_uis import uis_source
from dlt_uis.cli.main import cli
from dlt_uis.progress import Progress
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox

from .test_sync import change
from .truth import Warehouse, assert_equals_truth

NEWEST_CALLS = """
CREATE VIEW uis_data.calls AS
SELECT * FROM read_parquet('{files}')
QUALIFY row_number() OVER (PARTITION BY id ORDER BY _dlt_load_id DESC) = 1
"""
NEWEST_ELEMENTS = """
CREATE VIEW uis_data.{table} AS
SELECT DISTINCT * FROM read_parquet('{files}')
QUALIFY dense_rank() OVER (PARTITION BY call_id ORDER BY _dlt_load_id DESC) = 1
    AND _deleted IS NULL
"""


def test_the_newest_version_of_each_call_is_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With the views of the documents; and each sync says that they are needed."""
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(tmp_path / "lake"))
    account = Account(300, days=10, now=datetime(2026, 3, 4, 12, tzinfo=UTC))
    caplog.set_level(logging.WARNING, logger="dlt_uis")
    with Sandbox(account) as sandbox:
        given: dict[str, Any] = {"api_url": sandbox.url, "access_token": sandbox.access_token}

        def sync() -> None:
            source = uis_source(**given, clock=account.now)
            run(make_pipeline("filesystem"), source, Progress())

        sync()
        change(account)
        sync()
    assert len([r for r in caplog.records if "can't replace rows" in r.message]) == 2
    with duckdb.connect("lake.duckdb") as lake:
        lake.execute("CREATE SCHEMA uis_data")
        for table in CALLS_REPORT.tables:
            view = NEWEST_CALLS if table == "calls" else NEWEST_ELEMENTS
            files = tmp_path / "lake" / "uis_data" / table / "*.parquet"
            lake.execute(view.format(table=table, files=files))
    with Warehouse("lake.duckdb") as warehouse:
        assert_equals_truth(account, warehouse)


def test_a_missing_address_is_one_line_that_names_it() -> None:
    given = {"SOURCES__UIS__ACCESS_TOKEN": "any"}
    result = CliRunner(env=given).invoke(cli, ["sync", "--destination", "filesystem"])
    assert "Set DESTINATION__FILESYSTEM__BUCKET_URL" in result.stderr
    assert result.exit_code == 2
