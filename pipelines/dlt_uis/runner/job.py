"""Runs a pipeline: what the last run left unfinished first, then the sync; and what came of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import dlt
from dlt.common.exceptions import DltException
from dlt.extract.source import DltSource

from ..errors import DestinationFailed, UisError
from ..progress import Merged, Progress
from ..reports.own_names import REPORT, SYNC_WINDOWS
from ..source.claiming import place_of
from ..views.presence import may_have_views
from ..warehouse.columns import look_at
from ..warehouse.comments import write_comments
from ..warehouse.connection import connected_client, opened_ahead
from ..warehouse.drift import Comparison
from ..warehouse.failures import chain_of, our_error
from ..warehouse.indexes import create_indexes
from ..warehouse.report_column import complete_report
from ..warehouse.run import running
from . import loading
from .bereft import forget_what_is_gone
from .healing import lacking
from .state import resume
from .traces import traced

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Summary:
    """What a run did. Times are instants (UTC); ``zone`` is the account's. Of the ``calls`` that
    came, ``new`` ones began after the newest one that was loaded before, where that is known.
    ``merged`` tells what became of the rows, by table, where the destination tells."""

    rows: Mapping[str, int]
    start: datetime | None
    end: datetime | None
    requests: int
    bytes: int
    day_points_left: int | None
    seconds: float
    resumed_packages: int
    short: int = 0
    replaced: int = 0
    refused: int = 0
    calls: int = 0
    new: int | None = None
    zone: str = "UTC"
    what: str = "calls"
    merged: Mapping[str, Merged] = field(default_factory=dict)


def run(
    pipeline: dlt.Pipeline,
    source: DltSource | Callable[[], DltSource],
    progress: Progress,
    *,
    when_read: Callable[[], None] | None = None,
    compacts: bool = True,
) -> Summary:
    """Loads what an earlier run had extracted but not loaded, then runs the source.

    Args:
        when_read: called when all of the source was read, before it is loaded.
        compacts: whether DuckDB may join row groups of what it loads, see
            :mod:`.warehouse.compaction`.

    Raises:
        UisError: what went wrong, for the user; a failure of the destination is
            :class:`DestinationFailed`.
    """
    started = time.monotonic()
    with dlt_errors_translated(pipeline), traced(pipeline):
        with opened_ahead(pipeline):
            made = source if isinstance(source, DltSource) else source()
            with connected_client(pipeline):
                resumed = resume(pipeline)
                columns, comparison = look_at(pipeline)
                if REPORT not in columns.get(SYNC_WINDOWS, (REPORT,)) and complete_report(pipeline):
                    columns, comparison = look_at(pipeline)
                forget_what_is_gone(pipeline, comparison)
                place = place_of(pipeline, columns=columns)
        with running(progress=progress, columns=columns, place=place, standing=resumed.standing):
            info = loading.run(pipeline, made, comparison, when_read=when_read, compacts=compacts)
        info.raise_on_failed_jobs()
        create_indexes(pipeline)
        write_comments(pipeline)
    _keep_views(pipeline, comparison)
    counts = progress.snapshot()
    return Summary(
        rows=progress.rows(),
        start=counts.start,
        end=counts.end,
        requests=counts.requests,
        bytes=counts.bytes,
        day_points_left=counts.day_points_left,
        seconds=time.monotonic() - started,
        resumed_packages=resumed.packages,
        short=counts.short,
        replaced=counts.replaced,
        refused=counts.refused,
        calls=counts.calls,
        new=counts.new,
        zone=counts.zone or "UTC",
        what=counts.what,
        merged=progress.merged(),
    )


def _keep_views(pipeline: dlt.Pipeline, before: Comparison | None) -> None:
    """Has the views of the dataset follow what was loaded. The rows are there: whatever is wrong
    with a view is said, and is no failure of the run."""
    if not may_have_views(pipeline, None if before is None else before.there):
        return
    from ..views.creating import keep_views  # noqa: PLC0415 - most datasets have none

    try:
        with any_error_translated(pipeline):
            keep_views(pipeline)
    except UisError as error:
        logger.warning("%s", error)


@contextmanager
def dlt_errors_translated(pipeline: dlt.Pipeline) -> Iterator[None]:
    """Turns dlt's errors inside the ``with`` block into those for the user."""
    try:
        yield
    except DltException as error:
        raise _for_the_user(pipeline, error) from error


@contextmanager
def any_error_translated(pipeline: dlt.Pipeline) -> Iterator[None]:
    """The same where drivers are asked directly: dlt does not wrap all that they raise."""
    try:
        yield
    except Exception as error:
        raise _for_the_user(pipeline, error) from error


def _for_the_user(pipeline: dlt.Pipeline, error: Exception) -> BaseException:
    for each in chain_of(error):
        if isinstance(each, KeyboardInterrupt):
            # a signal to a host's process, as dlt tells it: the destination is not to blame
            return each
    found = our_error(error, pipeline.destination.destination_name)
    return (lacking(pipeline, found) or found) if type(found) is DestinationFailed else found
