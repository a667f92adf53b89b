"""Keeps links out of logs: libraries write them there if their log is told in detail."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

THREADS = "uis-recording"
"""What the names of the threads begin with that fetch recordings."""

_LOGGERS = ("urllib3.connectionpool", "fsspec.local")


def _is_of_others(record: logging.LogRecord) -> bool:
    return not (record.threadName or "").startswith(THREADS)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Inside the ``with`` block nothing is logged there of what our threads do."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(_is_of_others)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_is_of_others)
