"""``dlt-uis demo`` and ``dlt-uis run``: a made-up account for who has none yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click
import dlt
from click.core import ParameterSource

from ..errors import UisError
from ..monitoring.logs import PLAIN, result_console
from ..monitoring.recorded_run import Record
from ..runner.job import any_error_translated
from ..source.resources import command_source
from ..source.unknown_settings import warn_of_unknown_settings
from ..views.creating import make_views
from ..views.presence import KINDS
from ..warehouse.kinds import kind_of
from .answer import show_answer
from .demo_queries import how_to_go_on
from .failures import every_error_translated
from .grouped import GroupedCommand
from .options import Target, account_options, source_options, target_options
from .overview import OVERVIEW
from .reporting import Reporting, leaving_word, log_options, reported
from .sync import load

DEMO_PIPELINE = "uis_demo"
DEMO_DATASET = "uis_demo_data"
"""Names of the demo's own: made-up calls must not get among those of an account."""

DEMO_OVERVIEW = Path("uis-demo-overview.html")

_ZONE = "Europe/Moscow"
_DEMO = {"destination": "duckdb", "dataset": DEMO_DATASET, "pipeline_name": DEMO_PIPELINE}


@click.command(cls=GroupedCommand)
@target_options(_DEMO)
@partial(reported, zone=_ZONE, loads=True)
@account_options
def demo(target: Target, *, calls: int, days: int) -> None:
    """Sync a made-up account from a local sandbox, and show what became of missed calls."""
    from ..sandbox import Account, Sandbox  # noqa: PLC0415 - a sync does without

    account = Account(calls=calls, days=days, seed=1, timezone=_ZONE)
    with Sandbox(account) as served:
        load(
            target,
            {"api_url": served.url, "access_token": served.access_token},
            Record("demo", target.pipeline_name),
            # what is set for the user's own account is not meant for this one
            command_source.clone(name=DEMO_PIPELINE, section=DEMO_PIPELINE),
        )
    pipeline = target.pipeline()
    if kind_of(pipeline) in KINDS:
        with any_error_translated(pipeline):
            make_views(pipeline)
    show_answer(result_console(), pipeline, target.destination, DEMO_OVERVIEW)
    result_console().print(how_to_go_on(pipeline), markup=False, highlight=False, soft_wrap=True)


@click.command(cls=GroupedCommand)
@target_options()
@source_options()
@leaving_word("sync", traced=True)
def _sync_and_answer(target: Target, source: Mapping[str, Any], record: Record) -> None:
    """What ``run`` does where an account is configured."""
    warn_of_unknown_settings()
    load(target, source, record)
    show_answer(result_console(), target.pipeline(), target.destination, OVERVIEW)


@click.command(name="run", cls=GroupedCommand)
@target_options()
@log_options
def run_or_demo(target: Target, *, debug: bool, quiet: bool, log_format: str) -> None:
    """Sync if a token or login is configured, else show the demo; end with an answer.

    The demo has a pipeline and a dataset of its own, uis_demo and uis_demo_data.
    """
    context = click.get_current_context()
    # the demo's defaults are others
    typed = {
        name: value
        for name, value in asdict(target).items()
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    }
    command = _sync_and_answer
    try:
        with every_error_translated():
            is_configured = _is_configured()
    except UisError as error:
        Reporting(debug, log_format).run(partial(_fail, error))
    if not is_configured:
        if not quiet and log_format == PLAIN:
            click.echo("No access token is configured: showing the demo of a local sandbox.\n")
        command = demo
    context.invoke(command, debug=debug, quiet=quiet, log_format=log_format, **typed)


def _fail(error: UisError) -> NoReturn:
    raise error


def _is_configured() -> bool:
    return any(dlt.secrets.get(f"sources.uis.{key}") for key in ("access_token", "login"))
