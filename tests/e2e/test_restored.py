"""The warehouse decides what a run goes on from: after backups, lost packages, clocks that jump."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from click.testing import CliRunner, Result
from dlt.common.storages import LoadStorage
from dlt.destinations.exceptions import DestinationConnectionError

from dlt_uis import uis_source
from dlt_uis.cli.main import cli
from dlt_uis.destinations.in_duckdb import DuckDbMergeJob
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox

from .copies import copy_of_a_run
from .servers.postgres import PostgresServer
from .truth import Warehouse, arrays_but, assert_equals_truth
from .warehouses import PostgresWarehouse

NOW = datetime.now(UTC).replace(microsecond=0)


class Target:
    """A warehouse that can be put back to where a backup was made."""

    destination = "duckdb"

    def __init__(self, account: Account, sandbox: Sandbox) -> None:
        self.account = account
        self.sandbox = sandbox

    def look(self) -> Warehouse:
        return Warehouse()

    def backup(self) -> None:
        shutil.copy("uis.duckdb", "backup")

    def put_back(self) -> None:
        shutil.copy("backup", "uis.duckdb")

    def execute(self, statement: str) -> None:
        with duckdb.connect("uis.duckdb") as connection:
            connection.execute(statement)

    def call(self, days_ago: float) -> int:
        """A call that began then, which has elements."""
        id_ = self.account.add_call(NOW - timedelta(days=days_ago))
        self.account.tag(id_, "новый")
        return id_

    def command(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments, "--destination", self.destination])

    def sync(self, exit_code: int = 0) -> str:
        result = self.command("sync")
        assert result.exit_code == exit_code, result.output
        return result.output

    def warnings(self) -> list[str]:
        """What ``check`` warns of, as to the last sync and what it left."""
        lines = json.loads(self.command("check", "--json").stdout)["checks"]
        assert not [line for line in lines if line["status"] == "failed"]
        found = [line for line in lines if line["check"] == "last_sync"]
        return [line["message"] for line in found if line["status"] == "warning"]

    def assert_right(self) -> None:
        with self.look() as warehouse:
            assert_equals_truth(self.account, warehouse, arrays=["tags"])

    def assert_heals(self) -> str:
        """The next run does, and one more succeeds; returns what the first one says."""
        said = self.sync()
        self.assert_right()
        assert not self.warnings()
        self.call(0.1)
        assert "another state" not in self.sync()
        self.assert_right()
        return said


class PostgresTarget(Target):
    destination = "postgres"

    def __init__(
        self, account: Account, sandbox: Sandbox, server: PostgresServer, url: str
    ) -> None:
        super().__init__(account, sandbox)
        self.server, self.url = server, url
        self.name = url.rsplit("/", 1)[1]

    def look(self) -> Warehouse:
        return PostgresWarehouse(self.url)

    def backup(self) -> None:
        self.copied(self.name, f"{self.name}_backup")

    def put_back(self) -> None:
        self.copied(f"{self.name}_backup", self.name)

    def copied(self, name: str, to: str) -> None:
        self.server.execute(f"DROP DATABASE IF EXISTS {to} WITH (FORCE)")
        self.server.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        self.server.execute(f"CREATE DATABASE {to} TEMPLATE {name}")

    def execute(self, statement: str) -> None:
        self.server.execute(statement, self.name)


@contextmanager
def served(
    make: Callable[[Account, Sandbox], Target], patch: pytest.MonkeyPatch
) -> Iterator[Target]:
    """An account with calls of 20 to 10 days ago."""
    account = Account(0, days=0, now=NOW)
    with Sandbox(account) as sandbox:
        patch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
        patch.setenv("SOURCES__UIS__API_URL", sandbox.url)
        patch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(arrays_but("tags")))
        made = make(account, sandbox)
        for days_ago in (20, 15, 12, 10):
            made.call(days_ago)
        yield made


@pytest.fixture(scope="session")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first sync leaves in the current folder: DuckDB's file, and dlt's own folder."""
    folder = tmp_path_factory.mktemp("synced")
    with pytest.MonkeyPatch.context() as patch, served(Target, patch) as target:
        patch.chdir(folder)
        patch.setenv("DLT_DATA_DIR", str(folder / "dlt"))
        target.sync()
    return folder


@pytest.fixture(params=["duckdb"])
def target(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Target]:
    """All calls are loaded: on DuckDB the first sync is a copy of one."""
    if request.param == "postgres":
        given = request.getfixturevalue("postgres_cluster"), request.getfixturevalue("postgres")

        def on_postgres(account: Account, sandbox: Sandbox) -> Target:
            return PostgresTarget(account, sandbox, *given)

        with served(on_postgres, monkeypatch) as made:
            made.sync()
            yield made
    else:
        copy_of_a_run(request.getfixturevalue("synced"), tmp_path)
        with served(Target, monkeypatch) as made:
            yield made


