"""A small dbt project on the sources that ``dlt-uis views --dbt`` writes, built by dbt itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from dlt_uis.cli.main import cli
from dlt_uis.sandbox import Sandbox

from ..e2e.truth import Warehouse
from ..environments import locked_environment
from .installing import run, users_environment

pytestmark = pytest.mark.timeout(900)  # the first run on a machine makes the environment

PROJECT = {
    "dbt_project.yml": 'name: calls\nprofile: calls\nversion: "1.0"\n',
    "profiles.yml": (
        "calls:\n  target: dev\n  outputs:\n"
        "    dev: {type: duckdb, path: ../uis.duckdb, schema: marts}\n"
    ),
    "models/missed_by_campaign.sql": (
        "SELECT campaign, count(*) AS missed FROM {{ source('uis_data', 'missed_calls') }}"
        " GROUP BY campaign\n"
    ),
    "models/tagged.sql": (
        "SELECT calls.id, tags.tag_name FROM {{ source('uis_data', 'calls') }} AS calls"
        " JOIN {{ source('uis_data', 'calls__tags') }} AS tags ON tags.call_id = calls.id\n"
    ),
}


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, beside a warehouse with views."""
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
    monkeypatch.setenv("SOURCES__UIS__API_URL", sandbox.url)
    folder = tmp_path / "project"
    for path, text in PROJECT.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    for command in (["sync", "--reference-data"], ["views", "--dbt", str(folder / "models")]):
        result = CliRunner().invoke(cli, command, catch_exceptions=False)
        assert result.exit_code == 0, result.output
    return folder


def test_dbt_builds_and_tests_on_our_sources(project: Path) -> None:
    dbt = str(locked_environment("dbt") / "bin" / "dbt")
    environment = {**users_environment(project), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    built = run(dbt, "build", "--profiles-dir", ".", cwd=project, **environment)
    assert "ERROR=0" in built
    for test in ("unique_uis_data_calls_id", "relationships_uis_data_calls__tags", "not_null"):
        assert test in built
    assert "PASS" in run(dbt, "source", "freshness", "--profiles-dir", ".", cwd=project,
                         **environment)  # fmt: skip
    with Warehouse(str(project.parent / "uis.duckdb"), "marts") as warehouse:
        counted = "SELECT sum(missed) FROM marts.missed_by_campaign"
        missed = "SELECT count(*) FROM uis_data.missed_calls"
        assert warehouse.query(counted) == warehouse.query(missed)
