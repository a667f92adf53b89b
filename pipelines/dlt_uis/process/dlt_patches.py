"""Costs of dlt and Arrow that our own commands avoid; a host project's process stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache, partial, wraps
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import yaml
from dlt.common import validation
from dlt.common.configuration import resolve
from dlt.common.configuration.providers import environ
from dlt.common.configuration.providers.doc import BaseDocProvider
from dlt.common.configuration.specs import base_configuration
from dlt.common.schema import Schema
from dlt.common.schema import schema as schemas
from dlt.common.schema import utils as schema_utils
from dlt.common.storages import PackageStorage
from dlt.common.storages.live_schema_storage import LiveSchemaStorage
from dlt.extract import extract

_ASKED_OF_TYPES: Mapping[ModuleType, str] = {
    validation: (
        "is_union_type is_optional_type is_literal_type is_typeddict"
        " is_list_generic_type is_dict_generic_type"
    ),
    resolve: "is_secret_hint extract_inner_hint is_union_type is_optional_type",
    base_configuration: "is_secret_hint extract_inner_hint",
    environ: "is_secret_hint",
}
"""Functions of a type alone that dlt's modules call thousands of times."""

_PLAIN = frozenset((str, int, float, bool, type(None)))


def relieve() -> None:
    """Has dlt go without all of them."""
    remember_types()
    remember_what_is_not_set()
    keep_schemas()
    copy_plainly()
    describe_columns_in_c()
    load_large_files_first()


def remember_types() -> None:
    """Has dlt look at each type once, and not each time that it meets it.

    dlt 1.31 validates the schema of a table with each Arrow item that it writes, and resolves the
    type hints of its schema classes again for each column ("very slow and we possibly should cache
    the result", it says there): with 50,000 calls that was 0.3 s of the 0.7 s that schemas take.
    And for each place where a setting may be it asks anew whether its type is secret, 14,000 times
    in a sync of nothing.
    """
    _remember_type_hints()
    for module, names in _ASKED_OF_TYPES.items():
        inside = vars(module)
        for name in names.split():
            inside[name] = _remembering(inside[name])


def _remember_type_hints() -> None:
    inside = vars(validation)
    ask = inside["get_type_hints"]
    known: dict[type, dict[str, Any]] = {}

    def remembered(spec: type, globalns: dict[str, Any] | None = None) -> dict[str, Any]:
        if spec not in known:
            known[spec] = ask(spec, globalns=globalns)
        return known[spec]

    inside["get_type_hints"] = remembered


def _remembering(ask: Callable[..., Any]) -> Callable[..., Any]:
    known = lru_cache(maxsize=None, typed=True)(ask)

    @wraps(ask)
    def answer(*type_: Any, **options: Any) -> Any:
        try:
            return known(*type_, **options)
        except TypeError:  # a type that can't be hashed, for what it is annotated with
            return ask(*type_, **options)

    return answer


def remember_what_is_not_set() -> None:
    """Has dlt look once for a setting that is nowhere, and not each time that it asks for it.

    For each file that it writes and each table that it loads it asks for the same settings anew, in
    some ten places each: 3,000 times in a sync of nothing, 55 ms. What is set later by code is
    found. The environment of a command is its own: nobody else changes it.
    """
    look = vars(resolve)["resolve_single_provider_value"]
    set_value = BaseDocProvider.set_value
    nowhere: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def looked(*place: Any) -> tuple[Any, list[Any]]:
        try:
            tried = nowhere.get(place)
        except TypeError:  # a type that can't be hashed
            answer: tuple[Any, list[Any]] = look(*place)
            return answer
        if tried is not None:
            return None, list(tried)
        value, traces = look(*place)
        if value is None:
            nowhere[place] = tuple(traces)
        return value, traces

    def set_and_known(self: BaseDocProvider, *given: Any, **options: Any) -> None:
        nowhere.clear()
        set_value(self, *given, **options)

    vars(resolve)["resolve_single_provider_value"] = looked
    BaseDocProvider.set_value = set_and_known  # type: ignore[method-assign]


def copy_plainly() -> None:
    """Has dlt copy the tables of a schema as what they are, dictionaries of plain values.

    ``copy.deepcopy`` keeps account of every object that it meets. dlt copies each table for each
    thing that it asks about it, which was 40 ms of a sync of nothing.
    """
    for module in (schemas, schema_utils):
        vars(module)["deepcopy"] = _copied


def _copied(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _copied(each) for key, each in value.items()}
    if kind is list:
        return [_copied(each) for each in value]
    return value if kind in _PLAIN else deepcopy(value)


def keep_schemas() -> None:
    """Has dlt read the schema of a pipeline once, and again where its file is another one by then.

    It reads, checks and compares it each time that it makes a client or looks for what a warehouse
    can do, 15 times in a sync: 60 ms with the tables of calls.
    """
    read = LiveSchemaStorage.__getitem__

    def kept(self: LiveSchemaStorage, name: str) -> Schema:
        seen: dict[str, tuple[int, ...]] = vars(self).setdefault("_dlt_uis_seen", {})
        file = _identity(Path(self.storage.make_full_path(self._file_name_in_store(name, "json"))))
        # a schema that is imported may have changed in the place that it comes from
        if file and seen.get(name) == file and not self.config.import_schema_path:
            live = self.live_schemas.get(name)
            if live is not None:
                return live
        schema = read(self, name)
        seen[name] = file
        return schema

    LiveSchemaStorage.__getitem__ = kept  # type: ignore[method-assign]


def _identity(path: Path) -> tuple[int, ...]:
    """Tells one version of a file from another that took its place; empty if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def describe_columns_in_c() -> None:
    """Has dlt write the columns of each table into its trace with YAML's parser in C.

    In Python that was 35 ms of a sync of nothing. Where YAML was built without C, nothing changes.
    """
    in_c = getattr(yaml, "CDumper", None)
    if in_c is not None:
        vars(extract)["yaml"] = SimpleNamespace(dump=partial(yaml.dump, Dumper=in_c))


def load_large_files_first() -> None:
    """Has dlt begin to load a package with its largest file, not with any that the folder has.

    One file holds half of what a load brings. Where it came last, one of two cores waited for it:
    up to a second of the 2.7 s in which 50,000 calls go to Postgres.
    """
    listed = PackageStorage.list_new_jobs

    def by_size(self: PackageStorage, load_id: str) -> Sequence[str]:
        def size(name: str) -> int:
            return Path(self.storage.make_full_path(name)).stat().st_size

        return sorted(listed(self, load_id), key=size, reverse=True)

    PackageStorage.list_new_jobs = by_size  # type: ignore[method-assign]
