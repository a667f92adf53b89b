"""Views in the warehouse: what they say is what Python computes from the account's truth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from click.testing import CliRunner, Result

from dlt_uis import uis_source
from dlt_uis.backfill.job import Backfill
from dlt_uis.cli.main import cli
from dlt_uis.progress import Progress
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.views.definitions import VIEWS

from .truth import Warehouse
from .view_truth import Row, Truth
from .warehouses import BigQueryWarehouse, PostgresWarehouse

OF_CALLS = tuple(name for name in VIEWS if not name.startswith(("communications", "legs")))

SPRING = ("Europe/Berlin", datetime(2026, 4, 4, 12, tzinfo=UTC))
AUTUMN = ("America/New_York", datetime(2025, 11, 6, 12, tzinfo=UTC))
"""Zones, and moments shortly after their clocks were changed."""


def account_of(zone: str, now: datetime) -> Account:
    return Account(calls=600, days=14, timezone=zone, now=now)


def sync(sandbox: Sandbox, destination: str = "duckdb", **given: Any) -> None:
    settings: dict[str, Any] = {"api_url": sandbox.url, "access_token": sandbox.access_token}
    settings["clock"] = sandbox.account.now
    run(make_pipeline(destination), uis_source(**settings, **given), Progress())


def views(*options: str) -> Result:
    return CliRunner().invoke(cli, ["views", *options], catch_exceptions=False)


def made(*options: str) -> str:
    result = views(*options)
    assert result.exit_code == 0, result.output
    return result.output


def warehouse_of(destination: str, request: pytest.FixtureRequest) -> Warehouse:
    if destination == "postgres":
        return PostgresWarehouse(request.getfixturevalue("postgres"))
    return BigQueryWarehouse() if destination == "bigquery" else Warehouse()


def rows_of(warehouse: Warehouse, view: str, condition: str = "") -> list[Row]:
    names = [column.name for column in VIEWS[view].columns]
    quote = "`" if isinstance(warehouse, BigQueryWarehouse) else '"'
    listed = ", ".join(f"{quote}{name}{quote}" for name in names)
    found = warehouse.query(f"SELECT {listed} FROM uis_data.{view} {condition}")
    return [dict(zip(names, map(plain, row), strict=True)) for row in found]


def plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)
    return value.normalize() if isinstance(value, Decimal) else value


def assert_same(found: list[Row], wanted: list[Row], view: str) -> None:
    keys = [column.name for column in VIEWS[view].columns]
    ordered = [
        sorted(({name: plain(row[name]) for name in keys} for row in rows), key=str)
        for rows in (found, wanted)
    ]
    assert len(ordered[0]) == len(ordered[1])
    for have, want in zip(*ordered, strict=True):
        assert have == want, view


@pytest.mark.parametrize(
    ("destination", "zone", "now"),
    [
        pytest.param("duckdb", *SPRING, marks=pytest.mark.cross),
        ("duckdb", *AUTUMN),
        pytest.param("postgres", *AUTUMN, marks=pytest.mark.cross),
        pytest.param("bigquery", *SPRING, marks=pytest.mark.cross),
    ],
)
def test_each_metric_is_what_python_computes(
    destination: str, zone: str, now: datetime, request: pytest.FixtureRequest
) -> None:
    """Where clocks change, too. A call that still goes on is left out."""
    if destination != "duckdb":
        request.getfixturevalue(destination)
    account = account_of(zone, now)
    ongoing = account.truth_ids()[-5]
    with Sandbox(account) as sandbox:
        sync(sandbox, destination)
    with make_pipeline(destination).sql_client() as client:
        calls = client.make_qualified_table_name("calls")
        client.execute_sql(f"UPDATE {calls} SET finish_time = NULL WHERE id = {ongoing}")
    made("--destination", destination)
    truth = Truth(account, ongoing=[ongoing])
    with warehouse_of(destination, request) as warehouse:
        for view in OF_CALLS:
            found = rows_of(warehouse, view)
            assert found
            assert_same(found, truth.rows(view), view)
        since = now - timedelta(days=5)
        condition = f"WHERE start_time >= '{since:%Y-%m-%d %H:%M:%S}+00'"
        for view in OF_CALLS:
            later = [row for row in truth.rows(view) if row["start_time"] >= since]
            assert_same(rows_of(warehouse, view, condition), later, view)


SMALL: dict[str, Any] = {"calls": 60, "days": 5, "now": SPRING[1], "timezone": "Europe/Moscow"}


@pytest.fixture
def small() -> Iterator[Sandbox]:
    with Sandbox(Account(**SMALL)) as sandbox:
        yield sandbox


def test_what_they_mean_stands_in_the_warehouse(small: Sandbox) -> None:
    sync(small)
    made()
    with Warehouse() as warehouse:
        comments = warehouse.query("SELECT view_name, comment FROM duckdb_views()")
        columns = warehouse.query(
            "SELECT table_name, column_name, comment, data_type FROM duckdb_columns()"
            " WHERE schema_name = 'uis_data'"
        )
    found: dict[str, str] = dict(comments)
    told = {(table, name): (comment, type_) for table, name, comment, type_ in columns}
    for name in OF_CALLS:
        assert found[name].startswith(VIEWS[name].meaning)
        for column in VIEWS[name].columns:
            comment, type_ = told[name, column.name]
            assert comment == column.meaning
            assert type_ == {
                "TEXT": "VARCHAR", "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
                "DECIMAL(38, 9)": "DECIMAL(38,9)",
            }.get(column.type, column.type)  # fmt: skip


def test_the_command_says_what_it_does(small: Sandbox) -> None:
    assert "Run dlt-uis sync" in views().output
    sync(small)
    first, second = made(), made()
    for name in OF_CALLS:
        assert re.search(rf"{name}\W+created", first)
        assert re.search(rf"{name}\W+as it was", second)
    assert re.search(r"legs_by_employee\W+left out\W+not loaded: call_legs", second)
    assert "removed" in made("--drop")
    with Warehouse() as warehouse:
        assert warehouse.query("SELECT * FROM duckdb_views() WHERE NOT internal") == []
    sync(small)
    with Warehouse() as warehouse:
        assert warehouse.query("SELECT * FROM duckdb_views() WHERE NOT internal") == []


def test_a_load_brings_them_up_to_date(small: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is loaded for the first time, and what is set, is in the views from the next load on."""
    fields = ["id", "start_time", "direction", "is_lost", "contact_phone_number"]
    sync(small, fields=fields)
    made()
    with Warehouse() as warehouse:
        assert {row["campaign"] for row in rows_of(warehouse, "call_facts")} == {None}
        assert {row["is_target"] for row in rows_of(warehouse, "call_facts")} == {None}
        assert {row["lines_needed"] for row in rows_of(warehouse, "hours")} == {None}
    monkeypatch.setenv("SOURCES__UIS__VIEWS__CALLBACK_MINUTES", "1")
    sync(small)
    Backfill(
        make_pipeline(), "2026-03-20", "2026-04-04",
        source={"api_url": small.url, "access_token": small.access_token,
                "clock": small.account.now},
    ).run()  # fmt: skip
    with Warehouse() as warehouse:
        assert_same(rows_of(warehouse, "call_facts"), Truth(small.account).rows("call_facts"),
                    "call_facts")  # fmt: skip
        assert rows_of(warehouse, "employees_by_day")
        within = [row["is_within_sla"] for row in rows_of(warehouse, "missed_calls")]
        assert not any(within), "nobody is that fast"
    monkeypatch.setenv("SOURCES__UIS__VIEWS__CALLBACK_MINUTES", "0")
    assert "SOURCES__UIS__VIEWS__CALLBACK_MINUTES takes" in views().output


