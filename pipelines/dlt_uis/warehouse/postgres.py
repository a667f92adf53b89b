"""What dlt leaves to be done on Postgres: a connection for it, and the codes of its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dlt
from dlt.destinations.exceptions import DatabaseTransientException
from dlt.destinations.sql_client import SqlClientBase

INSUFFICIENT_PRIVILEGE = "42501"
UNIQUE_VIOLATION = "23505"


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


def code_of(error: BaseException) -> str:
    """The SQLSTATE of one of dlt's database errors, or nothing."""
    return getattr(getattr(error, "dbapi_exception", None), "pgcode", None) or ""
