"""In a project outside this repository, with only a wheel of it installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dlt_uis.sandbox import Account, Sandbox

from ..e2e.truth import Warehouse
from .host import PROJECT, ROOT, Host, make_host

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def lint(host: Host) -> None:
    """The project's own style, by its own rules."""
    for command in (["check"], ["format", "--check"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=host.folder, check=True)


@pytest.mark.timeout(900)  # several processes, on a machine that may be busy
def test_a_project_with_only_the_wheel_runs_it_beside_its_own_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own pipeline, dataset, naming and contract; its source, files and lint untouched."""
    host = make_host(tmp_path)
    first, second = Account(120, days=20, now=NOW), Account(80, days=20, now=NOW, seed=2)
    with Sandbox(first) as sandbox, Sandbox(second) as north:
        for name, served in (("UIS", sandbox), ("UIS_NORTH", north)):
            monkeypatch.setenv(f"SOURCES__{name}__ACCESS_TOKEN", served.access_token)
            monkeypatch.setenv(f"SOURCES__{name}__API_URL", served.url)
        outcome = json.loads(host.python("load.py", NOW.isoformat()))
        installed = host.packages / "dlt_uis" / "__init__.py"
        assert Path(outcome["package"]).resolve() == installed.resolve()
        assert outcome["scd2"].startswith("WriteDispositionRefused: calls can't be loaded with")
        assert outcome["state"] == outcome["state_after"]
        with Warehouse(str(host.folder / "shop.duckdb"), "shop_data") as warehouse:
            assert_has_all_calls(warehouse, first, second)
            assert_shop_is_as_ever(warehouse)
        assert_can_be_vendored(host)
    lint(host)
    own = {str(path.relative_to(PROJECT)) for path in PROJECT.rglob("*.*") if path.is_file()}
    assert {name: (PROJECT / name).read_bytes() for name in host.files()} == host.files()
    assert own >= {"load.py", "shop.py", "variations.py", "pyproject.toml", ".dlt/config.toml"}


def assert_has_all_calls(warehouse: Warehouse, first: Account, second: Account) -> None:
    """Both accounts, once; with the project's column; load ids without a setting of the host's."""
    counts = warehouse.query(
        "SELECT count(*), count(DISTINCT id), count(weekday), count(_dlt_load_id)"
        " FROM shop_data.calls"
    )
    assert counts == [(first.count(),) * 4]
    assert warehouse.query("SELECT count(DISTINCT id), count(*) FROM shop_data.north_calls") == [
        (second.count(), second.count())
    ]
    tags = sum(len(call["tags"]) for call in first.truth())
    joined = (
        "SELECT count(*) FROM shop_data.calls__tags JOIN shop_data.tags ON tag_id = tags.id"
        " AND tag_name = tags.name"
    )
    assert warehouse.query(joined) == [(tags,)]
    assert not warehouse.types("calls__segments")


@pytest.mark.cross
@pytest.mark.timeout(900)
def test_a_project_with_only_the_wheel_loads_in_ways_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows and calls after each run: no call is lost, and none doubled but where asked for."""
    host, account = make_host(tmp_path), Account(120, days=20, now=NOW)
    with Sandbox(account) as sandbox:
        monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
        monkeypatch.setenv("SOURCES__UIS__API_URL", sandbox.url)
        given = (NOW.isoformat(), sandbox.agent_token)
        found = json.loads(host.python("variations.py", *given))
    calls = account.count()
    (some, distinct), whole = found["limited"]
    assert 0 < some == distinct <= 40
    assert whole == [calls, calls]
    once, twice = found["appended"]
    assert once == [calls, calls]
    assert twice[0] > twice[1] == calls
    assert found["replaced"] == [[calls, calls]] * 2
    assert found["customers"] == [[calls, calls], [2 * calls, 2 * calls]]
    start, end = datetime(2026, 2, 20, tzinfo=UTC), datetime(2026, 2, 22, tzinfo=UTC)
    inside = sum(start <= account.instant_of(id_) < end for id_ in account.truth_ids())
    assert found["scheduled"] == [[inside, inside]]


def assert_shop_is_as_ever(warehouse: Warehouse) -> None:
    """Nested rows become tables, Arrow tables get no columns of dlt's."""
    assert warehouse.query("SELECT good FROM shop_data.orders ORDER BY id") == [
        ("sofa",), ("lamp",)
    ]  # fmt: skip
    assert warehouse.query("SELECT sum(pieces) FROM shop_data.orders__lines") == [(1,)]
    assert set(warehouse.types("stock")) == {"good", "pieces"}


def assert_can_be_vendored(host: Host) -> None:
    """The folder of the package, copied under any name, is all that is needed."""
    vendored = host.folder / "phone"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "pipelines" / "dlt_uis", vendored, ignore=ignored)
    shutil.rmtree(host.packages / "dlt_uis")
    now = (NOW + timedelta(hours=1)).isoformat()
    script = (
        "import dlt, datetime, phone\n"
        "source = phone.uis_source(clock=lambda: datetime.datetime.fromisoformat("
        f"{now!r})).with_resources('calls')\n"
        "print(len(next(page for page in source if len(page))), phone.__file__)"
    )
    calls, where = host.python("-c", script).split()
    assert (int(calls), Path(where).parent.resolve()) == (120, vendored.resolve())
    shutil.rmtree(vendored)
