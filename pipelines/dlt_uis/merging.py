"""How a table is merged, and on BigQuery: within which months.

dlt deletes the rows that it is about to insert, and finds them by their keys. BigQuery would read
the keys of the whole history for that, each time. It leaves out partitions only by constants; so
the merge is told the months that the calls which were read lie in. Months, because what a table is
told becomes a part of its schema, of which BigQuery keeps every version: with months there are two
versions a month, with exact bounds there would be one more with each sync.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.configuration.container import Container
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.extract.resource import DltResource

from .tables import Item, Notice
from .windows import Window

logger = logging.getLogger(__name__)

MERGE: Any = {"disposition": "merge", "strategy": "delete-insert"}

_SLACK = timedelta(days=2)
"""More than any zone is away from UTC, and than any clock was ever put forward or back."""


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
    if MERGE["strategy"] not in (capabilities.supported_merge_strategies or ()):
        logger.warning(
            "this destination can't replace rows: each sync adds the calls that it reads again"
            " once more. Take a call from its newest _dlt_load_id, as the README shows."
        )


def within_months(rows: pa.Table, item: Item, resource: DltResource, key: str, time: str) -> Any:
    """The rows; with the first ones of a load goes how they are to be merged on BigQuery.

    Args:
        item: that the rows are from.
        key: column that identifies a call.
        time: column that the table is partitioned by.
    """
    if not (isinstance(item, Notice) and item.span and _is_bigquery() and merges(resource)):
        return rows
    merge: Any = {**MERGE, "destination_scope": scope(key, time, item.span)}
    # dlt would warn that it ignores a merge key beside a scope
    return dlt.mark.with_hints(rows, dlt.mark.make_hints(write_disposition=merge, merge_key=""))


def scope(key: str, time: str, span: Window) -> str:
    """The condition, in SQL, for the rows that a merge replaces: the calls that it brings.

    ``span`` is in local time, and holds all of them.
    """
    start = _month(span.start - _SLACK)
    end = _month(_month(span.end + _SLACK) + timedelta(days=31))
    return (
        f"{key} IN (SELECT {key} FROM {{staging_table}})"
        f" AND {time} >= TIMESTAMP '{start:%Y-%m-%d} 00:00:00+00'"
        f" AND {time} < TIMESTAMP '{end:%Y-%m-%d} 00:00:00+00'"
    )


def _month(moment: datetime) -> datetime:
    """The beginning of its month."""
    return datetime(moment.year, moment.month, 1)


def _is_bigquery() -> bool:
    capabilities = _capabilities()
    return capabilities is not None and capabilities.sqlglot_dialect == "bigquery"


def _capabilities() -> DestinationCapabilitiesContext | None:
    """Of the destination that is being extracted for, if one is known."""
    return Container().get(DestinationCapabilitiesContext)
