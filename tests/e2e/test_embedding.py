"""In a pipeline of the host's: what it may set is right, or refused before anything is read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from dlt.destinations.impl.postgres.postgres import PostgresParquetCopyJob
from dlt.extract import DltSource
from dlt.pipeline.exceptions import PipelineStepFailed

from dlt_uis import create_indexes, destinations, uis_source
from dlt_uis.errors import ContractRefused, CursorRefused, UisError, WriteDispositionRefused
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.source.cursor import cursor_of

from .truth import Warehouse, arrays_but
from .warehouses import PostgresWarehouse

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
Make = Callable[..., DltSource]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Account(100, days=20, now=NOW)) as served:
        yield served


def source_of(sandbox: Sandbox, *tables: str, **settings: Any) -> DltSource:
    """Only some tables, ``calls`` by default: so a run is quick."""
    given = {"access_token": sandbox.access_token, "api_url": sandbox.url, **settings}
    return uis_source(clock=sandbox.account.now, **given).with_resources(*(tables or ("calls",)))


def host_pipeline(
    name: str = "host", duckdb: type[dlt.destinations.duckdb] = dlt.destinations.duckdb
) -> dlt.Pipeline:
    destination = duckdb("host.duckdb")
    pipeline: dlt.Pipeline = dlt.pipeline(name, destination=destination, dataset_name="host_data")
    return pipeline


def rows(query: str) -> list[tuple[Any, ...]]:
    with Warehouse("host.duckdb", "host_data") as warehouse:
        return warehouse.query(query)


def count(table: str = "calls") -> int:
    ((found,),) = rows(f"SELECT count(*) FROM host_data.{table}")
    return int(found)


def test_a_limit_reads_some_pages_and_the_next_run_all(sandbox: Sandbox) -> None:
    """Pages come in no order of time: the cursor must not pass what was not read."""
    pipeline = host_pipeline()
    pipeline.run(source_of(sandbox, page_size=20).add_limit(2))
    assert 0 < count() <= 40
    assert cursor_of(pipeline) is None
    pipeline.run(source_of(sandbox))
    assert count() == sandbox.account.count()
    assert cursor_of(pipeline) is not None


def test_a_page_is_in_all_tables_before_the_next_one_is_waited_for(sandbox: Sandbox) -> None:
    """Else a dozen pages are in memory, and the time in which the API answers goes by unused."""
    tables = ["calls", "calls__employees", "calls__tags"]
    source = source_of(sandbox, *tables, page_size=20)
    seen: list[str] = []

    def noting(name: str) -> Callable[[Any], Any]:
        def note(item: Any) -> Any:
            if isinstance(item, pa.Table) and item.num_rows:
                seen.append(name)
            return item

        return note

    for name in (CALLS_REPORT.resource, *tables):
        source.resources[name].add_map(noting(name))
    host_pipeline().run(source)
    pages = [seen[at : at + 1 + len(tables)] for at in range(0, len(seen), 1 + len(tables))]
    assert len(pages) > 3
    assert all(page[0] == CALLS_REPORT.resource and sorted(page[1:]) == tables for page in pages)


def test_a_connection_of_the_hosts_keeps_its_settings(sandbox: Sandbox) -> None:
    """Ours would hold for all that the host does with it afterwards."""
    with duckdb.connect("host.duckdb", config={"threads": 2, "memory_limit": "1GB"}) as connection:
        settings = "SELECT current_setting('threads'), current_setting('memory_limit')"
        before = connection.sql(settings).fetchall()
        pipeline = dlt.pipeline(
            "host", destination=destinations.duckdb(connection), dataset_name="host_data"
        )
        pipeline.run(source_of(sandbox))
        assert connection.sql(settings).fetchall() == before
        calls = connection.sql("SELECT count(*) FROM host_data.calls").fetchall()
    assert calls == [(100,)]


def test_the_hosts_own_cursor_looks_back_and_a_schedulers_interval_leaves_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, tables = host_pipeline(), ("calls", "sync_windows")
    for _ in range(2):
        cursor = dlt.sources.incremental("start_time", initial_value="2026-02-27")
        pipeline.run(source_of(sandbox, *tables, start_time=cursor))
    monkeypatch.setenv("DLT_INTERVAL_START", "2026-02-20T00:00:00Z")
    monkeypatch.setenv("DLT_INTERVAL_END", "2026-02-21T00:00:00Z")
    before = str(pipeline.state["sources"])
    scheduled = dlt.sources.incremental[Any]("start_time", allow_external_schedulers=True)
    pipeline.run(source_of(sandbox, *tables, start_time=scheduled))
    assert str(pipeline.state["sources"]) == before
    windows = rows(
        "SELECT window_start, window_end FROM host_data.sync_windows ORDER BY _dlt_load_id"
    )
    (first, _), (second, _), interval = [
        tuple(moment.astimezone(UTC) for moment in window) for window in windows
    ]
    last = max(sandbox.account.instant_of(id_) for id_ in sandbox.account.truth_ids())
    assert first == datetime(2026, 2, 27, tzinfo=UTC)
    assert second == last - timedelta(days=3)
    assert interval == (datetime(2026, 2, 20, tzinfo=UTC), datetime(2026, 2, 21, tzinfo=UTC))


def replacing_calls(source: DltSource) -> None:
    source.resources["calls"].apply_hints(write_disposition="replace")


def reading_without_lag(source: DltSource) -> None:
    cursor = dlt.sources.incremental("start_time", initial_value=NOW)
    source.resources["calls_report"].apply_hints(incremental=cursor)


def merging(strategy: str) -> Callable[[DltSource], None]:
    def change(source: DltSource) -> None:
        for resource in source.resources.values():
            given: Any = {"disposition": "merge", "strategy": strategy}
            resource.apply_hints(write_disposition=given)

    return change


def dropping_rows(source: DltSource) -> None:
    source.schema_contract = {"columns": "discard_row"}


def skipping(source: DltSource) -> None:
    source.resources["calls"].apply_hints(write_disposition="skip")


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (replacing_calls, WriteDispositionRefused, "write_disposition='replace'"),
        (merging("scd2"), WriteDispositionRefused, "scd2"),
        (merging("upsert"), WriteDispositionRefused, "calls__tags"),
        (skipping, WriteDispositionRefused, "with_resources"),
        (dropping_rows, ContractRefused, "discard_value"),
        (reading_without_lag, CursorRefused, "no lag"),
    ],
)
def test_what_would_go_wrong_silently_is_refused(
    change: Callable[[DltSource], None], error: type[UisError], says: str
) -> None:
    """Before anything is asked: nobody would answer here."""
    nowhere = uis_source(access_token="token", api_url="http://127.0.0.1:9", request_attempts=1)
    source = nowhere.with_resources("calls", "calls__tags")
    change(source)
    with pytest.raises(PipelineStepFailed) as failed:
        host_pipeline().extract(source)
    cause: BaseException | None = failed.value
    while cause is not None and not isinstance(cause, error):
        cause = cause.__cause__
    assert says in str(cause)


def test_replacing_everything_reads_everything_anew(sandbox: Sandbox) -> None:
    pipeline = host_pipeline()
    pipeline.run(source_of(sandbox))
    sandbox.account.remove(sandbox.account.truth_ids()[0])
    pipeline.run(source_of(sandbox), write_disposition="replace")
    assert count() == sandbox.account.count() == 99


def test_a_contract_keeps_new_fields_out_and_all_calls_in(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discarded, or refused with the cursor where it was; in names as they come."""
    monkeypatch.setenv("SCHEMA__NAMING", "direct")
    pipeline = host_pipeline()
    pipeline.run(source_of(sandbox), schema_contract={"columns": "discard_value"})
    before = cursor_of(pipeline)
    sandbox.account.add_field("hold_duration", lambda id_: id_ % 7)
    sandbox.account.add_call(NOW - timedelta(minutes=1))
    with pytest.raises(PipelineStepFailed, match="freeze"):
        pipeline.run(source_of(sandbox), schema_contract={"columns": "freeze"})
    assert cursor_of(pipeline) == before
    pipeline.run(source_of(sandbox), schema_contract={"columns": "discard_value"})
    assert count() == sandbox.account.count() == 101
    with Warehouse("host.duckdb", "host_data") as warehouse:
        assert "hold_duration" not in warehouse.types("calls")


