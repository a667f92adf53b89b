"""The crontab: its lines, run as cron runs them."""

from __future__ import annotations

import fcntl
import re
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

_JOB = re.compile(r"(?:\S+\s+){5}(?P<command>\S.*)")


def commands() -> list[str]:
    """What the lines of the crontab run, as cron hands it to the shell."""
    lines = (ROOT / "pipelines" / "crontab").read_text().splitlines()
    jobs = [_JOB.fullmatch(line) for line in lines if line and not line.startswith("#")]
    found = [job["command"] for job in jobs if job]
    assert len(found) == 3
    assert not any(re.search(r"(?<!\\)%", command) for command in found), "% would end the line"
    return [command.replace(r"\%", "%") for command in found]


@pytest.fixture
def home(installed: Callable[[str], Path], sandbox: Sandbox, tmp_path: Path) -> Path:
    """The user's: a folder ``uis`` with the environment and the settings, as the file says."""
    folder = tmp_path / "home" / "uis"
    (folder / ".dlt").mkdir(parents=True)
    (folder / ".venv").symlink_to(installed("warehouses").parent)
    (folder / ".dlt" / "config.toml").write_text(
        f'[sources.uis]\napi_url = "{sandbox.url}"\nstart_date = "2020-01-01"\n'
        f'media_url = "{sandbox.media_url}"\nrecords_url = "{sandbox.records_url}"\n'
    )
    set_token(folder, sandbox.access_token)
    return folder.parent


def set_token(folder: Path, token: str) -> None:
    secrets = f'[sources.uis]\naccess_token = "{token}"\n'
    (folder / ".dlt" / "secrets.toml").write_text(secrets)


def cron(home: Path, command: str) -> str:
    """What a line prints, which cron would mail."""
    environment = {**users_environment(home), "LOGNAME": "uis", "SHELL": "/bin/sh"}
    return run("/bin/sh", "-c", command, cwd=home, **environment)


def test_syncs_bring_all_calls_and_go_on_at_the_cursor(home: Path, sandbox: Sandbox) -> None:
    sync, verify, recordings = commands()
    warehouse = str(home / "uis" / "uis.duckdb")
    assert cron(home, sync) == ""
    one_more_call(sandbox)
    assert cron(home, sync) == ""
    assert first_day_read(sandbox) >= (sandbox.account.now() - timedelta(days=5)).date()
    with Warehouse(warehouse) as rows:
        assert_equals_truth(sandbox.account, rows)
    log = (home / "uis" / "sync.log").read_text()
    assert log.count("uis.duckdb, schema uis_data") == 2

    assert cron(home, recordings) == ""
    stored = [path for path in (home / "uis" / "recordings").rglob("*.*") if path.is_file()]
    assert len(stored) == len(sandbox.recordings.truth())

    sandbox.account.update(sandbox.account.truth_ids()[-60], is_lost=None)
    assert cron(home, verify) == ""
    with Warehouse(warehouse) as rows:
        assert_equals_truth(sandbox.account, rows)


def test_a_run_under_way_is_not_joined(home: Path, sandbox: Sandbox) -> None:
    with (home / "uis" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert cron(home, commands()[0]) == ""
    assert sandbox.stats.requests == 0


def test_a_failure_is_mailed(home: Path) -> None:
    set_token(home / "uis", "wrong")
    mail = cron(home, commands()[0])
    assert mail.splitlines()[-1].startswith("dlt-uis: ")
    assert "access_token_invalid" in mail
