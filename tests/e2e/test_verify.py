"""Verification through the command line: every kind of difference is found, named and repaired."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from click.testing import CliRunner, Result

from dlt_uis import uis_source
from dlt_uis.cli.main import cli
from dlt_uis.progress import Progress
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Fault, Limits, Sandbox, Switches
from dlt_uis.source.cursor import cursor_of
from dlt_uis.verify.findings import Verified
from dlt_uis.verify.job import Verify

from .copies import copy_of_a_run
from .truth import Warehouse, arrays_but, assert_equals_truth

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
PRESENT = datetime.now(UTC).replace(microsecond=0)
KEPT = ("tags", "scenario_operations")
FEW = arrays_but(*KEPT)


def sync(sandbox: Sandbox, **given: Any) -> None:
    source = {
        "api_url": sandbox.url,
        "access_token": sandbox.access_token,
        "clock": sandbox.account.now,
        "exclude_fields": FEW,
        **given,
    }
    run(make_pipeline(), lambda: uis_source(**source), Progress())


def verify(sandbox: Sandbox, start: str, end: str, **given: Any) -> Verified:
    options = {name: given.pop(name) for name in ("repair", "prune") if name in given}
    source = {
        "api_url": sandbox.url,
        "access_token": sandbox.access_token,
        "clock": sandbox.account.now,
        "exclude_fields": FEW,
        **given.pop("source", {}),
    }
    return Verify(make_pipeline(), start, end, source=source, **given).run(**options)


def command(sandbox: Sandbox, *options: str) -> Result:
    """The command over all of the account's days."""
    last = sandbox.account.local(sandbox.account.now()).date()
    dates = ("--from", str(last - timedelta(days=25)), "--to", str(last))
    environment = {
        "SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token,
        "SOURCES__UIS__EXCLUDE_FIELDS": json.dumps(FEW),
        "COLUMNS": "200",
    }
    runner = CliRunner(env=environment)
    return runner.invoke(cli, ["verify", "--api-url", sandbox.url, *dates, *options])


def alter(*statements: str) -> None:
    with duckdb.connect("uis.duckdb") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for statement in statements:
            connection.execute(statement.replace("FROM calls", "FROM uis_data.calls"))


