"""Running a source as dlt does, but one process at a time loads into the dataset."""

from __future__ import annotations

import dlt
from dlt.common.pipeline import LoadInfo
from dlt.extract.source import DltSource
from dlt.pipeline.pipeline import with_runtime_trace

from .half_read import deleting_halves
from .locking import writing
from .opening import opened_ahead


@with_runtime_trace()
def run(pipeline: dlt.Pipeline, source: DltSource, *, compacts: bool = True) -> LoadInfo:
    """What ``pipeline.run(source)`` does, in one trace too, but for the lock around its last step.

    The state is that of the destination already, and no package is left from an earlier run.

    Args:
        compacts: whether DuckDB may join row groups of what it loads, see :mod:`.compaction`.
    """
    with deleting_halves(pipeline):
        pipeline.extract(source)
    with opened_ahead(pipeline, compacts=compacts):
        pipeline.normalize()
        with writing(pipeline):
            return pipeline.load()
