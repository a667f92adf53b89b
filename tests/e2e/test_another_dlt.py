"""The commands work on a dlt in which what we patch is renamed, or takes something else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dlt_uis.process.dlt_patches import PATCHES
from dlt_uis.sandbox import Account, Sandbox

from .truth import Warehouse, assert_equals_truth

PROGRAM = str(Path(__file__).with_name("another_dlt.py"))
PLACES = [seam.place for patch in PATCHES for seam in patch.seams]


@pytest.fixture(scope="module")
def account() -> Account:
    return Account(calls=50, days=3, now=datetime.now(UTC).replace(microsecond=0))


@pytest.fixture(scope="module")
def sandbox(account: Account) -> Iterator[Sandbox]:
    with Sandbox(account) as served:
        yield served


@pytest.mark.parametrize("mode", ["renamed", pytest.param("changed", marks=pytest.mark.cross)])
def test_commands_go_on_without_patches(mode: str, account: Account, sandbox: Sandbox) -> None:
    for command in (["sync"], ["sync"], ["check"]):
        done = subprocess.run(
            [sys.executable, PROGRAM, mode, *PLACES, "--", *command, "--debug", "--api-url",
             sandbox.url],
            env={**os.environ, "SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "is left out" in done.stderr
    with Warehouse() as warehouse:
        assert_equals_truth(account, warehouse)
