"""A working folder that a power loss or a full disk has damaged counts as a lost one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dlt_uis.monitoring.trace_tables import TRACE

from .test_restored import Target, backfill, leaving, pending, synced, target

__all__ = ["leaving", "synced", "target"]  # fixtures

WORKING = Path("dlt/pipelines/uis")


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut_short(path: Path) -> None:
    """dlt was about to rename it when the disk was full."""
    path.write_bytes(b'{"version": 3, "name"')


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("state.json", half),
        ("schemas/uis.schema.json", zeros),
        # unit tests tell that these are moved aside, as are all others
        pytest.param("schemas/378d851bbaec4373", cut_short, marks=pytest.mark.cross),
        pytest.param("load/.version", folder, marks=pytest.mark.cross),
    ],
)
def test_commands_survive_a_damaged_folder(
    target: Target, name: str, harm: Callable[[Path], None]
) -> None:
    """``check`` tells, and syncs go on from the warehouse's state."""
    target.call(1)
    harm(WORKING / name)
    (said,) = target.warnings()
    assert f"{Path(name).name}.damaged-" in said
    assert target.sync().count("damaged") == 0
    target.assert_right()
    harm(WORKING / name)
    assert f"{Path(name).name} of the working folder is damaged" in target.sync()
    assert list(WORKING.rglob(f"{Path(name).name}.damaged-*"))
    target.call(0.1)
    target.sync()
    target.assert_right()


@pytest.mark.parametrize("command", [pytest.param("verify", marks=pytest.mark.cross), "backfill"])
def test_other_commands_survive_it_too(target: Target, command: str) -> None:
    """They have folders of their own, beside the sync's."""
    backfill(target)
    for each in Path("dlt/pipelines").iterdir():
        half(each / "state.json")
    days = ("--from", "2020-01-01", "--to", "2099-01-01")
    for _ in range(2):
        if command == "verify":
            assert target.command("verify", *days, "--repair").exit_code == 0
        else:
            assert "nothing was left to do" in backfill(target).output
    target.sync()
    target.assert_right()


def test_a_trace_is_saved_into_a_damaged_folder(target: Target) -> None:
    assert target.command("sync", "--save-trace").exit_code == 0
    for name in ("uis", "uis_trace"):
        half(Path("dlt/pipelines", name, "trace.pickle"))
        half(Path("dlt/pipelines", name, "state.json"))
    assert target.command("sync", "--save-trace").exit_code == 0
    with target.look() as warehouse:
        assert warehouse.query(f"SELECT count(*) FROM uis_data.{TRACE}") == [(2,)]


@pytest.mark.parametrize(
    ("step", "name", "harm"),
    [
        pytest.param("load", "load_package_state.json", half, marks=pytest.mark.cross),
        ("load", "new_jobs/calls.*.parquet", half),
        pytest.param("load", "new_jobs/_dlt_pipeline_state.*", zeros, marks=pytest.mark.cross),
        ("normalize", "schema.json", zeros),
        pytest.param("normalize", "load_package_state.json", Path.unlink, marks=pytest.mark.cross),
    ],
)
def test_a_damaged_package_is_read_again(
    target: Target,
    leaving: Callable[[str], None],
    step: str,
    name: str,
    harm: Callable[[Path], None],
) -> None:
    target.call(7)
    leaving(step)
    (left,) = pending()
    (damaged,) = left.glob(name)
    harm(damaged)
    said = target.sync()
    assert f"{left.name} of the working folder is damaged" in said
    assert "resumed" not in said
    target.assert_right()
    assert not pending()
    assert list(WORKING.glob(f"*/{left.name}.damaged-*"))
    target.call(0.1)
    target.sync()
    target.assert_right()


@pytest.mark.parametrize("lost", ["state.json", "everything else"])
def test_duckdbs_file_in_the_working_folder_stays(
    target: Target, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """dlt deletes a folder without a state, and one of a warehouse that it does not know."""
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", ":pipeline:")
    target.sync()
    (file,) = WORKING.glob("*.duckdb")
    size = file.stat().st_size
    for each in [WORKING / "state.json"] if lost == "state.json" else list(WORKING.iterdir()):
        if each != file:
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    target.sandbox.stats.reset()
    target.call(1)
    target.sync()
    assert file.stat().st_size >= size
    shutil.copy(file, "uis.duckdb")
    target.assert_right()
