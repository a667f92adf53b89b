"""ADBC's connections to Postgres, for the jobs of a load: they share what is slow to make.

Before it connects, the driver asks the server for all types that it knows. That takes ten times as
long as a connection, and as long as a small file takes in all.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from dlt.destinations.impl.postgres.factory import get_adbc_driver_location

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

_lock = threading.Lock()
_first: dict[str, Connection] = {}
"""By a server's address, a connection that stays open until the load has ended."""


def connect(address: str) -> Connection:
    """A new connection. Threads may call it.

    Raises:
        adbc_driver_manager.Error: the server can't be reached.
    """
    from adbc_driver_manager import dbapi  # noqa: PLC0415 - dlt does without, if it is missing

    with _lock:
        if address not in _first:
            _first[address] = dbapi.connect(
                driver=get_adbc_driver_location(),
                db_kwargs={"uri": address},
                autocommit=True,  # it is not to be found idle in a transaction
            )
        return _first[address].adbc_clone()


def disconnect(address: str) -> None:
    """Closes what :func:`connect` keeps; connections that it has given are not touched."""
    with _lock:
        first = _first.pop(address, None)
    if first is not None:
        first.close()
