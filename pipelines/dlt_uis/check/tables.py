"""Whether the tables are such that a sync can load into them: what was changed by hand is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dlt
from dlt.destinations.job_client_impl import SqlJobClientBase

from ..reports.fields import Report
from ..reports.own_names import DELETED, LOAD_ID, SYNC_WINDOWS
from ..runner.bereft import are_gone
from ..runner.healing import dlt_lacks
from ..runner.refilling import backfill_command
from ..tables.columns import child_columns, report_columns, window_columns
from ..tables.merging import KEY_HINT
from ..tables.rows import WINDOW_OPTIONAL
from ..warehouse.catalog import Catalog
from ..warehouse.columns import look_at
from ..warehouse.connection import connected_client
from ..warehouse.drift import Missing
from .lines import Line, failed, warning
from .writable import new_file


def table_lines(
    pipeline: dlt.Pipeline, check: str, report: Report, wanted: Sequence[str], *, owned: bool
) -> Iterator[Line]:
    """What the next sync would make anew, warn of, or refuse; nothing where all is well.

    Args:
        wanted: names of the fields that are asked of the report.
        owned: whether rows tell their customer.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    if new_file(pipeline) is not None:
        return
    with connected_client(pipeline) as client:
        _, comparison = look_at(pipeline)
        if comparison is None or not isinstance(client, SqlJobClientBase):
            return
        there = comparison.there
        if SYNC_WINDOWS not in there and report.table not in there:
            return  # nothing was loaded yet
        broken = dlt_lacks(client, there)
        if broken is not None:
            yield failed(check, broken)
        missing: list[Missing] = []
        for table in _tables(report, wanted, owned=owned):
            for deviation in comparison.deviations(table, table["columns"]):
                if isinstance(deviation, Missing):
                    if table["name"] != SYNC_WINDOWS or deviation.column not in WINDOW_OPTIONAL:
                        missing.append(deviation)
                elif deviation.fits is None:
                    yield failed(check, deviation.error)
                else:
                    yield warning(check, deviation.error.message, deviation.error.hint)
        if are_gone(client, report, there):
            yield warning(check, *_gone(pipeline, client, report, there))
        elif missing:
            yield warning(check, *_lacks(pipeline, client, report, there, missing))


def _gone(
    pipeline: dlt.Pipeline, client: SqlJobClientBase, report: Report, there: Catalog
) -> tuple[str, str]:
    command = backfill_command(pipeline, client, report, there)
    return (
        f"{pipeline.dataset_name}.{report.table} has no {report.records} any more: the next sync"
        " reads again from where the first one began",
        f"{report.records.capitalize()} before that come back with: {command}" if command else "",
    )


def _lacks(
    pipeline: dlt.Pipeline,
    client: SqlJobClientBase,
    report: Report,
    there: Catalog,
    missing: Sequence[Missing],
) -> tuple[str, str]:
    names = ", ".join(map(str, missing))
    message = f"missing in {pipeline.dataset_name}, the next sync makes it anew: {names}"
    has_fields = any(
        each.table in report.tables and each.column not in (LOAD_ID, DELETED) for each in missing
    )
    command = backfill_command(pipeline, client, report, there) if has_fields else None
    hint = f"To fill it for {report.records} that are loaded, run then: {command}"
    return message, hint if command else ""


def _tables(report: Report, wanted: Sequence[str], *, owned: bool) -> Iterator[Any]:
    """The tables of a sync as dlt's schema would have them, as far as it matters here."""
    yield _table(report.table, report.replaced_by, report_columns(report, wanted, owned=owned))
    for child in report.children:
        if child.top.asked in wanted:
            yield _table(child.table, child.replaced_by, child_columns(child, owned=owned))
    yield _table(SYNC_WINDOWS, (LOAD_ID,), window_columns(owned=owned))


def _table(name: str, key: Sequence[str], columns: Mapping[str, Any]) -> Any:
    return {"name": name, "columns": columns, KEY_HINT: list(key), "file_format": "parquet"}
