"""The patches of dlt: costs that our own commands avoid. Each gains 3 % of a sync or more.

The shares are of the processor time of a sync that finds nothing new (1.1 s), in thirty turns with
and without the patch, on dlt 1.31. A host project's process stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial, wraps
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from .patching import MODULE, Originals, Patch, Seam

_HINT = "hint, preserve_new_types=False, preserve_literal=False, preserve_annotated=False"
_TYPE_HINTS = "dlt.common.validation:get_type_hints"
_READ_SCHEMA = "dlt.common.storages.live_schema_storage:LiveSchemaStorage.__getitem__"
_FILE_OF_SCHEMA = "dlt.common.storages.schema_storage:SchemaStorage._file_name_in_store"
_YAML = "dlt.extract.extract:yaml"
_NEW_JOBS = "dlt.common.storages.load_package:PackageStorage.list_new_jobs"


def _remember_types(originals: Originals) -> Mapping[str, Any]:
    remembered = {place: _remembering(ask) for place, ask in originals.items()}
    return {**remembered, _TYPE_HINTS: _remembering_hints(originals[_TYPE_HINTS])}


def _remembering(ask: Callable[..., Any]) -> Callable[..., Any]:
    known = lru_cache(maxsize=None, typed=True)(ask)

    @wraps(ask)
    def answer(*type_: Any, **options: Any) -> Any:
        try:
            return known(*type_, **options)
        except TypeError:  # a type that can't be hashed, for what it is annotated with
            return ask(*type_, **options)

    return answer


def _remembering_hints(ask: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[type, Any] = {}

    @wraps(ask)
    def answer(obj: type, *others: Any, **options: Any) -> Any:
        if others or options.keys() - {"globalns"}:
            return ask(obj, *others, **options)
        if obj not in known:
            known[obj] = ask(obj, **options)
        return known[obj]

    return answer


def _keep_schemas(originals: Originals) -> Mapping[str, Any]:
    read = originals[_READ_SCHEMA]

    def kept(self: Any, name: str) -> Any:
        seen: dict[str, tuple[int, ...]] = vars(self).setdefault("_dlt_uis_seen", {})
        try:
            path = self.storage.make_full_path(self._file_name_in_store(name, "json"))
            # a schema that is imported may have changed in the place that it comes from
            is_own, live = not self.config.import_schema_path, self.live_schemas.get(name)
        except AttributeError:  # another dlt
            return read(self, name)
        file = _identity(Path(path))
        if file and seen.get(name) == file and is_own and live is not None:
            return live
        schema = read(self, name)
        seen[name] = file
        return schema

    return {_READ_SCHEMA: kept}


def _identity(path: Path) -> tuple[int, ...]:
    """Tells one version of a file from another that took its place; empty if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _describe_columns_in_c(_: Originals) -> Mapping[str, Any]:
    in_c = getattr(yaml, "CDumper", None)
    if in_c is None:
        return {}
    # whatever else dlt asks of the module, it gets from it
    in_its_place = ModuleType(yaml.__name__)
    vars(in_its_place).update(vars(yaml), dump=partial(yaml.dump, Dumper=in_c))
    return {_YAML: in_its_place}


def _load_large_files_first(originals: Originals) -> Mapping[str, Any]:
    listed = originals[_NEW_JOBS]

    def by_size(self: Any, load_id: str) -> Sequence[str]:
        def size(name: str) -> int:
            return Path(self.storage.make_full_path(name)).stat().st_size

        return sorted(listed(self, load_id), key=size, reverse=True)

    return {_NEW_JOBS: by_size}


REMEMBER_TYPES = Patch(
    name="remember types",
    why="""dlt validates the schema of a table with each Arrow item that it writes, and resolves the
        type hints of its schema classes again for each column ("very slow and we possibly should
        cache the result", it says there). And for each place where a setting may be it asks anew
        whether its type is secret, 14,000 times in a sync of nothing. It looks at each type once.
        """,
    gain="3.2 to 4 %; 0.3 s of the 0.7 s that schemas take with 50,000 calls",
    seams=(
        Seam(
            _TYPE_HINTS,
            "obj, globalns=None, localns=None, include_extras=False",
            # of Python 3.14
            "obj, globalns=None, localns=None, include_extras=False, *, format=None",
        ),
        Seam("dlt.common.validation:is_union_type", "hint"),
        Seam("dlt.common.validation:is_optional_type", "t"),
        Seam("dlt.common.validation:is_literal_type", "hint"),
        Seam("dlt.common.validation:is_typeddict", "t"),
        Seam("dlt.common.validation:is_list_generic_type", "t"),
        Seam("dlt.common.validation:is_dict_generic_type", "t"),
        Seam("dlt.common.configuration.resolve:is_secret_hint", "hint"),
        Seam("dlt.common.configuration.resolve:extract_inner_hint", _HINT),
        Seam("dlt.common.configuration.resolve:is_union_type", "hint"),
        Seam("dlt.common.configuration.resolve:is_optional_type", "t"),
        Seam("dlt.common.configuration.specs.base_configuration:is_secret_hint", "hint"),
        Seam("dlt.common.configuration.specs.base_configuration:extract_inner_hint", _HINT),
        Seam("dlt.common.configuration.providers.environ:is_secret_hint", "hint"),
    ),
    make=_remember_types,
)

KEEP_SCHEMAS = Patch(
    name="keep schemas",
    why="""dlt reads, checks and compares the schema of a pipeline each time that it makes a client
        or looks for what a warehouse can do, 15 times in a sync. It reads it once, and again where
        its file is another one by then.""",
    gain="4.4 to 7 %",
    seams=(Seam(_READ_SCHEMA, "self, name"), Seam(_FILE_OF_SCHEMA, "name, fmt")),
    make=_keep_schemas,
)

DESCRIBE_COLUMNS_IN_C = Patch(
    name="describe columns in C",
    why="""dlt writes the columns of each table into its trace with YAML's dumper in Python. It does
        so with the one in C; where YAML was built without it, nothing changes.""",
    gain="2.3 to 5.9 %",
    seams=(Seam(_YAML, MODULE),),
    make=_describe_columns_in_c,
)

LOAD_LARGE_FILES_FIRST = Patch(
    name="load large files first",
    why="""dlt begins to load a package with any file that the folder has. One holds half of what a
        load brings; where it comes last, one of two cores waits for it. It begins with the largest.
        """,
    gain="nothing of an idle sync; up to 1 s of the 2.7 s in which 50,000 calls go to Postgres",
    seams=(Seam(_NEW_JOBS, "self, load_id"),),
    make=_load_large_files_first,
)

PATCHES = (REMEMBER_TYPES, KEEP_SCHEMAS, DESCRIBE_COLUMNS_IN_C, LOAD_LARGE_FILES_FIRST)
