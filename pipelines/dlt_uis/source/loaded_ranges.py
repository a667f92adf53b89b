"""Which times of a report the warehouse holds, as ``sync_windows`` tells."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from dlt.destinations.job_client_impl import SqlJobClientBase

from ..localtime.intervals import Span, merged
from ..reports.fields import Report
from ..reports.own_names import APP_ID, USER_ID
from ..warehouse.columns import current_pipeline
from ..warehouse.owners import Owner, Place
from ..warehouse.report_column import of_report

logger = logging.getLogger(__name__)


def loaded_since(place: Place | None, report: Report, owner: Owner, since: datetime) -> list[Span]:
    """The instants (UTC) from ``since`` on that syncs and backfills have read, oldest first; none
    where that can't be known.

    Args:
        place: what the pipeline that is running loads into.
        owner: whose records are meant; windows of earlier versions, which name nobody, are, too.
    """
    pipeline = current_pipeline()
    if place is None or pipeline is None:
        return []
    try:
        with pipeline.destination_client() as client:
            if not isinstance(client, SqlJobClientBase):
                return []
            return merged(_spans(client, place, report, owner, since))
    except Exception as error:  # noqa: BLE001 - drivers raise what they like; the sync goes on
        logger.debug("what is loaded is not known: %s", type(error).__name__)
        return []


def _spans(client: Any, place: Place, report: Report, owner: Owner, since: datetime) -> list[Span]:
    sql = client.sql_client
    columns = client.get_storage_table(place.windows)[1]
    start, end = map(sql.escape_column_name, ("window_start", "window_end"))
    whose = {APP_ID: owner.app_id, USER_ID: owner.user_id}
    known = {name: value for name, value in whose.items() if value is not None and name in columns}
    conditions = [of_report(sql, report, columns), f"{end} > %s"]
    for name in known:
        column = sql.escape_column_name(name)
        conditions.append(f"({column} IS NULL OR {column} = %s)")
    query = (
        f"SELECT DISTINCT {start}, {end} FROM {sql.make_qualified_table_name(place.windows)}"
        f" WHERE {' AND '.join(conditions)}"
    )
    rows = sql.execute_sql(query, since, *known.values()) or ()
    return [Span(max(first, since), last) for first, last in rows]
