"""Ctrl-C and SIGTERM at any moment of any command: one line, an exit code, and nothing lost."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from click.testing import CliRunner

from dlt_uis.cli.main import cli
from dlt_uis.sandbox import Account, Fault, Limits, Sandbox

from .truth import Warehouse, assert_equals_truth
from .warehouses import PostgresWarehouse

LINE = "Interrupted, nothing is lost"
SOON = 1.0
"""Seconds within which a process has to be gone."""

SPARE = 4.0
"""What a busy machine may take longer."""

PATIENCE = 240.0
CROSS = pytest.mark.cross
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


@pytest.fixture(scope="module")
def account() -> Account:
    return Account(calls=200, days=20, now=datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def sandbox(account: Account) -> Iterator[Sandbox]:
    with Sandbox(account) as served:
        yield served


@dataclass
class Ended:
    """How a process ended, and how long after the signal."""

    code: int
    output: str
    seconds: float


class Running:
    """A command's process, whose output goes to a file."""

    def __init__(self, sandbox: Sandbox, *arguments: str, **environment: str) -> None:
        self._output = Path("output.txt")
        command = [sys.executable, "-m", "dlt_uis", *arguments]
        if arguments[0] in ("sync", "backfill", "verify", "check"):
            command += ["--api-url", sandbox.url]
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=output,
                env={
                    **os.environ,
                    "SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token,
                    **environment,
                },
            )  # fmt: skip

    def says(self) -> str:
        return self._output.read_text()

    def wait_for(self, is_so: Callable[[], Any]) -> None:
        until = time.monotonic() + PATIENCE
        while not is_so():
            assert self.process.poll() is None, self.says()
            assert time.monotonic() < until, self.says()
            time.sleep(0.01)

    def wait_for_the_first_line(self) -> None:
        """Until the signals are caught, which is the first thing that the command does."""
        status = Path(f"/proc/{self.process.pid}/status")

        def caught() -> int:
            (mask,) = re.findall(r"SigCgt:\s*(\w+)", status.read_text())
            return int(mask, 16) & 1 << signal.SIGTERM - 1

        self.wait_for(caught)

    def stop(self, *signals: signal.Signals) -> Ended:
        began = time.monotonic()
        for each in signals:
            self.process.send_signal(each)
            time.sleep(0.05 if len(signals) > 1 else 0)
        code = self.process.wait(PATIENCE)
        return Ended(code, self.says(), time.monotonic() - began)


def assert_interrupted(ended: Ended, by: signal.Signals, summary: str | None = None) -> None:
    assert ended.code == CODES[by], ended.output
    assert ended.output.count(LINE) == 1, ended.output
    assert "Traceback" not in ended.output
    assert ended.seconds < SOON + SPARE, ended.seconds
    if summary:
        written = json.loads(Path(summary).read_text())
        assert (written["exit_code"], written["success"]) == (CODES[by], False)
        assert written["error"]["type"] == "Interrupted"


def requests(sandbox: Sandbox, method: str = "get.calls_report") -> Callable[[], bool]:
    return lambda: sandbox.stats.by_method.get(method, 0) > 0


def finish(sandbox: Sandbox, *arguments: str) -> None:
    """A command that runs to its end, in this process."""
    given = {"SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token}
    result = CliRunner(env=given).invoke(cli, [*arguments, "--api-url", sandbox.url])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("by", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=CROSS)])
def test_while_python_still_imports(sandbox: Sandbox, by: signal.Signals) -> None:
    running = Running(sandbox, "sync", "--summary-file", "summary.json")
    running.wait_for_the_first_line()
    ended = running.stop(by)
    # how long importing takes is the machine's affair
    assert_interrupted(Ended(ended.code, ended.output, 0.0), by, "summary.json")
    assert not sandbox.stats.requests


@pytest.mark.parametrize(
    ("fault", "method"),
    [
        ("stall", "get.calls_report"),
        ("http_503", "get.calls_report"),
        pytest.param("stall", "get.account", marks=CROSS),
    ],
)
def test_while_the_api_hangs_or_is_tried_again(sandbox: Sandbox, fault: Any, method: str) -> None:
    sandbox.inject(Fault(fault, times=99, method=method, seconds=60))
    running = Running(sandbox, "sync", "--summary-file", "summary.json")
    running.wait_for(requests(sandbox, method))
    time.sleep(0.3)
    assert_interrupted(running.stop(signal.SIGINT), signal.SIGINT, "summary.json")


def test_while_a_session_can_not_be_ended(sandbox: Sandbox) -> None:
    """Logging out is a request, too: one that hangs is not waited for."""
    for method in ("get.calls_report", "logout.user"):
        sandbox.inject(Fault("stall", times=99, method=method, seconds=60))
    login = {"SOURCES__UIS__LOGIN": sandbox.login, "SOURCES__UIS__PASSWORD": sandbox.password}
    running = Running(sandbox, "sync", "--log-format", "json", "--summary-file", "summary.json",
                      **login, SOURCES__UIS__ACCESS_TOKEN="")  # fmt: skip
    running.wait_for(requests(sandbox))
    ended = running.stop(signal.SIGTERM)
    assert_interrupted(ended, signal.SIGTERM, "summary.json")
    lines = [json.loads(line) for line in ended.output.splitlines()]
    (told,) = [line for line in lines if line["message"] == LINE]
    assert (told["error"], told["exit_code"]) == ("Interrupted", 143)


