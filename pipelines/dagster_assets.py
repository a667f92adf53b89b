"""Dagster: new calls every hour, and the history as an asset with a partition a month.

Install dlt-uis (not on PyPI yet: README.md, Install) and ``pip install dagster dagster-webserver``,
set SOURCES__UIS__ACCESS_TOKEN and DESTINATION__DUCKDB__CREDENTIALS (the file), then
``dagster dev -f dagster_assets.py``. Partitions are materialized in any order, each as often as you
like: what is done is not read again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from tempfile import TemporaryDirectory

import dlt
from dagster import (
    AssetExecutionContext,
    Definitions,
    MaterializeResult,
    MonthlyPartitionsDefinition,
    ScheduleDefinition,
    asset,
    define_asset_job,
)

from dlt_uis import uis_source
from dlt_uis.backfill import Backfill
from dlt_uis.progress import Progress
from dlt_uis.runner import make_pipeline, run

DESTINATION = "duckdb"

# DuckDB and BigQuery allow one writer at a time. Where runs are processes of their own, hold them
# to it in dagster.yaml: concurrency: {pools: {default_limit: 1}}. Postgres needs no limit.
POOL = "uis_warehouse"

# The first day of history. The month that is not over is a partition, too.
MONTHS = MonthlyPartitionsDefinition(start_date="2025-01-01", end_offset=1)


@contextmanager
def working_folder(name: str) -> Iterator[dlt.Pipeline]:
    """A pipeline that leaves nothing on this machine: its state lives in the warehouse."""
    with TemporaryDirectory() as folder:
        yield make_pipeline(DESTINATION, name=name, pipelines_dir=folder)


@asset(pool=POOL)
def calls() -> MaterializeResult:
    """New and changed calls."""
    with working_folder("uis") as pipeline:
        done = run(pipeline, uis_source, Progress())
    return MaterializeResult(metadata={"requests": done.requests, **done.rows})


@asset(pool=POOL, partitions_def=MONTHS)
def calls_of_month(context: AssetExecutionContext) -> MaterializeResult:
    """The calls of a past month, in the same tables."""
    month = context.partition_time_window
    first, last = month.start.date(), month.end.date() - timedelta(days=1)
    # what is done is remembered under the name, so each month needs its own
    with working_folder(f"uis_{first:%Y_%m}") as pipeline:
        done = Backfill(pipeline, first, last).run()
    return MaterializeResult(metadata={"requests": done.requests, "calls": done.calls})


definitions = Definitions(
    assets=[calls, calls_of_month],
    schedules=[
        ScheduleDefinition(
            job=define_asset_job("uis_sync", selection=[calls]), cron_schedule="0 * * * *"
        )
    ],
)
