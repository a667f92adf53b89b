"""The Airflow DAGs, run by Airflow itself, into Postgres."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from dlt_uis.sandbox import Sandbox

from ..e2e.truth import assert_equals_truth
from ..e2e.warehouses import PostgresWarehouse
from ..environments import ROOT
from .installing import run, users_environment
from .reading import first_day_read, one_more_call

pytestmark = pytest.mark.timeout(900)  # the first run on a machine makes the environment


@pytest.fixture
def airflow(
    installed: Callable[[str], Path], sandbox: Sandbox, postgres: str, tmp_path: Path
) -> Callable[..., str]:
    """Runs Airflow's command in an installation of its own that has nothing but our DAGs."""
    commands, home = installed("airflow"), tmp_path / "airflow"
    (home / "dags").mkdir(parents=True)
    (home / "dags" / "uis.py").symlink_to(ROOT / "pipelines" / "airflow_dag.py")
    environment: Mapping[str, str] = {
        **users_environment(tmp_path),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token,
        "SOURCES__UIS__API_URL": sandbox.url,
        "DESTINATION__POSTGRES__CREDENTIALS": postgres,
    }

    def call(*arguments: str, **more: str) -> str:
        python = str(commands / "python")
        return run(python, "-m", "airflow", *arguments, cwd=home, **environment, **more)

    call("db", "migrate")
    return call


def test_the_history_by_months_then_syncs(
    airflow: Callable[..., str], sandbox: Sandbox, postgres: str
) -> None:
    """Months are mapped tasks; together with the sync they bring each call once."""
    oldest = min(call["start_time"] for call in sandbox.account.truth())
    months = {"first": oldest[:7], "last": f"{sandbox.account.now():%Y-%m}"}
    said = airflow("dags", "test", "uis_backfill", "--conf", json.dumps(months))
    assert said.count("task_id=backfill") >= 3, said
    airflow("dags", "test", "uis_sync")
    with PostgresWarehouse(postgres) as warehouse:
        assert_equals_truth(sandbox.account, warehouse)

    one_more_call(sandbox)
    airflow("dags", "test", "uis_sync")
    assert first_day_read(sandbox) >= (sandbox.account.now() - timedelta(days=5)).date()
    with PostgresWarehouse(postgres) as warehouse:
        assert_equals_truth(sandbox.account, warehouse)


_BACKFILL = """
import sys
from dlt_uis.backfill import Backfill
from dlt_uis.runner import make_pipeline

name, *range = sys.argv[1:]
Backfill(make_pipeline("postgres", name=name), *range).run()
"""


def test_months_may_be_loaded_side_by_side(sandbox: Sandbox, postgres: str) -> None:
    """What MONTHS_AT_ONCE relies on: processes that start into an empty database together."""
    months = sorted({call["start_time"][:7] for call in sandbox.account.truth()})
    names = [f"uis_{month.replace('-', '_')}" for month in months]
    starts = [*(f"{month}-01 00:00" for month in months), "2100-01-01 00:00"]
    environment = {
        **os.environ,
        "SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token,
        "SOURCES__UIS__API_URL": sandbox.url,
        "DESTINATION__POSTGRES__CREDENTIALS": postgres,
    }
    running = [
        subprocess.Popen([sys.executable, "-c", _BACKFILL, name, *of_month], env=environment)
        for name, of_month in zip(names, pairwise(starts), strict=True)
    ]
    assert [process.wait() for process in running] == [0] * len(months)
    with PostgresWarehouse(postgres) as warehouse:
        assert_equals_truth(sandbox.account, warehouse)
        done = warehouse.query(
            "SELECT DISTINCT pipeline_name FROM uis_data._dlt_pipeline_state ORDER BY 1"
        )
    assert [name for (name,) in done] == [f"{name}_backfill" for name in names]
