"""``dlt-uis check`` names what is broken and what to do, spends few points and changes nothing."""

from __future__ import annotations

import ctypes
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from dlt_uis.check.checkup import ORDER, check_up
from dlt_uis.cli.main import cli
from dlt_uis.sandbox import Account, Limits, Sandbox, Switches
from dlt_uis.sandbox.budget import Budget

from .servers.postgres import PostgresServer

_CAPBSET_DROP, _CAP_DAC_OVERRIDE = 24, 1


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    account = Account(calls=300, days=20, now=datetime.now(UTC).replace(microsecond=0))
    newest = account.now() - timedelta(minutes=40)
    account.add_call(newest)
    # whatever the time of the day, no call of the account is newer
    for newer in [id_ for id_ in account.truth_ids() if account.instant_of(id_) > newest]:
        account.remove(newer)
        account.add_call(newest)
    with Sandbox(account) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The account as it was at first, and configured; it is not to be changed."""
    for field in fields(Switches):
        setattr(served.switches, field.name, getattr(Switches(), field.name))
    served.api.budget = Budget(Limits(), served.account.now)
    for name, value in (("access_token", served.access_token), ("api_url", served.url)):
        monkeypatch.setenv(f"SOURCES__UIS__{name.upper()}", value)
    monkeypatch.setenv("SOURCES__UIS__REQUEST_ATTEMPTS", "1")
    return served


def checked(*options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and the worst line of each check."""
    result = CliRunner().invoke(cli, ["check", "--json", *options])
    return result.exit_code, worst(result.stdout)


def worst(output: str) -> dict[str, dict[str, Any]]:
    told = json.loads(output)
    assert list(dict.fromkeys(line["check"] for line in told["checks"])) == list(ORDER)
    assert all(bool(line["hint"]) == (line["status"] in ("warning", "failed"))
               for line in told["checks"])  # fmt: skip
    return {line["check"]: line for line in told["checks"]}


def statuses(lines: Mapping[str, Mapping[str, Any]]) -> dict[str, set[str]]:
    """Checks by their status."""
    found: dict[str, set[str]] = {}
    for check, line in lines.items():
        found.setdefault(line["status"], set()).add(check)
    return found


def text(line: Mapping[str, Any]) -> str:
    return f"{line['message']} {line['hint']}"


