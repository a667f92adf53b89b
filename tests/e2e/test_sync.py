"""The main job through the real pipeline, real HTTP and a real DuckDB file."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dlt_uis import uis_source
from dlt_uis.progress import Progress
from dlt_uis.runner.job import Summary, run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Fault, Sandbox, Switches

from .truth import Warehouse, assert_equals_truth, assert_typed

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def make_account(calls: int = 200, **options: Any) -> Account:
    return Account(**{"calls": calls, "days": 20, "now": NOW, **options})


def sync(sandbox: Sandbox, **settings: Any) -> Summary:
    """A sync as the command line runs it."""
    given = {"access_token": sandbox.access_token, **settings}
    return run(
        make_pipeline(),
        lambda: uis_source(api_url=sandbox.url, clock=sandbox.account.now, **given),
        Progress(),
    )


def assert_warehouse_is_right(account: Account) -> None:
    with Warehouse() as warehouse:
        assert_equals_truth(account, warehouse)


def change(account: Account) -> None:
    """All that happens to calls after they began, within the lookback."""
    recent = [call for call in account.truth() if call["start_time"] > "2026-03-03"]
    tagged = [call["id"] for call in recent if call["tags"]]
    account.untag(tagged[0])
    account.untag(tagged[1])
    account.tag(tagged[2], "новый 🎉")
    account.sell(recent[5]["id"], Decimal("1234.50"))
    account.rate(recent[6]["id"], 5)
    account.recognise(recent[7]["id"], ["Алло", 'да "слушаю"', "пока\n"])
    last = account.truth()[-1]["id"]
    account.add_calls(account.instant_of(last), 3)
    account.advance(timedelta(hours=1))


@pytest.mark.parametrize("calls", [800, pytest.param(20_000, marks=pytest.mark.cross)])
def test_every_value_of_many_calls_arrives(calls: int) -> None:
    """Every scalar, array element, position and type equals the sandbox's truth."""
    account = make_account(calls, days=25)
    with Sandbox(account) as sandbox:
        summary = sync(sandbox)
    assert summary.rows["calls"] == calls
    with Warehouse() as warehouse:
        assert_typed(warehouse)
        assert_equals_truth(account, warehouse)
        windows = warehouse.query("SELECT total_items, rows FROM uis_data.sync_windows")
    assert windows == [(calls, calls)]


@pytest.mark.parametrize("machine", [pytest.param("same", marks=pytest.mark.cross), "new"])
def test_a_second_sync_brings_what_changed(machine: str) -> None:
    """Also on a new machine: the cursor comes back from the warehouse.

    On the same one :mod:`.test_destinations` does it.
    """
    account = make_account()
    ongoing = account.add_call(NOW - timedelta(hours=5), ongoing=True)
    with Sandbox(account) as sandbox:
        sync(sandbox)
        assert_warehouse_is_right(account)
        change(account)
        account.end_call(ongoing)
        if machine == "new":
            shutil.rmtree("dlt")
        sandbox.stats.reset()
        second = sync(sandbox)
        # an hour has passed: one of the two asks for late sales
        assert sandbox.stats.by_method["get.calls_report"] == 2
    assert second.start is not None and second.start > NOW - timedelta(days=4)
    assert second.rows["calls"] < 100
    assert_warehouse_is_right(account)


@pytest.mark.parametrize("inclusive", [pytest.param(True, marks=pytest.mark.cross), False])
@pytest.mark.parametrize(
    "page", [pytest.param({"page_size": 7}, marks=pytest.mark.cross), {"page_cap": 5}]
)
def test_undocumented_behaviour_does_not_matter(inclusive: bool, page: dict[str, int]) -> None:
    """Inclusive or exclusive bounds, short pages, pages of 7 calls: each call comes once."""
    account = make_account(60)
    switches = Switches(
        inclusive_from=inclusive, inclusive_till=inclusive, page_cap=page.get("page_cap")
    )
    with Sandbox(account, switches=switches) as sandbox:
        sync(sandbox, page_size=page.get("page_size", 10_000))
    assert_warehouse_is_right(account)


