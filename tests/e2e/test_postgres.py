"""Postgres as a warehouse: a real server, the real drivers, and other processes beside."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result

from dlt_uis import create_indexes, uis_source
from dlt_uis.cli.main import cli
from dlt_uis.progress import Progress
from dlt_uis.reports import DEFAULT_REPORT
from dlt_uis.reports.own_names import SYNC_WINDOWS
from dlt_uis.runner.job import Summary, run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.source.cursor import cursor_of
from dlt_uis.warehouse.indexes import wanted_indexes
from dlt_uis.warehouse.lock import writing

from .servers.postgres import PostgresServer
from .truth import Warehouse, arrays_but, assert_equals_truth, assert_typed
from .warehouses import PostgresWarehouse

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
KEPT = ("tags", "scenario_operations")
FEW = arrays_but(*KEPT)
COMMAND = "from dlt_uis.__main__ import main; main()"


def source(sandbox: Sandbox, **settings: Any) -> Any:
    given = {
        "access_token": sandbox.access_token,
        "clock": sandbox.account.now,
        "exclude_fields": FEW,
        **settings,
    }
    return uis_source(api_url=sandbox.url, **given)


def environment(sandbox: Sandbox) -> dict[str, str]:
    """The same for a command."""
    return {
        "SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token,
        "SOURCES__UIS__EXCLUDE_FIELDS": json.dumps(FEW),
    }


def sync(sandbox: Sandbox, **settings: Any) -> Summary:
    return run(make_pipeline("postgres"), lambda: source(sandbox, **settings), Progress())


def executed(statement: str) -> None:
    """A statement of the table's owner."""
    with make_pipeline("postgres").sql_client() as client:
        client.execute_sql(statement)


def index_names(warehouse: Warehouse) -> set[str]:
    found = warehouse.query("SELECT indexname FROM pg_indexes WHERE schemaname = 'uis_data'")
    return {name for (name,) in found}


class Activity(NamedTuple):
    """Rows that were inserted into a table, deleted from it, and read one after the other."""

    inserted: int
    deleted: int
    read: int


def activity(warehouse: Warehouse, table: str) -> Activity:
    """What was done so far, as the server has counted it."""
    (counts,) = warehouse.query(
        "SELECT n_tup_ins, n_tup_del, seq_tup_read FROM pg_stat_user_tables"
        f" WHERE relid = 'uis_data.{table}'::regclass"
    )
    return Activity(*counts)


def activity_after(
    warehouse: Warehouse, table: str, *, inserted: int = 0, deleted: int = 0
) -> Activity:
    """The same once so many rows are counted: a server does that when a connection has ended."""
    given_up = time.monotonic() + 30
    while (found := activity(warehouse, table)).inserted < inserted or found.deleted < deleted:
        assert time.monotonic() < given_up, found
        time.sleep(0.05)
    return found


def add_history(warehouse: Warehouse, table: str, rows: int) -> None:
    """Adds rows of old calls to a table."""
    columns = {
        "calls": ("id, start_time", "number, '2020-01-01'"),
        "calls__tags": ("call_id, call_start_time, position", "number, '2020-01-01', 0"),
    }
    names, values = columns[table]
    warehouse.query(
        f"INSERT INTO uis_data.{table} ({names}, _dlt_load_id) SELECT {values}, 'history'"
        f" FROM generate_series(1, {rows}) AS numbers(number)"
    )
    warehouse.query("SELECT pg_stat_force_next_flush()")


def test_merges_look_rows_up_by_indexes(postgres: str) -> None:
    """However long the history is: no merge reads through a table that it merges into."""
    with (
        Sandbox(Account(300, days=3, now=NOW)) as sandbox,
        PostgresWarehouse(postgres) as warehouse,
    ):
        sync(sandbox, exclude_fields=[])
        loaded = (*DEFAULT_REPORT.tables, SYNC_WINDOWS)
        wanted = {index.name for index in wanted_indexes() if index.table in loaded}
        assert wanted <= index_names(warehouse)
        before = {}
        for table in ("calls", "calls__tags"):
            # so that what is read again is also written again
            warehouse.query(f"UPDATE uis_data.{table} SET _dlt_load_id = 'lost'")
            add_history(warehouse, table, 50_000)
            warehouse.query(f"ANALYZE uis_data.{table}")
            before[table] = activity(warehouse, table)
        sync(sandbox, exclude_fields=[])
        for table, then in before.items():
            now = activity_after(warehouse, table, deleted=then.deleted + 1)
            assert now.read - then.read < 1_000


