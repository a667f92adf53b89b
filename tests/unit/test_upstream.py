"""What we change in dlt does what it is meant for."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any

import dlt
import pytest
import yaml
from dlt.common import validation
from dlt.common.configuration import resolve, with_config
from dlt.common.configuration.providers.doc import BaseDocProvider
from dlt.common.configuration.specs import base_configuration
from dlt.common.schema import Schema, schema, utils
from dlt.common.storages import FileStorage, PackageStorage, SchemaStorage
from dlt.common.storages.configuration import SchemaStorageConfiguration
from dlt.common.storages.live_schema_storage import LiveSchemaStorage
from dlt.common.typing import TSecretStrValue
from dlt.extract import extract

from dlt_uis.process.dlt_patches import (
    copy_plainly,
    describe_columns_in_c,
    keep_schemas,
    load_large_files_first,
    remember_types,
    remember_what_is_not_set,
)


@pytest.fixture
def schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LiveSchemaStorage:
    """A storage that keeps the schemas that it has read; ``calls`` is in it."""
    monkeypatch.setattr(LiveSchemaStorage, "__getitem__", LiveSchemaStorage.__getitem__)
    keep_schemas()
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


def test_types_are_what_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
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
    for module in (resolve, base_configuration, validation):
        for name, value in vars(module).copy().items():
            monkeypatch.setitem(vars(module), name, value)
    remember_types()
    assert answers() == before
    assert answers() == before


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of settings that are looked for, each time, while what is not set is remembered."""
    asked: list[str] = []
    look = vars(resolve)["resolve_single_provider_value"]

    def counted(provider: Any, key: str, *place: Any) -> Any:
        asked.append(key)
        return look(provider, key, *place)

    monkeypatch.setattr(BaseDocProvider, "set_value", BaseDocProvider.set_value)
    monkeypatch.setitem(vars(resolve), "resolve_single_provider_value", counted)
    remember_what_is_not_set()
    return asked


def settings_of(section: str) -> Callable[[], tuple[int, str]]:
    @with_config(sections=(section,))
    def settings(width: int = 1, key: TSecretStrValue = "none") -> tuple[int, str]:
        return width, key

    return settings


def test_what_is_not_set_is_looked_for_once(lookups: list[str]) -> None:
    width = settings_of("box")
    assert width() == (1, "none")
    before = len(lookups)
    assert width() == (1, "none")
    assert before
    assert len(lookups) == before


def test_what_is_set_later_is_found(lookups: list[str]) -> None:
    width = settings_of("shelf")
    assert width() == (1, "none")
    dlt.config["shelf.width"] = 5
    dlt.secrets["shelf.key"] = "s3cret"
    assert width() == (5, "s3cret")
    dlt.config["shelf.width"] = 7
    assert width() == (7, "s3cret")
    assert "width" in lookups


@pytest.mark.usefixtures("lookups")
def test_what_is_set_in_the_environment_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    width = settings_of("desk")
    monkeypatch.setenv("DESK__WIDTH", "3")
    assert width() == (3, "none")
    monkeypatch.setenv("DESK__WIDTH", "4")
    assert width() == (4, "none")


def test_a_copy_of_tables_shares_nothing_that_can_change(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hint(dict[str, Any]):
        pass

    for module in (schema, utils):
        monkeypatch.setitem(vars(module), "deepcopy", deepcopy)
    copy_plainly()
    tables = {"calls": {"columns": {"id": {"nullable": False, "x": [1, {"y": Hint(z=[2.5])}]}}}}
    for module in (schema, utils):
        made = vars(module)["deepcopy"](tables)
        assert made == tables
        assert type(made["calls"]["columns"]["id"]["x"][1]["y"]) is Hint
        made["calls"]["columns"]["id"]["x"][1]["y"]["z"].append(3)
        made["calls"]["columns"]["id"]["nullable"] = True
        assert made != tables
    assert tables["calls"]["columns"]["id"] == {"nullable": False, "x": [1, {"y": {"z": [2.5]}}]}


def test_columns_are_described_in_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {
        "id": {"name": "id", "data_type": "bigint", "description": "Ид звонка: «с кавычками»"},
        "tags": {"name": "tags", "nullable": True, "description": "a 'quoted' text, " * 12},
    }
    monkeypatch.setitem(vars(extract), "yaml", yaml)
    style: dict[str, Any] = {
        "allow_unicode": True, "default_flow_style": False, "sort_keys": False
    }  # fmt: skip
    plain = yaml.dump(columns, **style)
    describe_columns_in_c()
    assert yaml.safe_load(vars(extract)["yaml"].dump(columns, **style)) == yaml.safe_load(plain)


def test_the_largest_file_is_loaded_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PackageStorage, "list_new_jobs", PackageStorage.list_new_jobs)
    load_large_files_first()
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
