"""Columns that the report's tables have in the warehouse, whichever pipeline added them.

A sync and a backfill keep a schema each. A field that the API adds must get one type from both, the
one that its column has by then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import dlt
import pyarrow as pa
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.destinations.job_client_impl import SqlJobClientBase

from .calls_report import CALLS_REPORT
from .tables import SYNC_WINDOWS

Columns = Mapping[str, TTableSchemaColumns]

_known: ContextVar[Columns | None] = ContextVar("dlt_uis_stored", default=None)


def stored_columns(pipeline: dlt.Pipeline) -> Columns:
    """Columns by table, of those tables that are there; none where rows can't be asked for.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    client = pipeline.destination_client()
    if not isinstance(client, SqlJobClientBase):
        return {}
    with client:
        stored = client.get_storage_tables([*CALLS_REPORT.tables, SYNC_WINDOWS])
        return {name: columns for name, columns in stored if columns}


@contextmanager
def knowing(columns: Columns) -> Iterator[None]:
    """Sources that run inside the ``with`` block give fields the types of these columns."""
    token = _known.set(columns)
    try:
        yield
    finally:
        _known.reset(token)


def current_columns() -> Columns:
    """The columns that are known to be stored; none outside of our own commands."""
    return _known.get() or {}


def adds_nothing(table: str, rows: pa.Table) -> bool:
    """Whether ``rows`` are none, and the warehouse has their table with all its columns already.

    A table that is sent without rows gets made; one that is there would only cost a load job.
    """
    return not rows.num_rows and current_columns().get(table, {}).keys() >= {*rows.column_names}