def test_a_new_field_has_one_type_whichever_pipeline_brought_it(sandbox: Sandbox) -> None:
    """Also in a table that the host renamed, and without our command's help."""

    def renamed() -> DltSource:
        source = source_of(sandbox)
        source.resources["calls"].apply_hints(table_name="phone_calls")
        return source

    sandbox.account.add_field("hold_duration", lambda id_: id_ % 7)
    host_pipeline().run(renamed())
    sandbox.account.add_field("hold_duration", lambda id_: "long" if id_ % 2 else id_ % 7)
    host_pipeline("another").run(renamed())
    odd = sum(id_ % 2 for id_ in sandbox.account.truth_ids())
    found = rows(
        "SELECT count(*), count(hold_duration__v_text), any_value(typeof(hold_duration))"
        " FROM host_data.phone_calls"
    )
    assert found == [(100, odd, "BIGINT")]


def test_maps_see_arrow_tables_and_so_do_loops(sandbox: Sandbox) -> None:
    """One on the hidden report changes all tables; nothing has to be loaded to look at rows."""

    def without_numbers(calls: pa.Table) -> pa.Table:
        index = calls.schema.get_field_index("contact_phone_number")
        return calls.set_column(index, calls.field(index), pa.nulls(len(calls), pa.string()))

    host_pipeline()  # its state would be gone on from; it has none
    source = source_of(sandbox)
    source.resources["calls_report"].add_map(without_numbers)
    pages = pa.concat_tables(list(source))
    assert pages.num_rows == 100
    assert pc.all(pc.is_null(pages["contact_phone_number"])).as_py()


