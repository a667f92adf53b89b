"""Backfills through the real pipeline: they survive everything, and leave the cursor alone."""

from __future__ import annotations

import contextlib
import json
import random
import re
import shutil
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from dlt_uis import uis_source
from dlt_uis.backfill.job import Backfill, Backfilled, Forecast
from dlt_uis.cli.display import StepCollector
from dlt_uis.cli.main import cli
from dlt_uis.errors import DayPointsSpent
from dlt_uis.progress import Progress
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Limits, Sandbox
from dlt_uis.source.cursor import cursor_of
from dlt_uis.warehouse.putting_together import put_together

from .kills import run_and_kill
from .truth import ARRAYS, Warehouse, arrays_but, assert_equals_truth

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def job(sandbox: Sandbox, start: str = "2025-01-01", end: str = "2026-03-04", **given: Any) -> Any:
    account = sandbox.account
    source = {
        "api_url": sandbox.url,
        "access_token": sandbox.access_token,
        "clock": account.now,
        "sleep": lambda seconds: account.advance(timedelta(seconds=seconds)),
        "reserve_day": 0.0,
        "reserve_minute": 0.0,
        "exclude_fields": arrays_but("tags"),
        **given.pop("source", {}),
    }
    return Backfill(make_pipeline(), start, end, source=source, **given)


def backfill(sandbox: Sandbox, **given: Any) -> Backfilled:
    done: Backfilled = job(sandbox, **given).run()
    return done


def sync(sandbox: Sandbox, **given: Any) -> Any:
    source = {
        "access_token": sandbox.access_token,
        "clock": sandbox.account.now,
        "exclude_fields": arrays_but("tags"),
        **given,
    }
    return run(make_pipeline(), lambda: uis_source(api_url=sandbox.url, **source), Progress())


def assert_right(account: Account, arrays: Sequence[str] = ("tags",)) -> None:
    with Warehouse() as warehouse:
        assert_equals_truth(account, warehouse, arrays=arrays)


def test_every_call_comes_and_the_first_sync_reads_only_the_lookback() -> None:
    account = Account(300, days=200, now=NOW)
    with Sandbox(account) as sandbox:
        done = backfill(sandbox, chunk_calls=100, source={"exclude_fields": []})
        assert done.chunks >= 3
        assert_right(account, ARRAYS)
        account.advance(timedelta(hours=2))
        second = sync(sandbox, exclude_fields=[])
        assert second.start > NOW - timedelta(days=4)
    assert_right(account, ARRAYS)


def test_the_cursor_of_a_sync_is_left_alone() -> None:
    account = Account(100, days=100, now=NOW)
    with Sandbox(account) as sandbox:
        sync(sandbox)
        before = cursor_of(make_pipeline())
        account.advance(timedelta(days=10))
        backfill(sandbox, end="2026-03-14")
        assert before is not None
        assert cursor_of(make_pipeline()) == before
    assert_right(account)


def test_a_backfill_that_begins_after_the_first_sync_would_leaves_no_cursor() -> None:
    """Else the days between would never be read."""
    account = Account(120, days=60, now=NOW)
    with Sandbox(account) as sandbox:
        backfill(sandbox, start="2026-03-01")
        sync(sandbox, start_date="2025-06-01")
    assert_right(account)


@pytest.mark.parametrize("machine", [pytest.param("same", marks=pytest.mark.cross), "new"])
def test_finished_chunks_are_not_read_again(machine: str) -> None:
    account = Account(300, days=100, now=NOW)
    with Sandbox(account) as sandbox:
        backfill(sandbox, end="2026-02-01", chunk_calls=100)
        if machine == "new":
            shutil.rmtree("dlt")
        sandbox.stats.reset()
        again = backfill(sandbox, end="2026-02-01", chunk_calls=77, source={"page_size": 50})
        assert again.done_before
        assert "get.calls_report" not in sandbox.stats.by_method
        restarted: Backfilled = job(sandbox, end="2026-02-01").run(restart=True)
        assert restarted.calls > 0
        assert not restarted.done_before


