"""Call data of UIS, CoMagic, CallGear and Novofon for data warehouses: a dlt source.

>>> import dlt
>>> from dlt_uis import uis_source
>>> pipeline = dlt.pipeline("uis", destination="duckdb", dataset_name="uis_data")
>>> pipeline.run(uis_source())  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .source.resources import uis_source
    from .warehouse.indexes import create_indexes

__all__ = ["create_indexes", "uis_source"]

_HOMES = {"create_indexes": ".warehouse.indexes", "uis_source": ".source.resources"}


def __getattr__(name: str) -> Any:
    """Imports what is asked for only then: a command settles first how it is imported."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
