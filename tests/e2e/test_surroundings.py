"""Folders, files, names, ports and servers that can't be used: one line that says what to do."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dlt_uis.cli import sync as commands
from dlt_uis.cli.main import cli
from dlt_uis.sandbox import Account, Sandbox

from .servers.postgres import PostgresServer
from .test_interrupts import PATIENCE, Running, _waits, locked
from .truth import Warehouse, arrays_but, assert_equals_truth
from .warehouses import PostgresWarehouse

COMMAND = [sys.executable, "-m", "dlt_uis"]


@pytest.fixture(scope="module")
def account() -> Account:
    return Account(calls=60, days=6, now=datetime.now(UTC).replace(microsecond=0))


@pytest.fixture(scope="module")
def sandbox(account: Account) -> Iterator[Sandbox]:
    with Sandbox(account) as served:
        yield served


@pytest.fixture(autouse=True)
def token(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also few tables."""
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(arrays_but("tags")))


def sync(sandbox: Sandbox, *options: str) -> Result:
    return CliRunner().invoke(cli, ["sync", "--api-url", sandbox.url, *options])


def assert_one_line(result: Result, code: int, says: str) -> None:
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    (line,) = [line for line in result.output.splitlines() if "dlt-uis: " in line]
    assert says in line
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "name", ['it\'s "my" данные #1?', pytest.param("x" * 200, marks=pytest.mark.cross)]
)
def test_the_working_folder_may_have_any_name(
    sandbox: Sandbox, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / name))
    assert sync(sandbox).exit_code == 0
    with Warehouse() as warehouse:
        assert_equals_truth(account, warehouse, arrays=["tags"])


def a_file(folder: Path) -> Path:
    folder.write_text("in its place")
    return folder


FOLDERS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a file in its place": (a_file, "Not a directory"),
    "a percent sign": (lambda folder: folder / "50%", "percent sign"),
    "too long a name": (lambda folder: folder / ("x" * 300), "name too long"),
    "where nobody may write": (lambda _: Path("/proc/dlt"), "working folder"),
}


@pytest.mark.parametrize(("made", "says"), FOLDERS.values(), ids=FOLDERS.keys())
def test_a_working_folder_that_can_not_be_used(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    made: Callable[[Path], Path],
    says: str,
) -> None:
    """And the run after it, with another one, goes on."""
    monkeypatch.setenv("DLT_DATA_DIR", str(made(tmp_path / "folder")))
    assert_one_line(sync(sandbox), 2, says)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "another"))
    assert sync(sandbox).exit_code == 0


@pytest.mark.parametrize("option", ["--pipeline-name", "--dataset"])
@pytest.mark.parametrize("name", ["", " ", "x" * 300])
def test_names_that_nothing_can_have(sandbox: Sandbox, option: str, name: str) -> None:
    assert_one_line(sync(sandbox, option, name), 2, f"{option} can't be")


@pytest.mark.parametrize(
    "name", ["a/b", "..", ".", "a b", "1abc", "a\\b", "it's", "a%b", "x" * 100]
)
def test_names_that_a_pipeline_can_not_have(sandbox: Sandbox, name: str) -> None:
    assert_one_line(sync(sandbox, "--pipeline-name", name), 2, "--pipeline-name can't be")


@pytest.mark.parametrize("name", [".. 'a' \"имя\"", pytest.param("1abc", marks=pytest.mark.cross)])
def test_a_dataset_may_have_any_other_name(sandbox: Sandbox, name: str) -> None:
    result = sync(sandbox, "--dataset", name)
    assert result.exit_code == 0, result.output


def test_ports_and_zones_of_a_sandbox() -> None:
    def run(*options: str) -> Result:
        return CliRunner().invoke(cli, ["sandbox", "--calls", "5", *options])

    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = str(server.getsockname()[1])
        assert_one_line(run("--port", taken), 2, "in use. Name another one with --port")
    assert run("--port", "99999").exit_code == 2
    assert_one_line(run("--port", "0", "--timezone", "Mars/Olympus"), 2, "Europe/Moscow")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/localtime"])
