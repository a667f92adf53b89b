"""A warehouse whose calls are gone, though some were loaded: their state must not outlive them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import dlt
from dlt.destinations.job_client_impl import SqlJobClientBase

from ..reports.calls import CALLS_REPORT
from ..reports.own_names import REPORT, SOURCE, SYNC_WINDOWS
from ..warehouse.catalog import Catalog, kind_of
from ..warehouse.columns import look_at
from ..warehouse.connection import connected_client
from ..warehouse.drift import Comparison
from .refilling import backfill_command

logger = logging.getLogger(__name__)

_QUICK = ("duckdb", "postgres")
"""Warehouses in which a look for a single row takes no time to speak of."""


def forget_what_is_gone(
    pipeline: dlt.Pipeline, comparison: Comparison | None, *, of_backfill: bool = False
) -> None:
    """Has a pipeline read from its beginning again, if the calls that it has loaded are gone.

    That is so if the table was dropped or emptied by hand. The state that says how far reading has
    come is one of the warehouse that was there before.

    Args:
        of_backfill: look at the chunks that are done, not at the cursor of syncs. That is for the
            beginning of a backfill only: its first chunks may have no calls.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    sources: Any = pipeline.state.get("sources", {})
    has_read = _has_chunks if of_backfill else _has_cursor
    if comparison is None or not has_read(sources.get(SOURCE, {})):
        return
    there = comparison.there
    with connected_client(pipeline) as client:
        if not (isinstance(client, SqlJobClientBase) and are_gone(client, there)):
            return
        command = backfill_command(pipeline, client, there)
    logger.warning(
        "%s.%s has no calls any more: reading begins again where it began first. Calls before that"
        " come back with: %s",
        pipeline.dataset_name, CALLS_REPORT.table,
        command or "dlt-uis backfill --restart --from … --to …",
    )  # fmt: skip
    with pipeline.managed_state() as state:
        source: Any = state["sources"][SOURCE]
        if of_backfill:
            source.pop("backfill")
            return
        report = source.get("resources", {}).get(REPORT, {})
        report.pop("incremental", None)
        for customer in report.get("customers", {}).values():
            customer.pop("last_start", None)


def calls_are_gone(pipeline: dlt.Pipeline, state: Mapping[str, Any]) -> bool:
    """Whether a state tells of calls that the warehouse does not have any more.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    source = state.get("sources", {}).get(SOURCE, {})
    if not (_has_chunks(source) or _has_cursor(source)):
        return False
    with connected_client(pipeline) as client:
        comparison = look_at(pipeline)[1]
        if comparison is None or not isinstance(client, SqlJobClientBase):
            return False
        return are_gone(client, comparison.there)


def _has_chunks(source: Any) -> bool:
    return bool(source.get("backfill"))


def _has_cursor(source: Any) -> bool:
    report = source.get("resources", {}).get(REPORT, {})
    return bool(report.get("incremental") or report.get("customers"))


def are_gone(client: SqlJobClientBase, there: Catalog) -> bool:
    """Whether the table of calls is missing, or empty though a window has had some."""
    if CALLS_REPORT.table not in there:
        return True
    if kind_of(client) not in _QUICK:
        return False
    sql = client.sql_client
    place = sql.make_qualified_table_name(CALLS_REPORT.table)
    if sql.execute_sql(f"SELECT 1 FROM {place} LIMIT 1"):
        return False
    windows = there.get(SYNC_WINDOWS)
    if windows is None or "rows" not in windows.columns:
        return False
    place, rows = sql.make_qualified_table_name(SYNC_WINDOWS), sql.escape_column_name("rows")
    return bool(sql.execute_sql(f"SELECT 1 FROM {place} WHERE {rows} > 0 LIMIT 1"))
