"""Keeps dlt's traces of the runs inside a ``with`` block; where nobody asks for them, nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import dlt
from dlt.pipeline.trace import PipelineTrace

_kept: ContextVar[list[PipelineTrace] | None] = ContextVar("dlt_uis_traces", default=None)


@contextmanager
def keeping_traces() -> Iterator[list[PipelineTrace]]:
    """The list grows with each run inside the block, whether it succeeds or fails."""
    traces: list[PipelineTrace] = []
    token = _kept.set(traces)
    try:
        yield traces
    finally:
        _kept.reset(token)


@contextmanager
def traced(pipeline: dlt.Pipeline) -> Iterator[None]:
    """The run of a pipeline inside the block is traced, if somebody keeps traces."""
    kept = _kept.get()
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
