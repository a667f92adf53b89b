"""What a host's project may set on our resources, and what would go wrong silently."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource

from ..errors import ContractRefused, WriteDispositionRefused
from ..reports.fields import Report

logger = logging.getLogger(__name__)

_WHOLE = "Pass write_disposition='replace' to pipeline.run: it reads all calls anew."
_VERSIONS = (
    "Keep merge; or load with append, which keeps every version of a call by its _dlt_load_id."
)
_ELEMENTS = "Use upsert for calls only: elements that vanish at the source would stay otherwise."
_LEAVE_OUT = "Name the tables that you want in source.with_resources(…)."


def check_overrides(source: DltSource, report: Report, *, has_cursor: bool) -> None:
    """Refuses what would leave tables wrong, before anything is read.

    Args:
        has_cursor: only calls since the last sync are read, not all of a given range.

    Raises:
        WriteDispositionRefused, ContractRefused: names the table, and what to do instead.
    """
    extracted = source.resources.extracted
    reading = next((each for each in extracted if each.name == report.resource), None)
    read_anew = reading is None or _disposition(reading)[0] == "replace" or not has_cursor
    for name, resource in source.resources.selected.items():
        if name in report.tables:
            _check_disposition(resource, report, read_anew=read_anew)
            _check_contract(source, resource)


def warn_of_new_tables(source: DltSource, report: Report, since: datetime) -> None:
    """Says which tables will have calls from ``since`` on only: others have a longer history."""
    names = [
        table_of(resource)
        for name, resource in source.resources.selected.items()
        if name in report.tables and table_of(resource) not in source.schema.tables
    ]
    if names:
        logger.warning(
            "new in this dataset, but reading begins at %s: %s. To fill them, run a backfill, or"
            " `dlt pipeline … drop --state-paths resources.%s` and sync again.",
            f"{since:%Y-%m-%d}", ", ".join(names), report.resource,
        )  # fmt: skip


def table_of(resource: DltResource) -> str:
    """Name of the table that a resource loads into: the host may have changed it."""
    name: Any = resource.table_name
    return name if isinstance(name, str) else resource.name


def _check_disposition(resource: DltResource, report: Report, *, read_anew: bool) -> None:
    match _disposition(resource):
        case ("skip", _):
            raise WriteDispositionRefused(resource.name, "skip", _LEAVE_OUT)
        case ("replace", _) if not read_anew:
            raise WriteDispositionRefused(
                resource.name, "replace, as only new calls are read", _WHOLE
            )
        case ("merge", "scd2"):
            raise WriteDispositionRefused(resource.name, "the merge strategy scd2", _VERSIONS)
        case ("merge", "upsert") if resource.name != report.table:
            raise WriteDispositionRefused(resource.name, "the merge strategy upsert", _ELEMENTS)


def _disposition(resource: DltResource) -> tuple[str | None, str | None]:
    """Disposition and merge strategy; nothing where a function decides."""
    given: Any = resource.write_disposition
    if isinstance(given, dict):
        return given.get("disposition"), given.get("strategy")
    return (given, None) if isinstance(given, str) else (None, None)


def _check_contract(source: DltSource, resource: DltResource) -> None:
    """dlt would drop whole pages: for Arrow a table is what a row is elsewhere."""
    of_table = source.schema.resolve_contract_settings_for_table(table_of(resource))
    of_resource: Any = resource.schema_contract
    columns: Any = of_table["columns"]
    if isinstance(of_resource, dict):
        columns = of_resource.get("columns", columns)
    elif of_resource:
        columns = of_resource
    if columns == "discard_row":
        raise ContractRefused(resource.name)
