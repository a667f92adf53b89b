"""Merging a file into a table of Postgres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from dlt.common.libs.pyarrow import pq_stream_with_new_columns
from dlt.destinations.impl.postgres.factory import get_adbc_driver_location
from dlt.destinations.impl.postgres.postgres import PostgresClient

from ..tables import DELETED, LOAD_ID
from .direct import DirectClient, Merge, MergeJob

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor


class PostgresMergeJob(MergeJob):
    """Sends the file a row group at a time, by ADBC, straight into the table."""

    _job_client: MergingPostgresClient

    def run(self) -> None:
        with self._connected() as connection, connection.cursor() as cursor:
            writer = _Writer(cursor, self._job_client, self.load_table_name, self.merge)
            for rows in pq_stream_with_new_columns(self._file_path, ()):
                writer.merge(rows)
            connection.commit()

    def _connected(self) -> Connection:
        from adbc_driver_manager import dbapi  # noqa: PLC0415 - dlt does without, if it is missing

        address = self._job_client.config.credentials.to_native_representation()
        return dbapi.connect(driver=get_adbc_driver_location(), db_kwargs={"uri": address})


class MergingPostgresClient(DirectClient, PostgresClient):
    merge_job = PostgresMergeJob


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
        if len(rows):  # without any, ADBC fails
            self._cursor.adbc_ingest(self._table, rows, "append", db_schema_name=self._schema)

    def _delete(self, rows: pa.Table) -> None:
        load = pa.array([self._merge.load_id])
        load_id = self._column(LOAD_ID)
        if self._merge.replaces:
            keys = pc.unique(rows[self._merge.key])
            condition = f"{self._column(self._merge.key)} = ANY($1) AND {load_id} <> $2"
            self._delete_where(condition, _array(keys), load)
        if self._merge.is_again:
            names = ", ".join(map(self._column, self._merge.rows))
            given = [_array(rows[name].combine_chunks()) for name in self._merge.rows]
            places = ", ".join(f"${place}" for place in range(1, len(given) + 1))
            condition = (
                f"({names}) IN (SELECT * FROM unnest({places})) AND {load_id} = ${len(given) + 1}"
            )
            self._delete_where(condition, *given, load)

    def _delete_where(self, condition: str, *values: pa.Array) -> None:
        given = pa.record_batch(list(values), [str(place) for place, _ in enumerate(values)])
        self._cursor.execute(f"DELETE FROM {self._place} WHERE {condition}", given)


def _array(values: pa.Array) -> pa.Array:
    """One value: an array of the values."""
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