def test_while_it_waits_for_the_days_points(account: Account) -> None:
    with Sandbox(account, limits=Limits(day=4, minute=1_000)) as sandbox:
        running = Running(
            sandbox, "backfill", "--from", "2020-01-01", "--to", f"{datetime.now(UTC):%Y-%m-%d}",
            "--wait", "--summary-file", "summary.json",
        )  # fmt: skip
        running.wait_for(lambda: "waiting" in running.says())
        assert_interrupted(running.stop(signal.SIGTERM), signal.SIGTERM, "summary.json")


@contextmanager
def locked(url: str, statement: str) -> Iterator[None]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        yield


ANOTHER_LOADS = "SELECT pg_advisory_lock(hashtextextended('dlt-uis uis_data', 0))"
TABLE_IS_LOCKED = "LOCK TABLE uis_data.calls__tags IN ACCESS EXCLUSIVE MODE"


@pytest.mark.parametrize("lock", [pytest.param(ANOTHER_LOADS, marks=CROSS), TABLE_IS_LOCKED])
def test_while_postgres_lets_a_statement_wait(
    account: Account, sandbox: Sandbox, postgres: str, lock: str
) -> None:
    """It is not waited for, which might be for hours; the next run brings what this one did not."""
    there = ("--destination", "postgres")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    finish(sandbox, "sync", *there, "--start-date", f"{yesterday:%Y-%m-%d}")
    with locked(postgres, lock):
        running = Running(
            sandbox, "sync", *there, "--lookback-days", "25", "--summary-file", "summary.json",
        )  # fmt: skip
        running.wait_for(lambda: _waits(postgres))
        assert_interrupted(running.stop(signal.SIGTERM), signal.SIGTERM, "summary.json")
    finish(sandbox, "sync", *there, "--lookback-days", "25")
    with PostgresWarehouse(postgres) as warehouse:
        assert_equals_truth(account, warehouse)


def _waits(url: str) -> bool:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        (found,) = cursor.fetchone() or (0,)
        return bool(found)


def test_a_backfill_ends_in_any_chunk_and_goes_on(account: Account, sandbox: Sandbox) -> None:
    """Also while a chunk is loaded: no further one is begun, and each call is there once."""
    now = datetime.now(UTC)
    first, last = f"{now - timedelta(days=40):%Y-%m-%d}", f"{now:%Y-%m-%d}"
    options = ("backfill", "--from", first, "--to", last, "--chunk-days", "8")
    running = Running(sandbox, *options, "--summary-file", "summary.json")
    running.wait_for(lambda: "chunk" in running.says())
    ended = running.stop(signal.SIGTERM)
    assert_interrupted(ended, signal.SIGTERM, "summary.json")
    assert ended.output.count("INFO dlt_uis.backfill.job: chunk") < 5
    finish(sandbox, *options)
    with Warehouse() as warehouse:
        assert_equals_truth(account, warehouse)


@pytest.mark.parametrize(
    "command",
    [
        ("verify", "--from", "2026-01-01", "--to", "2027-12-31"),
        pytest.param(("check",), marks=CROSS),
    ],
)
def test_commands_that_ask_the_api(sandbox: Sandbox, command: Sequence[str]) -> None:
    finish(sandbox, "sync")
    sandbox.inject(Fault("stall", times=99, seconds=60))
    sandbox.stats.reset()
    running = Running(sandbox, *command)
    running.wait_for(lambda: sandbox.stats.requests)
    assert_interrupted(running.stop(signal.SIGINT), signal.SIGINT)


@pytest.mark.parametrize(
    "command", ["overview", pytest.param("demo", marks=CROSS), pytest.param("run", marks=CROSS)]
)
def test_commands_whose_database_does_not_answer(sandbox: Sandbox, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"postgresql://loader:any@127.0.0.1:{server.getsockname()[1]}/database"
        running = Running(
            sandbox, command, "--destination", "postgres",
            DESTINATION__POSTGRES__CREDENTIALS=address,
        )  # fmt: skip
        server.settimeout(PATIENCE)
        with closing(server.accept()[0]):
            ended = running.stop(signal.SIGINT)
        assert_interrupted(ended, signal.SIGINT)
        assert ("goes on from" in ended.output) == (command != "overview")


def test_a_sandbox_that_serves(sandbox: Sandbox) -> None:
    running = Running(sandbox, "sandbox", "--port", "0", "--calls", "500")
    running.wait_for(lambda: "access_token" in running.says())
    ended = running.stop(signal.SIGINT)
    assert_interrupted(ended, signal.SIGINT)
    assert "warehouse" not in ended.output, "it has none to go on from"


def test_a_second_signal_ends_it_at_once(sandbox: Sandbox) -> None:
    sandbox.inject(Fault("stall", times=99, seconds=60))
    running = Running(sandbox, "sync")
    running.wait_for_the_first_line()
    ended = running.stop(signal.SIGINT, signal.SIGTERM)
    assert ended.code == CODES[signal.SIGTERM]
