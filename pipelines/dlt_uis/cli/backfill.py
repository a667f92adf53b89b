"""``dlt-uis backfill``: the calls of years, chunk by chunk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console

from ..backfill.chunks import CHUNK_CALLS
from ..backfill.job import Backfill, Backfilled, Forecast
from ..monitoring.logs import error_console, is_json, result_console
from ..monitoring.recorded_run import Record
from ..progress import duration
from ..reports import REPORTS
from ..source.parameters import for_each_report
from ..source.unknown_settings import warn_of_unknown_settings
from ..warehouse.putting_together import put_together
from .display import StepCollector, show_repairs, show_short, showing
from .grouped import GroupedCommand
from .options import Target, adopt_option, range_options, source_options, target_options
from .reporting import leaving_word


@click.command(cls=GroupedCommand)
@range_options
@target_options()
@source_options("adopt", "wait_for_day")
@adopt_option
@leaving_word("backfill", traced=True)
@click.option(
    "--chunk-calls",
    default=CHUNK_CALLS,
    show_default=True,
    help="Load about so many calls at once.",
)
@click.option("--chunk-days", type=float, help="Load so many days at once at most.")
@click.option("--restart", is_flag=True, help="Read what is done already, too.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Only ask how many calls there are, and print what it would take.",
)
@click.option(
    "--wait",
    "wait_for_day",
    is_flag=True,
    default=None,
    help="Sleep until the day's points are back, instead of stopping.",
)
def backfill(
    start: str,
    end: str,
    target: Target,
    source: Mapping[str, Any],
    record: Record,
    *,
    chunk_calls: int,
    chunk_days: float | None,
    restart: bool,
    dry_run: bool,
) -> None:
    """Bring the calls of years into the warehouse, chunk by chunk.

    It goes on where an earlier run stopped, and leaves the cursor of sync alone.
    """
    warn_of_unknown_settings()
    console, steps = result_console(), StepCollector()
    record.pipeline = target.pipeline(steps)
    jobs = {
        name: Backfill(
            record.pipeline,
            start,
            end,
            chunk_calls=chunk_calls,
            chunk_days=chunk_days,
            progress=record.progress,
            source=given,
        )
        for name, given in for_each_report(source)
    }
    if dry_run:
        record.is_dry = True
        _foresee(console, jobs)
        return
    with showing(error_console(), steps, record.progress):
        done = {name: job.run(restart=restart) for name, job in jobs.items()}
        put_together(record.pipeline)
    for name, each in done.items():
        show_backfilled(console, name, each)


def _foresee(console: Console, jobs: Mapping[str, Backfill]) -> None:
    """Prints what backfills of reports would take."""
    found = {name: job.forecast() for name, job in jobs.items()}
    if is_json():
        told = {name: each.as_json() for name, each in found.items()}
        click.echo(json.dumps(told if len(told) > 1 else next(iter(told.values()))))
    for name, each in found.items():
        show_forecast(console, name, each)


def show_backfilled(console: Console, report: str, done: Backfilled) -> None:
    """Prints what a backfill of a report did."""
    console.print(f"window    {_window(done)}")
    if done.window is None:
        console.print("nothing of the range has begun")
    elif done.done_before:
        console.print("nothing was left to do: --restart reads it again")
    console.print(f"{report:9} {done.calls:,} in {done.chunks:,} chunks")
    points = done.day_points_left
    left = "" if points is None else f", {points:,} of today's points left"
    console.print(f"requests  {done.requests:,}{left}")
    show_short(console, done.short, REPORTS[report].records)
    show_repairs(console, done.replaced, done.refused)
    console.print(f"took      {duration(done.seconds)}")


def show_forecast(console: Console, report: str, forecast: Forecast) -> None:
    """Prints what a backfill of a report would take."""
    console.print(f"window    {_window(forecast)}")
    console.print(f"{report:9} {forecast.calls:,} in about {forecast.chunks:,} chunks")
    days = "" if forecast.days is None else f", the points of {forecast.days:,} day(s)"
    console.print(f"requests  about {forecast.requests:,}, a point each{days}")
    console.print(f"time      about {duration(forecast.seconds)}")


def _window(found: Backfilled | Forecast) -> str:
    return "-" if found.window is None else f"{found.window} ({found.zone})"
