"""A dataset holds the calls of one account, and its tables remember which; the demo has its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import dlt
import duckdb
import pytest
from click.testing import CliRunner, Result
from dlt.extract import DltSource
from dlt.pipeline.exceptions import PipelineStepFailed

from dlt_uis import uis_source
from dlt_uis.cli.main import cli
from dlt_uis.errors import AnotherAccount, CustomersRefused
from dlt_uis.reports.own_names import ADOPTIONS, APP_ID, BRAND, CREDENTIAL, USER_ID
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.tables.rows import WINDOW_COLUMNS

from .truth import Warehouse
from .warehouses import PostgresWarehouse

NOW = datetime.now(UTC).replace(microsecond=0)
OURS, OTHERS = 4711, 4712


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Sandbox, Sandbox, Sandbox]]:
    """An account, the same with another token, and another account; nobody changes them."""
    ours, others = Account(40, days=20, now=NOW), Account(30, days=20, now=NOW, seed=2)
    with ExitStack() as stack:
        first, again, other = (
            stack.enter_context(Sandbox(account)) for account in (ours, ours, others)
        )
        yield first, again, other


@pytest.fixture
def sandboxes(served: tuple[Sandbox, Sandbox, Sandbox]) -> tuple[Sandbox, Sandbox, Sandbox]:
    for sandbox in served:
        sandbox.switches.unknown_methods = ()
        sandbox.stats.reset()
    return served


def command(sandbox: Sandbox, name: str, *options: str, **settings: str) -> Result:
    """Runs a command on a sandbox's account; few fields make few tables, which is quick."""
    given = {"access_token": sandbox.access_token, "api_url": sandbox.url, "fields": '["is_lost"]'}
    environment = {
        f"SOURCES__UIS__{key.upper()}": value for key, value in (given | settings).items()
    }
    result = CliRunner(env=environment).invoke(cli, [name, *options])
    assert "Traceback" not in result.output
    assert sandbox.access_token not in result.output
    return result


def done(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    return result


def refused(result: Result, *says: str) -> None:
    lines = [line for line in result.stderr.splitlines() if line.startswith("dlt-uis: ")]
    assert (result.exit_code, len(lines)) == (2, 1), result.output
    for words in says:
        assert words in lines[0]


def warnings(result: Result) -> list[str]:
    return [line for line in result.stderr.splitlines() if " WARNING " in line]


def rows(query: str, path: str = "uis.duckdb") -> list[tuple[Any, ...]]:
    with Warehouse(path) as warehouse:
        return warehouse.query(query)


def ids() -> set[int]:
    return {id_ for (id_,) in rows("SELECT id FROM uis_data.calls")}


def ids_of(sandbox: Sandbox) -> set[int]:
    return set(sandbox.account.truth_ids())


def holds(*accounts: int | None) -> bool:
    """Whether the rows of ``sync_windows`` name just these accounts, the oldest load first."""
    query = "SELECT app_id FROM uis_data.sync_windows GROUP BY app_id ORDER BY min(_dlt_load_id)"
    return [app_id for (app_id,) in rows(query)] == list(accounts)


def asked_for_account(sandbox: Sandbox) -> int:
    return sandbox.stats.by_method.get("get.account", 0)


RANGE = (
    "--from", f"{NOW - timedelta(days=18):%Y-%m-%d}", "--to", f"{NOW - timedelta(days=8):%Y-%m-%d}",
)  # fmt: skip


def test_the_demo_and_an_account_do_not_meet_in_one_folder(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox],
) -> None:
    """As the README says: the demo, then the account; and the demo again when the token is lost.

    The demo ends with a command that shows its calls. It has settings of its own.
    """
    ours, *_ = sandboxes
    demo = done(CliRunner().invoke(cli, ["demo", "--calls", "30", "--days", "5"]))
    (look,) = [line for line in demo.output.splitlines() if "duckdb.connect" in line]
    shown = subprocess.run(look.strip(), shell=True, capture_output=True, text=True, check=True)
    assert "total_duration" in shown.stdout
    assert "10 rows" in shown.stdout
    assert "SOURCES__UIS__ACCESS_TOKEN" in demo.output
    assert rows("SELECT count(*) FROM uis_demo_data.calls", "uis_demo.duckdb") == [(30,)]

    done(command(ours, "run"))
    lost = done(CliRunner(env={"SOURCES__UIS__FIELDS": '["is_lost"]'}).invoke(cli, ["run"]))
    assert "uis_demo.duckdb" in lost.output
    done(command(ours, "run"))
    assert ids() == ids_of(ours)
    assert holds(OURS)


