"""A connection to the warehouse that is kept while one thing after another is asked of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import dlt
from dlt.common.destination.client import JobClientBase
from dlt.common.exceptions import DltException
from dlt.destinations.exceptions import DestinationConnectionError

from .compaction import postpone
from .kinds import kind_of
from .run import current_run, running


@contextmanager
def connected_client(pipeline: dlt.Pipeline) -> Iterator[JobClientBase]:
    """dlt's client for the warehouse, connected; blocks inside one another share it.

    DuckDB's file stays open inside the block, which dlt would open and close with all that it asks
    for and each job that it loads: that takes longer than most answers. Other processes can't open
    it meanwhile.

    Raises:
        DltException: of dlt; the warehouse can't be reached, or is not configured.
    """
    shared = current_run().connected
    if shared is not None and shared[0] is pipeline:
        yield shared[1]
        return
    with _opened(pipeline) as client, running(connected=(pipeline, client)):
        yield client


@contextmanager
def _opened(pipeline: dlt.Pipeline) -> Iterator[JobClientBase]:
    client = pipeline.destination_client()
    try:
        client.__enter__()
    except DltException:
        raise
    except Exception as error:
        # what a driver raises, dlt does not wrap for each of them
        name, dataset = type(client).__name__, pipeline.dataset_name
        raise DestinationConnectionError(name, dataset, str(error), error) from error
    try:
        yield client
    finally:
        _close(client)


def _close(client: JobClientBase) -> None:
    client.__exit__(*sys.exc_info())


@contextmanager
def opened_ahead(pipeline: dlt.Pipeline, *, compacts: bool = True) -> Iterator[None]:
    """Opens DuckDB's file while the block begins, and keeps it open inside; nothing elsewhere.

    That is done by another core. Where it can't be opened, whoever needs it will be told.

    Args:
        compacts: whether DuckDB may join row groups of what was written, see
            :mod:`.compaction`.
    """
    if kind_of(pipeline) != "duckdb":
        yield
        return
    client = pipeline.destination_client()
    with ThreadPoolExecutor(1, "uis-open") as beside:
        opening = beside.submit(client.__enter__)
        # after it, as there is one thread; loading is right without it, so nobody asks if it failed
        ready: Future[Any] = opening if compacts else beside.submit(postpone, client)
        try:
            yield
        finally:
            wait([ready])
            if opening.exception() is None:
                _close(client)
