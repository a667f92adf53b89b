"""The command line as a user meets it: what it loads, what it says when something is wrong."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dlt_uis.cli.main import cli
from dlt_uis.sandbox import Account, Fault, Sandbox, Switches

from .kills import run_and_kill
from .truth import Warehouse, assert_equals_truth

COMMAND = [sys.executable, "-m", "dlt_uis"]


@dataclass
class Own:
    """A process of its own, and where it ran."""

    folder: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    account = Account(calls=200, days=20, now=datetime.now(UTC).replace(microsecond=0))
    with Sandbox(account) as served:
        yield served


def run_sync(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, *options: str, **environment: str
) -> Result:
    given = {"access_token": sandbox.access_token, "request_attempts": "1", **environment}
    for name, value in given.items():
        monkeypatch.setenv(f"SOURCES__UIS__{name.upper()}", value)
    url = () if "--api-url" in options else ("--api-url", sandbox.url)
    return CliRunner().invoke(cli, ["sync", *url, *options])


def test_sync_loads_and_sums_up(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run_sync(sandbox, monkeypatch)
    assert result.exit_code == 0, result.output
    assert "200" in result.output
    assert "uis.duckdb" in result.output
    with Warehouse() as warehouse:
        assert_equals_truth(sandbox.account, warehouse)


@pytest.mark.parametrize(
    ("switches", "code", "says"),
    [
        ({"token_state": "invalid"}, 2, "access_token_invalid"),
        ({"token_state": "blocked"}, 2, "Unblock"),
        ({"token_state": "expired"}, 2, "Make a new key"),
        ({"ip_allowed": False}, 2, "IP address"),
        ({"forbidden": True}, 2, "right to read"),
        ({"account_active": False}, 2, "blocked"),
        ({"disabled_methods": {"get.calls_report": "base"}}, 2, "component"),
    ],
)
def test_refusals_are_one_line_that_says_what_to_do(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    switches: dict[str, Any],
    code: int,
    says: str,
) -> None:
    for name, value in switches.items():
        setattr(sandbox.switches, name, value)
    assert_one_line(run_sync(sandbox, monkeypatch), sandbox, code, says)


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("http_502_html", 1, "502"),
        ("http_200_html", 1, "HTML"),
        ("http_404_html", 2, "404"),
        ("redirect", 2, "redirects"),
        ("reset", 1, "connection"),
        ("day_limit_exceeded", 75, "points are spent"),
    ],
)
def test_failures_are_one_line_that_says_what_to_do(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: Any, code: int, says: str
) -> None:
    sandbox.inject(Fault(fault, times=99))
    assert_one_line(run_sync(sandbox, monkeypatch), sandbox, code, says)


@pytest.mark.parametrize(
    ("options", "environment", "code", "says"),
    [
        (("--api-url", "http://no-such-host.invalid/v2.0"), {}, 1, "not known"),
        (("--api-url", "no address"), {}, 2, "SOURCES__UIS__API_URL"),
        ((), {"brand": "megafon", "api_url": ""}, 2, "novofon"),
        ((), {"brand": "uiss", "api_url": "http://127.0.0.1:9/v2.0"}, 2, "comagic"),
        ((), {"timezone": "Mars/Olympus"}, 2, "Europe/Moscow"),
        ((), {"end_date": "2020-01-01"}, 2, "end_date is not after start_date"),
        ((), {"access_token": ""}, 2, "SOURCES__UIS__ACCESS_TOKEN"),
        ((), {"exclude_fields": '["tag"]'}, 2, "exclude_fields"),
        ((), {"privacy": '{"phones": "drop"}'}, 2, "phone_numbers"),
        ((), {"privacy": '{"names": "pseudonymise"}'}, 2, "SOURCES__UIS__PRIVACY_KEY"),
        ((), {"privacy": '{"names": "drop"'}, 2, "privacy"),
        (("--lookback-days", "0"), {}, 2, "--lookback-days"),
        (("--page-size", "20000"), {}, 2, "--page-size"),
        (("--start-date", "yesterday"), {}, 2, "--start-date"),
    ],
)
def test_wrong_settings_are_one_line_that_says_what_to_do(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    environment: dict[str, str],
    code: int,
    says: str,
) -> None:
    if "brand" in environment:
        monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
        monkeypatch.setenv("SOURCES__UIS__BRAND", environment["brand"])
        result = CliRunner().invoke(cli, ["sync"])
    else:
        result = run_sync(sandbox, monkeypatch, *options, **environment)
    assert_one_line(result, sandbox, code, says)


def assert_one_line(result: Result, sandbox: Sandbox, code: int, says: str) -> None:
    lines = [line for line in result.stderr.splitlines() if line.startswith("dlt-uis: ")]
    assert len(lines) == 1, result.output
    assert says in lines[0]
    assert result.exit_code == code
    assert "Traceback" not in result.output
    assert sandbox.access_token not in result.output


def test_the_password_is_not_shown(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = "pässwörd-which-is-wrong"
    result = run_sync(sandbox, monkeypatch, access_token="", login=sandbox.login, password=wrong)
    assert result.exit_code == 2
    assert "SOURCES__UIS__PASSWORD" in result.output
    assert wrong not in result.output


def test_a_locked_warehouse_is_one_line(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = "import duckdb, sys; c = duckdb.connect('uis.duckdb'); print(flush=True); input()"
    command = [sys.executable, "-c", holder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        result = run_sync(sandbox, monkeypatch)
        process.kill()
    assert_one_line(result, sandbox, 1, "lock")


def test_a_missing_credential_of_the_destination_is_one_line(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run_sync(sandbox, monkeypatch, "--destination", "postgres")
    assert_one_line(result, sandbox, 2, "DESTINATION__POSTGRES__CREDENTIALS")


def test_demo_shows_tables_and_what_became_of_missed_calls() -> None:
    """And says where the page with charts is; there are views in the warehouse."""
    result = CliRunner().invoke(cli, ["demo", "--calls", "300", "--days", "10"])
    assert result.exit_code == 0, result.output
    assert "calls__scenario_operations" in result.output
    assert " +0300 INFO " in result.stderr, "in the account's zone, as the result"
    for told in ("Missed calls, ", "called back within 20 min", "uis-demo-overview.html"):
        assert told in result.output
    assert 'class="period"' in Path("uis-demo-overview.html").read_text("utf-8")
    with Warehouse("uis_demo.duckdb", "uis_demo_data") as warehouse:
        assert warehouse.query("SELECT count(*) > 0 FROM uis_demo_data.missed_calls") == [(True,)]


def test_sandbox_prints_how_to_reach_it_first() -> None:
    command = [*COMMAND, "sandbox", "--port", "0", "--calls", "50", "--days", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        process.terminate()
    hosts = {"media_url", "records_url"}
    assert set(told) == {"url", "access_token", "login", "password", *hosts}


@pytest.fixture(scope="module")
def own_process(tmp_path_factory: pytest.TempPathFactory) -> Own:
    """A run in a process of its own."""
    folder = tmp_path_factory.mktemp("own")
    account = Account(calls=50, days=5, now=datetime.now(UTC).replace(microsecond=0))
    with Sandbox(account) as sandbox:
        given = {
            "SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token,
            "SOURCES__UIS__API_URL": sandbox.url,
            "DLT_DATA_DIR": str(folder / "dlt"),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
        }
        done = subprocess.run(
            [*COMMAND, "run"],
            env={**os.environ, **given}, cwd=folder, capture_output=True, text=True, check=False,
            timeout=120,
        )  # fmt: skip
    return Own(folder, done)


def test_no_copy_of_what_is_loaded_stays_in_the_working_folder(own_process: Own) -> None:
    assert list(own_process.folder.glob("dlt/**/loaded/*"))
    assert not list(own_process.folder.glob("dlt/**/*.parquet"))


def test_run_in_a_process_of_its_own_ends(own_process: Own) -> None:
    assert own_process.done.returncode == 0, own_process.done.stderr
    assert "Loaded into uis.duckdb" in own_process.done.stdout


def test_the_file_is_in_the_current_folder_wherever_the_pipeline_ran_before(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the folder of the first run is gone, as after cloning anew."""
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        result = run_sync(sandbox, monkeypatch)
        assert result.exit_code == 0, result.output
        assert (folder / "uis.duckdb").exists()
        monkeypatch.chdir(tmp_path)
        shutil.rmtree(folder)


@pytest.mark.parametrize("kills", [2, pytest.param(12, marks=pytest.mark.cross)])
def test_killed_at_any_moment_the_next_run_heals(kills: int) -> None:
    """The warehouse after many kills equals that of an undisturbed run."""
    rng = random.Random(7)
    account = Account(calls=600, days=20, now=datetime.now(UTC).replace(microsecond=0))
    with Sandbox(account, switches=Switches(latency=0.02)) as sandbox:
        given = {"SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token}
        command = ["sync", "--api-url", sandbox.url, "--page-size", "100"]

        def finish(*options: str) -> int:
            result = CliRunner(env=given).invoke(cli, [*command, *options])
            assert result.exit_code == 0, result.output
            return sandbox.stats.requests

        undisturbed = finish("--pipeline-name", "undisturbed")
        for number in range(kills):
            # every other one while it reads, the rest while it loads
            enough = undisturbed if number % 2 else rng.randrange(undisturbed)
            sandbox.stats.reset()
            run_and_kill(
                command, given, lambda: sandbox.stats.requests, enough,
                delay=rng.uniform(0.0, 0.6) if number % 2 else 0.0,
            )  # fmt: skip
        finish()
    with Warehouse() as warehouse:
        assert_equals_truth(account, warehouse)
