"""What a run leaves for those who watch it: logs, a summary file, a trace, a message."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from dlt.common.runtime.run_context import active

from dlt_uis.cli.main import cli
from dlt_uis.monitoring import logs
from dlt_uis.sandbox import Account, Fault, Sandbox

from .truth import Warehouse

_SAMPLE = re.compile(
    r'(dlt_uis_\w+){command="(\w+)",pipeline="uis"(?:,(?:table|report)="(\w+)")?} (\S+)'
)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(Account(120, days=6, now=datetime.now(UTC).replace(microsecond=0))) as served:
        monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", served.access_token)
        monkeypatch.setenv("SOURCES__UIS__API_URL", served.url)
        yield served


@pytest.fixture(autouse=True)
def plain_logs_again() -> Iterator[None]:
    yield
    logs.set_up(logs.PLAIN, logging.INFO)


def ran(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == code, result.output
    return result


def metrics(path: str) -> dict[str, float]:
    """Samples by name (and table); each line must be as Prometheus wants it."""
    found: dict[str, float] = {}
    described: set[tuple[str, str]] = set()
    for line in Path(path).read_text().splitlines():
        if about := re.fullmatch(r"# (HELP|TYPE) (\w+) \S.*", line):
            described.add((about.group(1), about.group(2)))
            continue
        sample = _SAMPLE.fullmatch(line)
        assert sample, line
        name, _, table, value = sample.groups()
        assert {("HELP", name), ("TYPE", name)} <= described
        found[f"{name} {table}" if table else name] = float(value)
    return found


def test_every_line_of_a_json_log_is_an_object(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With time, level, logger, message and figures; no token. Slack is told of the success."""
    sandbox.inject(Fault("http_502_html", method="get.calls_report"))
    sandbox.switches.deprecated_version = True
    with hook(monkeypatch, 200) as came:
        result = ran("sync", "--log-format", "json")
    (message,) = came
    assert re.search(r"sync \(pipeline uis\) succeeded in \d+ s: 120 calls", message["text"])
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    assert [line["attempt"] for line in lines if "attempt" in line] == [1]
    assert datetime.fromisoformat(lines[0]["time"]).tzinfo is not None
    last = lines[-1]
    assert last["message"] == "sync finished"
    assert (last["exit_code"], last["rows"]["calls"]) == (0, 120)
    assert sandbox.access_token not in result.output
    with Warehouse() as warehouse:
        assert not warehouse.types("_trace"), "costs nothing where it is not asked for"


def test_an_error_is_an_object_with_what_to_do(sandbox: Sandbox) -> None:
    sandbox.switches.token_state = "blocked"
    lines = ran("sync", "--log-format", "json", code=2).stderr.splitlines()
    error = json.loads(lines[-1])
    assert error["error"] == "AccessTokenBlocked"
    assert (error["level"], error["exit_code"]) == ("error", 2)
    assert "Unblock the key" in error["hint"]


def test_json_logs_hold_no_phone_number_and_no_password(capsys: pytest.CaptureFixture[str]) -> None:
    """Of dlt neither, which quotes values that a warehouse refuses; its load ids stay."""
    logs.set_up(logs.JSON, logging.INFO)
    said = "load 1795574549.2582104: 79161234567 at postgresql://u:s3cret@host/db, +74951234567."
    logging.getLogger("dlt").warning(said, extra={"number": "79161234567"})
    try:
        raise ValueError("79161234567")
    except ValueError:
        logging.getLogger("dlt_uis.x").exception("failed")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first["message"] == "load 1795574549.2582104: *** at postgresql://***@host/db, ***."
    assert first["number"] == "***"
    assert second["exception"].endswith("ValueError: ***")


def test_lines_for_people_tell_the_time_in_the_accounts_zone_dlts_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known: list[str] = []
    logs.set_up(logs.PLAIN, logging.INFO, zone=lambda: known[0] if known else None)
    for name in ("dlt_uis.x", "dlt"):
        logging.getLogger(name).warning("early")
        known.append("Asia/Vladivostok")
        logging.getLogger(name).warning("100 %")
    early, *others = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d [\d:]{8} [+-]\d{4} WARNING dlt_uis.x: early", early)
    assert [line.split(" ", 2)[2] for line in others] == [
        "+1000 WARNING dlt_uis.x: 100 %",
        "+1000 WARNING dlt: early",
        "+1000 WARNING dlt: 100 %",
    ]


def test_a_line_of_the_result_stays_one_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(logs.PLAIN, logging.INFO)
    logs.result_console().print("word " * 40)
    assert capsys.readouterr().out.count("\n") == 1


