"""What the API promises (``total_items``) is a check and no gate: all that it returns is loaded."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from click.testing import CliRunner, Result

from dlt_uis import uis_source
from dlt_uis.cli.main import cli
from dlt_uis.sandbox import Account, Sandbox, Switches

from .truth import Warehouse, arrays_but, assert_equals_truth

NOW = datetime.now(UTC).replace(microsecond=0)
REPORT = "get.calls_report"


@pytest.fixture(scope="module")
def account() -> Account:
    return Account(calls=160, days=4, now=NOW)


@pytest.fixture(autouse=True)
def few_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(arrays_but("tags")))


@pytest.fixture
def sandbox(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(account) as served:
        monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", served.access_token)
        monkeypatch.setenv("SOURCES__UIS__API_URL", served.url)
        yield served


def switch(sandbox: Sandbox, **switches: Any) -> None:
    for name, value in switches.items():
        setattr(sandbox.switches, name, value)


def ran(sandbox: Sandbox, *arguments: str, code: int = 0) -> Result:
    """Runs a command, after which the sandbox knows how many requests for calls it took."""
    sandbox.stats.reset()
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == code, result.output
    return result


def requests(sandbox: Sandbox) -> int:
    return sandbox.stats.by_method.get(REPORT, 0)


def windows(columns: str = "total_items, rows, short") -> list[tuple[Any, ...]]:
    with Warehouse() as warehouse:
        return warehouse.query(f"SELECT {columns} FROM uis_data.sync_windows ORDER BY finished_at")


def assert_all_there(sandbox: Sandbox) -> None:
    with Warehouse() as warehouse:
        assert_equals_truth(sandbox.account, warehouse, arrays=["tags"])


@pytest.mark.parametrize("cap", [pytest.param(4, marks=pytest.mark.cross), 9])
def test_a_backfill_gets_shorter_pages_than_it_asks_for(sandbox: Sandbox, cap: int) -> None:
    """Pages that are asked for ahead end early, too: that is no sign of the end."""
    switch(sandbox, page_cap=cap)
    first, last = (f"{NOW - timedelta(days=days):%Y-%m-%d}" for days in (6, 0))
    ran(sandbox, "backfill", "--from", first, "--to", last, "--page-size", "40")
    assert_all_there(sandbox)
    assert not any(short for (short,) in windows("short"))


@pytest.mark.parametrize("more", [1, pytest.param(5_000, marks=pytest.mark.cross)])
@pytest.mark.parametrize("size", [pytest.param(10_000, marks=pytest.mark.cross), 40])
def test_calls_that_are_promised_and_do_not_exist_fail_nothing(
    sandbox: Sandbox, more: int, size: int
) -> None:
    """They cost a sync at most twice its requests, and nothing when it is run again."""
    page = ("--page-size", f"{size}")
    ran(sandbox, "sync", *page, "--dataset", "exact")
    exactly = requests(sandbox)
    switch(sandbox, total_items_offset=more)
    first = ran(sandbox, "sync", *page, "--summary-file", "last.json")
    assert requests(sandbox) <= 2 * exactly
    assert first.output.count("and returned 160, twice") == 1
    assert f"short     {more:,} calls" in first.output
    assert json.loads(Path("last.json").read_text())["short"] == more
    assert_all_there(sandbox)
    assert windows() == [(160 + more, 160, more)]
    ran(sandbox, "sync", *page)
    once = requests(sandbox)
    assert once <= exactly
    assert [short for (short,) in windows("short")] == [more, more]
    assert_all_there(sandbox)
    # one call less than last time may have been lost on the way
    switch(sandbox, total_items_offset=more + 1)
    ran(sandbox, "sync", *page)
    assert once < requests(sandbox) <= 2 * exactly


def test_a_call_that_is_lost_is_not_taken_for_one_of_those_that_do_not_exist(
    sandbox: Sandbox,
) -> None:
    """Two were promised in vain last time; one that comes short now is another one."""
    switch(sandbox, total_items_offset=2)
    ran(sandbox, "sync")
    with duckdb.connect("uis.duckdb") as connection:
        connection.execute("DELETE FROM uis_data.calls")
    switch(sandbox, total_items_offset=0, lose_rows=1)
    ran(sandbox, "sync")
    assert_all_there(sandbox)
    assert windows("short") == [(2,), (0,)]


def test_strict_totals_fail_and_the_next_sync_heals(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(sandbox, total_items_offset=1)
    monkeypatch.setenv("SOURCES__UIS__STRICT_TOTALS", "true")
    refused = ran(sandbox, "sync", code=1)
    assert "promised 161 calls" in refused.output
    assert "SOURCES__UIS__STRICT_TOTALS" in refused.output
    monkeypatch.delenv("SOURCES__UIS__STRICT_TOTALS")
    ran(sandbox, "sync")
    assert_all_there(sandbox)
    monkeypatch.setenv("SOURCES__UIS__STRICT_TOTALS", "true")
    ran(sandbox, "sync", code=1)
    switch(sandbox, total_items_offset=0)
    ran(sandbox, "sync")
    assert_all_there(sandbox)


@pytest.mark.parametrize(
    "switches",
    [
        pytest.param({"total_items_as": "text"}, marks=pytest.mark.cross),
        pytest.param({"total_items_as": "float"}, marks=pytest.mark.cross),
        pytest.param({"total_items_as": "null"}, marks=pytest.mark.cross),
        pytest.param({"total_items_as": "missing"}, marks=pytest.mark.cross),
        pytest.param({"total_items_as": "no metadata"}, marks=pytest.mark.cross),
        pytest.param({"total_items_as": "null metadata"}, marks=pytest.mark.cross),
        pytest.param({"total_items_as": "list metadata"}, marks=pytest.mark.cross),
        pytest.param({"total_items_offset": -3}, marks=pytest.mark.cross),
        pytest.param({"total_items_offset": -1_000}, marks=pytest.mark.cross),
        {"total_items_as": "missing", "page_cap": 9},
        pytest.param({"total_items_offset": -3, "page_cap": 9}, marks=pytest.mark.cross),
        {"total_items_offset": 2, "page_cap": 9, "lose_rows": 1},
        pytest.param({"repeat": "on a page"}, marks=pytest.mark.cross),
        {"repeat": "on two pages"},
    ],
    ids=str,
)
def test_totals_and_pages_of_any_kind_load_each_call_once(
    sandbox: Sandbox, switches: dict[str, Any]
) -> None:
    """Also calls of one second, more than a page: they are read in another way."""
    switch(sandbox, **switches)
    ran(sandbox, "sync", "--page-size", "25")
    assert_all_there(sandbox)
    ran(sandbox, "sync", "--page-size", "25")
    assert_all_there(sandbox)


@pytest.mark.parametrize(
    "total",
    [
        "number",
        *(pytest.param(each, marks=pytest.mark.cross) for each in ("missing", "no metadata")),
    ],
)
@pytest.mark.parametrize(
    "data",
    [
        "missing",
        *(pytest.param(each, marks=pytest.mark.cross) for each in ("list", "object", "null")),
    ],
)
def test_no_calls_are_told_in_any_way(
    monkeypatch: pytest.MonkeyPatch, total: Any, data: Any
) -> None:
    switches = Switches(total_items_as=total, no_calls_as=data)
    with Sandbox(Account(calls=0, now=NOW), switches=switches) as sandbox:
        monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
        monkeypatch.setenv("SOURCES__UIS__API_URL", sandbox.url)
        ran(sandbox, "sync")
        assert requests(sandbox) == (1 if total == "number" else 2)
        assert windows() == [(0, 0, 0)]
        ran(sandbox, "check")


@pytest.mark.parametrize(
    "total",
    [
        {"total_items_offset": 1},
        pytest.param({"total_items_as": "missing"}, marks=pytest.mark.cross),
    ],
)
def test_backfill_verify_and_check_live_with_any_total(
    sandbox: Sandbox, total: dict[str, Any]
) -> None:
    """A restarted backfill does not read short windows again."""
    switch(sandbox, **total)
    today = sandbox.account.local(NOW).date()
    span = ("--from", f"{today - timedelta(days=9)}", "--to", f"{today}")
    ran(sandbox, "backfill", *span, "--dry-run")
    ran(sandbox, "backfill", *span)
    once = requests(sandbox)
    assert_all_there(sandbox)
    ran(sandbox, "backfill", *span, "--restart")
    if "total_items_offset" in total:
        assert requests(sandbox) < once
    ran(sandbox, "verify", *span)
    ran(sandbox, "verify", *span, "--sample", "none")
    with Warehouse() as warehouse:
        (lost,) = warehouse.query("SELECT max(id) FROM uis_data.calls")[0]
    sandbox.account.rate(lost, 2)
    sandbox.account.rate(lost, 3)
    ran(sandbox, "verify", *span, "--repair")
    assert_all_there(sandbox)
    checked = ran(sandbox, "check")
    assert ("came short" in checked.output) == ("total_items_offset" in total)


def test_a_call_that_was_lost_once_is_found_by_the_second_reading(
    sandbox: Sandbox,
) -> None:
    """Although one is lacking as well when the window was read last."""
    switch(sandbox, lose_rows=1)
    ran(sandbox, "sync")
    assert requests(sandbox) == 2
    assert windows() == [(160, 160, 0)]
    assert_all_there(sandbox)


@pytest.mark.parametrize("days", [60, pytest.param(120, marks=pytest.mark.cross)])
def test_a_call_whose_start_moves_while_it_is_read_comes_once(
    monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """To a page that is still to be read, or to a later window, or to a page that has been read."""
    account = Account(calls=160, days=days, now=NOW)
    with Sandbox(account) as sandbox:
        monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
        monkeypatch.setenv("SOURCES__UIS__API_URL", sandbox.url)
        monkeypatch.setenv("SOURCES__UIS__PARALLEL_WINDOWS", "1")
        ids = account.truth_ids()
        start, end = account.instant_of(ids[3]), account.instant_of(ids[-3])

        def move(before: int) -> None:
            if before == 2:
                account.move_call(ids[1], end)
            if before == 3 and days < 88:
                account.move_call(ids[-2], start)

        sandbox.switches.before_answer = move
        first = f"{account.local(NOW).date() - timedelta(days=days + 20)}"
        ran(sandbox, "sync", "--page-size", "25", "--start-date", first)
        with Warehouse() as warehouse:
            loaded = warehouse.query("SELECT id FROM uis_data.calls ORDER BY id")
        assert [id_ for (id_,) in loaded] == sorted(ids)
        assert all(short == 0 for (short,) in windows("short"))


def test_hosts_accept_short_windows_under_their_own_names(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning a run; what ``sync_windows`` remembers is found whatever the host calls it."""
    switch(sandbox, total_items_offset=1)
    taken = []
    for _ in range(2):
        sandbox.stats.reset()
        caplog.clear()
        pipeline = dlt.pipeline("host", destination="duckdb", dataset_name="host_data")
        source = uis_source(clock=lambda: NOW)
        source.resources["sync_windows"].table_name = "our_windows"
        with caplog.at_level(logging.WARNING, "dlt_uis"):
            pipeline.run(source)
        taken.append(requests(sandbox))
        assert sum("the API promised" in record.message for record in caplog.records) == 1
    assert taken == [2, 1]
