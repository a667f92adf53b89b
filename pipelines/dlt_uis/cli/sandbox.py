"""``dlt-uis sandbox``: a made-up account, served as a local Data API."""

from __future__ import annotations

import json
import threading

import click

from ..errors import PortUnusable, UnknownTimezone
from ..sandbox import Account, Sandbox, Switches
from .grouped import GroupedCommand
from .options import account_options
from .reporting import reported


@click.command(cls=GroupedCommand)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8000,
    show_default=True,
    help="Serve on this port; 0 takes any.",
)
@account_options
@click.option(
    "--seed", default=1, show_default=True, help="Make up another account with another number."
)
@click.option(
    "--timezone", default="Europe/Moscow", show_default=True, help="Have the account in this zone."
)
@click.option(
    "--latency",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Wait so many seconds before each answer.",
)
@reported
def sandbox(*, port: int, calls: int, days: int, seed: int, timezone: str, latency: float) -> None:
    """Serve a made-up account as a local Data API, until interrupted.

    Prints one line of JSON first: url, access_token, login, password.
    """
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