def customers(sandbox: Sandbox, *ids: int, **settings: Any) -> DltSource:
    tables = ("calls", "calls__tags", "sync_windows", "tags")
    given = {"access_token": sandbox.agent_token, "user_id": list(ids), "reference_hours": 0}
    return source_of(sandbox, *tables, **{**given, **settings})


@pytest.mark.parametrize(
    "duckdb",
    [dlt.destinations.duckdb, pytest.param(destinations.duckdb, marks=pytest.mark.cross)],
)
def test_customers_of_an_agent_share_tables_and_each_has_a_cursor(
    sandbox: Sandbox, duckdb: type[dlt.destinations.duckdb]
) -> None:
    """The sandbox shows both the same calls: with the same ids, which no call may be lost by."""
    pipeline, account = host_pipeline(duckdb=duckdb), sandbox.account
    pipeline.run(customers(sandbox, 101))
    pipeline.run(customers(sandbox, 101, 102))
    starts = "SELECT user_id, count(*), min(window_start) FROM host_data.sync_windows GROUP BY 1"
    (_, first_windows, first), (_, windows, second) = sorted(rows(starts))
    assert (first_windows, windows, first) == (2, 1, second)
    tagged = [call for call in account.truth() if call["tags"]][-1]
    account.untag(tagged["id"])
    account.listed("get.tags").clear()
    pipeline.run(customers(sandbox, 102))
    calls = (
        "SELECT app_id, user_id, count(*), count(DISTINCT id) FROM host_data.calls GROUP BY 1, 2"
    )
    assert sorted(rows(calls)) == [(4711, 101, 100, 100), (4711, 102, 100, 100)]
    tags = sum(len(call["tags"]) for call in account.truth())
    per_customer = "SELECT user_id, count(*) FROM host_data.{} GROUP BY 1 ORDER BY 1"
    assert rows(per_customer.format("calls__tags")) == [
        (101, tags + len(tagged["tags"])), (102, tags)
    ]  # fmt: skip
    assert rows(per_customer.format("tags")) == [(101, 12)]


