"""What changes at the source is said once: in the log, the summary file, and to Prometheus."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dlt_uis.cli.main import cli
from dlt_uis.sandbox import Account, Sandbox

from .copies import copy_of_a_run
from .truth import arrays_but

NOW = datetime.now(UTC).replace(microsecond=0)
FEW = arrays_but("employees", "tags")


@contextmanager
def served(patch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(Account(calls=60, days=2, now=NOW)) as sandbox:
        patch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
        patch.setenv("SOURCES__UIS__API_URL", sandbox.url)
        patch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(FEW))
        yield sandbox


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first sync leaves."""
    folder = tmp_path_factory.mktemp("synced")
    with pytest.MonkeyPatch.context() as patch, served(patch):
        patch.chdir(folder)
        patch.setenv("DLT_DATA_DIR", str(folder / "dlt"))
        assert sync()[0] == []
    return folder


@pytest.fixture
def sandbox(synced: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    copy_of_a_run(synced, tmp_path)
    with served(monkeypatch) as sandbox:
        yield sandbox


def sync(summary: str = "run.json") -> tuple[list[str], Mapping[str, Any]]:
    """The warnings of a sync, and its summary."""
    result = CliRunner().invoke(cli, ["sync", "--summary-file", summary])
    assert result.exit_code == 0, result.output
    told = json.loads(Path(summary).read_text()) if summary.endswith(".json") else {}
    return [line for line in result.output.splitlines() if " WARNING " in line], told


def test_a_new_field_is_said_once(sandbox: Sandbox) -> None:
    sandbox.account.add_field("mood", lambda id_: f"mood {id_}")
    (warned,), told = sync()
    assert "calls.mood" in warned
    assert told["new_columns"] == ["calls.mood"]
    warnings, told = sync()
    assert warnings == []
    assert "new_columns" not in told


def test_values_of_another_type_are_said_once_and_counted(sandbox: Sandbox) -> None:
    for id_ in sandbox.account.truth_ids()[:3]:
        sandbox.account.update(id_, communication_number="many")
    (warned,), told = sync()
    assert "calls.communication_number" in warned
    assert told["variant_values"] == 3
    warnings, told = sync()
    assert warnings == []
    assert told["variant_values"] == 3
    sync("run.prom")
    metrics = Path("run.prom").read_text()
    assert 'dlt_uis_variant_values{command="sync",pipeline="uis"} 3' in metrics
    assert 'dlt_uis_new_columns{command="sync",pipeline="uis"} 0' in metrics


def test_rights_that_are_lost_and_come_back_are_said(sandbox: Sandbox) -> None:
    sandbox.switches.disabled_fields = {"tags": "tagging"}
    warnings, told = sync()
    assert any("can't be read any more, and get no values: tags" in line for line in warnings)
    assert told["lost_fields"] == ["tags"]
    assert "lost_fields" not in sync()[1]
    sandbox.switches.disabled_fields = {}
    (warned,), told = sync()
    assert "can be read again: tags" in warned
    assert told["gained_fields"] == ["tags"]
    assert sync()[0] == []


def test_a_field_that_is_not_asked_for_any_more_has_not_come_back(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.switches.disabled_fields = {"tags": "tagging"}
    sync()
    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps([*FEW, "tags"]))
    warnings, told = sync()
    assert warnings == []
    assert "gained_fields" not in told
    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(FEW))
    assert "lost_fields" not in sync()[1]


def test_who_does_not_want_to_hear_of_it_does_not(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__UIS__TELL_CHANGES", "false")
    sandbox.account.add_field("mood", lambda id_: f"mood {id_}")
    warnings, told = sync()
    assert warnings == []
    assert "new_columns" not in told


def without_fields(body: bytes) -> bytes:
    """Has the API send neither a field of calls nor one of their employees."""
    answer = json.loads(body)
    for call in answer.get("result", {}).get("data", []):
        call.pop("sale_date", None)
        for employee in call.get("employees", []):
            employee.pop("is_talked")
    return json.dumps(answer).encode()


def test_fields_that_are_not_sent_any_more_are_said_once_and_when_they_come_back(
    sandbox: Sandbox,
) -> None:
    names = ["employees.is_talked", "sale_date"]
    sandbox.switches.rewrite = without_fields
    (warned,), told = sync()
    assert f"not sent any more, so null in all that is read: {', '.join(names)}" in warned
    assert told["absent_fields"] == names
    sync("run.prom")
    assert 'dlt_uis_absent_fields{command="sync",pipeline="uis"} 0' in Path("run.prom").read_text()
    sandbox.switches.rewrite = None
    (warned,), told = sync()
    assert f"sent again: {', '.join(names)}." in warned
    assert told["returned_fields"] == names
