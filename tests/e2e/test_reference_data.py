"""Reference data: lists that ids in reports point to, each read and replaced as a whole."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dlt
import duckdb
import pytest
from dlt.extract.source import DltSource
from dlt.pipeline.helpers import pipeline_drop

from dlt_uis import uis_source
from dlt_uis.errors import DayPointsSpent
from dlt_uis.progress import Progress
from dlt_uis.reports.fields import Type
from dlt_uis.reports.lists import LISTS
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Fault, Limits, Sandbox

from .report_truth import assert_holds, declared_types
from .truth import Warehouse
from .warehouses import PostgresWarehouse

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
FEW = ["tags", "employees", "sites", "campaigns"]


@pytest.fixture
def account() -> Account:
    return Account(calls=10, days=10, now=NOW)


@pytest.fixture
def sandbox(account: Account) -> Iterator[Sandbox]:
    with Sandbox(account) as sandbox:
        yield sandbox


def sync(
    sandbox: Sandbox,
    lists: Any = FEW,
    destination: str = "duckdb",
    *,
    with_calls: bool = False,
    **settings: Any,
) -> None:
    """Loads lists as the command does, and calls before them."""
    given: dict[str, Any] = {
        "access_token": sandbox.access_token, "api_url": sandbox.url, "request_attempts": 1,
        "clock": sandbox.account.now, "reference_data": lists, **settings,
    }  # fmt: skip
    source: DltSource = uis_source(**given)
    progress = Progress()
    if not with_calls:
        selected = [name for name in source.resources.selected if name.split("__")[0] in LISTS]
        source = source.with_resources(*selected)
    run(make_pipeline(destination), source, progress)
    if (spent := progress.taken_error()) is not None:
        raise spent


def counts(*tables: str) -> dict[str, int]:
    with Warehouse() as warehouse:
        return {
            table: int(warehouse.query(f"SELECT count(*) FROM uis_data.{table}")[0][0])
            for table in tables
        }


def assert_hold(account: Account, lists: Iterable[str], warehouse: Warehouse) -> None:
    """Lists are in the warehouse as the API gives them; columns are the documented ones, typed."""
    zone, names = ZoneInfo(account.timezone), warehouse.type_names
    for listing in map(LISTS.__getitem__, lists):
        rows = [row for row in account.listed(listing.method) if not row.get("is_deleted")]
        assert_holds(listing, rows, zone, warehouse.query)
        for table, types in declared_types(listing):
            declared = {
                column: names.get(type_, names[Type.TEXT]) for column, type_ in types.items()
            }
            assert warehouse.types(table) == {**declared, "_dlt_load_id": names[Type.TEXT]}, table


def test_every_list_is_loaded_as_the_api_gives_it(account: Account, sandbox: Sandbox) -> None:
    """Those of an agent, too: each value, element and position. Again when a day has gone by, with
    all that has vanished meanwhile; not before."""
    given: dict[str, Any] = {"access_token": sandbox.agent_token, "user_id": 101}
    sync(sandbox, True, **given)
    with Warehouse() as warehouse:
        assert_hold(account, LISTS, warehouse)
    account.listed("get.tags").pop(0)
    account.listed("get.sites").clear()
    employee = account.listed("get.employees")[1]
    employee["groups"], employee["operator"] = [], None
    # documented as objects with one array, a client has met the arrays alone
    condition = {"type": "include", "campaign_parameter": "utm", "value": "a", "operator": "="}
    account.listed("get.campaigns")[0]["campaign_conditions"] = {"group_conditions": [[condition]]}
    before = sandbox.stats.by_method["get.tags"]
    account.advance(timedelta(hours=23))
    sync(sandbox, FEW, **given)
    assert sandbox.stats.by_method["get.tags"] == before
    account.advance(timedelta(hours=1))
    sync(sandbox, FEW, **given)
    with Warehouse() as warehouse:
        assert_hold(account, FEW, warehouse)


def test_a_list_that_cannot_be_had_keeps_its_rows(
    account: Account, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning tells of all what would unlock them, once a day; others are replaced, also by
    nothing. What fails is tried again an hour later."""
    sync(sandbox)
    tables = [*FEW, "employees__phone_numbers"]
    before = counts(*tables)
    account.listed("get.tags").pop()
    account.listed("get.sites").clear()
    sandbox.switches.disabled_methods = {"get.employees": "staff"}
    sandbox.switches.forbidden_methods = ["get.campaigns"]
    sandbox.switches.unknown_fields = ["is_system"]
    caplog.set_level(logging.WARNING, "dlt_uis")
    account.advance(timedelta(days=1))
    for _ in range(2):
        sync(sandbox)
    assert [record.message for record in caplog.records if record.name.startswith("dlt_uis")] == [
        "left out of the reference data: employees (it takes the right to see employees"
        " (employees)); campaigns (it takes one of the components call_tracking, consultant, lead,"
        " sitephone, and the right to see campaigns (ac)); the fields tags.is_system (refused)"
    ]
    assert counts(*tables) == {**before, "tags": before["tags"] - 1, "sites": 0}
    account.listed("get.tags").clear()
    account.advance(timedelta(days=1))
    sandbox.inject(Fault("http_502_html", times=1, method="get.tags"))
    for tags in (before["tags"] - 1, before["tags"] - 1, 0):
        sync(sandbox)
        assert counts("tags")["tags"] == tags
        account.advance(timedelta(minutes=31))