def test_the_demo_takes_names_that_are_typed_but_no_dataset_of_an_account(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is set for an account is not meant for the demo's."""
    *_, other = sandboxes
    done(command(other, "sync"))
    for name, value in (("ADOPT", "true"), ("USER_ID", "[101]"), ("FILTER", "{}")):
        monkeypatch.setenv(f"SOURCES__UIS__{name}", value)
    names = ("--pipeline-name", "uis", "--dataset", "uis_data")
    refused(CliRunner().invoke(cli, ["demo", "--calls", "30", *names]), "account 4712", "4711")


def test_another_account_is_refused_by_every_command_before_anything_is_written(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox],
) -> None:
    """By the account's id; its own new token is welcome."""
    ours, renewed, other = sandboxes
    done(command(ours, "sync"))
    before = rows("SELECT * FROM uis_data._dlt_loads ORDER BY load_id")
    words = ("uis_data", f"holds calls of account {OURS} of uis", f"account {OTHERS}", "--adopt")
    refused(command(other, "sync"), *words)
    refused(command(other, "backfill", *RANGE), *words)
    refused(command(other, "backfill", "--dry-run", *RANGE), *words)
    refused(command(other, "verify", *RANGE), *words)
    refused(command(other, "verify", "--repair", *RANGE, adopt="true"), *words)
    assert rows("SELECT * FROM uis_data._dlt_loads ORDER BY load_id") == before
    checked = command(other, "check", "--json")
    lines = {line["check"]: line for line in json.loads(checked.stdout)["checks"]}
    assert (checked.exit_code, lines["dataset"]["error"]) == (2, "AnotherAccount")
    assert f"account {OURS}" in lines["dataset"]["message"]

    assert not warnings(done(command(renewed, "sync")))
    assert not warnings(done(command(ours, "verify", *RANGE)))
    checked = done(command(ours, "check", "--json"))
    lines = {line["check"]: line for line in json.loads(checked.stdout)["checks"]}
    assert lines["dataset"]["message"] == f"uis_data holds calls of account {OURS} of uis"


def test_an_adopted_dataset_is_the_new_accounts(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox],
) -> None:
    """Nothing of it is left unread for the other one's cursor or done chunks.

    Clocks do not matter: rows of the other account seem to be of next year.
    """
    ours, _, other = sandboxes
    done(command(ours, "backfill", *RANGE))
    done(command(ours, "sync"))
    with duckdb.connect("uis.duckdb") as connection:
        connection.execute("UPDATE uis_data.sync_windows SET finished_at = '2035-01-01'")
    checked = command(other, "check", "--json", adopt="true")
    lines = {line["check"]: line for line in json.loads(checked.stdout)["checks"]}
    assert (lines["dataset"]["status"], checked.exit_code) == ("warning", 0)
    done(command(other, "sync", "--adopt"))
    done(command(other, "sync"))
    assert ids() >= ids_of(other)
    backfilled = done(command(other, "backfill", *RANGE))
    assert "nothing was left to do" not in backfilled.output
    assert "nothing was left to do" in done(command(other, "backfill", *RANGE)).output
    refused(command(ours, "sync"), f"account {OTHERS}")
    assert holds(OURS, OTHERS)
    done(command(ours, "backfill", "--adopt", *RANGE))
    done(command(ours, "sync"))
    refused(command(other, "sync"), f"account {OURS}")


