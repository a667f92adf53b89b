"""The same promises on every warehouse: all values, changes, kills, new fields, odd values.

DuckDB is a file, Postgres a real server. BigQuery is an emulator behind Google's own client. What
it can't do is not asked of it here:

* partitions, clustering and descriptions are accepted and forgotten: :mod:`.test_bigquery` looks at
  the statements that are sent instead;
* a column that is added later is never listed, so that dlt would add it once more: no table gets
  two of them, one after the other;
* it knows no rights, and does not say what a statement would cost.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner

from dlt_uis import uis_source
from dlt_uis.cli.main import cli
from dlt_uis.progress import Progress
from dlt_uis.reports import REPORTS
from dlt_uis.runner.job import Summary, run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.verify.job import Verify

from .kills import run_and_kill
from .report_truth import assert_report_equals_truth
from .test_sync import change
from .truth import Warehouse, assert_equals_truth, assert_typed
from .warehouses import BigQueryWarehouse, PostgresWarehouse

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


class Target:
    """A destination by its name, and how to look into it."""

    def __init__(self, destination: str, look: Callable[[], Warehouse]) -> None:
        self.destination = destination
        self.look = look

    def sync(self, sandbox: Sandbox, **settings: Any) -> Summary:
        given = {"access_token": sandbox.access_token, "clock": sandbox.account.now, **settings}
        return run(
            make_pipeline(self.destination),
            lambda: uis_source(api_url=sandbox.url, **given),
            Progress(),
        )

    def assert_right(self, account: Account) -> None:
        with self.look() as warehouse:
            assert_equals_truth(account, warehouse)

    def assert_reports_right(self, account: Account, *names: str) -> None:
        quote = "`" if self.destination == "bigquery" else '"'
        with self.look() as warehouse:
            for name in names:
                assert_report_equals_truth(
                    account, REPORTS[name],
                    lambda query: warehouse.query(query.replace('"', quote)),
                )  # fmt: skip


BIGQUERY_TOO = pytest.param("bigquery", marks=pytest.mark.cross)


@pytest.fixture(params=["duckdb", "postgres", BIGQUERY_TOO])
def target(request: pytest.FixtureRequest) -> Target:
    match request.param:
        case "postgres":
            url = request.getfixturevalue("postgres")
            return Target("postgres", lambda: PostgresWarehouse(url))
        case "bigquery":
            request.getfixturevalue("bigquery")
            return Target("bigquery", BigQueryWarehouse)
        case _:
            return Target("duckdb", Warehouse)


def test_every_value_and_every_change_arrives(target: Target) -> None:
    """Types, values, positions of all eleven tables; then what happens to calls later."""
    account = Account(200, days=20, now=NOW)
    last = account.truth_ids()[-1]
    account.update(last, source="«Ёж» 🦔", contact_full_name="", sale_cost=Decimal("0.000000001"))
    with Sandbox(account) as sandbox:
        target.sync(sandbox)
        target.assert_right(account)
        with target.look() as warehouse:
            assert_typed(warehouse)
        change(account)
        target.sync(sandbox)
    target.assert_right(account)


@pytest.mark.parametrize("target", ["postgres", BIGQUERY_TOO], indirect=True)
def test_legs_and_visits_arrive_with_all_changes(target: Target) -> None:
    """All reports do on DuckDB, in :mod:`.test_reports`."""
    names = ("call_legs", "visitor_sessions")
    account = Account(60, days=5, now=NOW)
    with Sandbox(account) as sandbox:
        target.sync(sandbox, reports=names)
        target.assert_reports_right(account, *names)
        change_legs_and_visits(account)
        target.sync(sandbox, reports=names, lookback_days=10)
    target.assert_reports_right(account, *names)


def change_legs_and_visits(account: Account) -> None:
    """Values change, elements come and go, also those in elements; new records come."""
    legs, visits = (account.truth(name) for name in ("call_legs", "visitor_sessions"))
    account.rate(legs[-1]["id"], 5, report="call_legs")
    recorded, bare = (
        next(leg["id"] for leg in legs if bool(leg["call_records"]) == has) for has in (True, False)
    )
    account.update(recorded, report="call_legs", call_records=[])
    account.update(bare, report="call_legs", call_records=["a1", "b2"])
    tagged = [visit for visit in visits if any(each["tags"] for each in visit["communications"])]
    fewer, more = (visit["communications"] for visit in tagged[:2])
    given: dict[str, Any] = {"report": "visitor_sessions"}
    untagged = [{**each, "tags": []} for each in fewer]
    account.update(tagged[0]["id"], **given, communications=untagged, hits=[])
    account.update(tagged[1]["id"], **given, communications=[*more, *fewer], duration=1)
    account.add_call(NOW - timedelta(hours=1))
    account.add("visitor_sessions", NOW - timedelta(hours=1), 2)


@pytest.mark.parametrize(
    "target",
    [pytest.param("duckdb", marks=pytest.mark.cross), "postgres", BIGQUERY_TOO],
    indirect=True,
)
def test_new_fields_and_odd_values_get_columns(target: Target) -> None:
    """On DuckDB more of them do, in :mod:`.test_sync`."""
    account = Account(60, days=5, now=NOW)
    odd, *_ = account.truth_ids()[-2:]
    account.update(odd, cpn_region_id="область")
    with Sandbox(account) as sandbox:
        target.sync(sandbox)
        account.add_field("hold_duration", lambda id_: id_ % 7)
        target.sync(sandbox, lookback_days=30)
    with target.look() as warehouse:
        names = ["id", "hold_duration", "cpn_region_id__v_text"]
        found = warehouse.rows("calls", names, "id")
        assert warehouse.types("calls")["hold_duration"] == warehouse.types("calls")["id"]
    wanted = sorted(account.truth_ids())
    assert found == [(id_, id_ % 7, "область" if id_ == odd else None) for id_ in wanted]


@pytest.mark.parametrize("target", ["postgres", BIGQUERY_TOO], indirect=True)
def test_verify_finds_and_mends_what_was_changed_by_hand(target: Target) -> None:
    """In more ways on DuckDB, in :mod:`.test_verify`."""
    account = Account(60, days=5, now=NOW)
    tagged = [call for call in account.truth() if call["tags"]]
    missing, changed, bare = (call["id"] for call in tagged[:3])
    with Sandbox(account) as sandbox:
        target.sync(sandbox)
        with target.look() as warehouse:
            warehouse.query(f"DELETE FROM uis_data.calls WHERE id = {missing}")
            warehouse.query(f"UPDATE uis_data.calls SET source = 'x' WHERE id = {changed}")
            warehouse.query(f"DELETE FROM uis_data.calls__tags WHERE call_id = {bare}")
        job = Verify(
            make_pipeline(target.destination),
            "2026-02-20",
            "2026-03-04",
            source={
                "api_url": sandbox.url,
                "access_token": sandbox.access_token,
                "clock": account.now,
            },
        )
        found = job.run()
        assert sum(day.missing for day in found.days) == 1
        assert sum(day.changed for day in found.days) == 2
        assert job.run(repair=True).is_equal
    target.assert_right(account)


@pytest.mark.parametrize("target", ["postgres", BIGQUERY_TOO], indirect=True)
def test_killed_while_it_loads_the_next_run_heals(target: Target) -> None:
    """DuckDB is killed more often, in :mod:`.test_cli`."""
    account = Account(200, days=20, now=datetime.now(UTC).replace(microsecond=0))
    with Sandbox(account) as sandbox:
        given = {"SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token}
        command = ["sync", "--api-url", sandbox.url, "--page-size", "100"]
        command += ["--destination", target.destination, "--lookback-days", "30"]

        def finish() -> int:
            sandbox.stats.reset()
            result = CliRunner(env=given).invoke(cli, command)
            assert result.exit_code == 0, result.output
            return sandbox.stats.requests

        requests = finish()
        account.sell(account.truth_ids()[-1], Decimal("1234.50"))
        for delay in (0.1, 0.4):
            sandbox.stats.reset()
            run_and_kill(command, given, lambda: sandbox.stats.requests, requests, delay)
        finish()
    target.assert_right(account)


def test_a_run_leaves_one_trace_of_its_own() -> None:
    """As ``pipeline.run`` does; dlt would else add each step to the trace of the last run."""
    pipeline = make_pipeline()
    with Sandbox(Account(20, days=2, now=NOW)) as sandbox:
        for _ in range(2):
            source = uis_source(api_url=sandbox.url, access_token=sandbox.access_token)
            run(pipeline, source, Progress())
    assert pipeline.last_trace is not None
    steps = [step.step for step in pipeline.last_trace.steps]
    assert steps == ["extract", "normalize", "load", "run"]
