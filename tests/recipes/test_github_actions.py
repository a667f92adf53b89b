"""The workflow for GitHub Actions: checked against GitHub's schema, its steps run as a runner does.

What a runner has installed before the first step stands in for `actions/setup-python`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from dlt_uis.sandbox import Limits, Sandbox

from ..e2e.truth import assert_equals_truth
from ..e2e.warehouses import PostgresWarehouse
from ..environments import ROOT, locked_environment
from .installing import make_environment, run, users_environment
from .reading import first_day_read, one_more_call

pytestmark = pytest.mark.timeout(900)  # the first run on a machine makes the environment

WORKFLOW = ROOT / "pipelines" / "github_actions.yml"


def steps() -> list[dict[str, Any]]:
    """Those that run something."""
    workflow = yaml.safe_load(WORKFLOW.read_text())
    return [step for step in workflow["jobs"]["sync"]["steps"] if "run" in step]


@dataclass(frozen=True)
class Runner:
    """A machine that is new for each run of the workflow, and can install nothing but our wheel.

    The packages that ours needs are there already, as they are locked.
    """

    wheel: Path
    folder: Path
    api_url: str
    secrets: Mapping[str, str]

    def run(self, name: str) -> str:
        """What the last step prints, all having been run on a new machine with this name."""
        home = self.folder / name
        commands = make_environment(home / "python", "warehouses")
        environment = {
            **users_environment(home),
            "PATH": f"{commands}:/usr/bin:/bin",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheel.parent),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "SOURCES__UIS__API_URL": self.api_url,
            "SOURCES__UIS__START_DATE": "2020-01-01",
        }
        said = ""
        for step in steps():
            script = home / "step.sh"
            script.write_text(step["run"])
            given = {key: self._filled(value) for key, value in step.get("env", {}).items()}
            said = run("bash", "-e", str(script), cwd=home, **environment, **given)
        return said

    def _filled(self, value: str) -> str:
        return re.sub(r"\$\{\{ secrets\.(\w+) \}\}", lambda found: self.secrets[found[1]], value)


@pytest.fixture
def make_runner(wheel: Path, tmp_path: Path, postgres: str) -> Callable[[Sandbox], Runner]:
    def make(sandbox: Sandbox) -> Runner:
        secrets = {"UIS_ACCESS_TOKEN": sandbox.access_token, "WAREHOUSE": postgres}
        return Runner(wheel, tmp_path, sandbox.url, secrets)

    return make


def test_each_run_on_a_new_machine_goes_on_at_the_cursor(
    make_runner: Callable[[Sandbox], Runner], sandbox: Sandbox, postgres: str
) -> None:
    runner = make_runner(sandbox)
    runner.run("first")
    one_more_call(sandbox)
    runner.run("second")
    assert first_day_read(sandbox) >= (sandbox.account.now() - timedelta(days=5)).date()
    with PostgresWarehouse(postgres) as warehouse:
        assert_equals_truth(sandbox.account, warehouse)


def test_spent_points_are_no_failure(
    make_runner: Callable[[Sandbox], Runner], sandbox: Sandbox
) -> None:
    with Sandbox(sandbox.account, limits=Limits(day=0)) as spent:
        assert "points are spent" in make_runner(spent).run("only")


def test_the_workflow_is_valid() -> None:
    """By GitHub's own schema, and by shellcheck in what the steps run."""
    linters = locked_environment("linters") / "bin"
    here = WORKFLOW.parent
    run(str(linters / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows",
        str(WORKFLOW), cwd=here)  # fmt: skip
    for step in steps():
        run("sh", "-c", 'printf "%s\n" "$2" | "$1" --shell=bash -', "sh",
            str(linters / "shellcheck"), step["run"], cwd=here)  # fmt: skip