@pytest.mark.parametrize("factory", [dlt.destinations.postgres, destinations.postgres])
def test_customers_share_indexed_tables_on_postgres(
    sandbox: Sandbox, postgres: str, factory: type[dlt.destinations.postgres]
) -> None:
    """Whose indexes tell them apart, too, as does a load of one of them."""
    pipeline = dlt.pipeline("host", destination=factory(), dataset_name="host_data")
    for ids in ((101, 102), (102,)):
        pipeline.run(customers(sandbox, *ids))
        create_indexes(pipeline)
    with PostgresWarehouse(postgres, "host_data") as warehouse:
        calls = "SELECT user_id, count(DISTINCT id), count(*) FROM host_data.calls GROUP BY 1"
        assert sorted(warehouse.query(calls)) == [(101, 100, 100), (102, 100, 100)]
        indexes = warehouse.query("SELECT indexdef FROM pg_indexes WHERE tablename = 'calls'")
    assert any("UNIQUE" in index and "(id, user_id)" in index for (index,) in indexes)


DLTS_COMMANDS = """
import sys
from dlt._workspace.cli._dlt import main

for number, command in enumerate(sys.argv[1:]):
    if number:
        print("---", flush=True)
    sys.argv = ["dlt", "-y", "pipeline", "host", *command.split()]
    if code := main("dlt"):
        sys.exit(code)
"""


def test_dlts_own_commands_work(sandbox: Sandbox) -> None:
    """And a table that they dropped is filled again, if the report's state goes with it."""
    host_pipeline().run(source_of(sandbox))

    commands = ["info", "trace", "drop calls --state-paths resources.calls_report"]
    done = subprocess.run(
        [sys.executable, "-c", DLTS_COMMANDS, *commands],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    info, trace, dropped = done.stdout.split("\n---\n")
    assert "calls with 1 table(s)" in info
    assert "calls: 100 row(s)" in trace
    assert "calls" in dropped
    host_pipeline().run(source_of(sandbox))
    assert count() == 100
    assert Path("host.duckdb").exists()


def test_a_quiet_account_is_loaded_by_dlts_own_postgres(postgres: str) -> None:
    """Tables without rows get made, rows come later; dlt's own job stays as it is."""
    account = Account(0, days=0, now=NOW)
    pipeline = dlt.pipeline(
        "host", destination=dlt.destinations.postgres(), dataset_name="host_data"
    )
    with Sandbox(account) as sandbox:

        def load(calls: int, tags: int) -> None:
            source = uis_source(
                api_url=sandbox.url, access_token=sandbox.access_token, clock=account.now,
                exclude_fields=arrays_but("tags", "segments"),
            )  # fmt: skip
            pipeline.run(source).raise_on_failed_jobs()
            warehouse = PostgresWarehouse(postgres, "host_data")
            (counts,) = warehouse.query(
                "SELECT (SELECT count(*) FROM host_data.calls),"
                " (SELECT count(*) FROM host_data.calls__tags)"
            )
            assert counts == (calls, tags)
            assert warehouse.types("calls__tags")["call_id"] == "bigint"

        load(0, 0)
        load(0, 0)
        account.add_call(NOW - timedelta(hours=5), tags=[])
        load(1, 0)
        account.add_call(NOW - timedelta(hours=4), tags=[{"tag_id": 1, "tag_name": ""}])
        load(2, 1)
        load(2, 1)
        (text,) = PostgresWarehouse(postgres, "host_data").query(
            "SELECT tag_name FROM host_data.calls__tags"
        )
        assert text == ("",)
    assert "_ingest_per_rowgroup" not in vars(PostgresParquetCopyJob)


def test_a_source_that_is_run_again_after_a_quiet_load_keeps_empty_text(postgres: str) -> None:
    """dlt's own Postgres gets a table without rows as CSV, in which empty text would be null."""
    account = Account(0, days=0, now=NOW)
    pipeline = dlt.pipeline(
        "host", destination=dlt.destinations.postgres(), dataset_name="host_data"
    )
    with Sandbox(account) as sandbox:
        source = uis_source(
            api_url=sandbox.url, access_token=sandbox.access_token, clock=account.now,
            exclude_fields=arrays_but("tags"),
        )  # fmt: skip
        pipeline.run(source).raise_on_failed_jobs()
        account.add_call(NOW - timedelta(hours=4), tags=[{"tag_id": 1, "tag_name": ""}])
        pipeline.run(source).raise_on_failed_jobs()
    query = "SELECT tag_name FROM host_data.calls__tags"
    assert PostgresWarehouse(postgres, "host_data").query(query) == [("",)]
