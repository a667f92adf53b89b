"""Options that several commands have, each kind put together as one value for the command."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import click
import dlt
from dlt.common.runtime.collector_base import Collector

from ..runner.pipelines import DATASET, DESTINATIONS, PIPELINE, make_pipeline

Command: TypeAlias = Callable[..., None]

_SOURCE_OPTIONS = (
    click.option("--page-size", type=int, help="Calls in a request, at most 10000."),
    click.option("--parallel-windows", type=int, help="Requests under way at once."),
    click.option("--lookback-days", type=float, help="Days before the cursor to read again."),
    click.option("--start-date", help="Where the first sync begins, in the account's zone."),
    click.option("--api-url", help="Address of the Data API instead of the brand's."),
)
_SETTINGS = ("page_size", "parallel_windows", "lookback_days", "start_date", "api_url")

_RANGE_OPTIONS = (
    click.option("--to", "end", required=True, help="Last day (included), or time (not)."),
    click.option("--from", "start", required=True, help="First day, or time (local)."),
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


def target_options(
    *, dataset: str = DATASET, pipeline_name: str = PIPELINE
) -> Callable[[Command], Command]:
    """Options that say where to load to; the command gets them as ``target``."""
    options = (
        click.option(
            "--pipeline-name",
            default=pipeline_name,
            show_default=True,
            help="Name under which the cursor is kept; DuckDB's file is named after it.",
        ),
        click.option("--dataset", default=dataset, show_default=True, help="Schema to load into."),
        click.option(
            "--destination",
            type=click.Choice(DESTINATIONS),
            default=DESTINATIONS[0],
            show_default=True,
            help="Where to load to; credentials come from dlt's configuration.",
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
    counts, days = click.IntRange(min=0), click.IntRange(min=1)
    options = (
        click.option(
            "--days", type=days, default=60, show_default=True, help="Days that they span."
        ),
        click.option(
            "--calls", type=counts, default=5_000, show_default=True, help="Calls of the account."
        ),
    )
    return with_options(command, options)
