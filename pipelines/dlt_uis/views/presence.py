"""Whether a dataset may have views of ours. Most have none, and their syncs need nothing else."""

from __future__ import annotations

import dlt

from ..warehouse.catalog import Catalog
from ..warehouse.kinds import kind_of

KINDS = ("duckdb", "motherduck", "postgres", "bigquery")
"""Warehouses that views are made in."""

NAMES = (
    "call_facts", "missed_calls", "service_by_day", "employees_by_day", "sources_by_day", "hours",
    "communications_by_day", "legs_by_employee",
)  # fmt: skip
"""Those of all views of ours: here, so that a sync need not import what they are."""

_REMEMBERED = "views"
"""Name in the pipeline's local state: whether the dataset had views of ours."""


def may_have_views(pipeline: dlt.Pipeline, there: Catalog | None) -> bool:
    """Whether a dataset may have views of ours. Where it has just been made, what this machine
    remembers is of another one, and is forgotten.

    Args:
        there: the tables and views that were there before the load, if they are known.
    """
    kind = kind_of(pipeline)
    if kind not in KINDS:
        return False
    has_had = has_had_views(pipeline)
    if has_had and there is not None and not there:
        remember(pipeline, has_views=False)
        has_had = False
    # only some catalogs tell of views
    if has_had or there is None or kind not in ("duckdb", "postgres"):
        return True
    return any(name in NAMES and each.is_view for name, each in there.items())


def has_had_views(pipeline: dlt.Pipeline) -> bool:
    """Whether the dataset had views of ours when a run last looked."""
    try:
        return bool(pipeline.get_local_state_val(_REMEMBERED))
    except KeyError:
        return False


def remember(pipeline: dlt.Pipeline, *, has_views: bool) -> None:
    """Notes it for the next run."""
    pipeline.set_local_state_val(_REMEMBERED, has_views or None)