@pytest.mark.parametrize(
    ("calls", "page"), [(250, 100), pytest.param(25_000, 10_000, marks=pytest.mark.cross)]
)
def test_more_calls_in_a_second_than_two_pages_hold(calls: int, page: int) -> None:
    """They come in another order each time."""
    account = make_account(100)
    account.add_calls(NOW - timedelta(days=2), calls)
    with Sandbox(account) as sandbox:
        sync(sandbox, page_size=page)
    with Warehouse() as warehouse:
        ids = [id_ for (id_,) in warehouse.query("SELECT id FROM uis_data.calls")]
    assert sorted(ids) == sorted(account.truth_ids())


def test_an_empty_account_makes_all_tables() -> None:
    with Sandbox(make_account(0, days=0)) as sandbox:
        sync(sandbox)
    with Warehouse() as warehouse:
        assert_typed(warehouse)
        assert warehouse.query("SELECT count(*) FROM uis_data.calls") == [(0,)]


def test_calls_that_come_after_an_empty_sync_are_not_lost() -> None:
    """Where no call has come yet, reading goes on where it first began."""
    account = make_account(0, days=0)
    with Sandbox(account) as sandbox:
        sync(sandbox)
        account.add_calls(NOW + timedelta(days=1), 2)
        account.advance(timedelta(days=60))
        sync(sandbox)
    assert_warehouse_is_right(account)


def test_a_call_stamped_in_the_future_does_not_carry_the_cursor_away() -> None:
    account = make_account(100)
    future = account.add_call(NOW + timedelta(days=40))
    with Sandbox(account) as sandbox:
        sync(sandbox)
        account.add_call(NOW + timedelta(days=1))
        account.advance(timedelta(days=2))
        sync(sandbox)
    with Warehouse() as warehouse:
        ids = {id_ for (id_,) in warehouse.query("SELECT id FROM uis_data.calls")}
    assert ids == set(account.truth_ids()) - {future}


def test_a_new_field_becomes_a_column_and_keeps_its_type() -> None:
    account = make_account(100)
    with Sandbox(account) as sandbox:
        sync(sandbox)
        account.add_field("hold_duration", lambda id_: id_ % 7)
        sync(sandbox, lookback_days=30)
        account.add_field("hold_duration", lambda id_: "long" if id_ % 2 else id_ % 7)
        sync(sandbox, lookback_days=30)
    with Warehouse() as warehouse:
        types = warehouse.types("calls")
        found = {
            id_: (number, text)
            for id_, number, text in warehouse.query(
                "SELECT id, hold_duration, hold_duration__v_text FROM uis_data.calls"
            )
        }
    assert types["hold_duration"] == "BIGINT"
    for id_ in account.truth_ids():
        assert found[id_] == ((None, "long") if id_ % 2 else (id_ % 7, None))


def test_values_of_an_unexpected_type_are_kept() -> None:
    account = make_account(100)
    first, second, *_ = account.truth_ids()[-2:]
    account.update(first, cpn_region_id="область", sale_cost="дорого", tags={"a": 1})
    account.update(second, cpn_region_id="77", is_lost="maybe")
    with Sandbox(account) as sandbox:
        sync(sandbox)
    with Warehouse() as warehouse:
        rows = warehouse.query(
            "SELECT cpn_region_id, cpn_region_id__v_text, sale_cost__v_text, tags__v_text,"
            f" is_lost__v_text FROM uis_data.calls WHERE id IN ({first}, {second}) ORDER BY"
            f" id = {second}"
        )
    assert rows == [
        (None, "область", "дорого", '{"a": 1}', None),
        (77, None, None, None, "maybe"),
    ]


@pytest.mark.parametrize(
    ("zone", "now"),
    [
        pytest.param(
            "Europe/Berlin", datetime(2026, 3, 30, 9, tzinfo=UTC), marks=pytest.mark.cross
        ),
        ("Europe/Berlin", datetime(2026, 10, 26, 9, tzinfo=UTC)),
        pytest.param(
            "America/New_York", datetime(2026, 11, 2, 9, tzinfo=UTC), marks=pytest.mark.cross
        ),
    ],
)
def test_clock_changes_lose_no_call(zone: str, now: datetime) -> None:
    account = make_account(60, days=5, timezone=zone, now=now)
    for minutes in range(0, 600, 7):
        account.add_call(now - timedelta(hours=36) + timedelta(minutes=minutes))
    with Sandbox(account) as sandbox:
        sync(sandbox)
        account.advance(timedelta(hours=1))
        sync(sandbox)
    assert_warehouse_is_right(account)


