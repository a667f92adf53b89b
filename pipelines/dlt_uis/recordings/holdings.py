"""How many recordings are stored, and how many still wait: for the checkup and the overview."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import dlt
from dlt.destinations.sql_client import SqlClientBase

from ..reports.own_names import RECORDINGS
from ..reports.recordings import KINDS
from .asking import connected
from .recording import KEY, Status
from .settings import configured
from .wanted import Wanted

_EVER = timedelta(days=365 * 50)


@dataclass(frozen=True)
class Holdings:
    """What the ledger and the reports tell.

    Attributes:
        stored: recordings that are.
        waiting: that are to be, as far as they are not deleted yet.
        oldest: when the oldest call of these began (UTC).
        gone_at: when its recordings will be deleted, if the tariff is known.
    """

    stored: int
    waiting: int
    oldest: datetime | None
    gone_at: datetime | None


def holdings_of(pipeline: dlt.Pipeline) -> Holdings | None:
    """What a pipeline's warehouse holds, by the settings that are configured; ``None`` if no
    recording was ever asked for.

    Raises:
        UisError: see :func:`.asking.connected`; or a setting is wrong.
    """
    settings = configured()
    with connected(pipeline) as (client, columns):
        return holdings(client.sql_client, columns, settings.clock(), settings.kept)


def holdings(
    sql: SqlClientBase[Any],
    columns: Mapping[str, Collection[str]],
    now: datetime,
    kept: timedelta | None,
) -> Holdings | None:
    """The same, asked over a connection that is open.

    Args:
        columns: of the tables that are there.
        kept: how long the tariff keeps recordings.
    """
    if not {*KEY, "status"} <= {*columns.get(RECORDINGS, ())}:
        return None
    place, status = sql.make_qualified_table_name(RECORDINGS), sql.escape_column_name("status")
    query = f"SELECT COUNT(*) FROM {place} WHERE {status} = '{Status.STORED}'"
    ((stored,),) = sql.execute_sql(query) or ((0,),)
    hours = Wanted(sql, columns).hours(KINDS, (now - (kept or _EVER), now))
    oldest = min((hour.first for hour in hours), default=None)
    gone_at = oldest + kept if oldest and kept else None
    return Holdings(int(stored), sum(hour.count for hour in hours), oldest, gone_at)
