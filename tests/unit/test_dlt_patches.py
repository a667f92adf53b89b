"""What we change in dlt does what it is meant for, and is left out where dlt is another one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import dlt
import pytest
import yaml
from dlt.common import validation
from dlt.common.configuration import resolve
from dlt.common.configuration.specs import base_configuration
from dlt.common.schema import Schema
from dlt.common.storages import FileStorage, PackageStorage, SchemaStorage
from dlt.common.storages.configuration import SchemaStorageConfiguration
from dlt.common.storages.live_schema_storage import LiveSchemaStorage
from dlt.common.typing import TSecretStrValue
from dlt.extract import extract

from dlt_uis.process.dlt_patches import (
    DESCRIBE_COLUMNS_IN_C,
    KEEP_SCHEMAS,
    LOAD_LARGE_FILES_FIRST,
    PATCHES,
    REMEMBER_TYPES,
)
from dlt_uis.process.patching import Patch, Seam, apply

Apply = Callable[[Patch], None]


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch) -> Apply:
    """Applies a patch for as long as the test runs."""

    def until_the_end(patch: Patch) -> None:
        for seam in patch.seams:
            owner, name = seam._found()
            monkeypatch.setattr(owner, name, vars(owner)[name])
        assert apply([patch]) == []

    return until_the_end


@pytest.fixture
def schemas(tmp_path: Path, applied: Apply) -> LiveSchemaStorage:
    """A storage that keeps the schemas that it has read; ``calls`` is in it."""
    applied(KEEP_SCHEMAS)
    storage = LiveSchemaStorage(SchemaStorageConfiguration(str(tmp_path)), makedirs=True)
    storage.save_schema(Schema("calls"))
    return storage


def with_table(schema: Schema, name: str) -> Schema:
    schema.update_table({"name": name, "columns": {}})
    return schema


def test_a_schema_is_read_once(schemas: LiveSchemaStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    read = SchemaStorage.load_schema

    def counted(self: SchemaStorage, name: str) -> Schema:
        reads.append(name)
        return read(self, name)

    monkeypatch.setattr(SchemaStorage, "load_schema", counted)
    first, *others = (schemas["calls"] for _ in range(5))
    assert all(other is first for other in others)
    assert reads == ["calls"]


def test_a_schema_that_another_process_wrote_is_read_again(
    schemas: LiveSchemaStorage, tmp_path: Path
) -> None:
    assert "sales" not in schemas["calls"].tables
    other = SchemaStorage(SchemaStorageConfiguration(str(tmp_path)))
    other.save_schema(with_table(other.load_schema("calls"), "sales"))
    assert "sales" in schemas["calls"].tables


def test_a_change_that_is_not_saved_yet_is_seen_and_can_be_saved(
    schemas: LiveSchemaStorage, tmp_path: Path
) -> None:
    with_table(schemas["calls"], "sales")
    assert "sales" in schemas["calls"].tables
    schemas.commit_live_schema("calls")
    assert "sales" in schemas["calls"].tables
    stored = SchemaStorage(SchemaStorageConfiguration(str(tmp_path))).load_schema("calls")
    assert "sales" in stored.tables


def test_a_schema_that_is_gone_is_not_kept(schemas: LiveSchemaStorage) -> None:
    assert schemas["calls"].name == "calls"
    schemas.remove_schema("calls")
    with pytest.raises(FileNotFoundError):
        schemas["calls"]


def test_types_are_what_they_were(applied: Apply) -> None:
    unhashable: Any = Annotated[str, {"a": "dict"}]
    types: list[Any] = [
        str, str | None, list[int], dict[str, Any], Any, TSecretStrValue, unhashable,
        dlt.sources.incremental[int],
    ]  # fmt: skip

    def answers() -> list[Any]:
        return [
            [
                vars(resolve)["is_secret_hint"](each),
                base_configuration.is_secret_hint(each),
                base_configuration.extract_inner_hint(each, preserve_literal=True),
                vars(validation)["is_union_type"](each),
                vars(validation)["is_list_generic_type"](each),
            ]
            for each in types
        ]

    before = answers()
    applied(REMEMBER_TYPES)
    assert answers() == before
    assert answers() == before


def test_columns_are_described_in_the_same_words(applied: Apply) -> None:
    columns = {
        "id": {"name": "id", "data_type": "bigint", "description": "Ид звонка: «с кавычками»"},
        "tags": {"name": "tags", "nullable": True, "description": "a 'quoted' text, " * 12},
    }
    style: dict[str, Any] = {
        "allow_unicode": True, "default_flow_style": False, "sort_keys": False
    }  # fmt: skip
    plain = yaml.dump(columns, **style)
    applied(DESCRIBE_COLUMNS_IN_C)
    assert yaml.safe_load(vars(extract)["yaml"].dump(columns, **style)) == yaml.safe_load(plain)


def test_the_largest_file_is_loaded_first(tmp_path: Path, applied: Apply) -> None:
    applied(LOAD_LARGE_FILES_FIRST)
    packages = PackageStorage(FileStorage(str(tmp_path), makedirs=True), "normalized")
    packages.create_package("1")
    sizes = {"tags": 30, "calls": 5_000, "employees": 700, "sync_windows": 1}
    for name, size in sizes.items():
        file = f"{name}.1a2b3c.0.parquet"
        (tmp_path / packages.get_job_state_folder_path("1", "new_jobs") / file).write_bytes(
            bytes(size)
        )
    listed = [Path(job).name.split(".")[0] for job in packages.list_new_jobs("1")]
    assert listed == ["calls", "employees", "tags", "sync_windows"]


EACH = pytest.mark.parametrize(
    ("patch", "seam"), [(patch, seam) for patch in PATCHES for seam in patch.seams]
)


@EACH
def test_a_patch_is_left_out_where_a_name_is_gone(
    patch: Patch, seam: Seam, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = originals(patch)
    owner, name = seam._found()
    with monkeypatch.context() as gone:
        gone.delattr(owner, name)
        (left_out,) = apply([patch])
    assert f"{seam.place} is not there" in left_out
    assert originals(patch) == before


@EACH
def test_a_patch_is_left_out_where_a_signature_is_another(
    patch: Patch, seam: Seam, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = originals(patch)
    owner, name = seam._found()
    with monkeypatch.context() as changed:
        changed.setattr(owner, name, lambda one, two: (one, two))
        (left_out,) = apply([patch])
    assert f"{seam.place} takes (one, two)" in left_out
    assert originals(patch) == before


def originals(patch: Patch) -> list[Any]:
    return [seam.original() for seam in patch.seams]
