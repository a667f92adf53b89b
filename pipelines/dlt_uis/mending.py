"""Mends days of the warehouse: reads them again and merges them, removes what has no source."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract.source import DltSource

from .calls_report import CALLS_REPORT
from .checking import Checker, Stretch
from .days import Day, stretches, whole
from .extraction import Extraction
from .progress import Progress
from .runner import run
from .source import SYNC_WINDOWS, chunk_source
from .tables import Item
from .warehouse import Warehouse
from .windows import Window

logger = logging.getLogger(__name__)

REPAIR_CALLS = 100_000
"""About how many calls, in whole days, a load package of a repair may have."""


@dataclass(frozen=True)
class _Repair:
    """A window that is read again; what :func:`.source.chunk_source` needs."""

    extraction: Extraction
    fields: Sequence[str]
    window: Window

    def pages(self) -> Iterator[Item]:
        yield from self.extraction.pages_of(self.extraction.reader([self.window]))

    def remember(self, state: dict[str, Any]) -> None:
        """Nothing: a repair that was cut short is done anew."""


class Mender:
    """Brings the warehouse to what the source has.

    Args:
        pipeline: merges into the same dataset; not the sync's, whose cursor stays as it is.
        fields: names of the fields that are asked for.
    """

    def __init__(
        self,
        pipeline: dlt.Pipeline,
        extraction: Extraction,
        warehouse: Warehouse,
        checker: Checker,
        fields: Sequence[str],
        progress: Progress,
    ) -> None:
        self._pipeline = pipeline
        self._extraction = extraction
        self._warehouse = warehouse
        self._checker = checker
        self._fields = fields
        self._progress = progress
        self.pruned = 0

    def merge(self, days: Sequence[Day]) -> None:
        """Reads days again and merges them into the tables that are there."""
        for some in stretches(days, self._checker.expected, REPAIR_CALLS):
            window = whole(some)
            run(self._pipeline, partial(self._source, window), self._progress)
            logger.info("repaired %s", window)

    def _source(self, window: Window) -> DltSource:
        source = chunk_source(_Repair(self._extraction, self._fields, window))
        there = {*self._warehouse.columns, SYNC_WINDOWS}
        wanted = [name for name in source.resources if name in there]
        return source.with_resources(*wanted)

    def remove(self, stretch: Stretch, *, prune: bool) -> Stretch:
        """Removes elements without a call; with ``prune`` also calls that the source has not.

        Returns the stretch as it is afterwards.
        """
        start, end = self._checker.instants(whole(stretch.days))
        children = [name for name in CALLS_REPORT.tables[1:] if name in self._warehouse.columns]
        orphans = _ids(stretch.comparison.orphans)
        surplus = _ids(stretch.comparison.surplus) if prune else []
        if orphans:
            self._warehouse.remove(children, orphans, start, end)
        if surplus:
            self._warehouse.remove([*children, CALLS_REPORT.table], surplus, start, end)
            self.pruned += len(surplus)
        return self._checker.compared_again(stretch) if orphans or surplus else stretch


def _ids(rows: pa.Table) -> list[int]:
    ids: list[int] = pc.unique(rows["id"]).to_pylist()
    return ids
