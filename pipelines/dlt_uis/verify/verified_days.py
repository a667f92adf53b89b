"""The table ``verified_days``: which days were verified last when, and what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract.resource import DltResource

from ..reports.fields import TIMESTAMP, Report
from ..reports.own_names import LOAD_ID, REPORT, VERIFIED_DAYS
from ..source.load_ids import load_id
from ..tables.columns import recorded_columns
from ..tables.merging import MERGE, replaces_by
from .findings import DayFound

VERIFIED_COLUMNS: Mapping[str, tuple[pa.DataType, str]] = {
    "day": (pa.date32(), "Local day of the account."),
    "source_calls": (pa.int64(), "Records at the source."),
    "warehouse_calls": (pa.int64(), "Records in the warehouse."),
    "missing": (pa.int64(), "Records that only the source has."),
    "surplus": (pa.int64(), "Records that only the warehouse has, or has more than once."),
    "changed": (pa.int64(), "Records that both have, with another value or element."),
    "is_compared": (pa.bool_(), "All ids and values were compared, not only counts."),
    "is_equal": (pa.bool_(), "Nothing differed."),
    "verified_at": (TIMESTAMP, "When that was found."),
    REPORT: (pa.string(), "Report that was verified, by the name of its table."),
}
"""Columns of ``verified_days``: type and meaning."""


@dlt.source(name="uis_verify", section="uis_verify", max_table_nesting=0)
def verified_days_source(report: Report, found: Sequence[DayFound], at: datetime) -> DltResource:
    """A source of ``verified_days``; a schema of its own, as the sync's may change meanwhile."""

    def verified_days() -> Iterator[pa.Table]:
        yield _rows(report, found, at)

    resource = dlt.resource(
        verified_days,
        name=VERIFIED_DAYS,
        write_disposition=MERGE,
        file_format="parquet",
        primary_key=("day", REPORT),
        # tables of earlier versions get the column, and are filled then
        columns=recorded_columns(VERIFIED_COLUMNS, optional={REPORT}),
    )
    return replaces_by(resource, "day", REPORT)


def _rows(report: Report, found: Sequence[DayFound], at: datetime) -> pa.Table:
    given: dict[str, Any] = {"verified_at": at, REPORT: report.table, LOAD_ID: load_id()}
    names = {**{name: type_ for name, (type_, _) in VERIFIED_COLUMNS.items()}, LOAD_ID: pa.string()}
    schema = pa.schema([pa.field(name, type_, name == REPORT) for name, type_ in names.items()])
    days = [{name: getattr(day, name, None) for name in names} | given for day in found]
    return pa.Table.from_pylist(days, schema=schema)
