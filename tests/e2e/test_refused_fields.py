"""Fields that the API refuses without naming them cost their columns, never the run."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dlt_uis import uis_source
from dlt_uis.cli.main import cli
from dlt_uis.progress import Progress
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.sandbox.switches import Nameless

from .truth import Warehouse, assert_typed

REPORT = "get.calls_report"
OFF = {"tags": "analytics", "utm_source": "analytics", "sale_cost": "crm"}
UNKNOWN = {"ext_id"}
REFUSED = {*OFF, *UNKNOWN}


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """An account of which some fields can't be read, and the API does not say which."""
    account = Account(calls=80, days=10, now=datetime.now(UTC).replace(microsecond=0))
    with Sandbox(account) as served:
        served.switches.disabled_fields = OFF
        served.switches.unknown_fields = UNKNOWN
        served.switches.nameless = "null_field"
        monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", served.access_token)
        monkeypatch.setenv("SOURCES__UIS__API_URL", served.url)
        monkeypatch.setenv("SOURCES__UIS__REQUEST_ATTEMPTS", "1")
        yield served


def command(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(cli, arguments)


def sync(sandbox: Sandbox, **given: Any) -> None:
    """As a host's pipeline does it, by the account's clock."""
    run(make_pipeline(), lambda: uis_source(clock=sandbox.account.now, **given), Progress())


def cost(sandbox: Sandbox) -> tuple[int, int]:
    """Requests for calls and points since it was last asked."""
    requests, points = sandbox.stats.by_method.get(REPORT, 0), sandbox.points
    sandbox.stats.reset()
    sandbox.api.budget.points = 0
    return requests, points


def left_out(records: Collection[Any]) -> list[str]:
    return [each.getMessage() for each in records if "left out" in each.getMessage().lower()]


def assert_loaded(sandbox: Sandbox, refused: Collection[str]) -> None:
    """All calls are there, with all values but those of the refused fields, and all columns."""
    truth = {call["id"]: call for call in sandbox.account.truth()}
    names = [field.name for field in CALLS_REPORT.scalars if field.type.value in ("text", "bigint")]
    with Warehouse() as warehouse:
        assert_typed(warehouse)
        rows = warehouse.rows("calls", names, "id")
        tags = warehouse.query("SELECT count(*) FROM uis_data.calls__tags")[0][0]
    assert [row[0] for row in rows] == sorted(truth)
    for row in rows:
        wanted = [None if name in refused else truth[row[0]][name] for name in names]
        assert [*row] == wanted
    all_tags = sum(len(call["tags"] or ()) for call in truth.values())
    assert tags == (0 if "tags" in refused else all_tags)


@pytest.mark.parametrize("way", ["path", pytest.param("null_data", marks=pytest.mark.cross)])
def test_a_sync_finds_them_and_remembers_them_for_a_day(
    sandbox: Sandbox, way: Nameless, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning names all of them; what can be read a day later comes then."""
    sandbox.switches.nameless = way
    sync(sandbox)
    (warning,) = left_out(caplog.records)
    assert all(name in warning for name in REFUSED)
    _, points = cost(sandbox)
    assert points <= 2 + 1 + len(REFUSED) * 7
    assert_loaded(sandbox, REFUSED)
    caplog.clear()
    sync(sandbox)
    assert cost(sandbox) == (1, 2)
    assert not left_out(caplog.records)

    sandbox.switches.disabled_fields = {"utm_source": "analytics"}
    sandbox.switches.unknown_fields = set()
    sandbox.account.advance(timedelta(hours=25))
    sync(sandbox, lookback_days=30)
    (warning,) = left_out(caplog.records)
    assert "name: utm_source (" in warning
    assert cost(sandbox)[1] <= 2 + 4
    assert_loaded(sandbox, {"utm_source"})


def test_the_command_goes_on_without_them_also_on_a_new_machine(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    result = command("sync")
    assert result.exit_code == 0, result.output
    assert "component analytics" in result.output
    assert_loaded(sandbox, REFUSED)
    cost(sandbox)
    (tmp_path / "dlt").rename(tmp_path / "lost")
    assert command("sync").exit_code == 0
    assert cost(sandbox) == (1, 2)


def test_check_names_them(sandbox: Sandbox) -> None:
    """For a few points before the first sync, and for one more than else after it."""
    for most in (2 + 1 + len(REFUSED) * 7, 3):
        cost(sandbox)
        result = command("check", "--json")
        assert result.exit_code == 0, result.output
        said = " ".join(
            line["message"]
            for line in json.loads(result.stdout)["checks"]
            if line["check"] == "fields" and line["status"] == "warning"
        )
        assert all(name in said for name in (*REFUSED, "component analytics", "component crm"))
        assert cost(sandbox)[1] <= most
        assert command("sync").exit_code == 0


def test_backfill_and_verify_do_without_them(sandbox: Sandbox) -> None:
    day = sandbox.account.local(sandbox.account.now()).date()
    dates = ("--from", str(day - timedelta(days=12)), "--to", str(day - timedelta(days=1)))
    result = command("backfill", *dates)
    assert result.exit_code == 0, result.output
    assert command("sync").exit_code == 0
    assert_loaded(sandbox, REFUSED)
    cost(sandbox)
    result = command("verify", *dates)
    assert result.exit_code == 0, result.output
    # the account, the total, the refused fields, the calls: once each
    assert cost(sandbox)[1] <= 5


def test_fields_that_a_user_names_are_looked_for_too(sandbox: Sandbox) -> None:
    sync(sandbox, fields=["talk_duration", "ext_id", "hold_duration"])
    with Warehouse() as warehouse:
        rows = warehouse.rows("calls", ["id", "talk_duration"], "id")
        assert "hold_duration" not in warehouse.types("calls")
    assert rows == sorted((call["id"], call["talk_duration"]) for call in sandbox.account.truth())


def test_a_wrong_filter_is_not_taken_for_a_field(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.switches.disabled_fields, sandbox.switches.unknown_fields = {}, ()
    wrong = {"field": "id", "operator": "=", "value": "many"}
    monkeypatch.setenv("SOURCES__UIS__FILTER", json.dumps(wrong))
    for _ in range(2):
        result = command("sync")
        assert (result.exit_code, "id is a number" in result.output) == (1, True)
        assert cost(sandbox) == (3, 1)
    monkeypatch.delenv("SOURCES__UIS__FILTER")
    assert command("sync").exit_code == 0
    assert_loaded(sandbox, ())


def test_a_brand_is_not_asked_for_what_it_does_not_document(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless a user asks for it; the tables have its columns all the same."""
    lacking = {"cpn_country_id", "cpn_country_name", "properties", "recognized_text"}
    sandbox.switches.disabled_fields, sandbox.switches.unknown_fields = {}, lacking
    monkeypatch.setenv("SOURCES__UIS__BRAND", "novofon")
    result = command("sync")
    assert result.exit_code == 0, result.output
    assert "left out" not in result.output.lower()
    assert cost(sandbox) == (1, 2)
    assert_loaded(sandbox, lacking)
    with Warehouse() as warehouse:
        assert warehouse.types("calls__recognized_text")

    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(sorted(lacking)))
    assert command("sync").exit_code == 0
    monkeypatch.delenv("SOURCES__UIS__EXCLUDE_FIELDS")
    monkeypatch.setenv("SOURCES__UIS__FIELDS", '["recognized_text"]')
    result = command("sync")
    assert result.exit_code == 0, result.output
    assert "without a name: recognized_text (" in result.output
