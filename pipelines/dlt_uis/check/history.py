"""What the warehouse remembers of earlier syncs: their state, the last load, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dlt
from dlt.destinations.job_client_impl import SqlJobClientBase

from ..reports.own_names import LOAD_ID, SOURCE, SYNC_WINDOWS
from ..runner.job import any_error_translated
from ..source.claiming import place_of
from ..warehouse.asked_standing import standing_in
from ..warehouse.connection import connected_client
from ..warehouse.owners import Place
from ..warehouse.report_column import of_all_records
from ..warehouse.standing import Standing
from .writable import new_file

_LATEST = 50
_PRESENT = timedelta(minutes=1)
"""How long before a load began what it read may end, and it still has reached the present."""


@dataclass(frozen=True)
class Loaded:
    """A load: calls that began from ``start`` on and before ``end``; all times are UTC. ``zone`` is
    the account's, as far as it is known.

    ``short_windows`` is how many windows came short, and ``short`` by how many calls.
    """

    start: datetime
    end: datetime
    began: datetime
    finished: datetime
    calls: int
    short_windows: int = 0
    short: int = 0
    zone: str = "UTC"


@dataclass(frozen=True)
class History:
    """The pipeline's state, empty before the first sync, the last load, and whose calls are there;
    where all that stands.

    The last load is the last one that reached the present, of a sync as a rule; else the last.
    """

    state: Mapping[str, Any]
    last: Loaded | None
    standing: Standing | None = None
    place: Place | None = None


def history_of(pipeline: dlt.Pipeline) -> History:
    """Reads it; the local copy of the state is neither asked nor changed.

    Raises:
        UisError: the warehouse can't be reached.
    """
    if new_file(pipeline) is not None:
        return History({}, None, place=Place(pipeline.dataset_name))
    with any_error_translated(pipeline), connected_client(pipeline) as client:
        standing = standing_in(client, pipeline, SOURCE)
        state = standing.decoded(pipeline.pipeline_name) if standing else {}
        return History(state, _last(client), standing, place_of(pipeline))


def _last(client: Any) -> Loaded | None:
    if not isinstance(client, SqlJobClientBase):
        return None
    sql = client.sql_client
    names = ("window_start", "window_end", "started_at", "finished_at", "rows", LOAD_ID)
    there = client.get_storage_table(SYNC_WINDOWS)[1].keys()
    if not {*names} <= there:
        return None
    start, end, began, finished, rows, load = map(sql.escape_column_name, names)
    # tables of earlier versions do not tell which windows came short, nor the zone
    short, zone = map(sql.escape_column_name, ("short", "timezone"))
    counts = f"SUM(CASE WHEN {short} > 0 THEN 1 ELSE 0 END), COALESCE(SUM({short}), 0)"
    counts = counts if "short" in there else "0, 0"
    zone = f"COALESCE(MAX({zone}), 'UTC')" if "timezone" in there else "'UTC'"
    query = (
        f"SELECT MIN({start}), MAX({end}), MIN({began}), MAX({finished}), SUM({rows}), {counts},"
        f" {zone}"
        f" FROM {sql.make_qualified_table_name(SYNC_WINDOWS)}"
        f" WHERE {of_all_records(sql, there)} GROUP BY {load}"
        f" ORDER BY MAX({finished}) DESC NULLS LAST LIMIT {_LATEST}"
    )
    # a column that was made anew is empty for loads of before
    loads = [_loaded(row) for row in sql.execute_sql(query) or () if None not in row]
    reached = (load for load in loads if load.end >= load.began - _PRESENT)
    return next(reached, loads[0] if loads else None)


def _loaded(row: Sequence[Any]) -> Loaded:
    *times, calls, windows, short, zone = row
    start, end, began, finished = map(_instant, times)
    counts = (int(calls), int(windows or 0), int(short or 0))
    return Loaded(start, end, began, finished, *counts, zone)


def _instant(moment: datetime) -> datetime:
    """A time of the warehouse, which is in the zone of the session, if it has one, else in UTC."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
