"""Keeps dlt's traces of the runs inside a ``with`` block; where nobody asks for them, nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dlt
from dlt.pipeline.trace import PipelineTrace

from ..warehouse.run import current_run, running


@contextmanager
def keeping_traces() -> Iterator[list[PipelineTrace]]:
    """The list grows with each run inside the block, whether it succeeds or fails."""
    traces: list[PipelineTrace] = []
    with running(traces=traces):
        yield traces


@contextmanager
def traced(pipeline: dlt.Pipeline) -> Iterator[None]:
    """The run of a pipeline inside the block is traced, if somebody keeps traces."""
    kept = current_run().traces
    if kept is None:
        yield
        return
    before = _id(pipeline)
    try:
        yield
    finally:
        trace = pipeline.last_trace
        # a run that failed early has none: this is still the one before
        if trace is not None and trace.transaction_id != before:
            kept.append(trace)


def _id(pipeline: dlt.Pipeline) -> str | None:
    trace = pipeline.last_trace
    return None if trace is None else trace.transaction_id