def of_the_present() -> Account:
    return Account(calls=300, days=20, now=PRESENT)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a sync of that account leaves."""
    folder = tmp_path_factory.mktemp("synced")
    with pytest.MonkeyPatch.context() as patch, Sandbox(of_the_present()) as served:
        patch.chdir(folder)
        patch.setenv("DLT_DATA_DIR", str(folder / "dlt"))
        sync(served)
    return folder


@pytest.fixture
def sandbox(synced: Path, tmp_path: Path) -> Iterator[Sandbox]:
    """An account of the present, synced."""
    copy_of_a_run(synced, tmp_path)
    with Sandbox(of_the_present()) as served:
        yield served


def old_calls(account: Account) -> list[dict[str, Any]]:
    """Settled calls that have tags and scenario operations, oldest first."""
    return [call for call in account.truth()[:200] if call["tags"] and call["scenario_operations"]]


def test_every_kind_of_difference_is_found_named_and_mended(sandbox: Sandbox) -> None:
    deleted, scalar, child_gone, child_changed, child_added, copied = (
        call["id"] for call in old_calls(sandbox.account)[::3][:6]
    )
    before = cursor_of(make_pipeline())
    alter(
        f"DELETE FROM calls WHERE id = {deleted}",
        f"UPDATE uis_data.calls SET sale_cost = 1.5, is_lost = NULL WHERE id = {scalar}",
        f"DELETE FROM calls__tags WHERE call_id = {child_gone}",
        f"UPDATE uis_data.calls__tags SET tag_name = 'x' WHERE call_id = {child_changed}",
        "INSERT INTO uis_data.calls__scenario_operations SELECT * REPLACE (99 AS position)"
        f" FROM calls__scenario_operations WHERE call_id = {child_added} LIMIT 1",
        f"INSERT INTO uis_data.calls SELECT * REPLACE (77 AS id) FROM calls WHERE id = {copied}",
        "INSERT INTO uis_data.calls__tags SELECT * REPLACE (77 AS call_id)"
        f" FROM calls__tags WHERE call_id = {copied}",
        "INSERT INTO uis_data.calls__tags SELECT * REPLACE (88 AS call_id)"
        f" FROM calls__tags WHERE call_id = {copied}",
    )
    result = command(sandbox)
    assert result.exit_code == 1, result.output
    assert f"missing: {deleted}" in result.output
    assert f"{scalar} (is_lost, sale_cost)" in result.output
    assert f"{child_gone} (calls__tags)" in result.output
    assert f"{child_changed} (calls__tags.tag_name)" in result.output
    assert f"{child_added} (calls__scenario_operations)" in result.output
    assert "surplus: 77" in result.output
    assert "orphan: 88 (calls__tags)" in result.output
    assert "not settled yet, " not in result.output
    assert recorded("sum(missing), sum(surplus), sum(changed)") == (1, 1, 5)

    result = command(sandbox, "--repair")
    assert result.exit_code == 1, result.output
    after = result.output[result.output.index("After the repair") :]
    assert "surplus: 77" in after
    assert all(kind not in after for kind in ("missing:", "changed:", "orphan:"))

    result = command(sandbox, "--repair", "--prune")
    assert result.exit_code == 0, result.output
    assert "pruned    1 calls" in result.output
    assert recorded("sum(missing), sum(surplus), sum(changed)") == (0, 0, 0)
    assert recorded("bool_and(is_equal), bool_and(is_compared)") == (True, True)
    with Warehouse() as warehouse:
        assert_equals_truth(sandbox.account, warehouse, arrays=KEPT)
    assert cursor_of(make_pipeline()) == before


def recorded(what: str) -> tuple[Any, ...]:
    with Warehouse() as warehouse:
        return warehouse.query(f"SELECT {what} FROM uis_data.verified_days")[0]


def test_an_untouched_warehouse_is_equal_and_points_are_told(sandbox: Sandbox) -> None:
    spent = sandbox.points
    result = command(sandbox)
    assert result.exit_code == 0, result.output
    assert "The warehouse equals the source." in result.output
    told = re.search(r"points +(\d+) used", result.output)
    assert told and int(told[1]) == sandbox.points - spent <= 4


def test_the_crontabs_first_sunday_finds_nothing_missing() -> None:
    """Also where it is installed in that very night: the first sync begins at midnight."""
    crontab = (Path(__file__).parents[2] / "pipelines" / "crontab").read_text(encoding="utf-8")
    (days_ago,) = re.findall(r"^30 4 .*--date='(\d+) days ago'", crontab, re.MULTILINE)
    night = datetime(2026, 6, 7, tzinfo=ZoneInfo("Europe/Moscow"))
    first = night - timedelta(days=int(days_ago))
    account = Account(300, days=40, now=night + timedelta(hours=1, minutes=10))
    account.add_call(first + timedelta(seconds=5))
    with Sandbox(account) as sandbox:
        sync(sandbox)
        account.set_now(night + timedelta(hours=4, minutes=15))
        account.add_call(night + timedelta(hours=4))
        sync(sandbox)
        account.set_now(night + timedelta(hours=4, minutes=30))
        done = verify(sandbox, str(first.date()), str(night.date()), sample="all")
    assert done.is_settled_equal
    assert not any(day.missing for day in done.days[:-1])
    assert done.days[0].source_calls


def test_counting_costs_a_point_a_day_and_finds_what_is_missing(sandbox: Sandbox) -> None:
    gone = old_calls(sandbox.account)[7]["id"]
    alter(f"DELETE FROM calls WHERE id = {gone}")
    spent = sandbox.points
    result = command(sandbox, "--sample", "none", "--json")
    assert result.exit_code == 1, result.output
    told = json.loads(result.stdout)
    assert told["points"] == sandbox.points - spent
    # the account, a total, the meaning of the bounds, and the day that differs
    assert 26 <= told["points"] <= 26 + 5
    (differing,) = [day for day in told["days"] if not day["is_equal"]]
    assert differing["examples"] == [
        {"kind": "missing", "id": gone, "columns": [], "is_settled": True}
    ]
    assert differing["is_compared"] and differing["missing"] == 1
    assert sum(day["source_calls"] for day in told["days"]) == 300


@pytest.mark.parametrize(
    ("inclusive_from", "inclusive_till"),
    [(True, False), pytest.param(False, True, marks=pytest.mark.cross)],
)
def test_counts_are_exact_whatever_the_bounds_mean(
    inclusive_from: bool, inclusive_till: bool
) -> None:
    """Calls on both sides of midnight belong to their day."""
    account = Account(100, days=10, now=NOW)
    for hours in (0, 24, 48):
        midnight = datetime(2026, 2, 26, tzinfo=ZoneInfo(account.timezone)) + timedelta(hours=hours)
        for seconds in (-1, 0, 1):
            account.add_call(midnight + timedelta(seconds=seconds))
    switches = Switches(inclusive_from=inclusive_from, inclusive_till=inclusive_till)
    with Sandbox(account, switches=switches) as sandbox:
        sync(sandbox)
        done = verify(sandbox, "2026-02-20", "2026-03-04", sample="none")
        assert done.is_equal
        assert not any(day.is_compared for day in done.days)
        edges = verify(sandbox, "2026-02-25", "2026-02-28", sample=2, seed=1)
    starts = [call["start_time"][:10] for call in account.truth()]
    for day in (*done.days, *edges.days):
        assert day.source_calls == starts.count(str(day.day)), day
    assert [day.is_compared for day in edges.days].count(True) == 2
    assert edges.seed == 1


def test_todays_new_call_is_told_apart(sandbox: Sandbox) -> None:
    new = sandbox.account.add_call(sandbox.account.now() - timedelta(minutes=1))
    tagged = next(call["id"] for call in sandbox.account.truth()[-15:] if call["tags"])
    sandbox.account.untag(tagged)
    result = command(sandbox)
    assert result.exit_code == 1, result.output
    assert f"not settled yet, missing: {new}" in result.output
    assert f"not settled yet, changed: {tagged} (calls__tags)" in result.output
    assert "dlt-uis sync brings them" in result.output
    sync(sandbox)
    assert command(sandbox).exit_code == 0


def test_an_ongoing_call_counts_on_neither_side() -> None:
    account = Account(100, days=5, now=NOW)
    account.add_call(NOW - timedelta(days=2), ongoing=True)
    with Sandbox(account) as sandbox:
        sync(sandbox)
        assert verify(sandbox, "2026-02-20", "2026-03-04").is_equal


@pytest.mark.parametrize(
    "change", ["2026-10-25", pytest.param("2026-03-29", marks=pytest.mark.cross)]
)
def test_days_of_clock_changes(change: str) -> None:
    account = Account(
        200,
        days=5,
        timezone="Europe/Berlin",
        now=datetime.fromisoformat(change).replace(tzinfo=UTC) + timedelta(days=2),
    )
    first = datetime.fromisoformat(change).replace(tzinfo=UTC) - timedelta(hours=4)
    for minutes in range(0, 1_800, 20):
        account.add_call(first + timedelta(minutes=minutes))
    with Sandbox(account) as sandbox:
        sync(sandbox)
        days = (str((account.now() - timedelta(days=12)).date()), str(account.now().date()))
        compared = verify(sandbox, *days)
        counted = verify(sandbox, *days, sample="none")
    assert compared.is_equal and counted.is_equal
    assert [day.source_calls for day in compared.days] == [d.source_calls for d in counted.days]
    assert sum(day.source_calls for day in counted.days) == account.count()


def test_fields_that_are_not_read_are_not_compared() -> None:
    """Excluded ones, and those whose component the account lacks; undocumented ones are."""
    account = Account(200, days=8, now=NOW)
    account.add_field("hold_duration", lambda id_: id_ % 7)
    with Sandbox(account) as sandbox:
        sync(sandbox)
        alter(
            "UPDATE uis_data.calls SET sale_cost = 7, search_query = 'x'",
            "UPDATE uis_data.calls__tags SET tag_name = 'x'",
        )
        sandbox.switches.disabled_fields = {"search_query": "analytics"}
        source = {"exclude_fields": [*FEW, "sale_cost", "tags"]}
        assert verify(sandbox, "2026-02-20", "2026-03-04", source=source).is_equal
        alter("UPDATE uis_data.calls SET hold_duration = 9 WHERE hold_duration = 3")
        done = verify(sandbox, "2026-02-20", "2026-03-04", source=source)
    changed = [example for day in done.days for example in day.examples]
    assert {example.columns for example in changed} == {("hold_duration",)}


def test_a_repair_makes_no_tables_that_the_user_did_not_want() -> None:
    account = Account(100, days=5, now=NOW)
    with Sandbox(account) as sandbox:
        wanted = uis_source(sandbox.access_token, api_url=sandbox.url, clock=account.now)
        run(make_pipeline(), wanted.with_resources("calls", "calls__tags"), Progress())
        alter("DELETE FROM calls WHERE id % 2 = 0")
        assert verify(sandbox, "2026-02-20", "2026-03-04", repair=True).is_equal
    with Warehouse() as warehouse:
        assert warehouse.types("calls__tags")
        assert not warehouse.types("calls__scenario_operations")


def test_a_call_that_is_there_twice_is_mended_without_pruning(sandbox: Sandbox) -> None:
    twice = old_calls(sandbox.account)[3]["id"]
    alter(f"INSERT INTO uis_data.calls SELECT * FROM calls WHERE id = {twice}")
    result = command(sandbox, "--repair")
    assert result.exit_code == 0, result.output
    assert f"doubled: {twice}" in result.output
    with Warehouse() as warehouse:
        assert_equals_truth(sandbox.account, warehouse, arrays=KEPT)


def test_spent_points_keep_what_was_found(sandbox: Sandbox) -> None:
    sandbox.inject(Fault("day_limit_exceeded", times=99, after=12))
    result = command(sandbox, "--sample", "none", "--parallel-windows", "1")
    assert result.exit_code == 75, result.output
    assert "points are spent until" in result.output
    assert re.search(r"points +12 used", result.output)
    assert recorded("count(*), bool_and(is_equal)") == (8, True)


def test_a_warehouse_without_calls_says_what_to_do() -> None:
    with Sandbox(Account(10, days=1), limits=Limits()) as served:
        result = command(served)
    assert result.exit_code == 2, result.output
    assert "has no calls yet" in result.output
    assert "Traceback" not in result.output


def test_a_locked_warehouse_is_one_line(sandbox: Sandbox) -> None:
    holder = "import duckdb, sys; c = duckdb.connect('uis.duckdb'); print(flush=True); input()"
    locking = [sys.executable, "-c", holder]
    with subprocess.Popen(locking, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        result = command(sandbox)
        process.kill()
    lines = [line for line in result.stderr.splitlines() if line.startswith("dlt-uis: ")]
    assert len(lines) == 1 and "lock" in lines[0], result.output
    assert result.exit_code == 1


def test_pruning_without_repair_is_wrong_usage(sandbox: Sandbox) -> None:
    assert command(sandbox, "--prune").exit_code == 2
    assert command(sandbox, "--sample", "some").exit_code == 2
