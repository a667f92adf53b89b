"""What can't be read of dlt's working folder is found and moved aside, and nothing else is."""

from __future__ import annotations

import gzip
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dlt.common.storages.load_package import WORKING_FOLDERS
from dlt.common.versioned_state import json_decode_state, json_encode_state
from dlt.pipeline.state_sync import default_pipeline_state

from dlt_uis.runner.damage import Pipeline, is_whole, make_readable
from dlt_uis.runner.pipelines import make_pipeline


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


HARMS = pytest.mark.parametrize("harm", [half, empty, zeros, folder])
Harm = Callable[[Path], None]


@pytest.fixture
def working(tmp_path: Path) -> Path:
    """A working folder of a pipeline that has run."""
    place = tmp_path / "uis"
    files = {
        "schemas/uis.schema.json": json.dumps({"name": "uis", "tables": {}}).encode(),
        "normalize/.version": b"1.0.1",
        "load/.version": b"1.0.2",
        "trace.pickle": pickle.dumps({"a": 1}),
        "uis.duckdb": bytes(100),
    }
    state = {**default_pipeline_state(), "schema_names": ["uis"], "sources": {"uis": {}}}
    files["state.json"] = json_encode_state(state).encode()  # type: ignore[arg-type]
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    for name in ("normalize/extracted", "load/new", "load/normalized", "load/loaded"):
        (place / name).mkdir()
    return place


def content(place: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file()
    }


def test_a_folder_that_can_be_read_stays_as_it_is(working: Path) -> None:
    before = content(working)
    assert not list(make_readable(working))
    assert content(working) == before


def test_what_was_moved_aside_is_known_where_the_current_folder_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (Path(make_pipeline().working_dir) / "trace.pickle").write_bytes(b"cut")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    pipeline = make_pipeline()
    assert isinstance(pipeline, Pipeline)
    (moved,) = pipeline.moved_aside
    assert moved.name.startswith("trace.pickle.damaged-")


@HARMS
@pytest.mark.parametrize(
    "name",
    ["state.json", "schemas/uis.schema.json", "normalize/.version", "load/.version",
     "trace.pickle"],
)  # fmt: skip
def test_what_is_damaged_is_moved_aside(working: Path, name: str, harm: Harm) -> None:
    """Under another name, with what it holds; DuckDB's file stays, and dlt finds a state."""
    harm(working / name)
    damaged = content(working).get(name)
    first, *others = make_readable(working)
    assert first.name.startswith(f"{Path(name).name}.damaged-")
    assert first.is_dir() if damaged is None else first.read_bytes() == damaged
    assert not (working / name).exists() or name == "state.json"
    assert not list(make_readable(working))
    assert content(working)["uis.duckdb"] == bytes(100)
    state = json_decode_state((working / "state.json").read_text())
    forgotten = name in ("state.json", "schemas/uis.schema.json")
    assert ("sources" in state) != forgotten
    # a state goes with its schema
    assert bool(others) == (name == "schemas/uis.schema.json")


@pytest.mark.parametrize("name", ["", "schemas", "normalize", "load", "load/normalized"])
def test_a_file_where_a_folder_should_be_is_moved_aside(working: Path, name: str) -> None:
    place = working / name
    place.rename(working.parent / "old")
    place.write_bytes(b"x")
    first, *_ = make_readable(working)
    assert first.read_bytes() == b"x"
    assert not place.is_file()
    assert not list(make_readable(working))


def test_a_folder_without_a_state_is_not_deleted_by_dlt(working: Path) -> None:
    (working / "state.json").unlink()
    assert not list(make_readable(working))
    assert (working / "state.json").exists()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A load package whose loading has begun."""
    place = tmp_path / "1795955082.5"
    for name in (*WORKING_FOLDERS, ".pending_transitions", ".restore"):
        (place / name).mkdir(parents=True)
    for name in ("schema", "load_package_state", "schema_updates", ".restore/state"):
        (place / f"{name}.json").write_text('{"a": 1}')
    (place / ".pending_transitions" / "calls.b.0.parquet").write_text('{"state": "completed"}')
    rows = pa.table({"id": list(range(5_000))})
    pq.write_table(rows, place / "new_jobs" / "calls.a.0.parquet", row_group_size=500)
    pq.write_table(rows, place / "started_jobs" / "calls.b.0.parquet")
    with gzip.open(place / "new_jobs" / "state.c.0.insert_values.gz", "wb") as file:
        file.write(b"INSERT INTO {}(a)\nVALUES\n('x');\n")
    (place / "new_jobs" / "state.d.0.typed-jsonl").write_text('[{"a": 1}]\n[{"a": 22222222}]')
    return place


def test_a_whole_package_is_told_from_one_that_lacks_a_folder(package: Path) -> None:
    assert is_whole(package)
    (package / "completed_jobs").rmdir()
    assert not is_whole(package)


@HARMS
@pytest.mark.parametrize(
    "name",
    ["schema.json", "load_package_state.json", "schema_updates.json", ".restore/state.json",
     ".pending_transitions/calls.b.0.parquet", "new_jobs/calls.a.0.parquet",
     "started_jobs/calls.b.0.parquet", "new_jobs/state.c.0.insert_values.gz"],
)  # fmt: skip
def test_a_damaged_package_is_recognised(package: Path, name: str, harm: Harm) -> None:
    harm(package / name)
    assert not is_whole(package)


@pytest.mark.parametrize("harm", [half, zeros, folder])
def test_a_damaged_text_is_recognised(package: Path, harm: Harm) -> None:
    harm(package / "new_jobs" / "state.d.0.typed-jsonl")
    assert not is_whole(package)


def test_values_that_were_overwritten_are_found_by_reading_them(package: Path) -> None:
    """Though the file's end, which tells of its columns, is right."""
    path = package / "new_jobs" / "calls.a.0.parquet"
    written = bytearray(path.read_bytes())
    written[4:200] = bytes(196)
    path.write_bytes(written)
    assert not is_whole(package)
