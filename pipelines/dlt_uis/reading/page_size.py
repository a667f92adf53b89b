"""How many calls a page asks for: fewer, where a page does not come within a request's time."""

from __future__ import annotations

import logging
import threading

logger = logging.getLogger(__name__)


class PageSize:
    """The ``limit`` of a run's requests. Threads share it; it only ever gets smaller.

    Args:
        limit: the one to begin with.
    """

    def __init__(self, limit: int) -> None:
        self._lock = threading.Lock()
        self._limit = limit

    @property
    def limit(self) -> int:
        with self._lock:
            return self._limit

    def after_timeout(self, limit: int) -> int:
        """The limit to try with, after one ran out of time: half of it, or less if others found
        that out. Requests that ran out of time side by side halve it once."""
        with self._lock:
            if limit > 1 and limit <= self._limit:
                self._limit = limit // 2
                logger.warning(
                    "A page of %d records did not come in time: from now on %d are asked for.",
                    limit, self._limit,
                )  # fmt: skip
            return self._limit
