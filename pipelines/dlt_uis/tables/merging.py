"""How a table is merged: the rows of the calls that come replace all that these calls had.

dlt deletes the rows that it is about to insert, and finds them by a primary key or a merge key. For
a child table that would be an OR of two conditions, for which DuckDB reads keys of the whole
history. So the merge is told the condition itself: the calls that the staging table holds. Our own
destinations need neither (:mod:`.destinations.direct`): they are told the columns by which they
replace rows.

BigQuery would still read the keys of the whole history, and leaves out partitions only by
constants; there the merge is also told the months that the calls which were read lie in. Months,
because what a table is told becomes a part of its schema, of which the dataset keeps every version:
with months there are two versions a month, with exact bounds there would be one more with each
sync.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.configuration.container import Container
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.extract.resource import DltResource

from ..decoding.names import TableNames
from ..localtime.windows import Window
from .rows import Item, Notice

logger = logging.getLogger(__name__)

MERGE: Any = {"disposition": "merge", "strategy": "delete-insert"}

KEY_HINT = "x-dlt-uis-key"
"""Hint of a table: the columns by which :mod:`.destinations` replace its rows."""

_SLACK = timedelta(days=2)
"""More than any zone is away from UTC, and than any clock was ever put forward or back."""


def replaces_by(resource: DltResource, *key: str) -> DltResource:
    """The resource, which our own destinations may merge without dlt's staging dataset.

    Args:
        key: the columns whose values tell which rows make way, an id first;
            :data:`.reports.own_names.LOAD_ID` for none.
    """
    # a list, as the schema has it once it was stored
    resource.apply_hints(additional_table_hints={KEY_HINT: list(key)})
    return resource


def merges(resource: DltResource) -> bool:
    """Whether the rows of a resource replace those of the same call, as they do by default."""
    given: Any = resource.write_disposition
    if isinstance(given, dict):
        return given["disposition"] == "merge" and given.get("strategy") in (None, "delete-insert")
    return bool(given == "merge")


def warn_where_nothing_merges(item: Item, resource: DltResource) -> None:
    """Says at the beginning of a load that calls will be doubled, where dlt can but append."""
    capabilities = _capabilities()
    first = isinstance(item, Notice) and item.span is not None
    if not (first and capabilities and merges(resource)):
        return
    if not _can_replace(capabilities):
        logger.warning(
            "this destination can't replace rows: each sync adds the calls that it reads again"
            " once more. Take a call from its newest _dlt_load_id, as docs/warehouses.md shows."
        )


class Instructions:
    """How the rows of a table are to be merged: goes with the first of them that a load brings.

    Args:
        key: columns that identify a call, its id first.
        time: column that the table is partitioned by.
        names: tell which fields the columns stand for, which dlt's schema is to keep.
        is_date: the column is of days, not of times.
    """

    def __init__(
        self, key: Sequence[str], time: str, names: TableNames, *, is_date: bool = False
    ) -> None:
        self._is_date = is_date
        self._key = key
        self._time = time
        self._names = names
        self._span: Window | None = None

    def attached(
        self, rows: pa.Table | None, item: Item, resource: DltResource, more: Mapping[str, Any]
    ) -> Any:
        """The ``rows`` that ``resource`` makes of an item, if any; all items are to come by.

        Args:
            more: hints for these rows.
        """
        if isinstance(item, Notice) and item.span:
            self._span = item.span
        if rows is None:
            return None
        hints = {**self._merge_hints(resource), **more}
        columns = self._new_names(rows, resource)
        if columns:
            hints["columns"] = columns
        return dlt.mark.with_hints(rows, dlt.mark.make_hints(**hints)) if hints else rows

    def _new_names(self, rows: pa.Table, resource: DltResource) -> TTableSchemaColumns:
        """The names of columns that the resource has not been told yet."""
        told: Any = resource.columns
        return {
            column: hints
            for column, hints in self._names.hints().items()
            if column in rows.column_names and column not in told
        }

    def _merge_hints(self, resource: DltResource) -> dict[str, Any]:
        if self._span is None:
            return {}
        span, self._span = self._span, None
        capabilities = _capabilities()
        if not (capabilities and _can_replace(capabilities) and merges(resource)):
            return {}
        is_bigquery = capabilities.sqlglot_dialect == "bigquery"
        condition = scope(self._key, as_struct=is_bigquery)
        if is_bigquery:
            condition += f" AND {within(self._time, span, is_date=self._is_date)}"
        merge: Any = {**MERGE, "destination_scope": condition}
        # dlt would warn that it ignores a merge key beside a scope
        return {"write_disposition": merge, "merge_key": ""}


def scope(key: Sequence[str], *, as_struct: bool = False) -> str:
    """The condition, in SQL, for the rows that a merge replaces: those of the calls it brings.

    With a key of several columns the first one alone is said too: there is an index for it.
    """
    first, columns = key[0], ", ".join(key)
    condition = f"{first} IN (SELECT {first} FROM {{staging_table}})"
    if len(key) > 1:
        chosen = f"({columns})" if as_struct else columns
        condition += f" AND ({columns}) IN (SELECT {chosen} FROM {{staging_table}})"
    return condition


def within(time: str, span: Window, *, is_date: bool = False) -> str:
    """The condition for rows of the months that ``span``, in local time, lies in.

    Args:
        is_date: the column is of days, not of times.
    """
    start = _month(span.start - _SLACK)
    end = _month(_month(span.end + _SLACK) + timedelta(days=31))
    if is_date:
        return f"{time} >= DATE '{start:%Y-%m-%d}' AND {time} < DATE '{end:%Y-%m-%d}'"
    return (
        f"{time} >= TIMESTAMP '{start:%Y-%m-%d} 00:00:00+00'"
        f" AND {time} < TIMESTAMP '{end:%Y-%m-%d} 00:00:00+00'"
    )


def _month(moment: datetime) -> datetime:
    """The beginning of its month."""
    return datetime(moment.year, moment.month, 1)


def _can_replace(capabilities: DestinationCapabilitiesContext) -> bool:
    return MERGE["strategy"] in (capabilities.supported_merge_strategies or ())


def _capabilities() -> DestinationCapabilitiesContext | None:
    """Of the destination that is being extracted for, if one is known."""
    return Container().get(DestinationCapabilitiesContext)
