"""Tables that somebody has changed by hand: what is missing comes back, the rest is said."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from dlt_uis.cli.main import cli
from dlt_uis.sandbox import Account, Sandbox

from .servers.postgres import PostgresServer
from .truth import Warehouse, arrays_but, assert_equals_truth
from .warehouses import BigQueryWarehouse, PostgresWarehouse

DAYS = 8
KEPT = ("employees", "segments", "tags")
FEW = arrays_but(*KEPT)


@dataclass
class Loaded:
    """A warehouse that all calls were loaded into, of a folder and a database of its own."""

    destination: str
    account: Account
    url: str
    address: str

    def warehouse(self) -> Warehouse:
        is_file = self.destination == "duckdb"
        return Warehouse() if is_file else PostgresWarehouse(self.address)

    def execute(self, *statements: str) -> None:
        """Statements by hand; ``@`` stands for the dataset."""
        for statement in statements:
            self._execute(statement.replace("@", "uis_data."))

    def _execute(self, statement: str) -> None:
        if self.destination == "duckdb":
            with duckdb.connect("uis.duckdb") as connection:
                connection.execute(statement)
        else:
            with closing(PostgresWarehouse(self.address)._connection) as connection:
                connection.autocommit = True
                connection.cursor().execute(statement)

    def run(self, *command: str) -> Result:
        given = ["--destination", self.destination] if "--destination" not in command else []
        if command[0] != "overview":
            given += ["--api-url", self.url]
        return CliRunner().invoke(cli, [*command, *given])

    def assert_complete(self, *command: str, says: str | None = None) -> None:
        """The command succeeds and warns of ``says``, or of nothing; the truth is there."""
        result = self.run(*command)
        assert result.exit_code == 0, result.output
        warnings = [line for line in result.output.splitlines() if " WARNING " in line]
        assert any(says in line for line in warnings) if says else not warnings, result.output
        with self.warehouse() as warehouse:
            assert_equals_truth(self.account, warehouse, arrays=KEPT)


@dataclass
class Template:
    """What each test's warehouse is a copy of."""

    sandbox: Sandbox
    folder: Path
    server: PostgresServer


@pytest.fixture(scope="module")
def template(
    tmp_path_factory: pytest.TempPathFactory, postgres_cluster: PostgresServer
) -> Iterator[Template]:
    account = Account(20, days=DAYS, now=datetime.now(UTC).replace(microsecond=0))
    folder = tmp_path_factory.mktemp("template")
    with Sandbox(account) as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
        patch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(FEW))
        patch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
        postgres_cluster.execute("CREATE DATABASE by_hand")
        patch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres_cluster.url("by_hand"))
        for destination in ("duckdb", "postgres"):
            patch.setenv("DLT_DATA_DIR", str(folder / destination))
            made = Loaded(destination, account, sandbox.url, "")
            result = made.run("sync")
            assert result.exit_code == 0, result.output
        yield Template(sandbox, folder, postgres_cluster)
        postgres_cluster.execute("DROP DATABASE by_hand WITH (FORCE)")


Make = Callable[[str], Loaded]