def test_zones_of_a_report(zone: str) -> None:
    result = CliRunner().invoke(cli, ["overview", "--timezone", zone])
    assert_one_line(result, 2, "Europe/Moscow")


def test_files_that_are_no_database(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("uis.duckdb").write_text("not one " * 1_000)
    assert_one_line(sync(sandbox), 2, "not a valid DuckDB database file")
    Path("folder.duckdb").mkdir()
    for place, says in (("folder.duckdb", "directory"), ("/no/such/folder/x.duckdb", "No such")):
        monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", place)
        assert_one_line(sync(sandbox), 2, says)


def test_a_disk_without_room(sandbox: Sandbox, account: Account) -> None:
    """Stands in for a full disk: no file may grow over a bound. With room again, it goes on."""
    limited = ["sh", "-c", 'ulimit -f "$0"; exec "$@"', "100"]
    command = [*COMMAND, "sync", "--api-url", sandbox.url]
    full = subprocess.run([*limited, *command], capture_output=True, text=True, check=False)
    assert full.returncode == 1
    assert "there is no space left" in full.stderr
    assert "Traceback" not in full.stderr
    assert sync(sandbox).exit_code == 0
    with Warehouse() as warehouse:
        assert_equals_truth(account, warehouse, arrays=["tags"])


def test_a_current_folder_that_is_gone(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    os.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    try:
        assert_one_line(sync(sandbox), 2, "current folder")
    finally:
        os.chdir(tmp_path)


@pytest.mark.parametrize(
    "name", [pytest.param("config.toml", marks=pytest.mark.cross), "secrets.toml"]
)
def test_a_configuration_that_is_no_toml(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    """Nothing of it is repeated, as it may be a secret; also as JSON, and with --debug."""
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / name).write_text("[destination.postgres\npassword = 'Zx9-kvQ7'\n")
    command = [*COMMAND, "sync", "--debug", "--log-format", "json", "--api-url", sandbox.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Zx9-kvQ7" not in done.stderr
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["message"] == f"{name} can't be read: it is no TOML, see line 1"


def test_an_output_that_nobody_reads(sandbox: Sandbox) -> None:
    """What was loaded was loaded: the exit code and the summary file say so."""
    command = [*COMMAND, "sync", "--api-url", sandbox.url, "--summary-file", "summary.json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
    assert process.returncode == 0
    assert "Error" not in errors
    assert json.loads(Path("summary.json").read_text())["success"] is True


def test_an_error_that_nobody_foresaw(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the moon is blue\nand more of it")

    monkeypatch.setattr(commands, "run", fail)
    assert_one_line(sync(sandbox, "--summary-file", "summary.json"), 1, "RuntimeError: the moon is")
    assert json.loads(Path("summary.json").read_text())["error"]["type"] == "Unforeseen"
    shown = sync(sandbox, "--debug")
    assert shown.exit_code == 1
    assert 'raise RuntimeError("the moon' in shown.output


def test_postgres_that_goes_away_in_a_load(
    account: Account, sandbox: Sandbox, postgres: str, postgres_cluster: PostgresServer
) -> None:
    """One line of ours at the end, no traceback of dlt's before; the next run brings the rest."""
    options = ("--destination", "postgres")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert sync(sandbox, *options, "--start-date", f"{yesterday:%Y-%m-%d}").exit_code == 0
    database = postgres.rpartition("/")[2]
    with locked(postgres, "LOCK TABLE uis_data.calls IN ACCESS EXCLUSIVE MODE"):
        running = Running(sandbox, "sync", *options, "--lookback-days", "9")
        running.wait_for(lambda: _waits(postgres))
        postgres_cluster.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
        postgres_cluster.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{database}' AND pid <> pg_backend_pid()"
        )
        code = running.process.wait(PATIENCE)
    postgres_cluster.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
    assert code in (1, 2), running.says()
    assert "Traceback" not in running.says()
    assert running.says().splitlines()[-1].startswith("dlt-uis: ")
    assert sync(sandbox, *options, "--lookback-days", "9").exit_code == 0
    with PostgresWarehouse(postgres) as warehouse:
        assert_equals_truth(account, warehouse, arrays=["tags"])
