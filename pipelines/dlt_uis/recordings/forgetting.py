"""Forgetting: the files of a call's recordings are deleted, and none is fetched again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dlt
from dlt.destinations.sql_client import SqlClientBase

from ..reports.own_names import APP_ID, RECORDINGS, USER_ID
from ..runner.siblings import sibling_pipeline
from ..warehouse.slices import slice_of
from .asking import connected
from .ledger import Row, record
from .recording import KEY, Key, Status
from .settings import configured
from .storing import remove
from .wanted import Wanted, moment_of


@dataclass(frozen=True)
class Forgotten:
    """How many recordings are forgotten by now, and how many files of them were deleted."""

    recordings: int = 0
    files: int = 0


def forget_recordings(
    pipeline: dlt.Pipeline,
    call_ids: Sequence[int],
    *,
    settings: Mapping[str, Any] | None = None,
) -> Forgotten:
    """Deletes the files of calls, and notes in the ledger that their recordings are forgotten: none
    of them is fetched again, nor what comes of these calls later.

    Args:
        settings: see :class:`.job.Recordings`.

    Raises:
        NothingLoaded: the warehouse has no table of calls.
        StoreUnusable: a file can't be deleted. What was deleted before it is noted.
        UisError: the warehouse can't be reached, or refuses.
    """
    if not call_ids:
        return Forgotten()
    now = configured(settings).clock().replace(microsecond=0)
    with connected(pipeline) as (client, columns):
        wanted = Wanted(client.sql_client, columns)
        rows = {
            each.key: _row(each.key, each.app_id, now) for each in wanted.of_calls(call_ids)
        } | _in_ledger(client.sql_client, columns.get(RECORDINGS, ()), call_ids, wanted, now)
    forgotten: list[Row] = []
    files = 0
    try:
        for row, path in rows.values():
            files += path is not None and remove(path)
            forgotten.append(row)
    finally:
        if forgotten:
            beside = sibling_pipeline(pipeline, RECORDINGS)
            record(beside, forgotten, owned=wanted.owned)
    return Forgotten(len(forgotten), files)


_Known = tuple[Row, str | None]
"""A row as it will be, and the path of its file, if it has one."""


def _row(
    key: Key,
    app_id: int | None,
    now: datetime,
    attempts: int = 0,
    first: datetime | None = None,
    path: str | None = None,
) -> _Known:
    call_id, kind, record_id, user_id = key
    row: Row = {
        "call_id": call_id, "kind": kind, "record_id": record_id, "status": str(Status.FORGOTTEN),
        "attempts": attempts, "first_tried_at": first or now, "last_tried_at": now,
        APP_ID: app_id, USER_ID: user_id,
    }  # fmt: skip
    return row, path


def _in_ledger(
    sql: SqlClientBase[Any],
    columns: Mapping[str, Any] | Sequence[str],
    call_ids: Sequence[int],
    wanted: Wanted,
    now: datetime,
) -> dict[Key, _Known]:
    """What the ledger knows of calls, be they deleted or not."""
    if not columns:
        return {}
    name = sql.escape_column_name
    names = [*KEY, "attempts", "first_tried_at", "path", APP_ID, USER_ID]
    listed = [name(each) if each in columns else "NULL" for each in names]
    if "first_tried_at" in columns:
        listed[names.index("first_tried_at")] = slice_of(sql, name("first_tried_at"), 1)
    some = ", ".join(str(int(each)) for each in call_ids)
    query = (
        f"SELECT {', '.join(listed)} FROM {sql.make_qualified_table_name(RECORDINGS)}"
        f" WHERE {name('call_id')} IN ({some})"
    )
    found: dict[Key, _Known] = {}
    for call_id, kind, record_id, attempts, first, path, app_id, user_id in (
        sql.execute_sql(query) or ()
    ):
        key = (int(call_id), kind, record_id, user_id if wanted.owned else None)
        tried = None if first is None else moment_of(first)
        found[key] = _row(key, app_id, now, int(attempts or 0), tried, path)
    return found
