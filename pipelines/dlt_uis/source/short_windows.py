"""What the warehouse remembers of windows that came short: by how many calls, when last read.

An API may promise more calls than it has, for every window. Each would be read twice, time after
time; so one that lacks as many calls as when it was read last is taken as it is.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import dlt
from dlt.destinations.job_client_impl import SqlJobClientBase

from ..reports.fields import Report
from ..reports.own_names import APP_ID, SYNC_WINDOWS, USER_ID
from ..warehouse.columns import current_pipeline
from ..warehouse.owners import Owner, Place
from ..warehouse.report_column import of_report

logger = logging.getLogger(__name__)


class ShortWindows:
    """Asks ``sync_windows``, over a connection of its own, once a window has come short.

    Args:
        pipeline: that loads; ``None`` where nobody knows.
        report: whose windows they are; rows of earlier versions, which name none, are of calls.
        table: the name of ``sync_windows`` there.
        owner: whose rows count; rows of earlier versions, which name nobody, do, too.
    """

    def __init__(
        self,
        pipeline: dlt.Pipeline | None,
        report: Report,
        table: str = SYNC_WINDOWS,
        owner: Owner | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._report = report
        self._table = table
        named = {} if owner is None else {APP_ID: owner.app_id, USER_ID: owner.user_id}
        self._owner = {name: value for name, value in named.items() if value is not None}

    @classmethod
    def at(cls, place: Place | None, report: Report, owner: Owner) -> ShortWindows:
        """Those where the pipeline loads to that runs the source; it may be a host's."""
        if place is None:
            return cls(None, report)
        return cls(current_pipeline(), report, place.windows, owner)

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
            f" WHERE {of_report(sql, self._report)} AND {first} < %s AND {last} > %s"
            f"{''.join(whose)}"
            f" ORDER BY {finished} DESC LIMIT 1"
        )
        found = sql.execute_sql(query, end, start, *self._owner.values())
        return int(found[0][0] or 0) if found else 0