def row_groups() -> int:
    found = "SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('uis_data.calls')"
    with Warehouse() as warehouse:
        ((count,),) = warehouse.query(found)
    return int(count)


def test_duckdbs_file_is_put_together_with_all_that_is_in_it() -> None:
    """Views, indexes and tables of the user's own too, in the format that it has."""
    account = Account(300, days=100, now=NOW)
    with Sandbox(account) as sandbox:
        sync(sandbox, start_date="2026-02-20")
        with duckdb.connect("uis.duckdb") as connection:
            connection.execute(
                "CREATE TABLE notes AS SELECT 1 AS n; CREATE INDEX mine ON notes (n)"
            )
            connection.execute("CREATE VIEW lost AS SELECT id FROM uis_data.calls WHERE is_lost")
            format_ = connection.execute("SELECT tags FROM duckdb_databases() WHERE path != ''")
            before = format_.fetchall()
        backfill(sandbox, chunk_calls=100)
        assert row_groups() > 2
        put_together(make_pipeline())
        assert row_groups() == 1
    assert_right(account)
    with duckdb.connect("uis.duckdb") as connection:
        lost = connection.execute("SELECT count(*) FROM lost, notes").fetchall()
        format_ = connection.execute("SELECT tags FROM duckdb_databases() WHERE path != ''")
        assert format_.fetchall() == before
        indexes = connection.execute("SELECT index_name FROM duckdb_indexes()").fetchall()
    assert lost == [(len([call for call in account.truth() if call["is_lost"]]),)]
    assert indexes == [("mine",)]
    assert not list(Path().glob("*.put_together*"))


def test_duckdb_joins_row_groups_once_when_all_chunks_are_there() -> None:
    account = Account(300, days=100, now=NOW)
    with Sandbox(account) as sandbox:
        backfill(sandbox, end="2026-02-01", chunk_calls=100)
        assert row_groups() > 1
        sync(sandbox, start_date="2026-01-30")
        assert row_groups() == 1
    assert_right(account)


@pytest.mark.cross
def test_duckdb_joins_row_groups_as_the_configuration_says(monkeypatch: pytest.MonkeyPatch) -> None:
    given = '{"max_vacuum_tasks": 100}'
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS__GLOBAL_CONFIG", given)
    with Sandbox(Account(300, days=100, now=NOW)) as sandbox:
        backfill(sandbox, end="2026-02-01", chunk_calls=100)
    assert row_groups() == 1


