"""What dlt leaves to be done on Postgres: a connection for it, and the codes of its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import dlt
from dlt.destinations.exceptions import DatabaseTransientException
from dlt.destinations.sql_client import SqlClientBase

from ..errors import PackageTooOld

INSUFFICIENT_PRIVILEGE = "42501"
UNIQUE_VIOLATION = "23505"
DEPENDENT_OBJECTS = "2BP01"

_DRIVER = "adbc-driver-postgresql"
_WRITES_NUMBERS = (1, 12)
"""Before, 910000.784062262 arrived as 917840.62262, and before 1.11 510784.68 as 5107846.8, and
nobody was told (apache/arrow-adbc issues 4507 and 3485)."""


def refuse_driver_that_alters_numbers() -> None:
    """Looks at the driver that dlt takes, too, if it finds one.

    Raises:
        PackageTooOld: it writes other numbers than it is given.
    """
    try:
        installed = version(_DRIVER)
    except PackageNotFoundError:
        return
    if tuple(map(int, installed.split(".")[:2])) < _WRITES_NUMBERS:
        needed = ".".join(map(str, _WRITES_NUMBERS))
        raise PackageTooOld(_DRIVER, installed, needed, "writes wrong numbers into Postgres")


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
