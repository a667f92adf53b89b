"""Running a source as dlt does, but one process at a time loads into the dataset."""

from __future__ import annotations

from collections.abc import Callable

import dlt
from dlt.common.pipeline import LoadInfo
from dlt.extract.source import DltSource
from dlt.pipeline.pipeline import with_runtime_trace

from ..warehouse.connection import opened_ahead
from ..warehouse.drift import Comparison
from ..warehouse.lock import writing
from ..warehouse.violations import naming_violations
from .half_read import deleting_halves
from .healing import make_ready


@with_runtime_trace()
def run(
    pipeline: dlt.Pipeline,
    source: DltSource,
    comparison: Comparison | None = None,
    *,
    when_read: Callable[[], None] | None = None,
    compacts: bool = True,
) -> LoadInfo:
    """What ``pipeline.run(source)`` does, in one trace too, but for the lock around its last step.

    The state is that of the destination already, and no package is left from an earlier run.

    Args:
        comparison: with the tables that are there, which are made ready, see
            :mod:`.healing`.
        when_read: called between reading and loading.
        compacts: whether DuckDB may join row groups of what it loads, see
            :mod:`.warehouse.compaction`.
    """
    with deleting_halves(pipeline):
        pipeline.extract(source)
    if when_read is not None:
        when_read()
    with opened_ahead(pipeline, compacts=compacts):
        pipeline.normalize()
        with writing(pipeline):
            return _load(pipeline, comparison, source)


@with_runtime_trace()
def resume(pipeline: dlt.Pipeline, comparison: Comparison | None) -> LoadInfo:
    """Loads what an earlier run left, as :func:`run` does; the caller holds the lock."""
    pipeline.normalize()
    return _load(pipeline, comparison)


def _load(
    pipeline: dlt.Pipeline, comparison: Comparison | None, source: DltSource | None = None
) -> LoadInfo:
    make_ready(pipeline, comparison, source)
    with naming_violations(pipeline):
        return pipeline.load()
