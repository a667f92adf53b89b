"""The tables ``_trace`` and ``_trace__steps``: when runs and their steps began, ended and failed.

dlt can load a whole trace, with error messages, settings and the machine it ran on. Those may
quote values, so only times and kinds of errors are taken over here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract.resource import DltResource
from dlt.pipeline.trace import PipelineStepTrace, PipelineTrace

from ..reports.fields import TIMESTAMP
from ..reports.own_names import LOAD_ID
from ..runner import loading
from ..runner.job import dlt_errors_translated
from ..runner.leftovers import drop
from ..runner.siblings import sibling_pipeline
from ..source.load_ids import load_id

TRACE, STEPS = "_trace", "_trace__steps"

_TRACE = pa.schema(
    [
        pa.field("transaction_id", pa.string(), nullable=False),
        pa.field("command", pa.string(), nullable=False),
        pa.field("pipeline_name", pa.string(), nullable=False),
        pa.field("started_at", TIMESTAMP, nullable=False),
        pa.field("finished_at", TIMESTAMP, nullable=False),
        pa.field("is_success", pa.bool_(), nullable=False),
        pa.field("load_id", pa.string()),
        pa.field(LOAD_ID, pa.string(), nullable=False),
    ]
)
_STEPS = pa.schema(
    [
        pa.field("transaction_id", pa.string(), nullable=False),
        pa.field("step", pa.string(), nullable=False),
        pa.field("started_at", TIMESTAMP, nullable=False),
        pa.field("finished_at", TIMESTAMP, nullable=False),
        pa.field("is_success", pa.bool_(), nullable=False),
        pa.field("error", pa.string()),
        pa.field(LOAD_ID, pa.string(), nullable=False),
    ]
)


def save_traces(pipeline: dlt.Pipeline, command: str, traces: Sequence[PipelineTrace]) -> None:
    """Appends traces to the tables in a pipeline's dataset; its own state stays as it is.

    Raises:
        UisError: the warehouse refuses them.
    """
    aside = sibling_pipeline(pipeline, "trace")
    with dlt_errors_translated(aside):
        # what an earlier run could not bring is not worth a failure
        drop(aside)
        loading.run(aside, _source(command, traces))


@dlt.source(name="uis_trace", section="uis_trace", max_table_nesting=0)
def _source(command: str, traces: Sequence[PipelineTrace]) -> Iterator[DltResource]:
    runs = [_run(command, trace) for trace in traces]
    steps = [_step(trace, step) for trace in traces for step in trace.steps if step.step != "run"]
    yield _table(TRACE, runs, _TRACE)
    yield _table(STEPS, steps, _STEPS)


def _table(name: str, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> DltResource:
    def table() -> Iterator[pa.Table]:
        brought = {LOAD_ID: load_id()}
        yield pa.Table.from_pylist([row | brought for row in rows], schema=schema)

    return dlt.resource(table, name=name, write_disposition="append")


def _run(command: str, trace: PipelineTrace) -> dict[str, Any]:
    info = trace.last_load_info
    return {
        "transaction_id": trace.transaction_id,
        "command": command,
        "pipeline_name": trace.pipeline_name,
        "started_at": trace.started_at,
        "finished_at": trace.finished_at,
        "is_success": all(step.step_exception is None for step in trace.steps),
        "load_id": info.loads_ids[0] if info and info.loads_ids else None,
    }


def _step(trace: PipelineTrace, step: PipelineStepTrace) -> dict[str, Any]:
    kinds = [each["exception_type"] for each in step.exception_traces or ()]
    return {
        "transaction_id": trace.transaction_id,
        "step": step.step,
        "started_at": step.started_at,
        "finished_at": step.finished_at,
        "is_success": step.step_exception is None,
        "error": kinds[-1] if kinds else None,
    }