def test_runs_are_told_to_prometheus_and_their_steps_to_the_warehouse(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of the last success outlives a failure; the trace says where it failed, no more."""
    options = ("--summary-file", "uis.prom", "--save-trace")
    ran("sync", *options)
    first = metrics("uis.prom")
    assert first["dlt_uis_success"] == 1
    assert first["dlt_uis_exit_code"] == 0
    assert first["dlt_uis_rows calls"] == 120
    assert first["dlt_uis_requests"] == 1
    assert first["dlt_uis_points_left"] == 100_000 - sandbox.points
    lag = first["dlt_uis_last_run_timestamp_seconds"] - first["dlt_uis_cursor_timestamp_seconds"]
    assert first["dlt_uis_cursor_lag_seconds"] == pytest.approx(lag)

    sandbox.switches.total_items_offset = 1
    monkeypatch.setenv("SOURCES__UIS__STRICT_TOTALS", "true")
    ran("sync", *options, code=1)
    second = metrics("uis.prom")
    succeeded = "dlt_uis_last_success_timestamp_seconds"
    assert (second["dlt_uis_success"], second["dlt_uis_exit_code"]) == (0, 1)
    assert second[succeeded] == first[succeeded] < second["dlt_uis_last_run_timestamp_seconds"]
    assert [path.name for path in Path().glob("*prom*")] == ["uis.prom"]

    with Warehouse() as warehouse:
        runs = warehouse.query("SELECT command, is_success FROM uis_data._trace ORDER BY 2")
        steps = warehouse.query(
            "SELECT step, error FROM uis_data._trace__steps ORDER BY started_at"
        )
        loads = warehouse.query(
            "SELECT count(*) FROM uis_data._trace SEMI JOIN uis_data.calls"
            " ON load_id = calls._dlt_load_id"
        )
    assert runs == [("sync", False), ("sync", True)]
    assert steps == [
        ("extract", None), ("normalize", None), ("load", None),
        ("extract", "dlt_uis.errors.WindowIncomplete"),
    ]  # fmt: skip
    assert loads == [(1,)]


def test_backfill_and_verify_leave_json(sandbox: Sandbox) -> None:
    """Also where verify ends with exit code 1 because something differs."""
    today = sandbox.account.local(sandbox.account.now()).date()
    first = sandbox.account.truth()[0]["start_time"].split()[0]
    span = ("--from", first, "--to", f"{today}", "--summary-file", "last.json")
    ran("backfill", *span)
    done = json.loads(Path("last.json").read_text())
    assert (done["command"], done["success"], done["rows"]["calls"]) == ("backfill", True, 120)
    assert done["error"] is None
    rated = sandbox.account.truth()[0]
    sandbox.account.rate(rated["id"], 1 + (rated["last_answered_employee_rating"] or 0) % 5)
    ran("verify", *span, "--sample", "all", code=1)
    found = json.loads(Path("last.json").read_text())
    assert (found["success"], found["exit_code"], found["error"]) == (False, 1, None)
    assert found["last_success_at"] == done["finished_at"]


def test_a_run_that_never_began_leaves_its_summary(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", "")
    ran("sync", "--summary-file", "last.json", code=2)
    error = json.loads(Path("last.json").read_text())["error"]
    assert error["type"] == "MissingCredentials"
    assert "SOURCES__UIS__ACCESS_TOKEN" in error["hint"]
    assert sandbox.points == 0


def test_a_summary_that_cannot_be_written_is_told_before_the_run(sandbox: Sandbox) -> None:
    result = ran("sync", "--summary-file", "no/such/folder/x.prom", code=2)
    assert "--summary-file" in result.stderr
    assert not sandbox.stats.requests


@contextmanager
def hook(monkeypatch: pytest.MonkeyPatch, status: int) -> Iterator[list[Any]]:
    """What comes to a Slack hook that dlt is configured with."""
    came: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/s3cret"
        monkeypatch.setattr(active().runtime_config, "slack_incoming_hook", url)
        yield came
        server.shutdown()


def test_slack_is_told_of_failures_and_its_address_is_kept_secret(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.switches.ip_allowed = False
    with hook(monkeypatch, 200) as came:
        ran("sync", code=2)
    (message,) = came
    assert "failed" in message["text"]
    assert "exit code 2" in message["text"]
    assert "Add the public IP address" in message["text"]
    with hook(monkeypatch, 500):
        result = ran("sync", code=2)
    assert "Slack was not told: HTTPError" in result.stderr
    assert "s3cret" not in result.output


def test_sentry_without_its_package_is_one_line() -> None:
    command = [sys.executable, "-c", "import sys; sys.modules['sentry_sdk'] = None;"
               "from dlt_uis.cli.main import main; main()", "sync"]  # fmt: skip
    environment = {**os.environ, "RUNTIME__SENTRY_DSN": "http://key@127.0.0.1:1/1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("dlt-uis: RUNTIME__SENTRY_DSN needs the package")
    assert "Traceback" not in done.stderr
