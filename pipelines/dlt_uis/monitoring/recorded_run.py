"""Watches a command run, and leaves word of it: a file, a trace, a log line, a message."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import dlt
from dlt.pipeline.trace import PipelineTrace

from ..errors import DayPointsSpent, Interrupted, OutputNotWritable, UisError, exit_code_of
from ..process import interrupts
from ..progress import Progress
from ..runner.traces import keeping_traces
from ..source.cursor import cursors_of
from . import logs
from .run_summary import Changes, RunSummary
from .slack import notify
from .summary_file import check_place, write_summary
from .trace_tables import save_traces

logger = logging.getLogger(__name__)


class Record:
    """A run of a command that goes on: it counts in ``progress``, and tells its ``pipeline``.

    ``is_dry``: nothing is loaded, so that nobody is to hear of a run that succeeded.
    """

    def __init__(self, command: str, pipeline_name: str) -> None:
        self.command = command
        self.is_dry = False
        self.progress = Progress()
        self.pipeline: dlt.Pipeline | None = None
        self._pipeline_name = pipeline_name
        self._started_at = datetime.now(UTC)
        self._error: BaseException | None = None
        self._exit_code = 0

    def zone(self) -> str | None:
        """The account's zone (IANA name), as soon as it is known."""
        return self.progress.snapshot().zone

    def failed(self, error: BaseException) -> None:
        """The run ends with an error, or by the exit code of what it found."""
        self._exit_code = exit_code_of(error)
        if isinstance(error, DayPointsSpent):
            error = error.told_in(self.zone())
        self._error = None if isinstance(error, SystemExit) else error

    def summary(self) -> RunSummary:
        now = self.progress.snapshot()
        fields = (now.lost_fields, now.gained_fields, now.absent_fields, now.returned_fields)
        return RunSummary(
            command=self.command,
            pipeline=self._pipeline_name,
            started_at=self._started_at,
            finished_at=datetime.now(UTC),
            exit_code=self._exit_code,
            error=self._error,
            # of what a failed run has read, nobody knows how much is in the warehouse
            rows={} if self._exit_code else self.progress.rows(),
            merged={} if self._exit_code else self.progress.merged(),
            requests=now.requests,
            short=now.short,
            points_left=now.day_points_left,
            replaced=now.replaced,
            refused=now.refused,
            changes=Changes(now.new_columns, now.variants, *fields),
            cursors=self._cursors(),
            skipped=now.skipped_reports,
        )

    def _cursors(self) -> Mapping[str, datetime]:
        if self.pipeline is None:
            return {}
        try:
            return cursors_of(self.pipeline)
        except Exception as error:  # noqa: BLE001 - what a run leaves word of is not to fail it
            logger.debug("cursors can't be told: %s", type(error).__name__)
            return {}


@contextmanager
def recorded(record: Record, file: Path | None, *, save_trace: bool) -> Iterator[None]:
    """The command runs inside the ``with`` block.

    Args:
        file: gets the summary, also of a run that fails.
        save_trace: load dlt's trace of each run into the warehouse.

    Raises:
        OutputNotWritable: the file can't be written; found out before the run.
    """
    if file is not None:
        check_place(file)

    def late(error: Interrupted) -> None:
        record.failed(error)
        if not record.is_dry:
            _leave(record.summary(), file)
        logs.error_console().show_cursor()
        logs.show_error(error)

    try:
        with interrupts.raising(late), _saved(record, save_trace=save_trace):
            yield
    except BaseException as error:
        record.failed(error)
        raise
    finally:
        if not record.is_dry:
            summary = record.summary()
            _leave(summary, file)
            notify(summary)


@contextmanager
def _saved(record: Record, *, save_trace: bool) -> Iterator[None]:
    """The traces of what is run inside are loaded at its end, unless that is at a signal."""
    if not save_trace:
        yield
        return
    with keeping_traces() as traces:
        try:
            yield
        except Exception as error:
            record.failed(error)
            _save(record, traces)
            raise
        _save(record, traces)


def _save(record: Record, traces: list[PipelineTrace]) -> None:
    if not traces or record.pipeline is None:
        return
    try:
        save_traces(record.pipeline, record.command, traces)
    except UisError as error:
        logger.warning("the trace could not be saved: %s", error)


def _leave(summary: RunSummary, file: Path | None) -> None:
    if logs.is_json():
        # the error has a line of its own
        others = ("error", "last_success_at")
        fields = {name: value for name, value in summary.as_json().items() if name not in others}
        stopped = isinstance(summary.error, Interrupted)
        ending = "interrupted" if stopped else "finished" if summary.is_success else "failed"
        logger.info("%s %s", summary.command, ending, extra=fields)
    if file is None:
        return
    try:
        write_summary(file, summary)
    except OutputNotWritable as error:
        # the error of the run itself is not to be hidden by this one
        if summary.error is None:
            raise
        logger.warning("%s", error)