def test_many_new_calls_are_not_looked_for_in_the_whole_history(postgres: str) -> None:
    """As a backfill brings them, chunk by chunk, into tables that have no statistics yet."""
    with (
        Sandbox(Account(1_500, days=20, now=NOW)) as sandbox,
        PostgresWarehouse(postgres) as warehouse,
    ):
        sync(sandbox, start_date="2026-03-04")
        before = {}
        for table in ("calls", "calls__tags"):
            add_history(warehouse, table, 20_000)
            before[table] = activity(warehouse, table)
        brought = sync(sandbox, start_date="2026-02-01", end_date="2026-03-02").rows
        assert brought["calls"] > 1_000
        for table, then in before.items():
            now = activity_after(warehouse, table, inserted=then.inserted + brought[table])
            assert now.read - then.read < 1_000


def test_columns_are_explained_in_comments(postgres: str) -> None:
    with Sandbox(Account(20, days=2, now=NOW)) as sandbox:
        sync(sandbox)
    with PostgresWarehouse(postgres) as warehouse:
        found = warehouse.query(
            "SELECT col_description(attrelid, attnum) FROM pg_attribute"
            " WHERE attrelid = 'uis_data.calls__tags'::regclass AND attname = 'call_start_time'"
        )
    assert found == [("When the call session began; calls.start_time.",)]


def test_an_account_without_calls_makes_all_tables(postgres: str) -> None:
    with Sandbox(Account(0, days=0, now=NOW)) as sandbox:
        sync(sandbox, exclude_fields=[])
    with PostgresWarehouse(postgres) as warehouse:
        assert_typed(warehouse)
        assert warehouse.query("SELECT count(*) FROM uis_data.calls") == [(0,)]


def test_doubled_rows_get_a_plain_index(postgres: str, caplog: pytest.LogCaptureFixture) -> None:
    """Who has appended before is told, and keeps the speed."""
    pipeline = make_pipeline("postgres")
    with Sandbox(Account(20, days=2, now=NOW)) as sandbox:
        for _ in range(2):
            pipeline.run(source(sandbox), write_disposition="append")
            for resource in pipeline.state["sources"]["uis"]["resources"].values():
                resource.clear()
    caplog.set_level(logging.WARNING)
    create_indexes(pipeline)
    create_indexes(pipeline)
    with PostgresWarehouse(postgres) as warehouse:
        names = index_names(warehouse)
    assert {"calls_id_idx", "calls__tags_call_id_position_idx"} <= names
    assert "calls_id_key" not in names
    assert len([r for r in caplog.records if r.message.startswith("calls holds rows")]) == 1


def test_readers_never_see_a_hole(postgres: str) -> None:
    """While every row is replaced, a table shows all of the old rows or all of the new."""
    account = Account(600, days=5, now=NOW)
    seen: set[tuple[int, int]] = set()
    stop = threading.Event()

    def read() -> None:
        with PostgresWarehouse(postgres) as reader:
            counted = (
                "SELECT (SELECT count(*) FROM uis_data.{}), (SELECT count(*) FROM uis_data.{})"
            )
            while not stop.is_set():
                seen.update(reader.query(counted.format("calls", "calls__scenario_operations")))

    with Sandbox(account) as sandbox:
        sync(sandbox)
        thread = threading.Thread(target=read)
        thread.start()
        try:
            for _ in range(2):
                sync(sandbox, lookback_days=30)
        finally:
            stop.set()
            thread.join()
    operations = sum(len(call["scenario_operations"] or ()) for call in account.truth())
    assert seen == {(600, operations)}


