"""The command line, ``dlt-uis``: which commands there are, and where each of them is.

A command's file is imported when the command is asked for: a scheduled sync should start at once.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

import click


@dataclass(frozen=True)
class _Place:
    """Where a command is: its module, the name that it has there, and its help in short."""

    module: str
    name: str
    help: str


COMMANDS: Mapping[str, _Place] = {
    "backfill": _Place(
        "backfill", "backfill", "Bring the calls of years into the warehouse, chunk by chunk."
    ),
    "check": _Place(
        "check", "check", "Find out what would keep a sync from working, and what to do about it."
    ),
    "demo": _Place(
        "demo",
        "demo",
        "Sync a made-up account from a local sandbox, and show what became of missed calls.",
    ),
    "discover": _Place(
        "discover",
        "discover_fields",
        "List the fields that this account can read, and what would unlock the others.",
    ),
    "init": _Place(
        "init",
        "init",
        "Write files for settings and secrets, with a word on each; what is there stays.",
    ),
    "overview": _Place(
        "overview",
        "overview",
        "Write a page about calls and the warehouse: service, sources, what is loaded.",
    ),
    "recordings": _Place(
        "recordings", "recordings", "Store recordings as files, before the tariff deletes them."
    ),
    "run": _Place(
        "demo",
        "run_or_demo",
        "Sync if a token or login is configured, else show the demo; end with an answer.",
    ),
    "sample": _Place(
        "sample",
        "sample",
        "Print the newest calls, or records of the first report, as JSON lines.",
    ),
    "sandbox": _Place(
        "sandbox", "sandbox", "Serve a made-up account as a local Data API, until interrupted."
    ),
    "sync": _Place("sync", "sync", "Bring new and changed calls into the warehouse."),
    "verify": _Place(
        "verify", "verify", "Compare the warehouse with the source, day by day, and repair it."
    ),
    "views": _Place(
        "views",
        "views",
        "Make the views for analysts: calls, missed calls, service, employees, sources, hours.",
    ),
}


class _Commands(click.Group):
    """The commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        found: click.Command = getattr(import_module(f".{place.module}", __package__), place.name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # click looks for what is similar since 8.4, among the commands that were imported
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            from difflib import get_close_matches  # noqa: PLC0415 - for the one who mistypes

            for similar in get_close_matches(args[0], COMMANDS, n=1):
                ctx.fail(f"No such command {args[0]!r}. Did you mean {similar!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.help) for name, place in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dlt-uis")
def cli() -> None:
    """Calls of UIS, CoMagic, CallGear and Novofon accounts into a data warehouse.

    Settings and secrets are dlt's: .dlt/config.toml, .dlt/secrets.toml or the environment, for
    example SOURCES__UIS__ACCESS_TOKEN.
    """


def main() -> None:
    """Sets the process up, which is ours, where a command is asked for; runs the command line."""
    if not COMMANDS.keys().isdisjoint(sys.argv[1:]):
        from .reporting import set_up_process  # noqa: PLC0415 - it imports dlt

        set_up_process()
    try:
        code = cli.main(prog_name="dlt-uis", standalone_mode=False)
    except click.ClickException as error:
        click.echo(_told(error), err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _told(error: click.ClickException) -> str:
    """What is said of wrong usage: for machines, if logs are for them."""
    from ..errors import without_logins  # noqa: PLC0415 - for the one who mistypes
    from ..secrecy.scrubbing import scrubbed  # noqa: PLC0415

    if not {"json", "--log-format=json"}.isdisjoint(sys.argv):
        message = without_logins(scrubbed(error.format_message()))
        told = {"level": "error", "message": message, "exit_code": error.exit_code}
        return json.dumps(told, ensure_ascii=False)
    shown = io.StringIO()
    error.show(shown)
    return without_logins(scrubbed(shown.getvalue())).rstrip()
