"""The command that reads once more what was loaded before, for those who have lost some of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, date, datetime

import dlt
from dlt.destinations.job_client_impl import SqlJobClientBase

from ..localtime.zones import Zone
from ..reports.fields import Report
from ..reports.own_names import SYNC_WINDOWS
from ..warehouse.catalog import Catalog
from ..warehouse.report_column import of_report
from .pipelines import options_for

_SUFFIXES = ("_backfill", "_verify")
"""Of pipelines beside the sync's, see :mod:`.siblings`."""


def backfill_command(
    pipeline: dlt.Pipeline, client: SqlJobClientBase, report: Report, there: Catalog
) -> str | None:
    """The command, with the days that the warehouse has records of, or has had; ``None`` if none.

    Args:
        client: connected to the warehouse.
    """
    span = _span(client, report, there)
    if span is None:
        return None
    name = pipeline.pipeline_name
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    options = options_for(pipeline.destination.destination_name, pipeline.dataset_name, name)
    first, last = map(str, span)
    return shlex.join(["dlt-uis", "backfill", "--restart", "--from", first, "--to", last, *options])


def _span(client: SqlJobClientBase, report: Report, there: Catalog) -> tuple[date, date] | None:
    """The first and the last day, in the account's zone: of records, else of windows."""
    for first, last in _ends(client, report, there):
        if first is not None and last is not None:
            zone = _zone(client, there)
            return zone.local(_instant(first)).date(), zone.local(_instant(last)).date()
    return None


def _ends(
    client: SqlJobClientBase, report: Report, there: Catalog
) -> Iterator[tuple[datetime | None, datetime | None]]:
    windows = there.get(SYNC_WINDOWS)
    of_windows = of_report(client.sql_client, report, windows.columns if windows else ())
    for table, first, last, whose in (
        (report.table, report.cursor, report.cursor, "1 = 1"),
        (SYNC_WINDOWS, "window_start", "window_end", of_windows),
    ):
        if table in there and {first, last} <= there[table].columns.keys():
            sql = client.sql_client
            place = sql.make_qualified_table_name(table)
            start, end = map(sql.escape_column_name, (first, last))
            query = f"SELECT min({start}), max({end}) FROM {place} WHERE {whose}"
            for found in sql.execute_sql(query) or ():
                yield found[0], found[1]


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _zone(client: SqlJobClientBase, there: Catalog) -> Zone:
    """The account's zone, as the last window tells it; else UTC."""
    windows = there.get(SYNC_WINDOWS)
    if windows is None or not {"timezone", "finished_at"} <= windows.columns.keys():
        return Zone("UTC")
    sql = client.sql_client
    name = sql.escape_column_name("timezone")
    place = sql.make_qualified_table_name(SYNC_WINDOWS)
    query = f"SELECT {name} FROM {place} WHERE {name} IS NOT NULL ORDER BY finished_at DESC LIMIT 1"
    found = sql.execute_sql(query)
    return Zone(found[0][0] if found else "UTC")
