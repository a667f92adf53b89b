"""What a new user does first, and what is said when it goes wrong."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dlt_uis.cli.main import cli
from dlt_uis.sandbox import Account, Sandbox

from ..benchmarks.harness import checkout_environment, dlt_uis_command
from .truth import Warehouse, arrays_but, assert_equals_truth
from .warehouses import PostgresWarehouse

DAY = ("--from", "2026-01-01", "--to", "2026-01-01")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    account = Account(calls=200, days=20, now=datetime.now(UTC).replace(microsecond=0))
    with Sandbox(account) as served:
        yield served


@pytest.fixture(autouse=True)
def configured(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
    monkeypatch.setenv("SOURCES__UIS__API_URL", sandbox.url)
    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(arrays_but("tags")))


def run(*command: str) -> Result:
    return CliRunner().invoke(cli, command)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("sync", "--page-size", "0"), "--page-size"),
        (("sync", "--lookback-days", "0"), "--lookback-days"),
        (("sync", "--start-date", "yesterday"), "--start-date"),
        (("sync", "--start-date", "0001-01-01"), "--start-date"),
        (("sync", "--start-date", "2999-01-01"), "--start-date"),
        (("backfill", "--from", "2026-01-01", "--to", "9999-12-31"), "--to"),
        (("backfill", "--from", "x", "--to", "2026-01-01"), "--from"),
        (("backfill", "--from", "2026-01-01", "--to", "x"), "--to"),
        (("backfill", *DAY, "--chunk-calls", "0"), "--chunk-calls"),
        (("verify", "--from", "2026-02-01", "--to", "2026-01-31"), "--to is not after --from"),
        (("backfill", "--from", "2026-02-01", "--to", "2026-01-31"), "--to is not after --from"),
        (
            ("backfill", "--from", "2026-02-01T10:00+03:00", "--to", "2026-02-01 06:00"),
            "--to is not after --from",
        ),
    ],
)  # fmt: skip
def test_errors_name_the_option_that_was_typed(command: tuple[str, ...], says: str) -> None:
    result = run(*command)
    assert result.exit_code == 2, result.output
    assert says in result.output
    assert "SOURCES__UIS__" not in result.output


def test_a_setting_that_is_not_typed_is_named_as_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCES__UIS__PAGE_SIZE", "0")
    assert "SOURCES__UIS__PAGE_SIZE" in run("sync").output
    monkeypatch.setenv("DLT_UIS__DESTINATION", "postgre")
    result = run("sync")
    assert "destination in [dlt_uis]: 'postgre' is not one of" in result.output
    assert result.exit_code == 2


def test_slips_in_settings_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCES__UIS__EXCLUDE_FIELDS")
    monkeypatch.setenv("SOURCES__UIS__LOOKBACK_DAY", "1")
    monkeypatch.setenv("SOURCES__UIS__FIELDS", '["id", "is_lost", "contact_phone_numbr"]')
    meant = ("SOURCES__UIS__LOOKBACK_DAYS?", "Did you mean contact_phone_number?")
    result = run("sync")
    assert result.exit_code == 0, result.output
    assert all(name in result.output for name in meant), result.output
    found = json.loads(run("check", "--json").output)
    warned = [line["message"] for line in found["checks"] if line["check"] == "settings"]
    assert all(any(name in message for message in warned) for name in meant), warned


def test_a_start_date_beside_a_cursor_is_told_to_be_without_effect() -> None:
    assert "no effect" not in run("sync", "--start-date", "2020-01-01").output
    result = run("sync", "--start-date", "2019-01-01")
    assert "dlt-uis backfill --from 2019-01-01 --to " in result.output
    assert result.exit_code == 0


def test_a_sync_tells_new_calls_from_those_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(calls=200, days=20, now=datetime.now(UTC).replace(microsecond=0))
    with Sandbox(account) as served:
        monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", served.access_token)
        monkeypatch.setenv("SOURCES__UIS__API_URL", served.url)
        assert " new, " not in run("sync").output
        account.add_calls(account.now() - timedelta(seconds=5), 7)
        assert "calls     7 new, " in run("sync").output
        assert "calls     0 new, " in run("sync").output


def test_commands_load_to_what_is_configured(
    postgres: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLT_UIS__DESTINATION", "postgres")
    assert run("sync").exit_code == 0
    day = f"{sandbox.account.now():%Y-%m-%d}"
    assert run("verify", "--from", day, "--to", day).exit_code == 0
    assert not Path("uis.duckdb").exists()
    with PostgresWarehouse(postgres) as warehouse:
        assert_equals_truth(sandbox.account, warehouse, arrays=["tags"])


def test_init_writes_what_is_to_be_filled_in_and_leaves_what_is_there() -> None:
    result = run("init", "--destination", "postgres", "--brand", "comagic")
    assert result.exit_code == 0, result.output
    config = Path(".dlt/config.toml").read_text(encoding="utf-8")
    secrets = Path(".dlt/secrets.toml")
    assert '\ndestination = "postgres"' in config
    assert '\nbrand = "comagic"' in config
    assert '\n[destination.postgres.credentials]\nhost = "localhost"' in secrets.read_text()
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    secrets.write_text("kept")
    assert "stays as it is" in run("init").output
    assert secrets.read_text() == "kept"


def test_init_writes_the_files_of_the_repository() -> None:
    assert run("init").exit_code == 0
    for written, kept in (("config.toml", "config.toml"), ("secrets.toml", "secrets.toml.example")):
        text = (ROOT / ".dlt" / kept).read_text(encoding="utf-8")
        assert Path(".dlt", written).read_text(encoding="utf-8") == text


def test_nothing_but_errors_is_said_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("sync", "--quiet").output == ""
    assert run("sync", "--quiet", "--page-size", "0").output.count("\n") == 1
    assert run("verify", *DAY, "--json", "--quiet").stderr == ""
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", "wrong")
    result = run("check", "--quiet")
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)
    assert "is invalid" in result.stderr


@pytest.mark.parametrize("command", [("sync",), ("check",), ("backfill", "--dry-run")])
def test_machines_get_nothing_but_json(sandbox: Sandbox, command: tuple[str, ...]) -> None:
    day = f"{sandbox.account.now():%Y-%m-%d}"
    span = ("--from", day, "--to", day) if command[0] == "backfill" else ()
    result = run(*command, *span, "--log-format", "json")
    assert result.exit_code == 0, result.output
    lines = [*result.stdout.splitlines(), *result.stderr.splitlines()]
    assert lines
    assert all(isinstance(json.loads(line), dict) for line in lines)


def test_the_first_sync_begins_at_midnight_so_that_its_days_are_whole(sandbox: Sandbox) -> None:
    result = run("sync")
    assert result.exit_code == 0
    assert re.search(r":\d\d \+0300 INFO .* window ", result.stderr), "in the account's zone"
    now = sandbox.account.now()
    first = f"{now - timedelta(days=29):%Y-%m-%d}"
    assert run("verify", "--from", first, "--to", f"{now:%Y-%m-%d}").exit_code == 0
    with Warehouse() as warehouse:
        moments = "SELECT min(window_start AT TIME ZONE 'Europe/Moscow') FROM uis_data.sync_windows"
        ((start,),) = warehouse.query(moments)
    assert (start.hour, start.minute) == (0, 0)


def test_a_small_account_is_one_chunk_and_a_small_file(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two years of few calls: not a chunk a month, each of which takes room of its own."""
    monkeypatch.delenv("SOURCES__UIS__EXCLUDE_FIELDS")
    now = sandbox.account.now()
    first = f"{now - timedelta(days=730):%Y-%m-%d}"
    assert run("sync", "--start-date", first).exit_code == 0
    of_sync = Path("uis.duckdb").stat().st_size
    Path("uis.duckdb").unlink()
    result = run("backfill", "--from", first, "--to", f"{now:%Y-%m-%d}")
    assert "in 1 chunks" in result.output, result.output
    assert Path("uis.duckdb").stat().st_size <= 1.5 * of_sync
    with Warehouse() as warehouse:
        assert_equals_truth(sandbox.account, warehouse)


