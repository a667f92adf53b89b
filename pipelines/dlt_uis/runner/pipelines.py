"""The pipelines that our own commands run: their names, destinations and working folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dlt
from dlt.common.runtime.collector_base import Collector

from .. import destinations
from ..errors import NAMES, InvalidName, WorkingFolderUnusable
from .damage import Pipeline

PIPELINE = "uis"
DATASET = "uis_data"
DESTINATIONS = ("duckdb", "postgres", "bigquery", "motherduck", "filesystem")
USUAL = {"destination": DESTINATIONS[0], "dataset": DATASET, "pipeline_name": PIPELINE}
_LONGEST_NAME = 255
_FACTORIES = {"duckdb": destinations.duckdb, "postgres": destinations.postgres}


def make_pipeline(
    destination: str = "duckdb",
    *,
    dataset: str = DATASET,
    name: str = PIPELINE,
    pipelines_dir: str | None = None,
    collector: Collector | None = None,
) -> dlt.Pipeline:
    """The pipeline that the command line runs; credentials come from dlt's configuration.

    Raises:
        InvalidName: a pipeline or dataset can't be named so.
        WorkingFolderUnusable: dlt can't work in the folder that is configured.
    """
    for option, given_name in (("--pipeline-name", name), ("--dataset", dataset)):
        if not given_name.strip() or len(given_name) > _LONGEST_NAME:
            raise InvalidName(option, given_name, NAMES)
    factory = _FACTORIES.get(destination)
    options: dict[str, Any] = {"pipelines_dir": pipelines_dir, "progress": collector}
    given = {name: value for name, value in options.items() if value is not None}

    def made() -> Pipeline:
        pipeline: Pipeline = dlt.pipeline(
            name,
            destination=factory() if factory else destination,
            dataset_name=dataset,
            _impl_cls=Pipeline,
            **given,
        )
        return pipeline

    pipeline = made()
    if "%" in pipeline.working_dir:  # dlt takes it for the place of a number
        raise WorkingFolderUnusable(pipeline.working_dir, "its path has a percent sign")
    if not _has_moved(pipeline):
        return pipeline
    again = made()
    again.moved_aside = pipeline.moved_aside
    return again


def _has_moved(pipeline: dlt.Pipeline) -> bool:
    """Has a pipeline that was first run in another folder take relative paths from this one.

    dlt would go on with ``uis.duckdb`` in the first folder, and fail if that is gone. It binds a
    path when a pipeline is made: one that has moved is to be made again.
    """
    here = str(Path(dlt.current.run_context().local_dir).absolute())
    if pipeline.get_local_state_val("initial_cwd") == here:
        return False
    pipeline.set_local_state_val("initial_cwd", here)
    return True


def usual(option: str) -> str:
    """What an option of all commands is where it is not typed: what dlt's configuration says in the
    section ``[dlt_uis]`` (``DLT_UIS__DESTINATION``), else a default of ours.

    Args:
        option: ``destination``, ``dataset`` or ``pipeline_name``.
    """
    given: Any = dlt.config.get(f"dlt_uis.{option}")
    return USUAL[option] if given is None else str(given)


def options_for(destination: str, dataset: str, name: str) -> list[str]:
    """The options of commands that lead to a pipeline, without those that need not be typed."""
    given = {"destination": destination, "dataset": dataset, "pipeline_name": name}
    typed = {option: value for option, value in given.items() if value != usual(option)}
    return [
        part for option, value in typed.items() for part in (f"--{option.replace('_', '-')}", value)
    ]