def test_a_field_that_cannot_be_read_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """With one warning each, and without taking earlier elements out of the warehouse."""
    account = make_account(200)
    with Sandbox(account) as sandbox:
        sync(sandbox)
        sandbox.switches.disabled_fields = {"tags": "analytics"}
        sandbox.switches.unknown_fields = {"ext_id"}
        caplog.clear()
        sync(sandbox)
    warnings = [record.message for record in caplog.records if "left out" in record.message]
    assert len(warnings) == 2
    assert "analytics" in " ".join(warnings)
    with Warehouse() as warehouse:
        found = warehouse.query("SELECT count(*) FROM uis_data.calls__tags")
    assert found == [(sum(len(call["tags"]) for call in account.truth()),)]


def test_login_sessions_are_renewed() -> None:
    account = make_account(200)
    with Sandbox(account) as sandbox:
        login = {"access_token": None, "login": sandbox.login, "password": sandbox.password}
        sandbox.inject(Fault("internal_error", method="get.calls_report"))
        sync(sandbox, **login)
        account.advance(timedelta(hours=2))
        sync(sandbox, **login)
        assert sandbox.stats.by_method["login.user"] == 2
        assert sandbox.stats.by_method["logout.user"] == 2
    assert_warehouse_is_right(account)


@pytest.mark.parametrize(
    "kind",
    [
        *("http_502_html", "truncate"),
        # the same to the client, as its unit tests tell
        *(
            pytest.param(each, marks=pytest.mark.cross)
            for each in (
                "http_500_html", "http_503", "not_json", "wrong_shape", "internal_error",
                "http_500_json_rpc", "reset", "wrong_id",
            )
        ),
    ],
)  # fmt: skip
def test_passing_faults_are_survived(kind: Any) -> None:
    account = make_account(60)
    with Sandbox(account) as sandbox:
        sandbox.inject(Fault(kind, times=2, after=1))
        sync(sandbox, page_size=20)
    assert_warehouse_is_right(account)


@pytest.mark.cross
def test_rows_that_get_lost_on_the_way_are_read_again() -> None:
    """From one window, as in :mod:`.test_totals`, and from one that is read by pages."""
    account = make_account(60)
    with Sandbox(account, switches=Switches(lose_rows=1)) as sandbox:
        sync(sandbox, page_size=20)
    assert_warehouse_is_right(account)


def test_appending_puts_no_marks_of_empty_arrays_into_tables() -> None:
    """Which only a merge takes out again."""
    account = make_account(60)
    with Sandbox(account) as sandbox:
        source = uis_source(
            access_token=sandbox.access_token, api_url=sandbox.url, clock=account.now
        )
        make_pipeline().run(source, write_disposition="append")
    assert_warehouse_is_right(account)


def test_deselected_tables_are_not_made() -> None:
    with Sandbox(make_account(50)) as sandbox:
        source = uis_source(
            access_token=sandbox.access_token, api_url=sandbox.url, clock=sandbox.account.now
        )
        make_pipeline().run(source.with_resources("calls", "calls__tags"))
    with Warehouse() as warehouse:
        assert warehouse.types("calls__tags")
        assert not warehouse.types("calls__segments")


@pytest.mark.parametrize(
    "deleted", [pytest.param("nothing", marks=pytest.mark.cross), "schema.json"]
)
def test_a_run_killed_while_it_tidied_up_is_healed(deleted: str, tmp_path: Path) -> None:
    """dlt normalizes a package, then deletes the extracted one: a kill in between leaves both."""
    account = make_account(100)
    with Sandbox(account) as sandbox:
        sync(sandbox)
        account.add_call(NOW - timedelta(hours=1))
        pipeline = make_pipeline()
        pipeline.extract(
            uis_source(access_token=sandbox.access_token, api_url=sandbox.url, clock=account.now)
        )
        extracted = Path(pipeline.working_dir, "normalize", "extracted")
        shutil.copytree(extracted, tmp_path / "kept")
        pipeline.normalize()
        shutil.copytree(tmp_path / "kept", extracted, dirs_exist_ok=True)
        for path in extracted.rglob(deleted):
            path.unlink()
        assert sync(sandbox).resumed_packages == 1
    assert_warehouse_is_right(account)


def test_the_working_folder_holds_no_secret(tmp_path: Path) -> None:
    with Sandbox(make_account(50)) as sandbox:
        sync(sandbox)
        secret = sandbox.access_token.encode()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secret in path.read_bytes()]