def test_nothing_is_reported_to_anybody_unless_it_is_switched_on() -> None:
    posts: list[str] = []

    class Tracker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Tracker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = checkout_environment()
        del environment["RUNTIME__DLTHUB_TELEMETRY"]
        address = f"http://127.0.0.1:{server.server_port}/"
        environment["RUNTIME__DLTHUB_TELEMETRY_ENDPOINT"] = address
        command = [*dlt_uis_command(), "sync", "--quiet"]
        subprocess.run(command, env=environment, check=True)
        assert posts == []
        subprocess.run(
            command, env={**environment, "RUNTIME__DLTHUB_TELEMETRY": "true"}, check=True
        )
        server.shutdown()
    assert posts


def test_discover_tells_what_can_be_read_and_what_would_unlock_the_rest(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.switches, "disabled_fields", {"tags": "tagging"})
    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", '["gclid"]')
    result = run("discover", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    status = {(each["table"], each["name"]): each for each in found["fields"]}
    assert status["calls", "is_lost"]["status"] == "readable"
    assert "tagging" in status["calls__tags", "tag_name"]["why"]
    assert status["calls", "gclid"]["status"] == "not asked"
    assert found["settings"]["properties"]["lookback_days"]["default"] == 3.0
    assert all(each["description"] for each in found["settings"]["properties"].values())
    assert "calls__tags" in run("discover").output


def test_discover_tells_of_lists_too(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.switches, "forbidden_methods", ["get.sites"])
    monkeypatch.setattr(sandbox.switches, "disabled_fields", {"coach": "coaching"})
    monkeypatch.setenv("SOURCES__UIS__REFERENCE_DATA", '["employees", "sites"]')
    found = json.loads(run("discover", "--json").stdout)["fields"]
    assert "tags" not in {each["table"] for each in found}
    found = json.loads(run("discover", "--json", "--reference-data").stdout)["fields"]
    assert "tags" in {each["table"] for each in found}
    status = {(each["table"], each["name"]): each for each in found}
    assert status["employees__phone_numbers", "phone_number"]["status"] == "readable"
    assert "coaching" in status["employees", "coach__coach_id"]["why"]
    assert {each["status"] for each in found if each["table"].startswith("sites")} == {"refused"}
    assert "site_selected" in status["sites__site_blocks", "site_block_id"]["why"]


def test_a_sample_is_as_it_would_be_loaded_and_writes_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__UIS__PRIVACY", '{"phone_numbers": "drop"}')
    result = run("sample", "-n", "3")
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    newest = sorted(sandbox.account.truth(), key=lambda call: call["start_time"])[-3:]
    assert {row["id"] for row in rows} == {call["id"] for call in newest}
    assert not any("contact_phone_number" in row for row in rows)
    assert not Path("uis.duckdb").exists()


def test_a_password_is_not_repeated_by_wrong_usage() -> None:
    environment = checkout_environment()
    environment["DLT_UIS__DESTINATION"] = "postgresql://loader:Zx9-kvQ7tyu@127.0.0.1/warehouse"
    for options in ((), ("--log-format", "json")):
        done = subprocess.run(
            [*dlt_uis_command(), "sync", *options],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert "Zx9" not in done.stdout + done.stderr
        if options:
            assert json.loads(done.stderr)["exit_code"] == 2
