"""What has changed at the source since the last load: fields, their types, what may be read."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

import pyarrow as pa

from ..decoding.shape import VARIANT
from ..reports import DEFAULT_REPORT
from ..reports.fields import Report
from ..warehouse.run import current_run
from .refusal_memory import RefusalMemory

logger = logging.getLogger(__name__)


class TableChanges:
    """Notes what rows bring that their table did not have; only our own commands know that.

    Args:
        table: its name.
        known: the columns that it has by itself.
        told: whether anybody wants to hear of it.
    """

    def __init__(self, table: str, known: Collection[str], *, told: bool) -> None:
        self._table = table
        self._known = known
        self._told = told

    def note(self, rows: pa.Table) -> None:
        run = current_run()
        if not self._told or run.columns is None:
            return
        # in a table that is not there yet everything is new
        stored = run.columns.get(self._table, rows.column_names)
        for name in rows.column_names:
            if name in self._known:
                continue
            values = len(rows) - rows[name].null_count
            if name not in stored and values and run.progress.found_column(f"{self._table}.{name}"):
                logger.warning("%s", _told(self._table, name))
            if name.endswith(VARIANT):
                run.progress.found_variants(values)


def _told(table: str, column: str) -> str:
    if column.endswith(VARIANT):
        field = column.removesuffix(VARIANT)
        return f"values of {table}.{field} do not fit its type: they are in {table}.{column}"
    return f"the API has a field that is new here: {table}.{column} has its values from now on"


def names_in(report: Report, fields: Sequence[str]) -> Sequence[str]:
    """Names of fields for a list of those of all reports: the report's name stands before them, but
    for those of calls."""
    return fields if report is DEFAULT_REPORT else [f"{report.table}.{name}" for name in fields]


def note_rights(
    memory: RefusalMemory,
    report: Report,
    asked: Collection[str],
    left_out: Collection[str],
    *,
    told: bool,
) -> None:
    """Notes which fields, of those that are asked for, the account can't read any more, and which
    it can again."""
    lost, gained = memory.changes(asked, left_out)
    if not told:
        return
    current_run().progress.changed(
        lost_fields=names_in(report, lost), gained_fields=names_in(report, gained)
    )
    if lost:
        logger.warning(
            "fields of %s can't be read any more, and get no values: %s",
            report.records, ", ".join(lost),
        )  # fmt: skip
    if gained:
        logger.warning(
            "fields of %s can be read again: %s. To fill them for %s that are loaded, run a"
            " backfill with --restart.",
            report.records, ", ".join(gained), report.records,
        )  # fmt: skip
