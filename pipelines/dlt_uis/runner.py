"""Runs a pipeline: what the last run left unfinished first, then the sync; and what came of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt
from dlt.common.exceptions import DltException
from dlt.common.runtime.collector_base import Collector
from dlt.extract.source import DltSource
from dlt.pipeline.exceptions import PipelineStepFailed

from . import destinations, loading
from .comments import write_comments
from .destination_errors import our_error
from .indexes import create_indexes
from .locking import writing
from .opening import connected_client, opened_ahead
from .progress import Progress, watching
from .restoring import leave_other_warehouse, restore
from .stored import knowing, stored_columns
from .traces import traced

logger = logging.getLogger(__name__)

PIPELINE = "uis"
DATASET = "uis_data"
DESTINATIONS = ("duckdb", "postgres", "bigquery", "motherduck", "filesystem")

_FACTORIES = {"duckdb": destinations.duckdb, "postgres": destinations.postgres}


@dataclass(frozen=True)
class Summary:
    """What a run did. Times are instants (UTC)."""

    rows: Mapping[str, int]
    start: datetime | None
    end: datetime | None
    requests: int
    bytes: int
    day_points_left: int | None
    seconds: float
    resumed_packages: int
    replaced: int = 0
    refused: int = 0


def make_pipeline(
    destination: str = "duckdb",
    *,
    dataset: str = DATASET,
    name: str = PIPELINE,
    pipelines_dir: str | None = None,
    collector: Collector | None = None,
) -> dlt.Pipeline:
    """The pipeline that the command line runs; credentials come from dlt's configuration."""
    factory = _FACTORIES.get(destination)
    options: dict[str, Any] = {"pipelines_dir": pipelines_dir, "progress": collector}
    given = {name: value for name, value in options.items() if value is not None}

    def made() -> dlt.Pipeline:
        pipeline: dlt.Pipeline = dlt.pipeline(
            name, destination=factory() if factory else destination, dataset_name=dataset, **given
        )
        return pipeline

    pipeline = made()
    return made() if _has_moved(pipeline) else pipeline


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


def run(
    pipeline: dlt.Pipeline,
    source: DltSource | Callable[[], DltSource],
    progress: Progress,
    *,
    compacts: bool = True,
) -> Summary:
    """Loads what an earlier run had extracted but not loaded, then runs the source.

    Args:
        compacts: whether DuckDB may join row groups of what it loads, see :mod:`.compaction`.

    Raises:
        UisError: what went wrong, for the user; a failure of the destination is
            :class:`DestinationFailed`.
    """
    started = time.monotonic()
    with in_our_words(pipeline), traced(pipeline):
        home = leave_other_warehouse(pipeline)
        with opened_ahead(pipeline):
            made = source if isinstance(source, DltSource) else source()
            with connected_client(pipeline):
                restore(pipeline, home)
                resumed = load_leftovers(pipeline)
                columns = stored_columns(pipeline)
        with watching(progress), knowing(columns):
            info = loading.run(pipeline, made, compacts=compacts)
        info.raise_on_failed_jobs()
        create_indexes(pipeline)
        write_comments(pipeline)
    counts = progress.snapshot()
    return Summary(
        rows=progress.rows(),
        start=counts.start,
        end=counts.end,
        requests=counts.requests,
        bytes=counts.bytes,
        day_points_left=counts.day_points_left,
        seconds=time.monotonic() - started,
        resumed_packages=resumed,
        replaced=counts.replaced,
        refused=counts.refused,
    )


@contextmanager
def in_our_words(pipeline: dlt.Pipeline) -> Iterator[None]:
    """Turns dlt's errors inside the ``with`` block into those for the user."""
    try:
        yield
    except DltException as error:
        raise our_error(error, pipeline.destination.destination_name) from error


@contextmanager
def whatever_in_our_words(pipeline: dlt.Pipeline) -> Iterator[None]:
    """The same where drivers are asked directly: dlt does not wrap all that they raise."""
    try:
        yield
    except Exception as error:
        raise our_error(error, pipeline.destination.destination_name) from error


def load_leftovers(pipeline: dlt.Pipeline) -> int:
    """Loads packages that a killed or failed run left; dlt would do only that and stop."""
    _drop_what_was_normalized(pipeline)
    pending = len(pipeline.list_extracted_load_packages())
    pending += len(pipeline.list_normalized_load_packages())
    if pending:
        logger.info("loading %d packages that an earlier run left", pending)
        try:
            with writing(pipeline):
                pipeline.run()
        except PipelineStepFailed as error:
            if not _holds_text_that_none_can_hold(error):
                raise
            logger.warning(
                "what an earlier version has read holds text that the warehouse can't hold: it is"
                " dropped, and read again"
            )
            pipeline.drop()
            pipeline.sync_destination()
            return 0
    return pending


def _holds_text_that_none_can_hold(error: PipelineStepFailed) -> bool:
    """Whether a package was made before text was repaired: no run could ever load it."""
    return "invalid byte sequence" in str(error)


def _drop_what_was_normalized(pipeline: dlt.Pipeline) -> None:
    """Drops extracted packages that were normalized already.

    dlt renames the normalized package into its place, which is one step, and then deletes the
    extracted one, which is many. A run that was killed in between leaves both, the extracted one
    maybe in part, and dlt 1.31 would fail for ever to normalize it once more.
    """
    normalized = set(pipeline.list_normalized_load_packages())
    for load_id in normalized.intersection(pipeline.list_extracted_load_packages()):
        logger.info("package %s was normalized already: its extracted files go", load_id)
        pipeline._get_normalize_storage().extracted_packages.delete_package(load_id)