def test_later_syncs_ask_nothing_for_the_account(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox],
) -> None:
    """Where the zone is configured, and so nothing else asks for it."""
    ours, renewed, other = sandboxes
    for _ in range(2):
        done(command(ours, "sync", timezone="Europe/Moscow"))
        assert asked_for_account(ours) == 1
    done(command(ours, "backfill", *RANGE, timezone="Europe/Moscow"))
    assert asked_for_account(ours) == 1
    for _ in range(2):
        done(command(renewed, "sync", timezone="Europe/Moscow"))
        assert asked_for_account(renewed) == 1
    refused(command(other, "sync", timezone="Europe/Moscow"), f"account {OTHERS}")
    kept = rows("SELECT DISTINCT app_id, user_id, brand, adoptions FROM uis_data.sync_windows")
    assert kept == [(OURS, None, "uis", 0)]
    found = rows("SELECT DISTINCT credential FROM uis_data.sync_windows")
    assert sorted(len(credential) for (credential,) in found) == [64, 64]
    done(command(ours, "sync"))
    assert asked_for_account(ours) == 2


def test_a_login_is_known_again_with_another_password(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox],
) -> None:
    ours, *_ = sandboxes
    login = {"access_token": "", "login": ours.login, "password": ours.password}
    done(command(ours, "sync", timezone="Europe/Moscow", **login))
    known = rows("SELECT credential FROM uis_data.sync_windows")
    done(command(ours, "sync", timezone="Europe/Moscow", **login))
    assert asked_for_account(ours) == 1
    assert rows("SELECT DISTINCT credential FROM uis_data.sync_windows") == known


def test_without_get_account_it_goes_on_with_one_warning(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox],
) -> None:
    """Another token can't be told from another account then; a known one needs no word."""
    ours, renewed, _ = sandboxes
    for sandbox in (ours, renewed):
        sandbox.switches.unknown_methods = ("get.account",)
        for said in (1, 0):
            result = done(command(sandbox, "sync", timezone="Europe/Moscow"))
            assert len(warnings(result)) == said, result.stderr
    assert holds(None)
    ours.switches.unknown_methods = ()
    assert not warnings(done(command(ours, "sync")))
    assert holds(None, OURS)
    assert ids() == ids_of(ours)


NEW_COLUMNS = (APP_ID, USER_ID, BRAND, CREDENTIAL, ADOPTIONS)


