"""The Dagster assets, materialized by Dagster itself, into DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from dlt_uis.sandbox import Sandbox

from ..e2e.truth import Warehouse, assert_equals_truth
from ..environments import ROOT
from .installing import run, users_environment
from .reading import first_day_read, one_more_call

pytestmark = pytest.mark.timeout(900)  # the first run on a machine makes the environment

_MATERIALIZE = """
import sys
from dagster import DagsterInstance, materialize
from dagster_assets import calls_of_month, definitions

with DagsterInstance.ephemeral() as instance:
    for month in sys.argv[1:]:
        assert materialize([calls_of_month], partition_key=month, instance=instance).success
    if not sys.argv[1:]:
        schedule, = definitions.schedules
        assert schedule.cron_schedule == "0 * * * *"
        job = definitions.get_job_def(schedule.job_name)
        assert job.execute_in_process(instance=instance).success
"""


@pytest.fixture
def materialize(
    installed: Callable[[str], Path], sandbox: Sandbox, tmp_path: Path
) -> Callable[..., str]:
    """Materializes the partitions that are named, or runs the job of the schedule."""
    python = str(installed("dagster") / "python")
    (tmp_path / "dagster_assets.py").symlink_to(ROOT / "pipelines" / "dagster_assets.py")
    environment = {
        **users_environment(tmp_path),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token,
        "SOURCES__UIS__API_URL": sandbox.url,
        "DESTINATION__DUCKDB__CREDENTIALS": str(tmp_path / "warehouse.duckdb"),
    }
    return lambda *months: run(python, "-c", _MATERIALIZE, *months, cwd=tmp_path, **environment)


def test_partitions_then_syncs(
    materialize: Callable[..., str], sandbox: Sandbox, tmp_path: Path
) -> None:
    """Months in any order, and the schedule's job, bring each call once."""
    account, warehouse = sandbox.account, str(tmp_path / "warehouse.duckdb")
    months = sorted({f"{call['start_time'][:7]}-01" for call in account.truth()})
    newest, *older = reversed(months)
    assert len(older) >= 2
    materialize(*older)
    with Warehouse(warehouse) as rows:
        found = rows.query("SELECT count(*), count(DISTINCT id) FROM uis_data.calls")
    wanted = len([call for call in account.truth() if call["start_time"] < newest])
    assert found == [(wanted, wanted)]

    materialize()
    with Warehouse(warehouse) as rows:
        assert_equals_truth(account, rows)

    one_more_call(sandbox)
    materialize()
    assert first_day_read(sandbox) >= (account.now() - timedelta(days=5)).date()
    with Warehouse(warehouse) as rows:
        assert_equals_truth(account, rows)
