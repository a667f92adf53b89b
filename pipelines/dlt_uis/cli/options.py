"""Options that several commands have, each kind put together as one value for the command."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import click
import dlt
from dlt.common.runtime.collector_base import Collector

from ..runner.pipelines import DESTINATIONS, USUAL, make_pipeline, usual

Command: TypeAlias = Callable[..., None]

_SOURCE_OPTIONS = (
    click.option("--page-size", type=int, help="Read so many calls with a request, 10000 at most."),
    click.option("--parallel-windows", type=int, help="Send so many requests at once."),
    click.option("--lookback-days", type=float, help="Read so many days before the cursor again."),
    click.option(
        "--start-date", help="Begin the first sync here: a day or a time in the account's zone."
    ),
    click.option("--reports", help="Read these reports, with commas between them, or all."),
    click.option("--api-url", help="Ask the Data API at this address instead of the brand's."),
)
_SETTINGS = ("reports", "page_size", "parallel_windows", "lookback_days", "start_date", "api_url")

_RANGE_OPTIONS = (
    click.option(
        "--to",
        "end",
        required=True,
        help="Read to the end of this day, or to this time, which is left out.",
    ),
    click.option(
        "--from",
        "start",
        required=True,
        help="Read from this day or time on, in the account's zone.",
    ),
)

reference_option = click.option(
    "--reference-data",
    is_flag=True,
    default=None,
    help="Also read lists: employees, tags, sites, campaigns, numbers and some thirty more.",
)
adopt_option = click.option(
    "--adopt",
    is_flag=True,
    default=None,
    help="Take over a dataset that holds another account's calls; they stay, reading begins anew.",
)


@dataclass(frozen=True)
class Target:
    """Where a command loads to."""

    destination: str
    dataset: str
    pipeline_name: str

    def pipeline(self, collector: Collector | None = None) -> dlt.Pipeline:
        """The pipeline that loads there.

        Raises:
            UisError: see :func:`.runner.pipelines.make_pipeline`.
        """
        return make_pipeline(
            self.destination, dataset=self.dataset, name=self.pipeline_name, collector=collector
        )


def with_options(command: Command, options: Iterable[Callable[[Command], Command]]) -> Command:
    """The command with options, in their order from the last one to the first in its help."""
    for option in options:
        command = option(command)
    return command


def _configured(option: str) -> str:
    """What the option is where it is not typed."""
    value = usual(option)
    # not while the shell asks for what may be typed
    is_used = not click.get_current_context().resilient_parsing
    if is_used and option == "destination" and value not in DESTINATIONS:
        where = "the setting destination in [dlt_uis]"
        raise click.BadParameter(
            f"{value!r} is not one of {', '.join(DESTINATIONS)}.", param_hint=where
        )
    return value


def target_options(given: Mapping[str, str] | None = None) -> Callable[[Command], Command]:
    """Options that say where to load to; the command gets them as ``target``.

    Args:
        given: what they are where they are not typed; else as :func:`usual` says.
    """

    def default(option: str) -> Any:
        return given[option] if given else functools.partial(_configured, option)

    options = (
        click.option(
            "--pipeline-name",
            default=default("pipeline_name"),
            help="Keep the cursor under this name; DuckDB's file is named after it. The"
            f" default is {(given or USUAL)['pipeline_name']}.",
        ),
        click.option(
            "--dataset",
            default=default("dataset"),
            help=f"Load into this schema. The default is {(given or USUAL)['dataset']}.",
        ),
        click.option(
            "--destination",
            type=click.Choice(DESTINATIONS),
            default=default("destination"),
            help="Load to this warehouse; credentials come from dlt's configuration. The default is"
            f" {(given or USUAL)['destination']}.",
        ),
    )

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def runs(*, destination: str, dataset: str, pipeline_name: str, **given: Any) -> None:
            command(target=Target(destination, dataset, pipeline_name), **given)

        return with_options(runs, options)

    return decorate


def source_options(*more: str) -> Callable[[Command], Command]:
    """Options that are settings of the source; the command gets those that are typed as ``source``.

    Args:
        more: names of other options of the command that are settings, too.
    """
    names = (*_SETTINGS, *more)

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def runs(**given: Any) -> None:
            source = {name: given.pop(name) for name in names}
            typed = {name: value for name, value in source.items() if value is not None}
            command(source=typed, **given)

        return with_options(runs, _SOURCE_OPTIONS)

    return decorate


def range_options(command: Command) -> Command:
    """Options of a range, ``start`` and ``end``."""
    return with_options(command, _RANGE_OPTIONS)


def account_options(command: Command) -> Command:
    """Options of a made-up account, ``calls`` and ``days``."""
    counts, days = click.IntRange(min=0), click.IntRange(1, 36_500)
    options = (
        click.option(
            "--days",
            type=days,
            default=60,
            show_default=True,
            help="Spread them over so many days.",
        ),
        click.option(
            "--calls", type=counts, default=5_000, show_default=True, help="Make up so many calls."
        ),
    )
    return with_options(command, options)
