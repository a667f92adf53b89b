"""What dlt leaves to be done on Postgres: a connection for it, and files without rows."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dlt
from dlt.destinations.exceptions import DatabaseTransientException
from dlt.destinations.sql_client import SqlClientBase

INSUFFICIENT_PRIVILEGE = "42501"
UNIQUE_VIOLATION = "23505"


def is_postgres(pipeline: dlt.Pipeline) -> bool:
    return pipeline.destination.destination_type == "dlt.destinations.postgres"


@contextmanager
def connected(pipeline: dlt.Pipeline) -> Iterator[SqlClientBase[Any]]:
    """A connection of its own, each statement in a transaction of its own.

    Raises:
        DatabaseException: of dlt, also where there is no connection.
    """
    client = pipeline.sql_client()
    try:
        client.open_connection()
    except Exception as error:
        if client.is_dbapi_exception(error):
            raise DatabaseTransientException(error) from error
        raise
    try:
        yield client
    finally:
        client.close_connection()


def ingest_by_row_groups() -> None:
    """Has dlt send parquet files to Postgres a row group at a time, as it does to SQL Server.

    As a whole (dlt 1.31) a file would be held in memory, and one without rows, as a quiet account
    has them, would fail. Does nothing where the drivers are not installed.
    """
    try:
        jobs = importlib.import_module("dlt.destinations.impl.postgres.postgres")
    except ImportError:
        return
    jobs.PostgresParquetCopyJob._ingest_per_rowgroup = True


def code_of(error: BaseException) -> str:
    """The SQLSTATE of one of dlt's database errors, or nothing."""
    return getattr(getattr(error, "dbapi_exception", None), "pgcode", None) or ""