class WaitsForTheNextChunk(StepCollector):
    """Holds the first load up until pages of the chunk after it have been asked for."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox
        self.pages_while_loading: list[int] = []

    def _pages(self) -> int:
        return sum(request.params["limit"] > 1 for request in self._sandbox.stats.log)

    def _start(self, step: str) -> None:
        super()._start(step)
        if self.name == "loading" and not self.pages_while_loading:
            given_up = time.monotonic() + 20
            while self._pages() < 2 and time.monotonic() < given_up:
                time.sleep(0.02)
            self.pages_while_loading.append(self._pages())


def test_the_next_chunk_is_read_while_one_loads() -> None:
    """A page a chunk: where the first one loads, the second was or is being read, and no third."""
    account = Account(80, days=80, now=NOW)
    with Sandbox(account) as sandbox:
        steps = WaitsForTheNextChunk(sandbox)
        source = {
            "api_url": sandbox.url,
            "access_token": sandbox.access_token,
            "clock": account.now,
            "parallel_windows": 1,
            "exclude_fields": arrays_but(),
        }
        pipeline = make_pipeline(collector=steps)
        Backfill(pipeline, "2025-12-20", "2026-03-01", source=source, chunk_days=20).run()
    assert steps.pages_while_loading == [2]


def test_three_days_of_points_finish_the_work() -> None:
    """Each day stops by itself, the budget is never exceeded, nothing is lost."""
    account = Account(1_000, days=120, now=NOW)
    few = {"page_size": 20, "exclude_fields": arrays_but()}
    stops = 0
    with Sandbox(account, limits=Limits(day=30, minute=1_000)) as sandbox:
        for _ in range(6):
            try:
                backfill(sandbox, end="2026-03-01", source=few)
                break
            except DayPointsSpent as spent:
                stops += 1
                assert account.now() < spent.reset_at <= account.now() + timedelta(days=1)
                account.set_now(spent.reset_at + timedelta(minutes=1))
        assert sandbox.over_budget == 0
    assert 2 <= stops <= 4
    with Warehouse() as warehouse:
        found = warehouse.query("SELECT count(*), count(DISTINCT id) FROM uis_data.calls")
    wanted = len([call for call in account.truth() if call["start_time"] < "2026-03-02"])
    assert found == [(wanted, wanted)]


def test_waiting_for_the_day_a_single_run_does_it() -> None:
    account = Account(200, days=120, now=NOW)
    with Sandbox(account, limits=Limits(day=20, minute=10)) as sandbox:
        backfill(sandbox, source={"page_size": 10, "wait_for_day": True})
        assert sandbox.over_budget == 0
    assert account.now().date() > NOW.date()
    with Warehouse() as warehouse:
        found = warehouse.query("SELECT count(*), count(DISTINCT id) FROM uis_data.calls")
    assert found[0][0] == found[0][1] >= 200


@pytest.mark.cross
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_a_backfill_across_clock_changes(zone: str) -> None:
    account = Account(1_500, days=420, timezone=zone, now=NOW)
    for change in ((2025, 3, 9), (2025, 3, 30), (2025, 10, 26), (2025, 11, 2)):
        for minutes in range(0, 600, 7):
            account.add_call(datetime(*change, tzinfo=UTC) + timedelta(minutes=minutes))
    with Sandbox(account) as sandbox:
        backfill(sandbox, start="2024-12-01", chunk_days=29.3)
    assert_right(account)


def test_a_dry_run_asks_for_totals_only() -> None:
    account = Account(1_000, days=100, now=NOW)
    with Sandbox(account) as sandbox:
        forecast: Forecast = job(sandbox, start="2025-10-01").forecast()
        assert sandbox.stats.by_method["get.calls_report"] == 2
        months = job(sandbox, start="2025-10-01", chunk_days=31).forecast()
    assert abs(forecast.calls - account.count()) <= 2
    assert (forecast.chunks, months.chunks) == (1, 5)


def test_a_spent_day_is_exit_code_75() -> None:
    account = Account(300, days=30, now=datetime.now(UTC).replace(microsecond=0))
    with Sandbox(account, limits=Limits(day=3)) as sandbox:
        given = {"SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token}
        first = (account.now() - timedelta(days=40)).date()
        command = ["backfill", "--api-url", sandbox.url, "--from", str(first), "--to"]
        command += [str(account.now().date()), "--page-size", "20"]
        result = CliRunner(env=given).invoke(cli, command)
    assert result.exit_code == 75, result.output
    assert re.search(r"points are spent until [-\d]+ [:\d]+ Europe/Moscow\.", result.output)


@pytest.mark.parametrize(
    ("kills", "calls"), [(1, 600), pytest.param(20, 4_000, marks=pytest.mark.cross)]
)
def test_killed_again_and_again_the_next_run_heals(kills: int, calls: int) -> None:
    """The warehouse equals the truth, at little more than the requests of an undisturbed run."""
    rng = random.Random(11)
    account = Account(calls, days=100, now=datetime.now(UTC).replace(microsecond=0))
    with Sandbox(account) as sandbox:
        given = {
            "SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token,
            "SOURCES__UIS__EXCLUDE_FIELDS": json.dumps(arrays_but("tags")),
        }
        first = str((account.now() - timedelta(days=150)).date())
        command = ["backfill", "--api-url", sandbox.url, "--from", first, "--to"]
        command += [str(account.now().date()), "--page-size", "50", "--chunk-calls", "200"]

        def requests() -> int:
            return int(sandbox.stats.by_method.get("get.calls_report", 0))

        def finish(*options: str) -> None:
            result = CliRunner(env=given).invoke(cli, [*command, *options])
            assert result.exit_code == 0, result.output

        finish("--pipeline-name", "undisturbed")
        undisturbed = requests()
        sandbox.stats.reset()
        for _ in range(kills):
            enough = requests() + rng.uniform(0.2, 0.5) * undisturbed
            run_and_kill(command, given, requests, enough, delay=rng.uniform(0.0, 0.3))
        finish()
        a_chunk = 7  # pages, shared pages, and the totals that are asked again
        print(json.dumps({"undisturbed": undisturbed, "with kills": requests()}))
        assert requests() <= 1.2 * undisturbed + kills * a_chunk
    assert_right(account)


def counts(dataset: str) -> Any:
    with Warehouse(dataset=dataset) as warehouse:
        return warehouse.query(f"SELECT count(DISTINCT id), count(*) FROM {dataset}.calls")


def test_another_dataset_and_a_warehouse_made_anew_begin_anew() -> None:
    """What is done, and the cursor, are those of the warehouse, not of the working folder."""
    account = Account(60, days=60, now=NOW)
    with Sandbox(account) as sandbox:
        source: Any = {
            "api_url": sandbox.url,
            "access_token": sandbox.access_token,
            "clock": account.now,
            "exclude_fields": arrays_but("tags"),
        }

        def fill(dataset: str) -> Backfilled:
            target = make_pipeline(dataset=dataset)
            return Backfill(target, "2025-12-01", "2026-03-04", source=source).run()

        sync(sandbox)
        fill("uis_data")
        run(make_pipeline(dataset="other"), lambda: uis_source(**source), Progress())
        assert not fill("other").done_before
        assert counts("other") == [(60, 60)]
        assert fill("uis_data").calls < 20
        Path("uis.duckdb").unlink()
        sync(sandbox)
        fill("uis_data")
        assert counts("uis_data") == [(60, 60)]


@pytest.mark.cross
def test_a_session_that_was_ended_leaves_the_budget_right() -> None:
    """Its logout asks no permission, and the run after it waits for nobody."""
    account = Account(300, days=60, now=NOW)
    login: Any = {"access_token": None, "reserve_day": 0.5}
    for points in (19, 20, 21):
        with Sandbox(account, limits=Limits(day=points)) as sandbox:
            login |= {"login": sandbox.login, "password": sandbox.password}
            target = make_pipeline(name=f"points_{points}")
            source = {"api_url": sandbox.url, "clock": account.now, **login}
            with contextlib.suppress(DayPointsSpent):
                Backfill(target, "2025-12-01", "2026-03-04", source=source, chunk_days=20).run()
            assert sandbox.over_budget == 0


def test_a_sync_that_was_overtaken_by_another_machine_brings_nothing_old() -> None:
    account = Account(60, days=5, now=NOW)
    call = account.truth()[-1]["id"]
    with Sandbox(account) as sandbox:
        source: Any = {
            "api_url": sandbox.url,
            "access_token": sandbox.access_token,
            "clock": account.now,
            "exclude_fields": arrays_but("tags"),
        }
        sync(sandbox)
        make_pipeline().extract(uis_source(**source))
        shutil.copytree("dlt", "stopped")
        shutil.rmtree("dlt")
        account.sell(call, Decimal("777"))
        sync(sandbox)
        account.advance(timedelta(days=12))
        sync(sandbox)
        shutil.rmtree("dlt")
        shutil.move("stopped", "dlt")
        sync(sandbox)
    assert_right(account)


def test_a_new_field_gets_one_type_from_sync_and_backfill() -> None:
    account = Account(100, days=60, now=NOW)
    with Sandbox(account) as sandbox:
        backfill(sandbox, start="2026-01-01", end="2026-01-10")
        old = {call["id"] for call in account.truth() if call["start_time"] < "2026-02-01"}
        account.add_field("hold_x", lambda id_: "abc" if id_ in old else id_ % 7)
        sync(sandbox, start_date="2026-02-20")
        backfill(sandbox, start="2026-01-05", end="2026-02-10")
    with Warehouse() as warehouse:
        found = warehouse.query(
            "SELECT count(hold_x), count(hold_x__v_text) FROM uis_data.calls"
            " WHERE start_time < '2026-01-31' AND start_time >= '2026-01-05'"
        )
    assert found[0][0] == 0
    assert found[0][1] > 0
