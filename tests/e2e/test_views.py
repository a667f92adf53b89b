"""Views in the warehouse: what they say is what Python computes from the account's truth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dlt_uis import uis_source
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
        ("duckdb", *SPRING),
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