def test_a_warehouse_that_begins_anew_has_no_views_of_another_one(
    small: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """The same pipeline in another folder: nothing that was not there is told to be gone."""
    sync(small)
    made()
    Path("uis.duckdb").rename("elsewhere.duckdb")
    for _ in range(2):
        sync(small)
        assert not [each for each in caplog.records if "view" in each.getMessage()]
    with Warehouse() as warehouse:
        assert warehouse.query("SELECT * FROM duckdb_views() WHERE NOT internal") == []


def test_views_stay_in_a_file_that_is_put_together(small: Sandbox) -> None:
    sync(small)
    made()
    Backfill(
        make_pipeline(), "2026-03-20", "2026-03-31",
        source={"api_url": small.url, "access_token": small.access_token,
                "clock": small.account.now},
    ).run()  # fmt: skip
    Path("uis.duckdb").rename("moved.duckdb")
    with Warehouse("moved.duckdb") as warehouse:
        assert rows_of(warehouse, "missed_calls")
        comments = warehouse.query("SELECT comment FROM duckdb_views() WHERE NOT internal")
    assert all("(dlt-uis " in comment for (comment,) in comments)


def test_what_is_not_ours_stays(small: Sandbox) -> None:
    """Somebody's own table and view, which have the names of ours."""
    sync(small)
    with duckdb.connect("uis.duckdb") as connection:
        connection.execute("CREATE TABLE uis_data.hours AS SELECT 1 AS mine")
        connection.execute("CREATE VIEW uis_data.call_facts AS SELECT 2 AS mine")
    result = views()
    assert result.exit_code == 1
    assert "hours (a table that is not ours has this name)" in result.output
    sync(small)
    with Warehouse() as warehouse:
        assert warehouse.query("SELECT mine FROM uis_data.hours") == [(1,)]
        assert warehouse.query("SELECT mine FROM uis_data.call_facts") == [(2,)]
        assert rows_of(warehouse, "missed_calls")


def test_with_pseudonyms_views_tell_the_same_and_no_number() -> None:
    account = account_of(*SPRING)
    privacy = {"phone_numbers": "pseudonymise", "names": "drop", "recordings": "drop"}
    with Sandbox(account) as sandbox:
        sync(sandbox, privacy=privacy, privacy_key="k" * 32)
    made()
    truth = Truth(account)
    numbers = {str(call["contact_phone_number"]) for call in account.truth()}
    with Warehouse() as warehouse:
        found = {row["id"]: row for row in rows_of(warehouse, "missed_calls")}
        for row in truth.rows("missed_calls"):
            for name in ("outcome", "minutes_until_talk", "next_call_id", "is_within_sla"):
                assert found[row["id"]][name] == row[name]
        for view in OF_CALLS:
            text = repr(rows_of(warehouse, view))
            assert not any(number in text for number in numbers)
        facts = rows_of(warehouse, "call_facts")
    assert {row["recording_links"] for row in facts} == {None}
    assert {row["last_employee"] for row in facts} == {None}


def test_customers_do_not_mix() -> None:
    """Two customers of an agent, whose calls have the same ids and numbers."""
    account = Account(**SMALL)
    given: dict[str, Any] = {"user_id": [101, 102], "clock": account.now}
    with Sandbox(account) as sandbox:
        given |= {"api_url": sandbox.url, "access_token": sandbox.agent_token}
        run(make_pipeline(), uis_source(**given), Progress())
    made()
    wanted = Truth(account)
    with Warehouse() as warehouse:
        for view in OF_CALLS:
            for customer in (101, 102):
                rows = rows_of(warehouse, view, f"WHERE user_id = {customer}")
                assert_same([{**row, "user_id": None} for row in rows], wanted.rows(view), view)


_OTHERS = (
    "CREATE TABLE {}.call_legs (id {int}, call_session_id {int}, start_time {time},"
    " employee_id {int}, employee_full_name {text}, is_operator {bool}, duration {int},"
    " total_duration {int})",
    "INSERT INTO {}.call_legs VALUES (1, 1, '2026-03-29 00:30:00+00', 7, 'Anna', TRUE, 0, 20),"
    " (2, 1, '2026-03-29 00:31:00+00', 7, 'Anna', TRUE, 60, 70),"
    " (3, 1, '2026-03-29 21:59:59+00', 7, 'Anna', TRUE, 5, 5),"
    " (4, 1, '2026-03-29 22:00:00+00', 7, 'Anna', TRUE, 1, 2),"
    " (5, 1, '2026-03-29 12:00:00+00', 7, 'Anna', FALSE, 100, 100),"
    " (6, 1, '2026-03-29 12:00:00+00', NULL, NULL, TRUE, 0, 30)",
    "CREATE TABLE {}.chats (id {int}, date_time {time}, campaign_name {text}, source_name {text},"
    " communication_number {int}, sale_date {time}, sale_cost {number})",
    "INSERT INTO {}.chats VALUES (1, '2026-03-29 12:00:00+00', 'Spring', 'VK', 1, NULL, 10.5),"
    " (2, '2026-03-29 13:00:00+00', 'Spring', 'VK', 2, NULL, NULL),"
    " (3, '2026-03-28 22:59:59+00', 'Spring', 'VK', 3, NULL, NULL)",
    "CREATE TABLE {}.communications (id {int}, date_time {time}, communication_type {text})",
    "INSERT INTO {}.communications VALUES (1, '2026-03-29 12:00:00+00', 'chat'),"
    " (2, '2026-03-29 12:00:00+00', 'offline_message'), (3, '2026-03-29 12:00:00+00', 'call')",
)
_TYPES = {
    "time": "TIMESTAMPTZ",
    "text": "VARCHAR",
    "bool": "BOOLEAN",
    "number": "NUMERIC(38, 9)",
    "int": "BIGINT",
}
_TYPES_OF_BIGQUERY = {
    "time": "TIMESTAMP",
    "text": "STRING",
    "bool": "BOOL",
    "number": "NUMERIC",
    "int": "INT64",
}


@pytest.mark.parametrize(
    "destination",
    ["duckdb", *(pytest.param(each, marks=pytest.mark.cross) for each in ("postgres", "bigquery"))],
)
def test_other_reports_are_counted_where_they_are_loaded(
    destination: str, request: pytest.FixtureRequest
) -> None:
    """A communication that has a report of its own is not counted twice. The 29th has 23 hours."""
    if destination != "duckdb":
        request.getfixturevalue(destination)
    with Sandbox(Account(**{**SMALL, "timezone": "Europe/Berlin"})) as sandbox:
        sync(sandbox, destination)
    with make_pipeline(destination).sql_client() as client:
        types = _TYPES_OF_BIGQUERY if destination == "bigquery" else _TYPES
        for statement in _OTHERS:
            client.execute_sql(statement.format(client.fully_qualified_dataset_name(), **types))
    made("--destination", destination)
    with warehouse_of(destination, request) as warehouse:
        legs = rows_of(warehouse, "legs_by_employee")
        found = rows_of(warehouse, "communications_by_day")
    days = {row["date"]: row for row in legs}
    of_day = days[date(2026, 3, 29)]
    assert of_day["start_time"] == datetime(2026, 3, 28, 23, tzinfo=UTC)
    counts = ("employee", "legs", "talked", "ring_seconds", "talk_seconds")
    assert [of_day[name] for name in counts] == ["Anna", 3, 2, 30, 65]
    assert [days[date(2026, 3, 30)][name] for name in counts] == ["Anna", 1, 1, 1, 1]
    assert len(legs) == 2
    kinds = {
        (row["date"], row["communication_type"]): row
        for row in found
        if row["communication_type"] != "call"
    }
    chats = kinds[date(2026, 3, 29), "chat"]
    names = ("campaign", "source", "communications", "first_communications", "sales", "revenue")
    assert [chats[name] for name in names] == ["Spring", "VK", 2, 1, 1, Decimal("10.5")]
    assert kinds[date(2026, 3, 28), "chat"]["communications"] == 1
    assert kinds[date(2026, 3, 29), "offline_message"]["communications"] == 1
    incoming = sum(call["direction"] == "in" for call in sandbox.account.truth())
    calls = [row["communications"] for row in found if row["communication_type"] == "call"]
    assert sum(calls) == incoming


def test_sources_for_dbt_name_what_is_there(small: Sandbox) -> None:
    """Tables and views with their columns and meanings; a file of somebody else's stays."""
    sync(small, reference_data=["tags"])
    made("--dbt", "models")
    path = Path("models/sources.yml")
    (source,) = yaml.safe_load(path.read_text("utf-8"))["sources"]
    tables = {table["name"]: table for table in source["tables"]}
    assert {"calls", "calls__tags", "sync_windows", "tags", *OF_CALLS} <= {*tables}
    assert "sites" not in tables
    for table in tables.values():
        assert table["description"]
        if table["name"] != "tags":  # whose columns are what the API gives
            assert all(column.get("description") for column in table["columns"])
    columns = {column["name"]: column for column in tables["calls__tags"]["columns"]}
    (relation,) = [each for each in columns["call_id"]["data_tests"] if isinstance(each, dict)]
    assert relation == {"relationships": {"to": "source('uis_data', 'calls')", "field": "id"}}
    assert tables["sync_windows"]["loaded_at_field"] == "finished_at"
    before = path.read_text("utf-8")
    made("--dbt", "models")
    assert path.read_text("utf-8") == before
    path.write_text("version: 2\n")
    assert "--dbt" in views("--dbt", "models").output
    assert path.read_text() == "version: 2\n"
