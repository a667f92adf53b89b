"""What is asked of the warehouse: calls a day, rows as Arrow tables, and to remove rows.

Every query bounds the cursor, by which BigQuery's tables are partitioned.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias, cast

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.destinations.job_client_impl import SqlJobClientBase

from ..errors import ColumnMissing, NotADatabase, NothingLoaded
from ..localtime.zones import Zone
from ..reports.fields import Report
from ..runner.job import dlt_errors_translated
from ..tables.columns import documented_columns
from ..warehouse.columns import columns_in
from ..warehouse.kinds import kind_of
from ..warehouse.slices import slice_of

_SLICE = 900
"""Seconds by which calls are counted: every zone's midnights are whole quarters of an hour."""

_KEYS_AT_ONCE = 1_000
_ROWS_AT_ONCE = 20_000
_DAY = timedelta(days=1)

Span: TypeAlias = tuple[datetime, datetime]
"""Instants from which on and before which calls began."""


class Warehouse:
    """A report's tables in a pipeline's dataset.

    ``columns`` are the columns that each table really has, by table, and ``naming`` is dlt's
    convention for the names of such.

    Raises:
        NothingLoaded: the report's own table is not there.
        ColumnMissing: a table lacks its key or its time.
        NotADatabase: the destination can't be asked.
        DestinationFailed: it can't be reached, or is used by another process.
    """

    def __init__(self, pipeline: dlt.Pipeline, report: Report) -> None:
        self._pipeline = pipeline
        self._report = report
        own = tuple(map(report.child_column, report.key))
        self._keys = {report.table: report.key, **dict.fromkeys(report.tables[1:], own)}
        self._times = {**dict.fromkeys(report.tables[1:], report.child_cursor)}
        self._times[report.table] = report.cursor
        with self._client() as client:
            self.columns = columns_in(client, report.tables)
            self.naming = client.schema.naming
        if report.table not in self.columns:
            raise NothingLoaded(pipeline.dataset_name, report.records)
        needed = {child.table: (*child.key, report.child_cursor) for child in report.children}
        needed[report.table] = (*report.key, report.cursor)
        for table, columns in self.columns.items():
            for name in needed[table]:
                if name not in columns:
                    raise ColumnMissing(f"{pipeline.dataset_name}.{table}.{name}")

    def lacks(self, asked: Collection[str]) -> Sequence[str]:
        """Columns and tables of the fields that are ``asked`` for which are not there."""
        report = self._report
        found = [
            f"{report.table}.{field.name}"
            for field in report.scalars
            if field.asked in asked and field.name not in self.columns[report.table]
        ]
        for child in report.children:
            table = child.table
            if child.top.asked in asked and table not in self.columns:
                found.append(table)
            elif child.top.asked in asked:
                names = documented_columns(table)
                found += [f"{table}.{name}" for name in names if name not in self.columns[table]]
        return sorted(found)

    @contextmanager
    def _client(self) -> Iterator[SqlJobClientBase]:
        with dlt_errors_translated(self._pipeline):
            client = self._pipeline.destination_client()
            if not isinstance(client, SqlJobClientBase):
                raise NotADatabase(self._pipeline.destination.destination_name)
            with client:
                if kind_of(client) == "postgres":
                    # in another zone the last hours of the year 9999 are of the next one, for
                    # which Python has no time
                    client.sql_client.execute_sql("SET TIME ZONE 'UTC'")
                yield client

    def counts(self, span: Span, zone: Zone) -> Mapping[date, int]:
        """Calls a local day, of those of a span."""
        with self._client() as client:
            cursor = client.sql_client.escape_column_name(self._report.cursor)
            part = slice_of(client.sql_client, cursor, _SLICE)
            place = self._place(client, self._report.table)
            query = (
                f"SELECT {part} AS part, COUNT(*) AS calls FROM {place}"
                f" WHERE {_within(cursor, [span])} GROUP BY 1"
            )
            found = _fetched(client, query, bounds_of([span], self._report))
        seconds = pc.multiply(found["part"].cast(pa.int64()), _SLICE)
        days = pa.table(
            [zone.dates(seconds.cast(pa.timestamp("s", "UTC"))), found["calls"].cast(pa.int64())],
            names=["day", "calls"],
        )
        sums = days.group_by("day").aggregate([("calls", "sum")])
        return dict(zip(sums["day"].to_pylist(), sums["calls_sum"].to_pylist(), strict=True))

    def rows(self, spans: Sequence[Span]) -> Mapping[str, pa.Table]:
        """All rows of all tables of the calls of some spans."""
        with self._client() as client:
            return {name: self._rows(client, name, spans) for name in self.columns}

    def _rows(self, client: SqlJobClientBase, table: str, spans: Sequence[Span]) -> pa.Table:
        columns = self.columns[table]
        escaped = client.sql_client.escape_column_name
        moment = escaped(self._times[table])
        query = (
            f"SELECT {', '.join(map(escaped, columns))} FROM {self._place(client, table)}"
            f" WHERE {_within(moment, spans)}"
        )
        return _fetched(client, query, bounds_of(spans, self._report), columns)

    def remove(
        self, tables: Iterable[str], keys: Sequence[tuple[Any, ...]], spans: Sequence[Span]
    ) -> None:
        """Removes the rows of records from tables, all or none where the warehouse can.

        Only rows of the spans: another row of the same record stays.
        """
        with self._client() as client, self._transaction(client):
            escaped = client.sql_client.escape_column_name
            for table in tables:
                moment = escaped(self._times[table])
                columns = list(map(escaped, self._keys[table]))
                for first in range(0, len(keys), _KEYS_AT_ONCE):
                    condition, values = _among(columns, keys[first : first + _KEYS_AT_ONCE])
                    client.sql_client.execute_sql(
                        f"DELETE FROM {self._place(client, table)}"
                        f" WHERE {_within(moment, spans)} AND ({condition})",
                        *bounds_of(spans, self._report),
                        *values,
                    )

    @staticmethod
    def _transaction(client: SqlJobClientBase) -> AbstractContextManager[Any]:
        if client.capabilities.supports_transactions:
            return client.sql_client.begin_transaction()
        return nullcontext()

    @staticmethod
    def _place(client: SqlJobClientBase, table: str) -> str:
        return client.sql_client.make_qualified_table_name(table)


