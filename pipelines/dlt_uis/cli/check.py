"""``dlt-uis check``: what would keep a sync from working, and what to do about it."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from ..check.checkup import check_up
from ..check.lines import Checkup, Status
from ..monitoring.logs import is_json, is_quiet, result_console, show_error
from .grouped import GroupedCommand
from .options import Target, source_options, target_options
from .reporting import reported

_STYLES: Mapping[Status, str] = {
    Status.OK: "green",
    Status.WARNING: "yellow",
    Status.FAILED: "bold red",
    Status.SKIPPED: "dim",
}


@click.command(cls=GroupedCommand)
@target_options()
@source_options()
@functools.partial(reported, quietly=True)
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def check(target: Target, source: Mapping[str, Any], *, as_json: bool) -> None:
    """Find out what would keep a sync from working, and what to do about it.

    Asks the API (2 points a customer, 4 with a login) and tries the warehouse; loads and changes
    nothing.
    """
    done = checked(target, source)
    tell(done, as_json=as_json)
    if is_quiet() and not (as_json or is_json()):
        for line in done.lines:
            if line.error is not None:
                show_error(line.error)
    sys.exit(done.exit_code)


def checked(target: Target, source: Mapping[str, Any]) -> Checkup:
    """The checkup of what ``sync`` with these options would meet."""
    return check_up(
        target.destination, dataset=target.dataset, name=target.pipeline_name, source=source
    )


def tell(done: Checkup, *, as_json: bool = False) -> None:
    """Prints what a checkup found, for people or for machines."""
    if as_json or is_json():
        click.echo(json.dumps(done.as_json(), ensure_ascii=False))
    else:
        show_checkup(result_console(), done)


def show_checkup(console: Console, done: Checkup) -> None:
    """Prints each check, and under it what to do."""
    for line in done.lines:
        text = Text(f"{line.status:<8}", style=_STYLES[line.status])
        text.append(f" {line.check:<12} ", style="bold")
        console.print(text + Text(line.message), soft_wrap=True)
        if line.hint:
            console.print(f"{'':22}→ {line.hint}", soft_wrap=True, markup=False, highlight=False)
    console.print(f"The check cost {done.points} of the day's points.", highlight=False)
