"""The container file: checked by hadolint, built and run by an engine where there is one.

Where there is none, its steps are run in a folder, and what they install is.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dlt_uis.sandbox import Sandbox

from ..e2e.truth import Warehouse, assert_equals_truth
from ..environments import ROOT, locked_environment
from .dockerfile import Image, build
from .installing import run
from .reading import first_day_read, one_more_call

pytestmark = pytest.mark.timeout(900)  # the packages are installed anew each time

DOCKERFILE = ROOT / "pipelines" / "Dockerfile"


def test_it_is_well_formed() -> None:
    hadolint = locked_environment("linters") / "bin" / "hadolint"
    run(str(hadolint), "--failure-threshold", "style", str(DOCKERFILE), cwd=ROOT)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    # hundreds of megabytes, of which pytest would keep three
    with tempfile.TemporaryDirectory(prefix="dlt-uis-image-") as folder:
        yield build(DOCKERFILE, Path(folder))


def test_what_its_steps_install_syncs(image: Image, sandbox: Sandbox) -> None:
    """Started twice as a container is, with nothing kept but the folder of the volume."""
    given = {
        "SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token,
        "SOURCES__UIS__API_URL": sandbox.url,
        "SOURCES__UIS__START_DATE": "2020-01-01",
    }
    assert int(image.user) > 0
    assert "backfill" in image.start("--help")
    image.start(**given)
    shutil.rmtree(image.root / ".dlt")
    one_more_call(sandbox)
    image.start(**given)
    assert first_day_read(sandbox) >= (sandbox.account.now() - timedelta(days=5)).date()
    with Warehouse(str(image.root / "data" / "uis.duckdb")) as warehouse:
        assert_equals_truth(sandbox.account, warehouse)


@pytest.fixture(scope="module")
def built_image() -> Iterator[str]:
    """The name of the image, built by Docker or Podman."""
    engine = _engine()
    if engine is None:
        pytest.skip("no container engine runs here")
    if subprocess.run([engine, "pull", "python:3.13-slim"], check=False).returncode:
        pytest.skip("the base image can't be fetched here")
    name = "dlt-uis-recipe-test"
    subprocess.run([engine, "build", "-f", DOCKERFILE, "-t", name, ROOT], check=True)
    yield name
    subprocess.run([engine, "rmi", name], check=True)


def test_an_engine_builds_and_runs_it(built_image: str, sandbox: Sandbox, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    given = {
        "SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token,
        "SOURCES__UIS__API_URL": sandbox.url,
        "SOURCES__UIS__START_DATE": "2020-01-01",
    }
    variables = [f"--env={name}={value}" for name, value in given.items()]
    start = [str(_engine()), "run", "--rm", "--network=host", f"--volume={tmp_path}:/data"]
    for _ in range(2):
        subprocess.run([*start, *variables, built_image], check=True)
    with Warehouse(str(tmp_path / "uis.duckdb")) as warehouse:
        assert_equals_truth(sandbox.account, warehouse)


def _engine() -> str | None:
    """The command of a container engine that answers."""
    for name in ("docker", "podman"):
        if shutil.which(name) and not subprocess.run([name, "info"], check=False,
                                                     capture_output=True).returncode:  # fmt: skip
            return name
    return None