on_both = pytest.mark.parametrize(
    "target", ["duckdb", pytest.param("postgres", marks=pytest.mark.cross)], indirect=True
)


def refused(*_: Any, **__: Any) -> Any:
    raise DestinationConnectionError("client", "uis_data", "connection refused", Exception())


@pytest.fixture
def leaving(target: Target, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Runs a sync of which a step fails, so that its package stays behind."""

    def leave(step: str = "load") -> None:
        with monkeypatch.context() as patched:
            patched.setattr(dlt.Pipeline, step, refused)
            target.sync(exit_code=1)

    return leave


def pending(name: str = "uis", folder: str = "dlt") -> list[Path]:
    """Packages that wait to be loaded."""
    place = Path(folder, "pipelines", name)
    return [*place.glob("load/normalized/*"), *place.glob("normalize/extracted/*")]


@on_both
def test_a_warehouse_from_a_backup_is_caught_up(target: Target) -> None:
    """The days between are read again, and the newer cursor of the folder is forgotten."""
    target.backup()
    target.call(7)
    target.sync()
    target.call(1)
    target.sync()
    target.put_back()
    assert ["ahead of the warehouse's" in each for each in target.warnings()] == [True]
    target.assert_heals()


@on_both
def test_a_package_is_dropped_where_a_backup_came_back(
    target: Target, leaving: Callable[[str], None]
) -> None:
    target.backup()
    target.call(7)
    target.sync()
    target.call(1)
    leaving("load")
    assert len(pending()) == 1
    assert not target.warnings()
    target.put_back()
    assert ["were read before" in each for each in target.warnings()] == [True]
    assert "resumed" not in target.assert_heals()
    assert not pending()


def test_a_package_is_loaded_where_nothing_has_changed(
    target: Target, leaving: Callable[[str], None]
) -> None:
    """One that is only extracted, here."""
    target.call(7)
    leaving("normalize")
    assert not target.warnings()
    assert "resumed" in target.assert_heals()


def test_the_first_package_is_loaded_later(target: Target, leaving: Callable[[str], None]) -> None:
    """Also where the warehouse was not made yet."""
    shutil.rmtree("dlt")
    Path("uis.duckdb").unlink()
    leaving("load")
    assert "resumed" in target.assert_heals()


@pytest.mark.parametrize("lost", ["packages", pytest.param("folder", marks=pytest.mark.cross)])
def test_lost_packages_are_read_again(
    target: Target, leaving: Callable[[str], None], lost: str
) -> None:
    """Whose cursor ``state.json`` has."""
    target.call(7)
    target.call(1)
    leaving("load")
    for each in pending() if lost == "packages" else [Path("dlt/pipelines/uis/load")]:
        shutil.rmtree(each)
    target.assert_heals()


def test_a_package_of_last_week_overwrites_nothing(
    target: Target, leaving: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is another machine's, which comes back after the others have gone on."""
    changed = target.call(9)
    monkeypatch.setenv("DLT_DATA_DIR", str(Path("other").absolute()))
    leaving("load")
    monkeypatch.setenv("DLT_DATA_DIR", str(Path("dlt").absolute()))
    target.account.tag(changed, "sold")
    target.sync()
    target.call(1)
    target.sync()
    monkeypatch.setenv("DLT_DATA_DIR", str(Path("other").absolute()))
    assert ["were read before" in each for each in target.warnings()] == [True]
    assert "resumed" not in target.assert_heals()
    assert not pending(folder="other")


def test_a_load_without_a_new_state_makes_packages_stale_too(
    target: Target, leaving: Callable[[str], None]
) -> None:
    """Where no call is newer than the cursor, no state is written."""
    changed = target.call(11)
    target.sync()
    target.account.tag(changed, "first")
    leaving("load")
    shutil.move("dlt", "old")
    target.account.tag(changed, "second")
    target.sync()
    shutil.rmtree("dlt")
    shutil.move("old", "dlt")
    assert len(pending()) == 1
    assert "resumed" not in target.assert_heals()


@on_both
def test_what_was_loaded_before_the_folder_knew_is_not_loaded_twice(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.call(7)
    with monkeypatch.context() as patched:
        patched.setattr(LoadStorage, "complete_load_package", refused)
        target.sync(exit_code=1)
    assert len(pending()) == 1
    assert "resumed" not in target.assert_heals()
    with target.look() as warehouse:
        ids = warehouse.query("SELECT load_id FROM uis_data._dlt_loads")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("goes_on", [pytest.param(False, marks=pytest.mark.cross), True])
def test_a_package_that_was_loaded_in_part_neither_doubles_nor_loses(
    target: Target, monkeypatch: pytest.MonkeyPatch, goes_on: bool
) -> None:
    """Whether it is loaded on, or dropped as another machine has gone on."""
    target.call(7)
    merge = DuckDbMergeJob.run

    def but_for_tags(job: DuckDbMergeJob) -> None:
        if job.load_table_name == "calls__tags":
            refused()
        merge(job)

    with monkeypatch.context() as patched:
        patched.setattr(DuckDbMergeJob, "run", but_for_tags)
        patched.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
        target.sync(exit_code=1)
    if goes_on:
        shutil.move("dlt", "old")
        target.sync()
        shutil.rmtree("dlt")
        shutil.move("old", "dlt")
    assert ("resumed" in target.assert_heals()) != goes_on


def test_a_package_that_no_warehouse_takes_is_read_again(
    target: Target, leaving: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong with it shows only while it is loaded; later runs don't fail with it."""
    target.call(7)
    leaving("load")
    (left,) = pending()
    merge = DuckDbMergeJob.run

    def but_for_it(job: DuckDbMergeJob) -> None:
        if job._load_id == left.name:
            raise ValueError("a value that can't be loaded")
        merge(job)

    monkeypatch.setattr(DuckDbMergeJob, "run", but_for_it)
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    assert "resumed" not in target.assert_heals()
    assert not pending()


@pytest.mark.parametrize(
    "clock", ["2795955082.5", pytest.param("86400.25", marks=pytest.mark.cross)]
)
def test_a_clock_that_was_wrong_does_not_stop_the_cursor(
    target: Target, monkeypatch: pytest.MonkeyPatch, clock: str
) -> None:
    """Load ids are times, and compared as text: of a year to come, or of 1970, it is the last."""
    target.call(7)
    with monkeypatch.context() as patched:
        patched.setattr("dlt.extract.storage.create_load_id", lambda: clock)
        target.sync()
    target.call(2)
    target.sync()
    target.call(1)
    target.sync()
    shutil.rmtree("dlt")
    result = target.command("check")
    assert f"from {target.account.local(NOW - timedelta(days=4)):%Y-%m-%d %H:%M}" in result.output
    target.assert_heals()


def backfill(target: Target, exit_code: int = 0) -> Result:
    day = f"{NOW - timedelta(days=30):%Y-%m-%d}", f"{NOW - timedelta(days=5):%Y-%m-%d}"
    result = target.command("backfill", "--from", day[0], "--to", day[1], "--chunk-days", "9")
    assert result.exit_code == exit_code, result.output
    return result


def test_chunks_that_a_backup_lacks_are_read_again(target: Target) -> None:
    """A backup of which only the backfill's state is older; the sync's cursor stays."""
    backfill(target)
    target.call(7)
    target.sync()
    target.execute(
        "DELETE FROM uis_data._dlt_pipeline_state"
        " WHERE pipeline_name = 'uis_backfill' AND version > 1"
    )
    target.execute("DELETE FROM uis_data.calls WHERE start_time > now() - INTERVAL '16 days'")
    backfill(target)
    target.assert_right()
    assert "nothing was left to do" in backfill(target).output
    target.sync()
    target.assert_right()


def test_lost_packages_of_a_backfill_are_read_again(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.execute("DELETE FROM uis_data.calls")
    with monkeypatch.context() as patched:
        patched.setattr(dlt.Pipeline, "load", refused)
        backfill(target, exit_code=1)
    (left,) = pending("uis_backfill")
    shutil.rmtree(left)
    backfill(target)
    target.assert_right()
    assert "nothing was left to do" in backfill(target).output


@pytest.mark.parametrize(
    "statement", [pytest.param("DROP TABLE", marks=pytest.mark.cross), "DELETE FROM"]
)
def test_a_package_does_not_hide_that_calls_are_gone(
    statement: str, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loaded into the table that was made anew, it would be all that is there."""
    target.call(0.2)
    with monkeypatch.context() as patched:
        patched.setattr(dlt.Pipeline, "load", refused)
        target.sync(exit_code=1)
    assert pending("uis")
    target.execute(f"{statement} uis_data.calls")
    assert "has no calls any more" in target.sync()
    target.assert_right()


def test_a_host_is_told_and_left_alone(target: Target) -> None:
    """``pipeline.run`` goes on from the folder, as dlt does; ``check`` tells before."""
    target.backup()
    target.call(7)
    make_pipeline().run(uis_source())
    target.call(1)
    make_pipeline().run(uis_source())
    assert not target.warnings()
    target.put_back()
    (said,) = target.warnings()
    assert "ahead of the warehouse's" in said
    target.assert_heals()
