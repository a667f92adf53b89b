"""The body of the command ``dlt-uis check``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

import click
from rich.console import Console
from rich.text import Text

from ..check.checkup import check_up
from ..check.lines import Checkup, Status

_STYLES: Mapping[Status, str] = {
    Status.OK: "green",
    Status.WARNING: "yellow",
    Status.FAILED: "bold red",
    Status.SKIPPED: "dim",
}


def run_check(
    destination: str,
    dataset: str,
    pipeline_name: str,
    source: Mapping[str, object],
    *,
    as_json: bool,
) -> None:
    """Checks, prints a line a check, and exits with what the worst of them calls for."""
    given = {name: value for name, value in source.items() if value is not None}
    done = check_up(destination, dataset=dataset, name=pipeline_name, source=given)
    if as_json:
        click.echo(json.dumps(done.as_json(), ensure_ascii=False))
    else:
        show_checkup(Console(emoji=False), done)
    sys.exit(done.exit_code)


def show_checkup(console: Console, done: Checkup) -> None:
    """Prints each check, and under it what to do."""
    for line in done.lines:
        text = Text(f"{line.status:<8}", style=_STYLES[line.status])
        text.append(f" {line.check:<12} ", style="bold")
        console.print(text + Text(line.message), soft_wrap=True)
        if line.hint:
            console.print(f"{'':22}→ {line.hint}", soft_wrap=True, markup=False, highlight=False)
    console.print(f"The check cost {done.points} of the day's points.", highlight=False)
