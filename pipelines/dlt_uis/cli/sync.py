"""``dlt-uis sync``: new and changed calls into the warehouse."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import dlt
from dlt.extract.source import DltSource
from rich.console import Console
from rich.table import Table

from ..errors import DayPointsSpent
from ..localtime.moments import instant_of, moment_of
from ..localtime.zones import Zone
from ..monitoring.logs import error_console, result_console
from ..monitoring.recorded_run import Record
from ..progress import Merged, duration
from ..runner.job import Summary, run
from ..source.parameters import configured
from ..source.resources import command_source
from ..source.unknown_settings import warn_of_unknown_settings
from .display import StepCollector, show_repairs, show_short, showing
from .grouped import GroupedCommand
from .options import Target, adopt_option, reference_option, source_options, target_options
from .reporting import leaving_word

logger = logging.getLogger(__name__)


@click.command(cls=GroupedCommand)
@target_options()
@source_options("adopt", "reference_data")
@reference_option
@adopt_option
@leaving_word("sync", traced=True)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Only say what would be read of reports, and about how much that is.",
)
def sync(target: Target, source: Mapping[str, Any], record: Record, *, dry_run: bool) -> None:
    """Bring new and changed calls into the warehouse."""
    warn_of_unknown_settings()
    if dry_run:
        record.is_dry = True
        _foresee(target, source)
    else:
        load(target, source, record)


def _foresee(target: Target, source: Mapping[str, Any]) -> None:
    """Prints what a checkup tells of the next sync.

    Raises:
        UisError: what would keep it from working.
    """
    # no other sync needs them
    from ..check.api import NEXT, POINTS, REPORT  # noqa: PLC0415
    from ..check.checkup import RECORDINGS  # noqa: PLC0415
    from .check import checked, tell  # noqa: PLC0415

    done = checked(target, source)
    for line in done.lines:
        if line.error is not None and line.check != RECORDINGS:
            line.error.hint = line.hint
            raise line.error
    foreseen = [line for line in done.lines if line.check in (REPORT, POINTS, NEXT)]
    tell(replace(done, lines=foreseen))


def load(
    target: Target,
    source: Mapping[str, Any],
    record: Record,
    make: Callable[..., DltSource] = command_source,
) -> None:
    """Loads what is new, and prints what was done.

    Args:
        source: settings for ``make``.

    Raises:
        UisError: see :func:`.runner.job.run`.
    """
    steps, progress = StepCollector(), record.progress
    pipeline = record.pipeline = target.pipeline(steps)
    while True:
        with showing(error_console(), steps, progress):
            summary = run(pipeline, lambda: make(**source), progress)
        show_summary(result_console(), summary, _place(pipeline))
        tell_of_start_date(source, summary)
        spent = progress.taken_error()
        if spent is None:
            return
        _wait(source, spent)


def _wait(source: Mapping[str, Any], spent: DayPointsSpent) -> None:
    """Waits until the day's points are back, if the settings say so.

    Raises:
        DayPointsSpent: they do not.
    """
    settings = configured(**source).settings
    if not settings.wait_for_day:
        raise spent
    left = (spent.reset_at - settings.clock()).total_seconds()
    logger.info("what was read is loaded; waiting %s for points", duration(max(0.0, left)))
    settings.sleep(max(0.0, left))


def show_summary(console: Console, summary: Summary, destination: str) -> None:
    """Prints what a run did: rows by table, the window, requests, points, seconds."""
    console.print(f"Loaded into {destination}", style="italic", soft_wrap=True)
    console.print(_rows(summary))
    if summary.new is not None:
        again = summary.calls - summary.new
        console.print(f"{summary.what:9} {summary.new:,} new, {again:,} read again")
    if summary.start and summary.end:
        start, end = map(Zone(summary.zone).local, (summary.start, summary.end))
        console.print(f"window    {_second(start)} … {_second(end)} ({summary.zone})")
    points = summary.day_points_left
    left = "" if points is None else f", {points:,} of today's points left"
    console.print(f"requests  {summary.requests:,} ({summary.bytes / 1e6:,.1f} MB){left}")
    show_short(console, summary.short, summary.what)
    if summary.resumed_packages:
        console.print(f"resumed   {summary.resumed_packages} load packages of an earlier run")
    show_repairs(console, summary.replaced, summary.refused)
    console.print(f"took      {summary.seconds:.1f} s")


def _rows(summary: Summary) -> Table:
    """Rows by table; and what became of them, where some were there before."""
    merged = summary.merged
    tells = any(each.changed or each.unchanged for each in merged.values())
    table = Table("table")
    for column in ("rows", *(("new", "changed", "unchanged") if tells else ())):
        table.add_column(column, justify="right")
    for name, rows in sorted(summary.rows.items()):
        done = merged.get(name, Merged())
        counts = (done.new, done.changed, done.unchanged) if tells else ()
        table.add_row(name, *(f"{count:,}" for count in (rows, *counts)))
    return table


def _second(local: datetime) -> str:
    return f"{local:%Y-%m-%d %H:%M:%S}"


def tell_of_start_date(source: Mapping[str, Any], summary: Summary) -> None:
    """Says that ``--start-date`` has no effect where a sync goes on from its cursor."""
    first = moment_of("start_date", source.get("start_date"))
    if first is None or summary.start is None:
        return
    zone = Zone(summary.zone)
    if instant_of(first, zone) < summary.start:
        logger.warning(
            "--start-date has no effect: a sync goes on from its cursor. For older calls run:"
            " dlt-uis backfill --from %s --to %s",
            source["start_date"], zone.local(summary.start).date(),
        )  # fmt: skip


def _place(pipeline: dlt.Pipeline) -> str:
    """Where the tables are, in words; never with a password."""
    trace = pipeline.last_trace
    info = trace.last_load_info if trace else None
    where = info.destination_displayable_credentials if info else pipeline.pipeline_name
    if where.startswith("duckdb:"):
        where = Path(urlsplit(where).path).name
    where = where.removeprefix("None@")  # Google's default credentials name nobody
    return f"{where}, schema {pipeline.dataset_name}"
