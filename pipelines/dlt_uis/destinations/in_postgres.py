"""Merging a file into a table of Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from dlt.common.destination.client import LoadJob
from dlt.common.destination.typing import PreparedTableSchema
from dlt.common.libs.pyarrow import pq_stream_with_new_columns
from dlt.common.schema import TSchemaTables
from dlt.destinations.impl.postgres.postgres import PostgresClient, PostgresParquetCopyJob

from ..reports.own_names import DELETED, LOAD_ID
from . import adbc
from .direct import DirectClient, Merge, MergeJob

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Cursor


class PostgresMergeJob(MergeJob):
    """Sends the file a row group at a time, by ADBC, straight into the table."""

    _job_client: MergingPostgresClient

    def run(self) -> None:
        address = self._job_client.address
        try:
            with adbc.connect(address) as connection, connection.cursor() as cursor:
                writer = _Writer(cursor, self._job_client, self.load_table_name, self.merge)
                for rows in pq_stream_with_new_columns(self._file_path, ()):
                    writer.merge(rows)
                connection.commit()
        except BaseException:
            adbc.disconnect(address)
            raise


class RowGroupsJob(PostgresParquetCopyJob):
    """dlt's, which sends a file as a whole: it is held in memory, and fails if it has no rows."""

    _ingest_per_rowgroup = True


class MergingPostgresClient(DirectClient, PostgresClient):
    merge_job = PostgresMergeJob

    def create_load_job(
        self, table: PreparedTableSchema, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        job = super().create_load_job(table, file_path, load_id, restore)
        return RowGroupsJob(file_path) if type(job) is PostgresParquetCopyJob else job

    @property
    def address(self) -> str:
        """As drivers take it, password and all."""
        address: str = self.config.credentials.to_native_representation()
        return address

    def jobs_are_to_come(self) -> None:
        # while tables are made for them
        adbc.connect_ahead(self.address)

    def update_stored_schema(
        self, only_tables: Any = None, expected_update: Any = None, force: bool = False
    ) -> TSchemaTables | None:
        try:
            return super().update_stored_schema(only_tables, expected_update, force)
        except BaseException:
            adbc.disconnect(self.address)  # there will be no jobs
            raise

    def complete_load(self, load_id: str) -> None:
        super().complete_load(load_id)
        adbc.disconnect(self.address)


class _Writer:
    """Merges rows into a table, within the transaction of a cursor.

    What is to be deleted is told by arrays, of which Postgres makes one search of an index, and
    which take no right to make temporary tables.
    """

    def __init__(
        self, cursor: Cursor, client: MergingPostgresClient, table: str, merge: Merge
    ) -> None:
        self._cursor, self._merge, self._table = cursor, merge, table
        self._column = client.sql_client.escape_column_name
        self._schema = self._column(client.sql_client.dataset_name, quote=False)
        self._place = client.sql_client.make_qualified_table_name(table)
        cursor.execute(f"SELECT EXISTS (SELECT FROM {self._place})")
        (self._has_rows,) = cursor.fetchone() or (False,)

    def merge(self, rows: pa.Table) -> None:
        if self._has_rows and len(rows):
            self._delete(rows)
        if self._merge.has_deleted and DELETED in rows.column_names:
            rows = rows.filter(pc.invert(pc.fill_null(rows[DELETED], False)))
            rows = rows.drop_columns(DELETED)  # null by itself, in what is inserted
        if len(rows):  # without any, ADBC fails
            self._cursor.adbc_ingest(self._table, rows, "append", db_schema_name=self._schema)

    def _delete(self, rows: pa.Table) -> None:
        if self._merge.replaces:
            self._delete_alike(rows, self._merge.key, "<>")
        if self._merge.is_again:
            self._delete_alike(rows, self._merge.rows, "=")

    def _delete_alike(self, rows: pa.Table, names: Sequence[str], of_load: str) -> None:
        """Deletes what has the values of ``rows`` in some columns.

        Args:
            names: of the columns, an id first where there is one: it has an index.
            of_load: how its load package compares with the one that is being loaded.
        """
        values = rows.select(names).group_by(names).aggregate([])
        given = [_array(values[name].combine_chunks()) for name in names]
        columns = [self._column(name) for name in names]
        condition = f"{columns[0]} = ANY($1)"
        if len(columns) > 1:
            places = ", ".join(f"${place}" for place, _ in enumerate(columns, 1))
            condition += f" AND ({', '.join(columns)}) IN (SELECT * FROM unnest({places}))"
        condition += f" AND {self._column(LOAD_ID)} {of_load} ${len(given) + 1}"
        if pa.types.is_integer(values[names[0]].type):
            # tells how close together they are: else Postgres reads all of a table that it has no
            # statistics of yet, to look for thousands of ids where mostly none are
            ends = pc.min_max(values[names[0]]).as_py()
            condition += f" AND {columns[0]} BETWEEN {ends['min']} AND {ends['max']}"
        arguments = [*given, pa.array([self._merge.load_id])]
        self._cursor.execute(
            f"DELETE FROM {self._place} WHERE {condition}",
            pa.record_batch(arguments, [str(place) for place, _ in enumerate(arguments)]),
        )


def _array(values: pa.Array) -> pa.Array:
    """One value: an array of the values."""
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
