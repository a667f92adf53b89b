"""What the warehouse remembers of earlier syncs: their state, and the last of their loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import dlt
from dlt.common.destination.client import WithStateSync
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.pipeline.state_sync import load_pipeline_state_from_destination

from .runner import whatever_in_our_words
from .stored import columns_in
from .tables import LOAD_ID, SYNC_WINDOWS
from .writable import new_file

_LATEST = 50
_PRESENT = timedelta(minutes=1)
"""How long before a load began what it read may end, and it still has reached the present."""


@dataclass(frozen=True)
class Loaded:
    """A load: calls that began from ``start`` on and before ``end``; all times are UTC.

    ``short_windows`` is how many windows came short, and ``short`` by how many calls.
    """

    start: datetime
    end: datetime
    began: datetime
    finished: datetime
    calls: int
    short_windows: int = 0
    short: int = 0


@dataclass(frozen=True)
class History:
    """The pipeline's state, empty before the first sync, and the last load.

    The last load is the last one that reached the present, of a sync as a rule; else the last.
    """

    state: Mapping[str, Any]
    last: Loaded | None


def history_of(pipeline: dlt.Pipeline) -> History:
    """Reads it; the local copy of the state is neither asked nor changed.

    Raises:
        UisError: the warehouse can't be reached.
    """
    if new_file(pipeline) is not None:
        return History({}, None)
    with whatever_in_our_words(pipeline):
        client = pipeline.destination_client()
        with client:
            return History(_state(client, pipeline.pipeline_name), _last(client))


def _state(client: Any, pipeline_name: str) -> Mapping[str, Any]:
    if not isinstance(client, WithStateSync):
        return {}
    try:
        return load_pipeline_state_from_destination(pipeline_name, client) or {}
    except DestinationUndefinedEntity:
        return {}


def _last(client: Any) -> Loaded | None:
    if not isinstance(client, SqlJobClientBase):
        return None
    sql = client.sql_client
    names = ("window_start", "window_end", "started_at", "finished_at", "rows", LOAD_ID, "short")
    start, end, began, finished, rows, load, short = map(sql.escape_column_name, names)
    # tables of earlier versions do not tell which windows came short
    counts = f", SUM(CASE WHEN {short} > 0 THEN 1 ELSE 0 END), SUM({short})"
    counts = counts if "short" in columns_in(client, [SYNC_WINDOWS]).get(SYNC_WINDOWS, {}) else ""
    query = (
        f"SELECT MIN({start}), MAX({end}), MIN({began}), MAX({finished}), SUM({rows}){counts}"
        f" FROM {sql.make_qualified_table_name(SYNC_WINDOWS)} GROUP BY {load}"
        f" ORDER BY MAX({finished}) DESC LIMIT {_LATEST}"
    )
    try:
        found = sql.execute_sql(query) or ()
    except DestinationUndefinedEntity:
        return None
    loads = [_loaded(row) for row in found]
    reached = (load for load in loads if load.end >= load.began - _PRESENT)
    return next(reached, loads[0] if loads else None)


def _loaded(row: Sequence[Any]) -> Loaded:
    start, end, began, finished, calls, *short = row
    return Loaded(start, end, began, finished, int(calls), *(int(each or 0) for each in short))
