"""A connection to the warehouse, for as long as something is asked about recordings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dlt
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.destinations.sql_client import SqlClientBase

from ..errors import KeyColumnMissing, NotADatabase, NothingLoaded
from ..reports.own_names import RECORDINGS, SYNC_WINDOWS
from ..runner.job import dlt_errors_translated
from ..warehouse.columns import columns_in
from ..warehouse.connection import connected_client
from ..warehouse.run import Columns
from .recording import KEY
from .wanted import TABLES, Wanted


@contextmanager
def connected(pipeline: dlt.Pipeline) -> Iterator[tuple[SqlJobClientBase, Columns]]:
    """A client of a pipeline's warehouse, and the columns of what matters to recordings.

    Raises:
        NotADatabase: the destination can't be asked.
        NothingLoaded: there is no table of calls.
        KeyColumnMissing: the ledger lacks a column that it can't do without.
        DestinationFailed: the warehouse can't be reached, or is used by another process.
    """
    with dlt_errors_translated(pipeline), connected_client(pipeline) as client:
        if not isinstance(client, SqlJobClientBase):
            raise NotADatabase(pipeline.destination.destination_name)
        try:
            columns = columns_in(client, (*TABLES, RECORDINGS, SYNC_WINDOWS))
        except DestinationUndefinedEntity:
            columns = {}
        if TABLES[0] not in columns:
            raise NothingLoaded(pipeline.dataset_name)
        for name in (*KEY, "status"):
            if name not in columns.get(RECORDINGS, (name,)):
                raise _not_ours(client.sql_client, name)
        yield client, columns


def _not_ours(sql: SqlClientBase[Any], column: str) -> KeyColumnMissing:
    """The error for a ledger without a column; it may also be a table of the user's own."""
    place = sql.make_qualified_table_name(RECORDINGS)
    before = sql.escape_column_name(f"{RECORDINGS}_before")
    return KeyColumnMissing(
        f"{sql.dataset_name}.{RECORDINGS}.{column}",
        f"ALTER TABLE {place} RENAME TO {before};",
        "the next run makes the table anew, and finds files that are there",
    )


@contextmanager
def asked(pipeline: dlt.Pipeline, *, again: bool = False) -> Iterator[Wanted]:
    """Questions about recordings; raises what :func:`connected` does."""
    with connected(pipeline) as (client, columns):
        yield Wanted(client.sql_client, columns, again=again)
