"""ADBC's connections to Postgres, for the jobs of a load: they share what is slow to make.

Before it connects, the driver asks the server for all types that it knows. That takes ten times as
long as a connection, and as long as a small file takes in all.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from dlt.destinations.impl.postgres.factory import get_adbc_driver_location

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

_lock = threading.Lock()
_first: dict[str, Future[Connection]] = {}
"""By a server's address, a connection that stays open until the load has ended."""


def connect_ahead(address: str) -> Future[Connection]:
    """Begins to make what connections share, beside whatever else is done until the first one.

    It is kept until :func:`disconnect`. If the server can't be reached, :func:`connect` says so.
    """
    with _lock:
        first = _first.get(address)
        if first is None or (first.done() and first.exception() is not None):
            beside = ThreadPoolExecutor(1, "uis-adbc")
            first = _first[address] = beside.submit(_connected, address)
            beside.shutdown(wait=False)
        return first


def connect(address: str) -> Connection:
    """A new connection. Threads may call it.

    Raises:
        adbc_driver_manager.Error: the server can't be reached.
    """
    while True:
        first = connect_ahead(address)
        connection = first.result()
        with _lock:
            # else another thread, whose job has failed, is closing it
            if _first.get(address) is first:
                return connection.adbc_clone()


def disconnect(address: str) -> None:
    """Closes what is kept; connections that :func:`connect` has given are not touched."""
    with _lock:
        first = _first.pop(address, None)
    if first is not None and first.exception() is None:
        first.result().close()


def _connected(address: str) -> Connection:
    from adbc_driver_manager import dbapi  # noqa: PLC0415 - dlt does without, if it is missing

    return dbapi.connect(
        driver=get_adbc_driver_location(),
        db_kwargs={"uri": address},
        autocommit=True,  # it is not to be found idle in a transaction
    )
