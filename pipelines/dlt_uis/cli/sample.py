"""``dlt-uis sample``: some calls as they would be loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import click

from ..decoding.names import Names
from ..localtime.windows import Window, spanning
from ..progress import Progress
from ..source.extraction import Extraction
from ..source.parameters import Configured, configured
from ..source.unknown_settings import warn_of_slips
from .grouped import GroupedCommand
from .options import source_options
from .reporting import reported

_LOOKED_BACK = timedelta(days=60)


@click.command(cls=GroupedCommand)
@source_options()
@reported
@click.option(
    "-n", "--calls", type=click.IntRange(1, 1_000), default=5, show_default=True,
    help="Print so many calls, the newest ones.",
)  # fmt: skip
def sample(source: Mapping[str, Any], *, calls: int) -> None:
    """Print the newest calls, or records of the first report, as JSON lines.

    Nothing is written. It costs 2 points, more of reports that are sums of days. Personal data is
    treated as the setting privacy says.
    """
    given = configured(**source)
    warn_of_slips(given)
    for row in sampled(given, calls):
        click.echo(json.dumps(row, ensure_ascii=False, default=_plain))


def sampled(given: Configured, calls: int) -> Iterator[Mapping[str, Any]]:
    """The newest calls of the first customer, without columns that have no value.

    Raises:
        UisError: see :meth:`.DataApi.call`.
    """
    connection, settings, asked = given.connections[0], given.settings, given.reports[0]
    with connection.open(settings) as api:
        extraction = Extraction(
            api, asked, settings, names=Names(asked.report), progress=Progress()
        )
        now = settings.clock()
        window = spanning(
            extraction.zone.earliest_local(now - _LOOKED_BACK), extraction.zone.latest_local(now)
        )
        assert isinstance(window, Window)
        for row in extraction.newest(calls, window).to_pylist():
            yield {name: value for name, value in row.items() if value not in (None, [])}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)
