"""Costs inside dlt that our own commands avoid; a host project's process is left as it is."""

from __future__ import annotations

from typing import Any

from dlt.common import validation


def remember_type_hints() -> None:
    """Has dlt resolve the type hints of its schema classes once, not once for each column.

    dlt 1.31 validates the schema of a table with each Arrow item that it writes, and each time
    resolves the same hints again ("very slow and we possibly should cache the result", it says).
    With 50,000 calls that was 0.3 s of the 0.7 s that schemas take.
    """
    known: dict[type, dict[str, Any]] = {}
    inside = vars(validation)
    resolve = inside["get_type_hints"]

    def remembered(spec: type, globalns: dict[str, Any] | None = None) -> dict[str, Any]:
        if spec not in known:
            known[spec] = resolve(spec, globalns=globalns)
        return known[spec]

    inside["get_type_hints"] = remembered
