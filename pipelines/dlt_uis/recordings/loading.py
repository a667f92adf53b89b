"""Rows on their way to the ledger: many are merged at once, when nobody else has DuckDB's file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import dlt
import tenacity

from ..errors import FileLocked
from .journal import Journal
from .ledger import Row, record

T = TypeVar("T")

_FEWEST, _MOST, _EVERY = 100, 2_000, 20.0
"""They are merged when there are so many, but not more often than every so many seconds unless
there are a lot."""

_PATIENCE = 600.0
"""Seconds that a program is waited for that has DuckDB's file open."""


class Ledger:
    """Rows that are not in the ledger yet.

    Args:
        pipeline: merges them; not the sync's, whose cursor stays as it is.
    """

    def __init__(
        self,
        pipeline: dlt.Pipeline,
        journal: Journal,
        sleep: Callable[[float], None],
        *,
        owned: bool,
    ) -> None:
        self._pipeline = pipeline
        self._journal = journal
        self._sleep = sleep
        self._owned = owned
        self._rows: list[Row] = []
        self._loaded_at = time.monotonic()

    def add(self, rows: Sequence[Row]) -> None:
        self._rows += rows

    @property
    def is_due(self) -> bool:
        count, waited = len(self._rows), time.monotonic() - self._loaded_at
        return count >= _MOST or (count >= _FEWEST and waited >= _EVERY)

    def load(self) -> None:
        """Merges the rows, and takes them out of the journal."""
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        patiently(lambda: record(self._pipeline, rows, owned=self._owned), self._sleep)
        self._journal.loaded(rows)
        self._loaded_at = time.monotonic()


def patiently(action: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """Does what needs DuckDB's file, when no other program has it open: threads fetch meanwhile."""
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(FileLocked),
        stop=tenacity.stop_after_delay(_PATIENCE),
        wait=tenacity.wait_fixed(1.0),
        sleep=sleep,
        reraise=True,
    )
    return retrying(action)
