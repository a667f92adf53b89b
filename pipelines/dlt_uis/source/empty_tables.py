"""When a table is made for which no row comes: with the first item of a load, or at its end.

dlt's own Postgres destination (1.31) fails at a parquet file without rows, as a quiet account has
them. There a table that got no rows is sent when all is read, as a CSV file; one of rows may not be
CSV, in which empty text becomes null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from .. import destinations
from ..tables.rows import Item, Notice
from ..warehouse.columns import current_pipeline
from ..warehouse.kinds import kind_of
from ..warehouse.postgres import refuse_driver_that_alters_numbers

NO_HINTS: Mapping[str, Any] = {}
FORMAT: Any = "parquet"
"""Said aloud because dlt would send Arrow to Postgres as CSV, in which empty text becomes null."""

_AS_CSV: Mapping[str, Any] = {"file_format": "csv"}
_AS_USUAL: Mapping[str, Any] = {"file_format": FORMAT}
"""For the first rows: a source that is run once more still has the hint of a load without any."""


def hints_of(rows: pa.Table) -> Mapping[str, Any]:
    """Hints for all rows of a table, which may be none."""
    return _AS_CSV if not rows.num_rows and _fails_without_rows() else _AS_USUAL


class EmptyTable:
    """A table of one load, as long as it has no rows. All items are to come by, in their order."""

    def __init__(self) -> None:
        self._waits = False
        self._rows: pa.Table | None = None

    def sent(self, rows: pa.Table | None, item: Item) -> tuple[pa.Table | None, Mapping[str, Any]]:
        """What is to be sent of the ``rows`` that an item brings, and hints for it."""
        if isinstance(item, Notice) and item.span is not None:
            self._waits, self._rows = _fails_without_rows(), None
        if isinstance(item, Notice) and item.is_last:
            last, self._rows = self._rows, None
            return last, _AS_CSV
        if not self._waits or rows is None:
            return rows, NO_HINTS
        if rows.num_rows:
            self._waits, self._rows = False, None
            return rows, _AS_USUAL
        self._rows = rows
        return None, NO_HINTS


def _fails_without_rows() -> bool:
    """Whether the running pipeline loads by dlt's own Postgres destination.

    Raises:
        PackageTooOld: see :func:`.warehouse.postgres.refuse_driver_that_alters_numbers`.
    """
    pipeline = current_pipeline()
    if pipeline is None or kind_of(pipeline) != "postgres":
        return False
    refuse_driver_that_alters_numbers()
    return not isinstance(pipeline.destination, destinations.postgres)