def test_a_list_that_comes_short_is_loaded_unless_it_must_not_be(
    account: Account, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sync(sandbox, ["tags"])
    before = counts("tags")["tags"]
    account.listed("get.tags").pop()
    sandbox.switches.total_items_offset = 1
    caplog.set_level(logging.WARNING, "dlt_uis")
    sync(sandbox, ["tags"], reference_hours=0)
    assert counts("tags")["tags"] == before - 1
    assert f"promised {before} rows and returned {before - 1}, twice" in caplog.text
    account.listed("get.tags").pop()
    sync(sandbox, ["tags"], reference_hours=0, strict_totals=True)
    assert counts("tags")["tags"] == before - 1


def test_a_table_that_was_dropped_is_made_anew_though_it_is_not_due(sandbox: Sandbox) -> None:
    """By hand, or by dlt's command; the other list stays as it is."""
    sync(sandbox, ["tags", "scenarios"])
    before = counts("tags", "scenarios__sites")
    with duckdb.connect("uis.duckdb") as connection:
        connection.execute("DROP TABLE uis_data.tags")
    sync(sandbox, ["tags", "scenarios"])
    assert counts("tags", "scenarios__sites") == before
    pipeline_drop(make_pipeline(), resources="scenarios__sites")()
    asked = sandbox.stats.by_method["get.tags"]
    sync(sandbox, ["tags", "scenarios"])
    assert counts("tags", "scenarios__sites") == before
    assert sandbox.stats.by_method["get.tags"] == asked


def test_each_customer_has_lists_of_its_own(account: Account, sandbox: Sandbox) -> None:
    """One customer's make way for that one's alone, also where nothing comes instead; an agent's
    own are there once."""
    lists = ["scenarios", "customer_users"]
    given: dict[str, Any] = {"access_token": sandbox.agent_token, "reference_hours": 0}
    sync(sandbox, lists, user_id=[101, 102], **given)
    scenarios = account.listed("get.scenarios")
    count, sites = len(scenarios), sum(len(each["sites"]) for each in scenarios)
    assert sites
    scenarios.clear()
    sync(sandbox, lists, user_id=[102], **given)
    with Warehouse() as warehouse:
        for table, rows in (("scenarios", count), ("scenarios__sites", sites)):
            found = warehouse.query(
                f"SELECT user_id, count(*), count(_deleted) FROM uis_data.{table} GROUP BY ALL"
            )
            assert found == [(101, rows, 0)], table
    assert counts("customer_users") == {"customer_users": len(account.listed("get.customer_users"))}


def test_when_points_run_out_the_next_run_goes_on_with_the_lists_that_are_left(
    account: Account,
) -> None:
    """What was read is loaded: calls, and the first list."""
    with Sandbox(account, limits=Limits(day=3)) as sandbox:
        given: dict[str, Any] = {
            "lists": ["tags", "sites"], "reserve_day": 0.0,
            "late_sales_hours": 0, "deep_lookback_hours": 0, "with_calls": True,
        }  # fmt: skip
        with pytest.raises(DayPointsSpent):
            sync(sandbox, **given)
        assert counts("tags", "calls")["tags"] > 0
        account.advance(timedelta(hours=13))
        sync(sandbox, **given)
        assert counts("sites")["sites"] == len(account.listed("get.sites"))


@pytest.mark.parametrize("destination", ["duckdb", "postgres"])
def test_a_pipeline_of_a_host_replaces_lists_too(
    account: Account, sandbox: Sandbox, destination: str, request: pytest.FixtureRequest
) -> None:
    """By dlt's own destinations. The same source run again keeps what is not due, and replaces what
    is; a list may be empty."""
    url = request.getfixturevalue("postgres") if destination == "postgres" else "uis.duckdb"
    source = uis_source(
        access_token=sandbox.access_token, api_url=sandbox.url, clock=account.now
    ).with_resources("tags", "scenarios__sites")
    host: dlt.Pipeline = dlt.pipeline(
        "uis", destination=getattr(dlt.destinations, destination)(url), dataset_name="uis_data"
    )

    def loaded() -> list[Any]:
        host.run(source)
        with PostgresWarehouse(url) if destination == "postgres" else Warehouse() as warehouse:
            return [
                warehouse.query(f"SELECT count(*) FROM uis_data.{table}")[0][0]
                for table in ("tags", "scenarios__sites")
            ]

    tags, scenarios = account.listed("get.tags"), account.listed("get.scenarios")
    kept, sites = tags[:], sum(len(each["sites"]) for each in scenarios)
    tags.clear()
    assert loaded() == [0, sites]
    tags.extend(kept)
    scenarios.clear()
    assert loaded() == [0, sites]
    account.advance(timedelta(days=1))
    assert loaded() == [len(kept), 0]


def as_before(account: Account) -> Any:
    """Lists as versions before loaded them: with the types of what came, nested values as JSON."""

    @dlt.source(name="uis", max_table_nesting=0)
    def lists() -> Any:
        for name in FEW:
            rows = [dict(row) for row in account.listed(f"get.{name}")]
            for row in rows:
                if row.get("costs") is not None:
                    row["costs"] = f"{row['costs']}"
            yield dlt.resource(
                rows, name=name, primary_key="id", write_disposition="replace",
                columns={"id": {"data_type": "bigint", "nullable": False}},
            )  # fmt: skip

    return lists()


@pytest.mark.parametrize(
    "destination", ["duckdb", pytest.param("postgres", marks=pytest.mark.cross)]
)
def test_lists_of_earlier_versions_are_loaded_anew(
    account: Account, sandbox: Sandbox, destination: str, request: pytest.FixtureRequest
) -> None:
    """Whatever types their columns had."""
    url = request.getfixturevalue("postgres") if destination == "postgres" else None
    make_pipeline(destination).run(as_before(account))
    sync(sandbox, destination=destination)
    with PostgresWarehouse(url) if url else Warehouse() as warehouse:
        assert_hold(account, FEW, warehouse)
