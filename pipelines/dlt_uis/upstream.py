"""Costs of dlt and Arrow that our own commands avoid; a host project's process stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from dlt.common import validation
from dlt.common.configuration.providers import environ
from dlt.common.configuration.specs import base_configuration
from dlt.common.storages import PackageStorage


def remember_types() -> None:
    """Has dlt look at each type once, and not each time that it meets it.

    dlt 1.31 validates the schema of a table with each Arrow item that it writes, and resolves the
    type hints of its schema classes again for each column ("very slow and we possibly should cache
    the result", it says there): with 50,000 calls that was 0.3 s of the 0.7 s that schemas take.
    And for each place where a setting may be it asks anew whether its type is secret, 14,000 times
    in a sync of nothing.
    """
    _remember_type_hints()
    is_secret: Callable[[Any], bool] = lru_cache(maxsize=None, typed=True)(
        base_configuration.is_secret_hint
    )
    for module in (base_configuration, environ):
        vars(module)["is_secret_hint"] = is_secret


def _remember_type_hints() -> None:
    inside = vars(validation)
    resolve = inside["get_type_hints"]
    known: dict[type, dict[str, Any]] = {}

    def remembered(spec: type, globalns: dict[str, Any] | None = None) -> dict[str, Any]:
        if spec not in known:
            known[spec] = resolve(spec, globalns=globalns)
        return known[spec]

    inside["get_type_hints"] = remembered


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
