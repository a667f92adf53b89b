"""BigQuery: what is sent to it, which an emulator behind Google's own client has recorded.

Whether a merge reads the history or not shows in its statement: BigQuery leaves out partitions by
constants that the partitioning column is compared with, and by nothing else.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.bigquery import Client

from dlt_uis import uis_source
from dlt_uis.backfill.job import Backfill
from dlt_uis.check.checkup import check_up
from dlt_uis.localtime.windows import Window
from dlt_uis.progress import Progress
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.tables.merging import within

from .truth import ARRAYS, arrays_but, assert_equals_truth
from .warehouses import BigQueryWarehouse

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize("arrays", [["tags"], pytest.param(ARRAYS, marks=pytest.mark.cross)])
@pytest.mark.usefixtures("bigquery")
def test_tables_and_merges_follow_days_and_the_window(
    arrays: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Partitions by day, clusters by call, descriptions, money as NUMERIC; bounded merges."""
    account = Account(60, days=80, now=NOW)
    began = datetime.now(UTC)
    with Sandbox(account) as sandbox:
        given: dict[str, Any] = {
            "api_url": sandbox.url, "access_token": sandbox.access_token,
            "exclude_fields": arrays_but(*arrays),
        }  # fmt: skip
        assert "is not there yet" in checked(given)["destination"]
        Backfill(
            make_pipeline("bigquery"), "2025-12-20", "2026-02-15",
            source={**given, "clock": account.now}, chunk_days=60,
        ).run()  # fmt: skip
        made, backfilled = created_and_merged(began)
        began = datetime.now(UTC)
        run(
            make_pipeline("bigquery"),
            lambda: uis_source(**given, clock=account.now, start_date="2026-02-10"),
            Progress(),
        )
        _, synced = created_and_merged(began)
        said = checked(given)
        assert "the dataset uis_data is there" in said["destination"]
        assert "calls from 2026-02-10 00:00" in said["last_sync"]
    with BigQueryWarehouse() as warehouse:
        assert_equals_truth(account, warehouse, arrays=arrays)
    for table in ("calls", *(f"calls__{name}" for name in arrays)):
        key, time = ("id", "start_time") if table == "calls" else ("call_id", "call_start_time")
        assert f"PARTITION BY DATE(`{time}`)\nCLUSTER BY `{key}`" in made[table]
        assert f"`{time}` TIMESTAMP  NOT NULL OPTIONS (description=" in made[table]
        months = f"{time} >= TIMESTAMP '%s 00:00:00+00' AND {time} < TIMESTAMP '%s 00:00:00+00'"
        assert backfilled[table].endswith(months % ("2025-12-01", "2026-03-01"))
        assert synced[table].endswith(months % ("2026-02-01", "2026-04-01"))
    assert re.search(r"`sale_cost` NUMERIC\b", made["calls"])
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def statements(since: datetime) -> Iterator[str]:
    """What dlt has had BigQuery run."""
    with Client() as client:
        for job in client.list_jobs(all_users=True):
            if job.job_type == "query" and job.created >= since:
                yield from (statement.strip() for statement in job.query.split(";\n"))


def checked(source: dict[str, Any]) -> dict[str, str]:
    """What a checkup says, by check."""
    done = check_up("bigquery", dataset="uis_data", name="uis", source=source)
    return {line.check: line.message for line in done.lines}


def created_and_merged(since: datetime) -> tuple[dict[str, str], dict[str, str]]:
    """For each table the statement that made it, and the one that deletes what a merge replaces."""
    made, merged = {}, {}
    for statement in statements(since):
        if found := re.match(r"CREATE TABLE `proj`\.`uis_data`\.`(\w+)`", statement):
            made[found[1]] = statement
        elif found := re.match(r"DELETE FROM `proj`\.`uis_data`\.`(\w+)`", statement):
            assert found[1] not in merged, "one pass over the keys is enough"
            merged[found[1]] = statement
    return made, merged


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2026-03-10", "2026-03-14", ("2026-03-01", "2026-04-01")),
        ("2026-03-02", "2026-03-05", ("2026-02-01", "2026-04-01")),
        ("2026-03-10", "2026-03-30", ("2026-03-01", "2026-05-01")),
        ("2025-12-20", "2025-12-31", ("2025-12-01", "2026-02-01")),
        ("2026-01-31", "2026-01-31", ("2026-01-01", "2026-03-01")),
    ],
)
def test_a_merge_is_bounded_by_months_with_two_days_to_spare(
    start: str, end: str, months: tuple[str, str]
) -> None:
    """So that neither a zone nor a change of clocks can put a call outside."""
    span = Window(datetime.fromisoformat(start), datetime.fromisoformat(end) + timedelta(hours=1))
    assert within("start_time", span) == (
        f"start_time >= TIMESTAMP '{months[0]} 00:00:00+00'"
        f" AND start_time < TIMESTAMP '{months[1]} 00:00:00+00'"
    )
