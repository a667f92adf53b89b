"""One writer at a time: keeps the merges of processes that load into the same tables apart.

dlt merges by deleting what it is about to insert. Two such merges of the same call at once would
both find nothing to delete, and both insert it. Reading the API, which takes most of the time,
needs no lock.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import dlt

from .connection import connected_client
from .kinds import kind_of
from .postgres import connected

logger = logging.getLogger(__name__)

_KEY = "hashtextextended('dlt-uis ' || %s, 0)"


@contextmanager
def writing(pipeline: dlt.Pipeline) -> Iterator[None]:
    """Waits until no other process writes to the dataset, and keeps others waiting meanwhile.

    On Postgres it is an advisory lock of a connection of its own, so that it is gone as soon as
    the process is, however that ends. DuckDB allows one process anyway that has its file open for
    writing, as it is kept here. Elsewhere it does nothing.

    Raises:
        DatabaseException: of dlt; there is no connection.
    """
    if kind_of(pipeline) == "duckdb":
        with connected_client(pipeline):
            yield
        return
    if kind_of(pipeline) != "postgres":
        yield
        return
    with connected(pipeline) as client:
        dataset = client.dataset_name
        taken = client.execute_sql(f"SELECT pg_try_advisory_lock({_KEY})", dataset)
        if taken != [(True,)]:
            logger.info("another process is loading into %s: waiting for it", dataset)
            client.execute_sql(f"SELECT pg_advisory_lock({_KEY})", dataset)
        yield
