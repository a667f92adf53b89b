"""Merging a file into a table of Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from dlt.common.destination.client import LoadJob
from dlt.common.destination.typing import PreparedTableSchema
from dlt.common.libs.pyarrow import pq_stream_with_new_columns
from dlt.common.schema import TSchemaTables
from dlt.destinations.impl.postgres.postgres import PostgresClient, PostgresParquetCopyJob

from ..decoding.arrays import whole
from ..progress import Merged
from ..reports.own_names import DELETED, LOAD_ID
from . import adbc
from .differing import among, distinct, key_of, unlike
from .direct import DirectClient, Merge, MergeJob

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Cursor

_HAS_MORE = "_has_more"
"""Column of rows that are compared: whether they have values where the file has no column."""


class PostgresMergeJob(MergeJob):
    """Sends the file a row group at a time, by ADBC, straight into the table."""

    _job_client: MergingPostgresClient

    def merged(self) -> Merged:
        address, done = self._job_client.address, Merged()
        try:
            with adbc.connect(address) as connection, connection.cursor() as cursor:
                writer = _Writer(cursor, self._job_client, self, self._file_path)
                for rows in pq_stream_with_new_columns(self._file_path, ()):
                    done += writer.merge(rows)
                connection.commit()
        except BaseException:
            adbc.disconnect(address)
            raise
        return done

    def completed(self, load_ids: Sequence[str]) -> list[str]:
        """Those of some loads that were completed."""
        query = f"SELECT id FROM ({self.completed_loads}) AS completed (id) WHERE id = ANY(%s)"
        found = self._job_client.sql_client.execute_sql(query, load_ids) or ()
        return [load_id for (load_id,) in found]


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
    """Merges the rows of a file into a table, within the transaction of a cursor.

    What the table has of them is read and compared here: that takes less than to send all of them,
    and no right to make temporary tables. It is found by arrays, of which Postgres makes one search
    of an index.
    """

    def __init__(
        self, cursor: Cursor, client: MergingPostgresClient, job: PostgresMergeJob, path: str
    ) -> None:
        self._cursor, self._job, self._merge = cursor, job, job.merge
        self._table = job.load_table_name
        self._column = client.sql_client.escape_column_name
        self._schema = self._column(client.sql_client.dataset_name, quote=False)
        self._place = client.sql_client.make_qualified_table_name(self._table)
        cursor.execute(f"SELECT EXISTS (SELECT FROM {self._place})")
        (self._has_rows,) = cursor.fetchone() or (False,)
        self._compares = self._has_rows and _has_whole_keys(path, self._merge)
        names = pq.read_schema(path).names
        self._compared = job.compared(names) if self._compares else None
        common = self._compared.common if self._compared else ()
        self._columns = dict.fromkeys((*self._merge.key, *self._merge.rows, *common))
        self._order = self._merge.rows or (*self._columns, _HAS_MORE)

    def merge(self, rows: pa.Table) -> Merged:
        live, stored = self._live(rows), self._stored(rows)
        if not len(stored):
            self._insert(live)
            return Merged(new=len(live))
        keys, there = (key_of(each, self._merge.key) for each in (live, stored))
        written = self._written(live, stored, pc.unique(key_of(rows, self._merge.key)))
        self._delete(stored.filter(among(there, written)), rows)
        is_coming = among(keys, written)
        self._insert(live.filter(is_coming))
        coming = pc.sum(is_coming).as_py() or 0
        changed = pc.sum(pc.and_(is_coming, among(keys, there))).as_py() or 0
        return Merged(coming - changed, changed, len(live) - coming)

    def _live(self, rows: pa.Table) -> pa.Table:
        """Without those that are marked as deleted."""
        if self._merge.has_deleted and DELETED in rows.column_names:
            rows = rows.filter(pc.invert(pc.fill_null(rows[DELETED], False)))
            rows = rows.drop_columns(DELETED)  # null by itself, in what is inserted
        return rows

    def _insert(self, rows: pa.Table) -> None:
        if len(rows):  # without any, ADBC fails
            self._cursor.adbc_ingest(self._table, rows, "append", db_schema_name=self._schema)

    def _stored(self, rows: pa.Table) -> pa.Table:
        """What the table has of the rows' keys: load ids, and the columns that are compared."""
        names = dict.fromkeys((*self._merge.key, LOAD_ID))
        if not (self._has_rows and len(rows)):
            return rows.select(names).slice(0, 0)
        chosen = ", ".join(map(self._column, names | self._columns))
        if self._compared is not None:
            chosen += f", {self._job.has_more(self._compared)} AS {_HAS_MORE}"
        condition, values = self._alike(rows, self._merge.key)
        self._execute(f"SELECT {chosen} FROM {self._place} WHERE {condition}", values)
        found = self._cursor.fetch_arrow_table()
        for place, name in enumerate(self._merge.key):
            found = found.set_column(place, name, _cast(found[name], rows[name].type))
        return found

    def _written(self, live: pa.Table, stored: pa.Table, keys: pa.Array) -> pa.Array:
        """Those of the keys whose rows are to be written."""
        there = key_of(stored, self._merge.key)
        loads = [each for each in pc.unique(stored[LOAD_ID]).to_pylist() if each is not None]
        if self._compares:
            completed = [self._merge.load_id, *self._job.completed(loads)]
            lost = there.filter(pc.invert(_is_of(stored, completed)))
            keys = pa.concat_arrays([self._unlike(live, stored, keys), lost])
        newer = there.filter(_is_of(stored, [each for each in loads if self._merge.is_newer(each)]))
        return keys.filter(pc.invert(among(keys, newer)))

    def _unlike(self, live: pa.Table, stored: pa.Table, keys: pa.Array) -> pa.Array:
        """Those of the keys whose rows have changed; all of them if that can't be told, as the
        table has a value that no row of the file can have, or a type that is not compared."""
        nothing = pa.repeat(pa.scalar(False), len(live))
        ours = live.select(self._columns).append_column(_HAS_MORE, nothing)
        try:
            theirs = [_cast(stored[field.name], field.type) for field in ours.schema]
            there = pa.table(theirs, names=ours.column_names)
            return unlike(ours, there, self._merge.key, self._order)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return keys

    def _delete(self, replaced: pa.Table, rows: pa.Table) -> None:
        """Deletes rows, or those of them that other loads have brought."""
        if self._compares:
            self._delete_alike(replaced, self._merge.key)
            return
        self._delete_alike(replaced, self._merge.key, "IS DISTINCT FROM")
        if self._merge.is_again:
            self._delete_alike(rows, self._merge.rows, "=")

    def _delete_alike(self, rows: pa.Table, names: Sequence[str], of_load: str = "") -> None:
        """Deletes what has the values of rows in some columns.

        Args:
            of_load: how its load compares with the one that is being loaded, if that matters.
        """
        if not len(rows):
            return
        condition, arguments = self._alike(rows, names)
        if of_load:
            condition += f" AND {self._column(LOAD_ID)} {of_load} ${len(arguments) + 1}"
            arguments.append(pa.array([self._merge.load_id]))
        self._execute(f"DELETE FROM {self._place} WHERE {condition}", arguments)

    def _alike(self, rows: pa.Table, names: Sequence[str]) -> tuple[str, list[pa.Array]]:
        """The condition for what has the values of rows in some columns, and its arguments.

        Args:
            names: of the columns, an id first where there is one: it has an index.
        """
        values = distinct(rows, names)
        given = [_array(whole(values[name])) for name in names]
        columns = [self._column(name) for name in names]
        condition = f"{columns[0]} = ANY($1)"
        if len(columns) > 1:
            places = ", ".join(f"${place}" for place, _ in enumerate(columns, 1))
            condition += f" AND ({', '.join(columns)}) IN (SELECT * FROM unnest({places}))"
        if pa.types.is_integer(values[names[0]].type):
            # tells how close together they are: else Postgres reads all of a table that it has no
            # statistics of yet, to look for thousands of ids where mostly none are
            ends = pc.min_max(values[names[0]]).as_py()
            condition += f" AND {columns[0]} BETWEEN {ends['min']} AND {ends['max']}"
        return condition, given

    def _execute(self, statement: str, arguments: Sequence[pa.Array]) -> None:
        names = [str(place) for place, _ in enumerate(arguments)]
        self._cursor.execute(statement, pa.record_batch(arguments, names))


def _has_whole_keys(path: str, merge: Merge) -> bool:
    """Whether a row group has all rows that the load package brings of its keys."""
    if merge.is_unique or not merge.compares:
        return merge.compares
    with pq.ParquetFile(path) as file:
        groups = range(file.num_row_groups)
        keys = [distinct(file.read_row_group(group, merge.key), merge.key) for group in groups]
    of_groups = pa.concat_tables(keys)
    return len(distinct(of_groups, merge.key)) == len(of_groups)


def _is_of(rows: pa.Table, load_ids: Sequence[str]) -> pa.Array:
    """Which rows are of one of some loads."""
    return among(whole(rows[LOAD_ID]), pa.array(load_ids, rows[LOAD_ID].type))


def _cast(column: pa.ChunkedArray, type_: pa.DataType) -> pa.ChunkedArray:
    """What the driver gives, in another type; numerics come as text in a type of its own.

    Raises:
        pa.ArrowInvalid, pa.ArrowNotImplementedError: there is a value that has no place in it.
    """
    if isinstance(column.type, pa.BaseExtensionType):
        storage = column.type.storage_type
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], storage)
    return column.cast(type_)


def _array(values: pa.Array) -> pa.Array:
    """One value: an array of the values."""
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
