"""What the warehouse remembers of windows that came short: by how many calls, when last read.

An API may promise more calls than it has, for every window. Each would be read twice, time after
time; so one that lacks no more calls than when it was read last is taken as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import dlt
from dlt.common.configuration.container import Container
from dlt.common.pipeline import PipelineContext
from dlt.destinations.job_client_impl import SqlJobClientBase

from .overrides import table_of
from .tables import SYNC_WINDOWS

logger = logging.getLogger(__name__)


class ShortWindows:
    """Asks ``sync_windows``, over a connection of its own, once a window has come short.

    Args:
        pipeline: that loads; ``None`` where nobody knows.
        table: the name of ``sync_windows`` there.
        owner: columns, with their values, of the rows that count; rows that lack them do, too.
    """

    def __init__(
        self,
        pipeline: dlt.Pipeline | None,
        table: str = SYNC_WINDOWS,
        owner: Mapping[str, Any] | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._table = table
        self._owner = {name: value for name, value in (owner or {}).items() if value is not None}

    @classmethod
    def of_running(cls, owner: Mapping[str, Any] | None) -> ShortWindows:
        """Those where the pipeline loads to that runs the source; it may be a host's."""
        context = Container()[PipelineContext]
        pipeline = context.pipeline() if context.is_active() else None
        resources = dlt.current.source().resources
        table = table_of(resources[SYNC_WINDOWS]) if SYNC_WINDOWS in resources else SYNC_WINDOWS
        return cls(pipeline if isinstance(pipeline, dlt.Pipeline) else None, table, owner)

    def before(self, start: datetime, end: datetime) -> int:
        """How many calls were lacking when a part of the time between two instants was read last;
        0 where that can't be known."""
        if self._pipeline is None or self._pipeline.destination is None:
            return 0
        try:
            with self._pipeline.destination_client() as client:
                has_rows = isinstance(client, SqlJobClientBase)
                return self._short(client, start, end) if has_rows else 0
        except Exception as error:  # noqa: BLE001 - drivers raise what they like; it only costs points
            logger.debug("how short windows were is not known: %s", type(error).__name__)
            return 0

    def _short(self, client: Any, start: datetime, end: datetime) -> int:
        sql = client.sql_client
        names = ("short", "window_start", "window_end", "finished_at")
        short, first, last, finished = map(sql.escape_column_name, names)
        whose = [
            f" AND ({column} IS NULL OR {column} = %s)"
            for column in map(sql.escape_column_name, self._owner)
        ]
        query = (
            f"SELECT {short} FROM {sql.make_qualified_table_name(self._table)}"
            f" WHERE {first} < %s AND {last} > %s{''.join(whose)}"
            f" ORDER BY {finished} DESC LIMIT 1"
        )
        found = sql.execute_sql(query, end, start, *self._owner.values())
        return int(found[0][0] or 0) if found else 0
