"""The command line, ``dlt-uis``.

What only one command needs is imported there: a scheduled sync should start at once.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import dlt
from click.core import ParameterSource
from dlt.common.exceptions import MissingDependencyException
from dlt.extract.source import DltSource
from rich.console import Console

from ..backfill.chunks import CHUNK_CALLS, CHUNK_DAYS
from ..errors import Interrupted, MissingPackage, PortUnusable, UisError, UnknownTimezone
from ..monitoring import logs
from ..monitoring.recorded_run import Record, recorded
from ..process import interrupts
from ..process.dlt_patches import relieve
from ..process.memory import be_frugal, collect_seldom
from ..process.outputs import without_secrets
from ..runner.job import DATASET, DESTINATIONS, PIPELINE, make_pipeline, run
from ..source.resources import uis_source
from .demo import DEMO_DATASET, DEMO_PIPELINE
from .display import StepCollector, show_summary, showing
from .failures import all_in_our_words
from .sample_type import SampleType

logger = logging.getLogger(__name__)

_Command = Callable[..., None]


def _target_options(
    command: _Command, *, dataset: str = DATASET, pipeline_name: str = PIPELINE
) -> _Command:
    for option in (
        click.option(
            "--destination",
            type=click.Choice(DESTINATIONS),
            default="duckdb",
            show_default=True,
            help="Where to load to; credentials come from dlt's configuration.",
        ),
        click.option("--dataset", default=dataset, show_default=True, help="Schema to load into."),
        click.option(
            "--pipeline-name",
            default=pipeline_name,
            show_default=True,
            help="Name under which the cursor is kept; DuckDB's file is named after it.",
        ),
    ):
        command = option(command)
    return command


def _demo_target_options(command: _Command) -> _Command:
    """Names of the demo's own: made-up calls must not get among those of an account."""
    return _target_options(command, dataset=DEMO_DATASET, pipeline_name=DEMO_PIPELINE)


def _source_options(command: _Command) -> _Command:
    for option in (
        click.option("--api-url", help="Address of the Data API instead of the brand's."),
        click.option("--start-date", help="Where the first sync begins, in the account's zone."),
        click.option("--lookback-days", type=float, help="Days before the cursor to read again."),
        click.option("--parallel-windows", type=int, help="Requests under way at once."),
        click.option("--page-size", type=int, help="Calls in a request, at most 10000."),
    ):
        command = option(command)
    return command


_adopt_option = click.option(
    "--adopt",
    is_flag=True,
    default=None,
    help="Take over a dataset that holds another account's calls; they stay, reading begins anew.",
)


def _range_options(command: _Command) -> _Command:
    for option in (
        click.option("--from", "start", required=True, help="First day, or time (local)."),
        click.option("--to", "end", required=True, help="Last day (included), or time (not)."),
    ):
        command = option(command)
    return command


def _account_options(command: _Command) -> _Command:
    """Options of a made-up account."""
    counts, days = click.IntRange(min=0), click.IntRange(min=1)
    for option in (
        click.option(
            "--days", type=days, default=60, show_default=True, help="Days that they span."
        ),
        click.option(
            "--calls", type=counts, default=5_000, show_default=True, help="Calls of the account."
        ),
    ):
        command = option(command)
    return command