def test_a_warehouse_of_an_earlier_version_grows_the_columns(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows name no account: the next run says so once, and from then on rows do."""
    ours, _, other = sandboxes
    with monkeypatch.context() as earlier:
        for name in NEW_COLUMNS:
            earlier.delitem(WINDOW_COLUMNS, name)
        done(command(ours, "sync"))
        done(command(ours, "backfill", *RANGE))
    with Warehouse() as warehouse:
        assert not warehouse.types("sync_windows").keys() & set(NEW_COLUMNS)
    (said,) = warnings(done(command(ours, "sync")))
    assert "does not tell whose calls" in said
    assert f"account {OURS}" in said
    for name in ("sync", "backfill", "verify"):
        assert not warnings(done(command(ours, name, *(() if name == "sync" else RANGE))))
    assert holds(None, OURS)
    refused(command(other, "sync"), f"account {OURS}")
    assert ids() == ids_of(ours)


def test_calls_without_rows_that_tell_whose_they_are_go_on(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox], caplog: pytest.LogCaptureFixture
) -> None:
    """Also where the table was not loaded before; from then on it tells."""
    ours, _, other = sandboxes
    pipeline = host_pipeline()
    pipeline.run(source_of(ours, "calls"))
    pipeline.run(source_of(ours))
    with duckdb.connect("host.duckdb") as connection:
        connection.execute("DELETE FROM host_data.sync_windows")
    pipeline.run(source_of(other))
    assert_refused(lambda: pipeline.run(source_of(ours)), AnotherAccount, "host_data")
    assert "dlt_uis.source.claiming" not in {record.name for record in caplog.records}


def test_another_single_customer_is_refused(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox],
) -> None:
    """And one beside a list, whose tables have other keys: nothing would ever load."""
    ours, *_ = sandboxes
    agent = {"access_token": ours.agent_token}
    done(command(ours, "sync", user_id="101", **agent))
    refused(command(ours, "sync", user_id="102", **agent), "customer 101", "customer 102")
    refused(command(ours, "sync", user_id="[101]", **agent), "is a list")
    refused(command(ours, "sync", user_id="[101]", adopt="true", **agent), "is a list")
    refused(command(ours, "sync"), "customer 101")
    done(command(ours, "sync", user_id="101", **agent))
    done(command(ours, "sync", "--adopt", user_id="102", **agent))
    refused(command(ours, "sync", user_id="101", **agent), "customer 102")


def source_of(sandbox: Sandbox, *tables: str, make: Any = uis_source, **settings: Any) -> DltSource:
    given = {"access_token": sandbox.access_token, "api_url": sandbox.url, **settings}
    source: DltSource = make(clock=sandbox.account.now, **given)
    return source.with_resources(*(tables or ("calls", "sync_windows")))


def host_pipeline(name: str = "host") -> dlt.Pipeline:
    destination = dlt.destinations.duckdb("host.duckdb")
    pipeline: dlt.Pipeline = dlt.pipeline(name, destination=destination, dataset_name="host_data")
    return pipeline


def assert_refused(run: Callable[[], object], error: type[Exception], says: str) -> None:
    with pytest.raises(PipelineStepFailed) as failed:
        run()
    cause: BaseException | None = failed.value
    while cause is not None and not isinstance(cause, error):
        cause = cause.__cause__
    assert says in str(cause)


def test_two_accounts_share_a_dataset_of_the_hosts_in_tables_of_their_own(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox],
) -> None:
    """Each is refused in the tables of the other, by the names that the host gave them."""
    ours, _, other = sandboxes
    north = uis_source.clone(name="uis_north", section="uis_north")

    def renamed(sandbox: Sandbox, **settings: Any) -> DltSource:
        source = source_of(sandbox, make=north, **settings)
        for resource in source.resources.values():
            resource.apply_hints(table_name=f"North{resource.name.title()}")
        return source

    pipeline = host_pipeline()
    for _ in range(2):
        pipeline.run([source_of(ours), renamed(other)])
    owners = "SELECT DISTINCT app_id FROM host_data.{}"
    with Warehouse("host.duckdb", "host_data") as warehouse:
        assert warehouse.query(owners.format("sync_windows")) == [(OURS,)]
        assert warehouse.query(owners.format("north_sync_windows")) == [(OTHERS,)]
        assert warehouse.query("SELECT count(*) FROM host_data.north_calls") == [(30,)]
    before = str(pipeline.state["sources"])
    assert_refused(lambda: pipeline.run(renamed(ours)), AnotherAccount, "north_sync_windows")
    assert_refused(lambda: pipeline.run(source_of(other)), AnotherAccount, "host_data")
    assert_refused(
        lambda: host_pipeline("another").run(source_of(other)), AnotherAccount, "host_data"
    )
    assert str(pipeline.state["sources"]) == before
    pipeline.run(renamed(ours, adopt=True))
    assert_refused(lambda: pipeline.run(renamed(other)), AnotherAccount, "north_sync_windows")
    with Warehouse("host.duckdb", "host_data") as warehouse:
        found = {id_ for (id_,) in warehouse.query("SELECT id FROM host_data.north_calls")}
    assert found >= ids_of(ours)


def test_a_hosts_list_of_customers_may_grow_and_shrink(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox],
) -> None:
    """The account of each is asked for once, where nothing else needs it."""
    ours, renewed, other = sandboxes

    def customers(sandbox: Sandbox, *ids: int, **settings: Any) -> DltSource:
        given = {"access_token": sandbox.agent_token, "timezone": "Europe/Moscow", **settings}
        tables = ("calls", "sync_windows", "tags")
        return source_of(sandbox, *tables, user_id=list(ids), **given)

    pipeline = host_pipeline()
    for ids in ((101,), (101, 102), (102,)):
        pipeline.run(customers(ours, *ids))
    asked = asked_for_account(ours)
    pipeline.run(customers(ours, 101, 102))
    assert asked_for_account(ours) == asked
    pipeline.run(customers(renewed, 102))
    assert_refused(lambda: pipeline.run(customers(other, 101)), AnotherAccount, "customer 101")
    assert_refused(lambda: pipeline.run(customers(other, 102)), AnotherAccount, "customer 102")
    single = {"access_token": ours.agent_token, "user_id": 101}
    assert_refused(lambda: pipeline.run(source_of(ours, **single)), CustomersRefused, "[101]")
    pipeline.run(customers(other, 101, 102, adopt=True))
    with Warehouse("host.duckdb", "host_data") as warehouse:
        counts = "SELECT app_id, user_id, count(*) FROM host_data.calls GROUP BY 1, 2 ORDER BY 1, 2"
        found = warehouse.query(counts)
    assert [row for row in found if row[0] == OTHERS] == [(OTHERS, 101, 30), (OTHERS, 102, 30)]


def test_rows_can_be_looked_at_whatever_the_dataset_holds(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox],
) -> None:
    """Nothing is written then; and who does not load ``sync_windows`` is asked nothing."""
    ours, _, other = sandboxes
    pipeline = host_pipeline()
    pipeline.run(source_of(ours))
    assert sum(map(len, source_of(other, "calls", "sync_windows"))) > 0
    only_calls = source_of(other, "calls", timezone="Europe/Moscow")
    only_calls.resources["calls"].apply_hints(table_name="other_calls")
    asked = asked_for_account(other)
    pipeline.run(only_calls)
    assert asked_for_account(other) == asked


def test_on_postgres_accounts_are_told_apart_too(
    sandboxes: tuple[Sandbox, Sandbox, Sandbox], postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in tables of an earlier version."""
    ours, _, other = sandboxes
    there = ("--destination", "postgres")
    with monkeypatch.context() as earlier:
        for name in NEW_COLUMNS:
            earlier.delitem(WINDOW_COLUMNS, name)
        done(command(ours, "sync", *there))
    for said in (1, 0):
        assert len(warnings(done(command(ours, "sync", *there)))) == said
    refused(command(other, "sync", *there), f"account {OURS}")
    refused(command(other, "verify", *RANGE, *there), f"account {OURS}")
    done(command(other, "backfill", "--adopt", *RANGE, *there))
    done(command(other, "sync", *there))
    refused(command(ours, "sync", *there), f"account {OTHERS}")
    with PostgresWarehouse(postgres) as warehouse:
        found = {id_ for (id_,) in warehouse.query("SELECT id FROM uis_data.calls")}
    assert found >= ids_of(other)


@pytest.mark.cross
@pytest.mark.usefixtures("postgres")
def test_on_postgres_the_demos_last_word_shows_its_calls_too() -> None:
    there = ("--destination", "postgres")
    demo = CliRunner().invoke(cli, ["demo", "--calls", "30", "--days", "5", *there])
    (look,) = [line for line in done(demo).output.splitlines() if "dlt.attach" in line]
    shown = subprocess.run(look.strip(), shell=True, capture_output=True, text=True, check=True)
    assert len(shown.stdout.splitlines()) == 10
