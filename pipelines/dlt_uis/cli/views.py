"""``dlt-uis views``: views for analysts in the warehouse, and their sources for dbt."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import click
from rich.table import Table

from ..monitoring.logs import is_json, result_console
from ..runner.job import any_error_translated
from ..source.unknown_settings import warn_of_unknown_settings
from ..views.creating import Change, Outcome, drop_views, make_views, refuse
from ..views.dbt import write_sources
from ..views.definitions import VIEWS
from .grouped import GroupedCommand
from .options import Target, target_options
from .reporting import reported

logger = logging.getLogger(__name__)


@click.command(cls=GroupedCommand)
@target_options()
@reported
@click.option("--drop", is_flag=True, help="Drop the views; a sync does not make them again.")
@click.option(
    "--dbt",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write sources.yml for dbt into this folder.",
)
def views(target: Target, *, drop: bool, dbt: Path | None) -> None:
    """Make the views for analysts: calls, missed calls, service, employees, sources, hours.

    They are made of what is loaded. From then on each load keeps them up to date.
    """
    warn_of_unknown_settings()
    pipeline = target.pipeline()
    with any_error_translated(pipeline):
        outcomes = drop_views(pipeline) if drop else make_views(pipeline)
        _show(outcomes, target.dataset)
        if dbt is not None:
            path = write_sources(pipeline, dbt)
            _say(f"Wrote {path}.")
    refuse(pipeline, outcomes)


def _show(outcomes: Sequence[Outcome], dataset: str) -> None:
    if is_json():
        for each in outcomes:
            logger.info("%s.%s: %s %s", dataset, each.view, each.change.value, each.why)
        return
    table = Table()
    for heading in ("view", "", "what it is"):
        table.add_column(heading, overflow="fold")
    for each in outcomes:
        is_there = each.change in (Change.CREATED, Change.REPLACED, Change.KEPT)
        words = VIEWS[each.view].meaning if is_there else each.why
        table.add_row(each.view, each.change.value, words, style=None if is_there else "dim")
    result_console().print(table, markup=False)


def _say(text: str) -> None:
    if is_json():
        logger.info("%s", text)
    else:
        result_console().print(text, markup=False, highlight=False, soft_wrap=True)