def test_nothing_is_wrong_before_and_after_a_sync(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each line is ok; neither points beyond two nor anything in a file is spent or left."""
    code, lines = checked()
    assert (code, statuses(lines)) == (0, {"ok": set(ORDER)})
    assert sandbox.points == 2
    assert not list(tmp_path.glob("*.duckdb*"))
    assert "ООО «Песочница» (4711), times in Europe/Moscow" in lines["account"]["message"]
    assert "301 calls" in lines["next_sync"]["message"]

    assert CliRunner().invoke(cli, ["sync"]).exit_code == 0
    before = Path("uis.duckdb").read_bytes()
    result = CliRunner().invoke(cli, ["check"])
    assert result.exit_code == 0
    assert Path("uis.duckdb").read_bytes() == before
    assert [path.name for path in tmp_path.glob("*.duckdb*")] == ["uis.duckdb"]
    said = {line.split()[1]: line for line in result.stdout.splitlines() if line.startswith("ok")}
    assert set(said) == set(ORDER)
    assert "301 calls" in said["last_sync"]
    cursor = sandbox.account.local(sandbox.account.now() - timedelta(minutes=40, days=3))
    assert f"from {cursor:%Y-%m-%d %H:%M}" in said["next_sync"]
    assert "the newest call began 40 min" in said["zone"]


REFUSALS = [
    # set-up, exit code, failing check, what its message and its hint say
    ({"token_state": "invalid"}, 2, "account", "SOURCES__UIS__ACCESS_TOKEN"),
    ({"token_state": "expired"}, 2, "account", "Make a new key"),
    ({"token_state": "blocked"}, 2, "account", "Unblock the key"),
    ({"ip_allowed": False}, 2, "account", "public IP address of this machine"),
    ({"account_active": False}, 2, "account", "ask the provider"),
    ({"forbidden": True}, 2, "account", "right to read"),
    ({"disabled_methods": {"get.calls_report": "base"}}, 2, "report", "the component base"),
    ({"unknown_methods": ["get.account"]}, 2, "account", "SOURCES__UIS__TIMEZONE"),
]


@pytest.mark.parametrize(("switches", "code", "check", "says"), REFUSALS)
def test_what_the_api_refuses_is_named(
    sandbox: Sandbox, switches: dict[str, Any], code: int, check: str, says: str
) -> None:
    """Bad token, expired session, IP not listed, component off. The warehouse is checked still."""
    for name, value in switches.items():
        setattr(sandbox.switches, name, value)
    exit_code, lines = checked()
    assert exit_code == code
    assert statuses(lines)["failed"] == {check}
    assert says in text(lines[check])
    assert sandbox.access_token not in str(lines)
    assert statuses(lines)["ok"] >= {"settings", "api", "points", "clock", "destination"}


def test_a_refused_login_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", "")
    monkeypatch.setenv("SOURCES__UIS__LOGIN", sandbox.login)
    monkeypatch.setenv("SOURCES__UIS__PASSWORD", sandbox.password)
    assert checked()[0] == 0
    assert sandbox.points == 4
    sandbox.switches.login_refused = True
    code, lines = checked()
    assert code == 2
    assert "SOURCES__UIS__PASSWORD" in lines["account"]["hint"]
    assert sandbox.password not in str(lines)


def test_fields_are_told_by_the_component_that_they_need(sandbox: Sandbox) -> None:
    """Component off, for fields: a sync goes on without them, so it is a warning."""
    off = {"tags": "analytics", "segments": "analytics", "recognized_text": "speech"}
    sandbox.switches.disabled_fields = off
    sandbox.switches.unknown_fields = ["is_lost"]
    result = CliRunner().invoke(cli, ["check"])
    assert result.exit_code == 0
    assert "tags, segments can't be read: the component analytics" in result.stdout
    assert "ask the provider for the component speech." in result.stdout
    assert "the API does not know is_lost" in result.stdout
    assert """EXCLUDE_FIELDS='["tags", "segments"]'""" in result.stdout
    assert sandbox.points == 2


def test_a_deprecated_version_is_a_warning(sandbox: Sandbox) -> None:
    sandbox.switches.deprecated_version = True
    code, lines = checked()
    assert (code, statuses(lines)["warning"]) == (0, {"api"})
    assert "the latest is v3.0" in lines["api"]["message"]
    assert "pip install --upgrade dlt-uis" in lines["api"]["hint"]


@pytest.mark.parametrize(
    ("zone", "says"),
    [
        ("Europe/London", "the newest call begins in 2 h 20 min"),
        ("Asia/Tokyo", "6 h 0 min from the account's own zone (the account says Europe/Moscow)"),
    ],
)
def test_a_wrong_zone_is_a_warning(zone: str, says: str) -> None:
    account = Account(calls=0, days=0, now=datetime(2026, 1, 20, 9, tzinfo=UTC))
    account.add_call(account.now() - timedelta(minutes=40))
    with Sandbox(account) as sandbox:
        given = {
            "access_token": sandbox.access_token,
            "api_url": sandbox.url,
            "timezone": zone,
            "clock": account.now,
        }
        done = check_up("duckdb", dataset="uis_data", name="uis", source=given)
    (line,) = (line for line in done.lines if line.check == "zone")
    assert line.status == "warning"
    assert says in line.message
    assert "Set SOURCES__UIS__TIMEZONE" in line.hint


def test_a_clock_that_is_wrong_is_a_warning_and_no_wrong_zone(sandbox: Sandbox) -> None:
    given = {"clock": lambda: sandbox.account.now() - timedelta(hours=3)}
    done = check_up("duckdb", dataset="uis_data", name="uis", source=given)
    warnings = {line.check: line.message for line in done.lines if line.status == "warning"}
    assert warnings == {"clock": "this machine's clock is 3 h 0 min behind the API's"}


def test_a_day_without_points_is_named(sandbox: Sandbox) -> None:
    """Day budget gone, wholly or down to the reserve: exit code 75, as a sync's."""
    sandbox.api.budget.limits = Limits(day=20)
    sandbox.api.budget.spend()
    for _ in range(16):
        sandbox.api.budget.spend()
    code, lines = checked()
    assert (code, statuses(lines)["failed"]) == (75, {"points"})
    told = lines["points"]["message"]
    assert "1 of 20 points left today, 2 of them reserved" in told
    assert told.endswith(" Europe/Moscow"), "it tells until when"
    assert lines["report"]["status"] == "ok"
    sandbox.api.budget.limits = Limits(day=0)
    code, lines = checked()
    assert (code, statuses(lines)["failed"]) == (75, {"points"})
    assert "today's API points are spent until" in lines["points"]["message"]
    assert lines["destination"]["status"] == "ok"


@pytest.mark.parametrize(
    ("url", "code", "says"),
    [
        ("http://no-such-host.invalid/v2.0", 1, "Check the network"),
        ("http://127.0.0.1:1/v2.0", 1, "it refuses connections"),
        ("no address", 2, "SOURCES__UIS__API_URL"),
    ],
)
@pytest.mark.usefixtures("sandbox")
def test_no_network_is_named(url: str, code: int, says: str) -> None:
    exit_code, lines = checked("--api-url", url)
    assert (exit_code, statuses(lines)["failed"]) == (code, {"api"})
    assert says in text(lines["api"])
    assert statuses(lines)["ok"] == {"settings", "destination", "last_sync", "recordings"}


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ACCESS_TOKEN", "", "SOURCES__UIS__ACCESS_TOKEN"),
        ("TIMEZONE", "Mars/Olympus", "Europe/Moscow"),
        ("LOOKBACK_DAYS", "0", "SOURCES__UIS__LOOKBACK_DAYS"),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"SOURCES__UIS__{name}", value)
    code, lines = checked()
    assert (code, statuses(lines)["failed"]) == (2, {"settings"})
    assert says in text(lines["settings"])
    assert lines["destination"]["status"] == "ok"


