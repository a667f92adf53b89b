"""Pipelines beside the sync's: they load into its tables, and leave its cursor alone."""

from __future__ import annotations

from typing import Any

import dlt
from dlt.destinations.impl.duckdb.configuration import DuckDbBaseCredentials

from ..process.memory import DUCKDB_MEMORY
from .damage import Pipeline
from .job import dlt_errors_translated


def sibling_pipeline(pipeline: dlt.Pipeline, suffix: str = "backfill") -> dlt.Pipeline:
    """A pipeline into the same dataset, with state and staging tables of its own."""
    with dlt_errors_translated(pipeline):
        config = pipeline.destination_client().config
    given: dict[str, Any] = {
        **pipeline.destination.caps_params,
        **pipeline.destination.config_params,
        "destination_name": pipeline.destination.destination_name,
    }
    if hasattr(config, "staging_dataset_name_layout"):
        given["staging_dataset_name_layout"] = f"%s_{suffix}_staging"
    given["credentials"] = _bounded(config.credentials)
    # dlt's, or ours of the same type
    destination = type(pipeline.destination)(**given)
    made: dlt.Pipeline = dlt.pipeline(
        f"{pipeline.pipeline_name}_{suffix}",
        destination=destination,
        dataset_name=pipeline.dataset_name,
        pipelines_dir=pipeline.pipelines_dir,
        progress=pipeline.collector,
        _impl_cls=Pipeline,
    )
    return made


def _bounded(credentials: Any) -> Any:
    """Keeps DuckDB, which runs in our own process, from taking most of the machine's memory.

    What does not fit spills to its temporary files. A limit of the user's own stays, and so does
    whatever their own connection is set to.
    """
    if isinstance(credentials, DuckDbBaseCredentials) and not credentials.external_conn():
        given = credentials.global_config or {}
        credentials.global_config = {"memory_limit": DUCKDB_MEMORY, **given}
    return credentials