@contextlib.contextmanager
def process(*arguments: str, **given: str) -> Iterator[subprocess.Popen[str]]:
    """An interpreter that runs a program, and is dead at the end of the ``with`` block."""
    running = subprocess.Popen(
        [sys.executable, "-c", *arguments],
        env={**os.environ, **given}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with running:
        try:
            yield running
        finally:
            running.kill()


def wait_for_waiting(warehouse: Warehouse, processes: int) -> None:
    """Until so many processes wait to be let in to write."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while warehouse.query(waiting) != [(processes,)]:
        time.sleep(0.05)


HOLD = """
from dlt_uis.locking import writing
from dlt_uis.runner import make_pipeline
with writing(make_pipeline("postgres")):
    print("held", flush=True)
    input()
"""


def test_a_killed_writer_lets_go(postgres: str, caplog: pytest.LogCaptureFixture) -> None:
    """Others wait while it lives, and are let in as soon as it is dead."""
    caplog.set_level(logging.INFO)
    entered = threading.Event()

    def enter() -> None:
        with writing(make_pipeline("postgres")):
            entered.set()

    with process(HOLD) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        thread = threading.Thread(target=enter)
        thread.start()
        with PostgresWarehouse(postgres) as warehouse:
            wait_for_waiting(warehouse, 1)
        assert not entered.is_set()
        holder.kill()
        thread.join(timeout=30)
    assert entered.is_set()
    assert "waiting for it" in caplog.text


def test_a_sync_and_a_backfill_of_the_same_calls_at_once(postgres: str) -> None:
    """They load one after the other, neither fails, and no row is doubled."""
    account = Account(200, days=5, now=datetime.now(UTC).replace(microsecond=0))
    days = [str((account.now() + timedelta(days=n)).date()) for n in (-9, 1)]
    with Sandbox(account) as sandbox:
        given = environment(sandbox)
        target = ["--destination", "postgres", "--api-url", sandbox.url]
        filling = ["backfill", *target, "--from", days[0], "--to", days[1]]
        with (
            process(COMMAND, "sync", *target, **given) as syncs,
            process(COMMAND, *filling, **given) as fills,
        ):
            with PostgresWarehouse(postgres) as warehouse, writing(make_pipeline("postgres")):
                wait_for_waiting(warehouse, 2)
            logs = [running.communicate()[1] for running in (syncs, fills)]
        assert (syncs.returncode, fills.returncode) == (0, 0), logs
    with PostgresWarehouse(postgres) as warehouse:
        assert_equals_truth(account, warehouse, arrays=KEPT)


@pytest.mark.cross
def test_two_years_are_filled_while_a_sync_runs_every_few_seconds(postgres: str) -> None:
    """Nothing is lost or doubled, and the cursor never goes back."""
    account = Account(4_000, days=730, now=datetime.now(UTC).replace(microsecond=0))
    days = [str((account.now() + timedelta(days=n)).date()) for n in (-800, 1)]
    cursors: list[datetime] = []
    with Sandbox(account) as sandbox:
        given = environment(sandbox)
        target = ["--destination", "postgres", "--api-url", sandbox.url, "--chunk-days", "80"]
        with process(COMMAND, "backfill", *target, "--from", days[0], "--to", days[1], **given) as (
            fills
        ):
            while fills.poll() is None:
                account.add_call(account.now())
                account.advance(timedelta(seconds=30))
                sync(sandbox)
                cursor = cursor_of(make_pipeline("postgres"))
                assert cursor is not None
                cursors.append(cursor)
            assert fills.returncode == 0, fills.communicate()[1]
        sync(sandbox)
    assert len(cursors) >= 3
    assert cursors == sorted(cursors)
    with PostgresWarehouse(postgres) as warehouse:
        assert_equals_truth(account, warehouse, arrays=KEPT)


@pytest.fixture
def loader(
    postgres: str, postgres_cluster: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The name of a role that may connect, and nothing else yet; dlt loads as that role."""
    database = postgres.rsplit("/", 1)[-1]
    role = f"{database}_loader"
    postgres_cluster.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'any'")
    url = postgres_cluster.url(database, user=role)
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", url)
    yield role
    postgres_cluster.execute(f"DROP OWNED BY {role} CASCADE", database)
    postgres_cluster.execute(f"DROP ROLE {role}")


def grants(role: str) -> str:
    """The documented script for a role that exists already."""
    page = (Path(__file__).parents[2] / "docs" / "warehouses.md").read_text("utf-8")
    script = page.split("CREATE ROLE uis_loader")[1].split("```")[0]
    kept = [part for part in script.split(";")[1:] if "analyst" not in part]
    return ";".join(kept).replace("uis_loader", role)


def invoke(sandbox: Sandbox, command: str, *options: str) -> Result:
    target = ["--destination", "postgres", "--api-url", sandbox.url]
    return CliRunner(env=environment(sandbox)).invoke(cli, [command, *target, *options])


def test_a_role_with_the_rights_of_the_readme_is_enough(
    postgres: str, postgres_cluster: PostgresServer, loader: str
) -> None:
    """And without them the error names the one that is missing."""
    account = Account(100, days=5, now=datetime.now(UTC).replace(microsecond=0))
    database = postgres.rsplit("/", 1)[-1]
    with Sandbox(account) as sandbox:
        refused = invoke(sandbox, "sync")
        assert refused.exit_code == 1
        assert f"permission denied for database {database}. Grant" in refused.stderr
        postgres_cluster.execute(grants(loader), database)
        synced = invoke(sandbox, "sync")
        assert synced.exit_code == 0, synced.output
        first = str((account.now() - timedelta(days=9)).date())
        filled = invoke(sandbox, "backfill", "--from", first, "--to", str(account.now().date()))
        assert filled.exit_code == 0, filled.output
        missing = account.truth_ids()[0]
        executed(f"DELETE FROM uis_data.calls WHERE id = {missing}")
        repair = ("--from", first, "--to", str(account.now().date()), "--repair")
        repaired = invoke(sandbox, "verify", *repair)
        assert repaired.exit_code == 0, repaired.output
        assert "warning" not in (synced.stderr + filled.stderr).lower()
    with PostgresWarehouse(postgres) as warehouse:
        assert_equals_truth(account, warehouse, arrays=KEPT)


def test_indexes_that_may_not_be_made_are_one_warning(
    postgres: str, postgres_cluster: PostgresServer, loader: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A role that may write but does not own the tables syncs all the same."""
    database = postgres.rsplit("/", 1)[-1]
    account = Account(50, days=5, now=NOW)
    with Sandbox(account) as sandbox:
        postgres_cluster.execute(grants(loader), database)
        sync(sandbox)
        postgres_cluster.execute("DROP INDEX uis_data.calls_id_key", database)
        for table in ("calls", "calls__tags"):
            postgres_cluster.execute(f"ALTER TABLE uis_data.{table} OWNER TO postgres", database)
            postgres_cluster.execute(f"GRANT ALL ON uis_data.{table} TO {loader}", database)
        sync(sandbox)
    warnings = [r.message for r in caplog.records if r.levelno >= logging.WARNING]
    assert [text for text in warnings if "may not create indexes" in text] == warnings
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("url", "code", "says"),
    [
        ("postgresql://loader:s3cret@127.0.0.1:1/warehouse", 1, "Connection refused"),
        ("postgresql://loader:s3cret@no-such-host.invalid/warehouse", 1, "no-such-host.invalid"),
        ("postgresql://loader@127.0.0.1/warehouse", 2, "DESTINATION__POSTGRES__CREDENTIALS"),
        ("loader:s3cret", 2, "DESTINATION__POSTGRES__CREDENTIALS"),
        ("mysql://loader:s3cret@127.0.0.1/warehouse", 2, "invalid dsn"),
    ],
)
def test_unusable_credentials_are_one_line_without_the_password(
    url: str, code: int, says: str
) -> None:
    given = {"DESTINATION__POSTGRES__CREDENTIALS": url, "SOURCES__UIS__ACCESS_TOKEN": "any"}
    result = CliRunner(env=given).invoke(cli, ["sync", "--destination", "postgres"])
    lines = [line for line in result.stderr.splitlines() if line.startswith("dlt-uis: ")]
    assert len(lines) == 1, result.output
    assert says in lines[0]
    assert result.exit_code == code
    assert "s3cret" not in result.output


def test_a_missing_extra_is_one_line_that_says_what_to_install(tmp_path: Path) -> None:
    """An interpreter without the driver: its place is taken by a package that fails to import."""
    (tmp_path / "psycopg2.py").write_text(
        "raise ModuleNotFoundError('No module named psycopg2', name='psycopg2')"
    )
    given = {"DESTINATION__POSTGRES__CREDENTIALS": "postgresql://a:b@127.0.0.1:1/c"}
    path = os.pathsep.join([str(tmp_path), *sys.path])
    with process(COMMAND, "demo", "--destination", "postgres", PYTHONPATH=path, **given) as running:
        _, errors = running.communicate()
    assert "pip install 'dlt-uis[postgres]'" in errors
    assert "Traceback" not in errors
    assert running.returncode == 2
