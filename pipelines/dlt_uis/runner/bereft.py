"""A warehouse whose records are gone, though some were loaded: state must not outlive them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import dlt
from dlt.destinations.job_client_impl import SqlJobClientBase

from ..reports import REPORTS
from ..reports.fields import Report
from ..reports.own_names import SOURCE, SYNC_WINDOWS
from ..source.cursor import done_chunks, has_cursor
from ..source.day_cursor import LAST_START
from ..warehouse.catalog import Catalog
from ..warehouse.columns import look_at
from ..warehouse.connection import connected_client
from ..warehouse.drift import Comparison
from ..warehouse.kinds import kind_of
from ..warehouse.report_column import of_report
from .refilling import backfill_command

logger = logging.getLogger(__name__)

_QUICK = ("duckdb", "postgres")
"""Warehouses in which a look for a single row takes no time to speak of."""


def forget_what_is_gone(
    pipeline: dlt.Pipeline, comparison: Comparison | None, *, of_backfill: bool = False
) -> None:
    """Has a pipeline read a report from its beginning again, if what it has loaded of it is gone.

    That is so if the report's table was dropped or emptied by hand. The state that says how far
    reading has come is one of the warehouse that was there before.

    Args:
        of_backfill: look at the chunks that are done, not at the cursor of syncs. That is for the
            beginning of a backfill only: its first chunks may have no calls.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    sources: Any = pipeline.state.get("sources", {})
    has_read = _has_chunks if of_backfill else _has_cursor
    if comparison is None:
        return
    for report in REPORTS.values():
        if has_read(sources.get(SOURCE, {}), report):
            _forget_if_gone(pipeline, report, comparison.there, of_backfill=of_backfill)


def _forget_if_gone(
    pipeline: dlt.Pipeline, report: Report, there: Catalog, *, of_backfill: bool
) -> None:
    with connected_client(pipeline) as client:
        if not (isinstance(client, SqlJobClientBase) and are_gone(client, report, there)):
            return
        command = backfill_command(pipeline, client, report, there)
    logger.warning(
        "%s.%s has no %s any more: reading begins again where it began first. %s before that come"
        " back with: %s",
        pipeline.dataset_name, report.table, report.records, report.records.capitalize(),
        command or "dlt-uis backfill --restart --from … --to …",
    )  # fmt: skip
    with pipeline.managed_state() as state:
        source: Any = state["sources"][SOURCE]
        if of_backfill:
            source.pop(done_chunks(report))
            return
        known = source.get("resources", {}).get(report.resource, {})
        for place in ("incremental", LAST_START):
            known.pop(place, None)
        for customer in known.get("customers", {}).values():
            customer.pop(LAST_START, None)


def records_are_gone(pipeline: dlt.Pipeline, state: Mapping[str, Any]) -> bool:
    """Whether a state tells of records that the warehouse does not have any more.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    source = state.get("sources", {}).get(SOURCE, {})
    read = [
        report
        for report in REPORTS.values()
        if _has_chunks(source, report) or _has_cursor(source, report)
    ]
    if not read:
        return False
    with connected_client(pipeline) as client:
        comparison = look_at(pipeline)[1]
        if comparison is None or not isinstance(client, SqlJobClientBase):
            return False
        return any(are_gone(client, report, comparison.there) for report in read)


def _has_chunks(source: Any, report: Report) -> bool:
    return bool(source.get(done_chunks(report)))


def _has_cursor(source: Any, report: Report) -> bool:
    return has_cursor({"sources": {SOURCE: source}}, report)


def are_gone(client: SqlJobClientBase, report: Report, there: Catalog) -> bool:
    """Whether the report's table is missing, or empty though a window has had records."""
    if report.table not in there:
        return True
    if kind_of(client) not in _QUICK:
        return False
    sql = client.sql_client
    place = sql.make_qualified_table_name(report.table)
    if sql.execute_sql(f"SELECT 1 FROM {place} LIMIT 1"):
        return False
    windows = there.get(SYNC_WINDOWS)
    if windows is None or "rows" not in windows.columns:
        return False
    place, rows = sql.make_qualified_table_name(SYNC_WINDOWS), sql.escape_column_name("rows")
    whose = of_report(sql, report, windows.columns)
    return bool(sql.execute_sql(f"SELECT 1 FROM {place} WHERE {whose} AND {rows} > 0 LIMIT 1"))