def _noted(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Keeps the value of an option that :func:`_reporting` looks at, not the command itself."""
    context.meta[f"{__name__}.{option.name}"] = value
    return value


def _note(name: str) -> Any:
    return click.get_current_context().meta.get(f"{__name__}.{name}")


def _debug_option(command: _Command) -> _Command:
    for option in (
        click.option(
            "--log-format",
            type=click.Choice(logs.FORMATS),
            default=logs.PLAIN,
            show_default=True,
            help="Log for people, or an object a line for machines.",
            expose_value=False,
            callback=_noted,
        ),
        click.option("--debug", is_flag=True, help="Log more, and show tracebacks."),
    ):
        command = option(command)
    return command


def _record_options(command: _Command) -> _Command:
    """Options that leave word of a run."""
    for option in (
        click.option(
            "--save-trace",
            is_flag=True,
            help="Load when each step began, ended or failed into the tables _trace….",
            expose_value=False,
            callback=_noted,
        ),
        _summary_option,
    ):
        command = option(command)
    return command


_summary_option = click.option(
    "--summary-file",
    type=click.Path(path_type=Path),
    help="Write what the run did: JSON, or Prometheus' text if it ends in .prom.",
    expose_value=False,
    callback=_noted,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dlt-uis")
def cli() -> None:
    """Calls of UIS, CoMagic, CallGear and Novofon accounts into a data warehouse.

    Settings and secrets are dlt's: .dlt/config.toml, .dlt/secrets.toml or the environment, for
    example SOURCES__UIS__ACCESS_TOKEN.
    """


@cli.command()
@_target_options
@_source_options
@click.option(
    "--reference-data",
    is_flag=True,
    default=None,
    help="Also bring tags, employees, sites, campaigns, scenarios, virtual_numbers.",
)
@_adopt_option
@_record_options
@_debug_option
def sync(destination: str, dataset: str, pipeline_name: str, debug: bool, **source: Any) -> None:
    """Bring new and changed calls into the warehouse."""
    record = Record("sync", pipeline_name)
    _reporting(debug, lambda: _sync(destination, dataset, pipeline_name, source, record), record)


@cli.command()
@_range_options
@_target_options
@_source_options
@_adopt_option
@_record_options
@_debug_option
@click.option("--chunk-calls", default=CHUNK_CALLS, show_default=True, help="Calls in a chunk.")
@click.option("--chunk-days", default=CHUNK_DAYS, show_default=True, help="Days in a chunk.")
@click.option("--restart", is_flag=True, help="Read again what is done already.")
@click.option("--dry-run", is_flag=True, help="Only ask for totals, and print what it would take.")
@click.option("--wait", is_flag=True, help="Sleep until the day's points are back; do not stop.")
def backfill(
    destination: str,
    dataset: str,
    pipeline_name: str,
    debug: bool,
    restart: bool,
    dry_run: bool,
    wait: bool,
    start: str,
    end: str,
    chunk_calls: int,
    chunk_days: float,
    **source: Any,
) -> None:
    """Bring the calls of years into the warehouse, chunk by chunk.

    It goes on where an earlier run stopped, and leaves the cursor of sync alone.
    """
    from ..backfill.job import Backfill
    from .backfill import run_backfill

    given = {name: value for name, value in source.items() if value is not None}
    if wait:
        given["wait_for_day"] = True

    record = Record("backfill", pipeline_name)

    def action() -> None:
        progress, steps = record.progress, StepCollector()
        pipeline = make_pipeline(destination, dataset=dataset, name=pipeline_name, collector=steps)
        record.pipeline = pipeline
        job = Backfill(
            pipeline,
            start,
            end,
            chunk_calls=chunk_calls,
            chunk_days=chunk_days,
            progress=progress,
            source=given,
        )
        run_backfill(job, steps, progress, restart=restart, dry_run=dry_run)

    _reporting(debug, action, record)


@cli.command()
@_range_options
@_target_options
@_source_options
@_summary_option
@_debug_option
@click.option("--sample", type=SampleType(), help="Days to compare in every value.")
@click.option("--seed", type=int, help="Chooses the random days of a sample.")
@click.option("--repair", is_flag=True, help="Read differing days again, and merge them.")
@click.option("--prune", is_flag=True, help="With --repair: remove calls the source has not.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def verify(
    start: str,
    end: str,
    destination: str,
    dataset: str,
    pipeline_name: str,
    debug: bool,
    sample: int | str | None,
    seed: int | None,
    repair: bool,
    prune: bool,
    as_json: bool,
    **source: Any,
) -> None:
    """Compare the warehouse with the source, day by day, and repair it.

    All days are compared in every value if they have at most 100,000 calls, else random days worth
    so many; the others are counted, and read where counts differ. Exit code 1: something differs.
    """
    if prune and not repair:
        raise click.UsageError("--prune goes with --repair")
    from ..verify.job import Verify
    from .verify import run_verify

    given = {name: value for name, value in source.items() if value is not None}

    record = Record("verify", pipeline_name)

    def action() -> None:
        progress, steps = record.progress, StepCollector()
        pipeline = make_pipeline(destination, dataset=dataset, name=pipeline_name, collector=steps)
        record.pipeline = pipeline
        job = Verify(
            pipeline, start, end, sample=sample, seed=seed, progress=progress, source=given
        )
        run_verify(job, steps, progress, repair=repair, prune=prune, as_json=as_json)

    _reporting(debug, action, record)


@cli.command()
@_target_options
@_source_options
@_debug_option
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def check(
    destination: str,
    dataset: str,
    pipeline_name: str,
    debug: bool,
    as_json: bool,
    **source: Any,
) -> None:
    """Find out what would keep a sync from working, and what to do about it.

    Asks the API (2 points a customer, 4 with a login) and tries the warehouse; loads and changes
    nothing.
    """
    from .check import run_check

    _reporting(
        debug,
        lambda: run_check(destination, dataset, pipeline_name, source, as_json=as_json),
        # what a log would warn of is a line of the result
        quiet=True,
    )


@cli.command()
@_target_options
@_debug_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default="uis-report.html",
    show_default=True,
    help="File to write; an older one is replaced.",
)
@click.option("--timezone", help="Zone of the days, instead of the account's (IANA name).")
def report(
    destination: str,
    dataset: str,
    pipeline_name: str,
    debug: bool,
    output: Path,
    timezone: str | None,
) -> None:
    """Write a page about the warehouse: what is loaded and verified, gaps, calls, loads.

    One HTML file, which needs no network to be looked at.
    """
    from .overview import write_report

    def action() -> None:
        pipeline = make_pipeline(destination, dataset=dataset, name=pipeline_name)
        size = write_report(pipeline, destination, output, timezone)
        click.echo(f"Wrote {output} ({size / 1e6:.1f} MB).")

    _reporting(debug, action)


@cli.command()
@_demo_target_options
@_debug_option
@_account_options
def demo(
    destination: str, dataset: str, pipeline_name: str, debug: bool, calls: int, days: int
) -> None:
    """Sync a made-up account from a local sandbox, and show a first query."""
    _reporting(debug, lambda: _demo(destination, dataset, pipeline_name, calls, days))


@cli.command(name="run")
@_target_options
@_debug_option
@click.pass_context
def run_or_demo(context: click.Context, /, debug: bool, **target: str) -> None:
    """Sync if a token or login is configured, else show the demo.

    The demo has a pipeline and a dataset of its own, uis_demo and uis_demo_data.
    """
    # the demo's defaults are others
    typed = {
        name: value
        for name, value in target.items()
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    }
    try:
        with all_in_our_words():
            is_configured = _is_configured()
    except UisError as error:
        _reporting(debug, partial(_fail, error))
    if is_configured:
        context.invoke(sync, debug=debug, **typed)
    else:
        click.echo("No access token is configured: showing the demo against a local sandbox.\n")
        context.invoke(demo, debug=debug, **typed)


@cli.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8000,
    show_default=True,
    help="Port to serve on; 0 takes any.",
)
@_account_options
@click.option("--seed", default=1, show_default=True, help="Another seed, another account.")
@click.option("--timezone", default="Europe/Moscow", show_default=True, help="The account's zone.")
@click.option("--latency", default=0.0, show_default=True, help="Seconds before each answer.")
@_debug_option
def sandbox(
    port: int, calls: int, days: int, seed: int, timezone: str, latency: float, debug: bool
) -> None:
    """Serve a made-up account as a local Data API, until interrupted.

    Prints one line of JSON first: url, access_token, login, password.
    """
    from ..sandbox import Account, Sandbox, Switches

    def action() -> None:
        try:
            account = Account(calls=calls, days=days, seed=seed, timezone=timezone)
        except (LookupError, ValueError):
            raise UnknownTimezone(timezone, "--timezone") from None
        try:
            made = Sandbox(account, port=port, switches=Switches(latency=latency))
        except OSError as error:
            raise PortUnusable(port, error.strerror or type(error).__name__) from error
        with made as served:
            click.echo(json.dumps(served.describe()))
            threading.Event().wait()

    _reporting(debug, action)


def _fail(error: UisError) -> None:
    raise error


def _is_configured() -> bool:
    return any(dlt.secrets.get(f"sources.uis.{key}") for key in ("access_token", "login"))


def _sync(
    destination: str,
    dataset: str,
    pipeline_name: str,
    source: dict[str, Any],
    record: Record,
    make: Callable[..., DltSource] = uis_source,
) -> None:
    console, steps, progress = Console(emoji=False), StepCollector(), record.progress
    pipeline = make_pipeline(destination, dataset=dataset, name=pipeline_name, collector=steps)
    record.pipeline = pipeline
    given = {name: value for name, value in source.items() if value is not None}
    with showing(logs.error_console(), steps, progress):
        summary = run(pipeline, lambda: make(**given), progress)
    show_summary(console, summary, _place(pipeline))


def _demo(destination: str, dataset: str, pipeline_name: str, calls: int, days: int) -> None:
    from ..sandbox import Account, Sandbox
    from . import demo as demo_queries

    account = Account(calls=calls, days=days, seed=1, timezone="Europe/Moscow")
    with Sandbox(account) as served:
        _sync(
            destination,
            dataset,
            pipeline_name,
            {"api_url": served.url, "access_token": served.access_token},
            Record("demo", pipeline_name),
            # what is set for the user's own account is not meant for this one
            uis_source.clone(name=DEMO_PIPELINE, section=DEMO_PIPELINE),
        )
    pipeline = make_pipeline(destination, dataset=dataset, name=pipeline_name)
    demo_queries.show_busiest_hours(Console(emoji=False), pipeline)
    click.echo(demo_queries.how_to_go_on(pipeline))


def _place(pipeline: dlt.Pipeline) -> str:
    """Where the tables are, in words; never with a password."""
    trace = pipeline.last_trace
    info = trace.last_load_info if trace else None
    where = info.destination_displayable_credentials if info else pipeline.pipeline_name
    if where.startswith("duckdb:"):
        where = Path(urlsplit(where).path).name
    where = where.removeprefix("None@")  # Google's default credentials name nobody
    return f"{where}, schema {pipeline.dataset_name}"


def _reporting(
    debug: bool,
    action: Callable[[], None],
    record: Record | None = None,
    *,
    quiet: bool = False,
) -> None:
    """Runs a command; an error becomes one readable line and an exit code."""
    level = logging.DEBUG if debug else logging.ERROR if quiet else logging.INFO
    with without_secrets(debug=debug):
        logs.set_up(_note("log_format") or logs.PLAIN, level)
        try:
            with all_in_our_words(), _recorded(record), all_in_our_words():
                action()
        except (UisError, Interrupted) as error:
            if debug:
                logger.debug("the error in full:", exc_info=True)
            logs.show_error(error)
            sys.exit(error.exit_code)


def _recorded(record: Record | None) -> AbstractContextManager[None]:
    if record is None:
        return interrupts.raising(logs.show_error)
    save = bool(_note("save_trace") or dlt.config.get("sources.uis.save_trace", bool))
    # verify has no option for it: its runs are what it found
    return recorded(record, _note("summary_file"), save_trace=save and record.command != "verify")


_SETTINGS: Mapping[str, Any] = {
    # It would keep every call ever read, phone numbers and transcripts included, a second time.
    "load.delete_completed_jobs": True,
    # When all tables have a page it would wait so many seconds, ten times as long, before it asks
    # for the next one. Ours waits for that itself.
    "extract.futures_poll_interval": 0.001,
    # The command does that itself, at any moment; dlt would forget a signal once a load is done.
    "runtime.intercept_signals": False,
}
"""What suits our commands better than dlt's defaults, unless it is configured otherwise."""


def _configure() -> None:
    for setting, value in _SETTINGS.items():
        if dlt.config.get(setting) is None:
            dlt.config[setting] = value


def main() -> None:
    """Settles how the process works, which is ours, and runs the command line."""
    be_frugal()
    collect_seldom()
    try:
        with all_in_our_words():
            try:
                _configure()
            except MissingDependencyException:
                # dlt looks for it as soon as it reads its configuration
                raise MissingPackage("RUNTIME__SENTRY_DSN", "sentry-sdk") from None
    except UisError as error:
        as_json = {"json", "--log-format=json"} & set(sys.argv)
        with without_secrets(debug=False):
            logs.set_up(logs.JSON if as_json else logs.PLAIN, logging.ERROR)
            logs.show_error(error)
        sys.exit(error.exit_code)
    relieve()
    cli(prog_name="dlt-uis")
