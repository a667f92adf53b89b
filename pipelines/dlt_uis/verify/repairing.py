"""Repairs days of the warehouse: reads them again and merges them, removes what has no source."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract.source import DltSource

from ..localtime.windows import Window
from ..progress import Progress
from ..reports.fields import Report
from ..reports.own_names import SYNC_WINDOWS
from ..runner.job import dlt_errors_translated, run
from ..source.extraction import Extraction
from ..source.resources import chunk_source
from ..tables.rows import Item
from ..warehouse.lock import writing
from .checking import Checker, Compared
from .comparing import KEY, key_values
from .days import Day, batches, windows_of
from .stored_rows import Warehouse

logger = logging.getLogger(__name__)

REPAIR_CALLS = 100_000
"""About how many calls, in whole days, a load package of a repair may have."""


@dataclass(frozen=True)
class _Repair:
    """Windows that are read again; what :func:`.source.resources.chunk_source` needs."""

    extraction: Extraction
    windows: list[Window]

    def pages(self) -> Generator[Item, None, None]:
        yield from self.extraction.pages_of(self.extraction.reader(self.windows))

    def remember(self, state: dict[str, Any]) -> None:
        """Counts repairs: a load that brings a state tells of what pipeline it is. One that was
        cut short is done anew."""
        state["repairs"] = state.get("repairs", 0) + 1


class Repairer:
    """Brings the warehouse to what the source has.

    Args:
        pipeline: merges into the same dataset; not the sync's, whose cursor stays as it is.
    """

    def __init__(
        self,
        pipeline: dlt.Pipeline,
        extraction: Extraction,
        warehouse: Warehouse,
        checker: Checker,
        progress: Progress,
    ) -> None:
        self._pipeline = pipeline
        self._extraction = extraction
        self._warehouse = warehouse
        self._checker = checker
        self._progress = progress
        self.pruned = 0

    def merge(self, days: Sequence[Day]) -> None:
        """Reads days again and merges them into the tables that are there."""
        for some in batches(days, self._checker.expected, REPAIR_CALLS):
            run(self._pipeline, partial(self._source, self._windows_of(some)), self._progress)
            logger.info("repaired %d days from %s to %s", len(some), some[0].date, some[-1].date)

    def _windows_of(self, days: Sequence[Day]) -> list[Window]:
        return windows_of(days, self._extraction.report.longest_window)

    def _source(self, windows: list[Window]) -> DltSource:
        source = chunk_source(_Repair(self._extraction, windows))
        there = {*self._warehouse.columns, SYNC_WINDOWS}
        wanted = [name for name in source.resources if name in there]
        return source.with_resources(*wanted)

    def remove(self, compared: Compared, *, prune: bool) -> Compared:
        """Removes elements without a call; with ``prune`` also calls that the source has not.

        Returns the comparison as it is afterwards.
        """
        spans = self._checker.spans(self._windows_of(compared.days))
        report = self._extraction.report
        children = [name for name in report.tables[1:] if name in self._warehouse.columns]
        orphans = _keys(report, compared.comparison.orphans)
        surplus = _keys(report, compared.comparison.surplus) if prune else []
        if not (orphans or surplus):
            return compared
        with dlt_errors_translated(self._pipeline), writing(self._pipeline):
            if orphans:
                self._warehouse.remove(children, orphans, spans)
            if surplus:
                self._warehouse.remove([*children, report.table], surplus, spans)
                self.pruned += len(surplus)
        return self._checker.compared_again(compared)


def _keys(report: Report, rows: pa.Table) -> list[tuple[Any, ...]]:
    """The keys of what was found, each once."""
    return [key_values(report, key) for key in pc.unique(rows[KEY]).to_pylist()]
