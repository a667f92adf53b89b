"""``dlt-uis discover``: what the account can read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from ..check.discovery import READABLE, FieldFound, discover, settings_schema
from ..monitoring.logs import is_json, result_console
from ..source.parameters import configured
from ..source.unknown_settings import warn_of_slips
from .grouped import GroupedCommand
from .options import reference_option, source_options
from .reporting import reported


@click.command(name="discover", cls=GroupedCommand)
@source_options("reference_data")
@reference_option
@reported
@click.option("--json", "as_json", is_flag=True, help="Print fields and settings for machines.")
def discover_fields(source: Mapping[str, Any], *, as_json: bool) -> None:
    """List the fields that this account can read, and what would unlock the others.

    It costs 2 points, and one for each list. With --json there is a JSON schema of the settings,
    too.
    """
    given = configured(**source)
    warn_of_slips(given)
    fields = list(discover(given))
    if as_json or is_json():
        found = {"fields": [each.as_json() for each in fields], "settings": settings_schema()}
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        show_fields(result_console(), fields)


def show_fields(console: Console, fields: Sequence[FieldFound]) -> None:
    """Prints a table of fields for each table, and what is not readable."""
    by_table: dict[str, list[FieldFound]] = {}
    for each in fields:
        by_table.setdefault(each.table, []).append(each)
    for name, columns in by_table.items():
        table = Table(title=name, title_justify="left", title_style="bold")
        for heading in ("field", "type", "meaning"):
            table.add_column(heading, overflow="fold")
        for each in columns:
            style = None if each.status == READABLE else "dim"
            why = "" if each.why is None else f" [{each.status}: {each.why}]"
            table.add_row(each.name, each.type, f"{each.description}{why}", style=style)
        console.print(table, markup=False)
    off = [each for each in fields if each.status != READABLE]
    console.print(f"{len(fields) - len(off)} of {len(fields)} columns can be filled.")