def _among(columns: Sequence[str], keys: Sequence[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """The condition that a key is one of some, and the values that it takes."""
    if len(columns) == 1:
        # numbers; there may be more of them than a statement takes values
        return f"{columns[0]} IN ({', '.join(str(int(key[0])) for key in keys)})", []
    one = "(" + " AND ".join(f"{column} = %s" for column in columns) + ")"
    return " OR ".join([one] * len(keys)), [value for key in keys for value in key]


def bounds_of(spans: Sequence[Span], report: Report) -> list[datetime | date]:
    """What :func:`_within` takes: instants; where the cursor is a day, all days that the spans
    touch, as the API gives no part of one."""
    if not report.is_of_days:
        return [moment for span in spans for moment in span]
    return [
        bound
        for start, end in spans
        for bound in (start.date(), (end - timedelta.resolution).date() + _DAY)
    ]


def _within(column: str, spans: Sequence[Span]) -> str:
    """The condition that a moment is in one of the spans; takes their bounds."""
    return "(" + " OR ".join([f"({column} >= %s AND {column} < %s)"] * len(spans)) + ")"


def _fetched(
    client: SqlJobClientBase,
    query: str,
    bounds: Sequence[datetime | date],
    columns: TTableSchemaColumns | None = None,
) -> pa.Table:
    """The rows that a query returns; types are guessed from the values without ``columns``."""
    with client.sql_client.execute_query(query, *bounds) as result:
        if columns is not None:
            result.columns_schema = cast(Any, columns)
        names = [column[0] for column in result.description or ()]
        with warnings.catch_warnings():
            # DuckDB advises its own interface, which copies rows once less than the common one
            warnings.filterwarnings("ignore", "Arrow output on a DB-API result")
            parts = [_table(part) for part in result.iter_arrow(chunk_size=_ROWS_AT_ONCE)]
    nothing = pa.table({name: pa.nulls(0) for name in names})
    return pa.concat_tables([nothing, *parts], promote_options="permissive")


def _table(part: pa.Table | pa.RecordBatch) -> pa.Table:
    """BigQuery's rows come in batches, those of others in tables."""
    return pa.Table.from_batches([part]) if isinstance(part, pa.RecordBatch) else part