# -- warehouses: what check says, sync says -------------------------------------------------------


def assert_both_say(
    check: tuple[int, Mapping[str, Mapping[str, Any]]], sync: tuple[int, str], code: int, says: str
) -> None:
    """Both name the destination's fault in the same words, and check still asks the API."""
    exit_code, lines = check
    assert (exit_code, statuses(lines)["failed"]) == (code, {"destination"})
    assert statuses(lines)["ok"] >= {"api", "account", "report", "zone"}
    assert says in text(lines["destination"])
    assert sync[0] == code
    assert lines["destination"]["message"] in sync[1]
    assert lines["destination"]["hint"] in sync[1]
    assert "Traceback" not in sync[1]


def synced(*options: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["sync", *options])
    return result.exit_code, result.stderr


_BOTH = """
import json, sys
from click.testing import CliRunner
from dlt_uis.cli import cli
for command in (["check", "--json"], ["sync"]):
    done = CliRunner().invoke(cli, command + sys.argv[1:])
    print(json.dumps([done.exit_code, done.stdout, done.stderr]))
"""


def both_apart(*options: str, before: str = "") -> tuple[Any, Any]:
    """Runs both commands in a process of its own, which permissions bind even if we are root."""
    libc = ctypes.CDLL(None)

    def obey_permissions() -> None:
        libc.prctl(_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)

    done = subprocess.run(
        [sys.executable, "-c", before + _BOTH, *options],
        preexec_fn=obey_permissions if sys.platform == "linux" else None,
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    check, sync = map(json.loads, done.stdout.splitlines())
    return (check[0], worst(check[1])), (sync[0], sync[2])


@pytest.mark.usefixtures("sandbox")
def test_a_read_only_file_is_named() -> None:
    duckdb.connect("uis.duckdb").close()
    Path("uis.duckdb").chmod(0o444)
    check, sync = both_apart()
    assert_both_say(check, sync, 1, "uis.duckdb is read-only for this user")


@contextmanager
def held(path: str) -> Iterator[int]:
    """Another process has a DuckDB file open."""
    code = f"import duckdb; c = duckdb.connect({path!r}); print(flush=True); input()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


@pytest.mark.usefixtures("sandbox")
def test_a_locked_file_is_named_with_who_holds_it() -> None:
    with held("uis.duckdb") as holder:
        check, sync = checked(), synced()
    assert_both_say(check, sync, 1, f"(process {holder}) has it open")


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("make", [lambda: None, lambda: Path("there.duckdb").write_text("no" * 9)])
def test_a_file_that_is_no_warehouse_is_named(monkeypatch: pytest.MonkeyPatch, make: Any) -> None:
    name = "there.duckdb" if make() else "no/such/folder/x.duckdb"
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", name)
    code, lines = checked()
    assert (code, statuses(lines)["failed"]) == (2, {"destination"})
    assert "DESTINATION__DUCKDB__CREDENTIALS" in lines["destination"]["hint"]
    assert synced()[0] == 2


@pytest.mark.usefixtures("sandbox")
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package, as Python says it."""
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", "postgresql://u:p@127.0.0.1:1/db")
    check, sync = both_apart(
        "--destination", "postgres", before="import sys; sys.modules['psycopg2'] = None"
    )
    assert_both_say(check, sync, 2, "pip install 'dlt-uis[postgres]'")


@pytest.mark.usefixtures("sandbox")
def test_a_missing_package_that_is_no_extra_of_ours_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", "sftp://host/calls")
    code, lines = checked("--destination", "filesystem")
    assert (code, lines["destination"]["hint"]) == (2, "Run: pip install 'dlt[sftp]'.")


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("url", "code", "says"),
    [
        ("nonsense", 2, "its credentials can't be read"),
        ("mysql://loader:s3cret@db/warehouse", 2, "postgresql://user:password@host:5432/database"),
        ("{server}/no_such_database", 2, 'database "no_such_database" does not exist'),
        ("postgresql://loader:s3cret@127.0.0.1:1/db", 1, "Check that it runs"),
        ("postgresql://loader:s3cret@no-such-host.invalid/db", 1, "could not translate host name"),
    ],
)
def test_a_bad_postgres_url_is_named(
    postgres: str, monkeypatch: pytest.MonkeyPatch, url: str, code: int, says: str
) -> None:
    given = url.format(server=postgres.rsplit("/", 1)[0])
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", given)
    check, sync = checked("--destination", "postgres"), synced("--destination", "postgres")
    assert_both_say(check, sync, code, says)
    assert "s3cret" not in str(check) + str(sync)


@pytest.mark.usefixtures("sandbox")
def test_rights_in_postgres_are_tried_and_nothing_is_left(
    postgres: str, postgres_cluster: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = postgres.rsplit("/", 1)[1]
    schemas = "SELECT nspname FROM pg_namespace ORDER BY nspname"
    before = postgres_cluster.execute(schemas, database)
    assert checked("--destination", "postgres")[0] == 0
    assert postgres_cluster.execute(schemas, database) == before

    for statement in (
        "DROP ROLE IF EXISTS weak",
        "CREATE ROLE weak LOGIN",
        "CREATE SCHEMA uis_data",
        "CREATE TABLE uis_data.calls (id bigint)",
    ):
        postgres_cluster.execute(statement, database)
    weak = postgres_cluster.url(database, user="weak")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", weak)
    code, lines = checked("--destination", "postgres")
    assert (code, lines["destination"]["error"]) == (1, "DestinationForbids")
    assert "change the tables calls" in lines["destination"]["message"]
    postgres_cluster.execute("ALTER TABLE uis_data.calls OWNER TO weak", database)
    _, lines = checked("--destination", "postgres")
    assert "permission denied for" in lines["destination"]["message"]


@pytest.mark.parametrize(
    ("start", "end", "calls", "till"),
    [
        (10, None, "about", "the present"),
        (400, None, "more than 301", "the present"),
        (400, 330, "about 0", "00:00:00"),
    ],
)
def test_the_range_that_is_set_is_what_the_next_sync_reads(
    sandbox: Sandbox, start: int, end: int | None, calls: str, till: str
) -> None:
    """However far back it begins, the check costs one request for it."""
    present = sandbox.account.now()
    given = {"start_date": f"{present - timedelta(days=start):%Y-%m-%d}"}
    if end is not None:
        given["end_date"] = f"{present - timedelta(days=end):%Y-%m-%d}"
    done = check_up("duckdb", dataset="uis_data", name="uis", source=given)
    assert (done.exit_code, done.points) == (0, 2)
    assert f"reads from {given['start_date']} 00:00" in done.lines[-1].message
    assert f"{till}: {calls}" in done.lines[-1].message


def test_an_agent_who_names_no_customer_is_told(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.agent_token)
    code, lines = checked()
    assert code == 1
    assert "user_id" in text(lines["account"])


def test_each_customer_of_a_list_is_checked(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a cursor of its own: one that was added later begins where it says."""
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.agent_token)
    monkeypatch.setenv("SOURCES__UIS__USER_ID", "[101]")
    assert CliRunner().invoke(cli, ["sync"]).exit_code == 0
    monkeypatch.setenv("SOURCES__UIS__USER_ID", "[101, 102]")
    done = check_up("duckdb", dataset="uis_data", name="uis")
    assert (done.exit_code, done.points) == (0, 4)
    now = sandbox.account.now()
    cursor, first = (
        f"{sandbox.account.local(moment):%Y-%m-%d}"
        for moment in (now - timedelta(minutes=40, days=3), now - timedelta(days=30))
    )
    said = [line.message for line in done.lines if line.check == "next_sync"]
    for message, customer, start in zip(said, (101, 102), (cursor, first), strict=True):
        assert message.startswith(f"customer {customer}: reads from {start}")


@pytest.mark.usefixtures("sandbox")
def test_a_folder_of_files_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", "lake/of/calls")
    code, lines = checked("--destination", "filesystem")
    assert (code, lines["destination"]["status"]) == (0, "ok")
    assert not Path("lake").exists()


def test_a_dry_run_of_sync_says_what_it_would_read_and_leaves_nothing(sandbox: Sandbox) -> None:
    def run(*options: str) -> Result:
        return CliRunner().invoke(cli, ["sync", "--dry-run", *options])

    result = run("--summary-file", "run.json")
    assert result.exit_code == 0, result.output
    assert re.search(r"ok +next_sync +reads from .* to the present: about \d+ calls", result.output)
    assert "destination" not in result.output
    # nor is it a run that succeeded, for those who watch
    assert not Path("uis.duckdb").exists() and not Path("run.json").exists()
    told = json.loads(run("--log-format", "json").stdout)
    assert [line["check"] for line in told["checks"]] == ["report", "points", "next_sync"]
    sandbox.switches.token_state = "invalid"
    assert run().exit_code == 2