@pytest.fixture
def make(template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes a copy of the warehouse at a destination; syncs of it read a day again."""
    sandbox, server = template.sandbox, template.server
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(FEW))
    monkeypatch.setenv("SOURCES__UIS__LOOKBACK_DAYS", "1")

    def made(destination: str) -> Loaded:
        address = server.url("by_hand_copy")
        if destination == "duckdb":
            shutil.copy(template.folder / "uis.duckdb", tmp_path)
        else:
            server.execute("DROP DATABASE IF EXISTS by_hand_copy WITH (FORCE)")
            server.execute("CREATE DATABASE by_hand_copy TEMPLATE by_hand")
            monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", address)
        shutil.copytree(template.folder / destination, tmp_path / "dlt")
        return Loaded(destination, sandbox.account, sandbox.url, address)

    yield made
    server.execute("DROP DATABASE IF EXISTS by_hand_copy WITH (FORCE)")


duckdb_first = pytest.mark.parametrize(
    "destination", ["duckdb", pytest.param("postgres", marks=pytest.mark.cross)]
)
postgres_first = pytest.mark.parametrize(
    "destination", ["postgres", pytest.param("duckdb", marks=pytest.mark.cross)]
)


@duckdb_first
def test_what_was_dropped_is_made_anew_and_a_command_fills_it(destination: str, make: Make) -> None:
    """Columns and tables of calls, and of what is kept beside them, all at once."""
    loaded = make(destination)
    loaded.execute(
        "ALTER TABLE @calls DROP COLUMN direction",
        "ALTER TABLE @calls DROP COLUMN _dlt_load_id",
        "ALTER TABLE @calls__employees DROP COLUMN position",
        "ALTER TABLE @calls__segments DROP COLUMN call_start_time",
        "ALTER TABLE @sync_windows DROP COLUMN rows",
        "DROP TABLE @calls__tags",
    )
    checked = loaded.run("check")
    assert checked.exit_code == 0, checked.output
    assert "the next sync makes it anew: calls.direction" in checked.output
    assert loaded.run("overview").exit_code == 0
    synced = loaded.run("sync")
    assert synced.exit_code == 0, synced.output
    (warned,) = (line for line in synced.output.splitlines() if " WARNING " in line)
    assert "calls._dlt_load_id, calls.direction, calls__employees.position" in warned
    days = f"--from {first_day(loaded.account)} --to {last_day(loaded.account)}"
    command = warned.rsplit("run: ", 1)[1]
    assert command.startswith(f"dlt-uis backfill --restart {days}")
    assert loaded.run("overview").exit_code == 0
    loaded.assert_complete(*shlex.split(command)[1:])
    loaded.assert_complete("sync")


def first_day(account: Account) -> str:
    return str(min(call["start_time"] for call in account.truth()))[:10]


def last_day(account: Account) -> str:
    return str(max(call["start_time"] for call in account.truth()))[:10]


REFUSED = {
    "duckdb": (
        ("ALTER TABLE @calls ALTER total_duration TYPE VARCHAR", "calls.total_duration is VARCHAR"),
        ("ALTER TABLE @calls ALTER finish_time TYPE DATE", "calls.finish_time is DATE"),
        ("ALTER TABLE @calls ALTER id TYPE HUGEINT", "calls.id is HUGEINT"),
        (
            "UPDATE @calls SET sale_date = now(); ALTER TABLE @calls ALTER sale_date SET NOT NULL",
            "calls.sale_date is NOT NULL",
        ),
        (
            "ALTER TABLE @calls ADD COLUMN note VARCHAR DEFAULT '';"
            " ALTER TABLE @calls ALTER note SET NOT NULL;"
            " ALTER TABLE @calls ALTER note DROP DEFAULT",
            "calls.note is NOT NULL",
        ),
        ("ALTER TABLE @calls__tags DROP call_id", "calls__tags.call_id is missing"),
        (
            "CREATE TABLE @kept AS FROM @calls__segments; DROP TABLE @calls__segments;"
            " CREATE VIEW @calls__segments AS FROM @kept",
            "calls__segments is a view",
        ),
        ("CREATE UNIQUE INDEX odd ON @sync_windows (timezone)", "of uis_data.sync_windows"),
    ),
    "postgres": (
        ("ALTER TABLE @calls ALTER total_duration TYPE text", "calls.total_duration is text"),
        (
            "ALTER TABLE @calls ALTER sale_cost TYPE double precision",
            "calls.sale_cost is double precision",
        ),
        ("ALTER TABLE @calls ALTER direction TYPE varchar(2) USING 'in'", "varying(2)"),
        (
            "UPDATE @calls SET sale_date = now(); ALTER TABLE @calls ALTER sale_date SET NOT NULL",
            "calls.sale_date is NOT NULL",
        ),
        (
            "ALTER TABLE @calls ADD note text NOT NULL DEFAULT '';"
            " ALTER TABLE @calls ALTER note DROP DEFAULT",
            "calls.note is NOT NULL",
        ),
        ("ALTER TABLE @calls__tags DROP call_id", "calls__tags.call_id is missing"),
        (
            "ALTER TABLE @calls__segments RENAME TO kept;"
            " CREATE VIEW @calls__segments AS SELECT * FROM @kept",
            "calls__segments is a view",
        ),
        (
            "ALTER TABLE @calls ADD CONSTRAINT low CHECK (id < 0) NOT VALID",
            "rows violate the constraint low of uis_data.calls",
        ),
        (
            "ALTER TABLE @calls__employees ADD CONSTRAINT owned FOREIGN KEY (call_id)"
            " REFERENCES @calls (id)",
            "rows violate the constraint owned of uis_data.calls__employees",
        ),
    ),
}


@pytest.mark.parametrize("destination", REFUSED)
def test_each_refusal_names_the_statement_that_helps(
    destination: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, run as it is printed, until a sync loads everything, and once."""
    monkeypatch.setenv("SOURCES__UIS__LOOKBACK_DAYS", "30")
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    loaded = make(destination)
    for statements, _ in REFUSED[destination]:
        loaded.execute(*statements.split("; "))
    assert loaded.run("check").exit_code == 1
    said = []
    while (result := loaded.run("sync")).exit_code:
        assert result.exit_code == 1, result.output
        said.append(result.output.splitlines()[-1])
        statement = re.search(r"Run there: (.*;) Nothing is lost: the next run", said[-1])
        assert statement, result.output
        assert len(said) <= len(REFUSED[destination]), said
        loaded.execute(*statement[1].split("; "))
    for _, words in REFUSED[destination]:
        assert any(words in line for line in said), (words, said)
    loaded.assert_complete("sync")


@duckdb_first
def test_types_that_take_every_value_are_loaded(
    destination: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__UIS__LOOKBACK_DAYS", "30")
    loaded = make(destination)
    if destination == "duckdb":
        loaded.execute(
            "ALTER TABLE @calls ALTER total_duration TYPE INTEGER",
            "ALTER TABLE @calls ALTER talk_duration TYPE HUGEINT",
            "ALTER TABLE @calls ALTER sale_cost TYPE DECIMAL(12, 2)",
            "ALTER TABLE @calls ALTER is_lost TYPE INTEGER",
        )
        now, then = "TYPE TIMESTAMP", "TYPE TIMESTAMPTZ"
    else:
        loaded.execute(
            "ALTER TABLE @calls ALTER direction TYPE varchar(10)",
            "ALTER TABLE @calls ALTER sale_cost TYPE numeric",
        )
        now = "TYPE timestamp USING finish_time AT TIME ZONE 'UTC'"
        then = "TYPE timestamptz USING finish_time AT TIME ZONE 'UTC'"
    loaded.execute(f"SET TimeZone = 'UTC'; ALTER TABLE @calls ALTER finish_time {now}")
    result = loaded.run("sync")
    assert result.exit_code == 0, result.output
    loaded.execute(f"SET TimeZone = 'UTC'; ALTER TABLE @calls ALTER finish_time {then}")
    with loaded.warehouse() as warehouse:
        assert_equals_truth(loaded.account, warehouse, arrays=KEPT)
    loaded.assert_complete("sync")


@pytest.mark.parametrize(
    ("destination", "done"),
    [
        ("duckdb", "DROP TABLE @calls"),
        pytest.param("postgres", "DELETE FROM @calls", marks=pytest.mark.cross),
    ],
)
def test_calls_that_are_gone_are_read_again(destination: str, done: str, make: Make) -> None:
    """From where the first sync began, though the cursor is far beyond."""
    loaded = make(destination)
    loaded.execute(done)
    assert "the next sync reads again" in loaded.run("check").output
    loaded.assert_complete("sync", says="uis_data.calls has no calls any more")
    loaded.assert_complete("sync")


@duckdb_first
def test_tables_of_dlt_come_back(destination: str, make: Make) -> None:
    """One by one and together; a column that one of them lacks is named."""
    loaded = make(destination)
    tables = ["_dlt_version", "_dlt_loads", "_dlt_pipeline_state"]
    in_turns = [[table] for table in tables] if destination == "duckdb" else []
    for dropped in (*in_turns, tables):
        loaded.execute(*(f"DROP TABLE @{table}" for table in dropped))
        result = loaded.run("sync")
        assert result.exit_code == 0, result.output
    loaded.execute("ALTER TABLE @_dlt_loads DROP COLUMN status")
    for command in ("check", "sync"):
        result = loaded.run(command)
        assert result.exit_code == 1
        assert "uis_data._dlt_loads.status is missing" in result.output
    loaded.execute("DROP TABLE @_dlt_loads")
    loaded.assert_complete("sync", says="_dlt_loads is missing")


@postgres_first
def test_what_the_user_has_added_does_not_matter(destination: str, make: Make) -> None:
    """Columns that may be null or fill themselves, and a view of the table."""
    loaded = make(destination)
    loaded.execute(
        "ALTER TABLE @calls ADD COLUMN note VARCHAR",
        "ALTER TABLE @calls ADD COLUMN seen VARCHAR DEFAULT 'yes'",
        "CREATE VIEW @recent AS SELECT id FROM @calls",
    )
    if destination == "postgres":
        loaded.execute(
            "ALTER TABLE @calls ADD COLUMN twice bigint GENERATED ALWAYS AS (2 * id) STORED",
            "DROP INDEX @calls_id_key",
        )
    loaded.assert_complete("sync")
    with loaded.warehouse() as warehouse:
        assert warehouse.query("SELECT DISTINCT seen FROM uis_data.calls") == [("yes",)]


def test_a_field_that_is_asked_for_again_is_told(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether its column was dropped or never made; while it is excluded nothing is said."""
    loaded = make("duckdb")
    without = json.dumps([*FEW, "contact_phone_number"])
    loaded.execute("ALTER TABLE @calls DROP COLUMN contact_phone_number")
    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", without)
    assert " WARNING " not in loaded.run("sync").output
    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(FEW))
    loaded.execute("ALTER TABLE @calls DROP COLUMN contact_phone_number")
    verified = loaded.run("verify", "--from", first_day(loaded.account), "--to", "2100-01-01")
    assert "so not compared: calls.contact_phone_number" in verified.output
    result = loaded.run("sync")
    assert "calls.contact_phone_number is missing in uis_data, and made anew" in result.output
    assert "dlt-uis backfill --restart" in result.output
    shutil.rmtree("dlt")
    Path("uis.duckdb").unlink()
    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", without)
    assert " WARNING " not in loaded.run("sync").output
    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(FEW))
    assert "calls.contact_phone_number is missing" in loaded.run("sync").output


def test_undocumented_fields_and_variants_come_back() -> None:
    """Their columns were dropped, or given another type that is followed from then on."""
    account = Account(20, days=3, now=datetime.now(UTC).replace(microsecond=0))
    account.add_field("hold_duration", lambda id_: id_ % 100)
    account.add_field("odd_name", lambda _: "text")
    account.update(account.truth_ids()[-1], total_duration="long")
    with Sandbox(account) as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
        patch.setenv("SOURCES__UIS__LOOKBACK_DAYS", "30")
        patch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(FEW))
        loaded = Loaded("duckdb", account, sandbox.url, "")
        assert loaded.run("sync").exit_code == 0
        held, variant = "hold_duration", "total_duration__v_text"
        loaded.execute(*(f"ALTER TABLE @calls DROP COLUMN {each}" for each in (held, variant)))
        result = loaded.run("sync")
        assert result.exit_code == 0, result.output
        assert "calls.hold_duration, calls.total_duration__v_text are missing" in result.output
        with loaded.warehouse() as warehouse:
            types = warehouse.types("calls")
            (found,) = warehouse.query(f"SELECT count({held}), max({variant}) FROM uis_data.calls")
        assert types[held] == "BIGINT"
        assert found == (20, "long")
        loaded.execute("ALTER TABLE @calls ALTER hold_duration TYPE VARCHAR")
        for _ in range(2):
            result = loaded.run("sync")
            assert result.exit_code == 0, result.output
            with loaded.warehouse() as warehouse:
                texts = warehouse.query(f"SELECT DISTINCT {held} FROM uis_data.calls")
            assert {text for (text,) in texts} == {str(id_ % 100) for id_ in account.truth_ids()}


def test_what_verify_keeps_comes_back(make: Make) -> None:
    loaded = make("duckdb")
    verify: Sequence[str] = (
        "verify", "--from", first_day(loaded.account), "--to", last_day(loaded.account),
    )  # fmt: skip
    assert loaded.run(*verify).exit_code == 0
    loaded.execute("ALTER TABLE @verified_days DROP COLUMN changed")
    assert loaded.run("overview").exit_code == 0
    assert "verified_days.changed is missing" in loaded.run(*verify).output
    assert loaded.run("overview").exit_code == 0
    loaded.execute("DROP TABLE @verified_days")
    assert "verified_days is missing" in loaded.run(*verify).output
    loaded.execute("ALTER TABLE @calls DROP COLUMN start_time")
    for command in (verify, ["overview"]):
        result = loaded.run(*command)
        assert result.exit_code == 1
        assert "calls.start_time is missing" in result.output
    start = datetime.now(UTC) - timedelta(days=2 * DAYS)
    days = ("--from", f"{start:%Y-%m-%d}", "--to", "2100-01-01")
    loaded.assert_complete("backfill", "--restart", *days, says="calls.start_time is missing")
    assert loaded.run(*verify).exit_code == 0


@pytest.mark.cross
@pytest.mark.usefixtures("bigquery")
def test_bigquery_gets_back_what_was_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child table and the windows; the emulator's catalog forgets that a column was dropped."""
    account = Account(20, days=3, now=datetime.now(UTC).replace(microsecond=0))
    with Sandbox(account) as sandbox:
        monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
        monkeypatch.setenv("SOURCES__UIS__LOOKBACK_DAYS", "30")
        monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(FEW))
        options = ("--destination", "bigquery")
        loaded = Loaded("bigquery", account, sandbox.url, "")
        assert loaded.run("sync", *options).exit_code == 0
        for statement in (
            "DROP TABLE uis_data.calls__tags",
            "DROP TABLE uis_data.sync_windows",
        ):
            BigQueryWarehouse().query(statement)
        result = loaded.run("sync", *options)
        assert result.exit_code == 0, result.output
        assert "calls__tags, sync_windows are missing in uis_data" in result.output
        with BigQueryWarehouse() as warehouse:
            assert_equals_truth(account, warehouse, arrays=KEPT)


@duckdb_first
def test_rows_of_earlier_versions_are_of_calls(destination: str, make: Make) -> None:
    """They were stored without the name of a report. Nothing is read again, or twice there."""
    loaded = make(destination)
    first, last = first_day(loaded.account), last_day(loaded.account)
    verify: Sequence[str] = ("verify", "--from", first, "--to", last)
    assert loaded.run(*verify).exit_code == 0
    for table in ("sync_windows", "verified_days"):
        if destination == "postgres":
            loaded.execute(
                "DROP INDEX IF EXISTS @sync_windows__dlt_load_id_report_window_start_key"
            )
        loaded.execute(f"ALTER TABLE @{table} DROP COLUMN report")
    assert "missing" not in loaded.run("check").output
    loaded.assert_complete("sync")
    for _ in range(2):
        result = loaded.run(*verify)
        assert result.exit_code == 0, result.output
        # as if a run had been killed before it named them
        loaded.execute("UPDATE @verified_days SET report = NULL")
    assert loaded.run(*verify).exit_code == 0
    assert loaded.run("overview").exit_code == 0
    with loaded.warehouse() as warehouse:
        windows = "SELECT DISTINCT report FROM uis_data.sync_windows"
        days = "SELECT report, day, count(*) FROM uis_data.verified_days GROUP BY 1, 2"
        assert warehouse.query(windows) == [("calls",)]
        found = warehouse.query(days)
    asked = date.fromisoformat(last) - date.fromisoformat(first)
    assert len(found) == asked.days + 1
    assert {(report, count) for report, _, count in found} == {("calls", 1)}
