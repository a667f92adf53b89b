"""Merging a file into a table of DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.schema import Schema
from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration
from dlt.destinations.impl.duckdb.duck import DuckDbClient
from dlt.destinations.sql_client import SqlClientBase

from ..process.memory import DUCKDB_MEMORY
from ..progress import Merged
from ..reports.own_names import DELETED, LOAD_ID
from ..tables.merging import scope
from .committing import Transactions
from .direct import DirectClient, MergeJob

SETTINGS: Mapping[str, Any] = {
    # Jobs run side by side as it is; each with a thread is less work, and less memory.
    "threads": 1,
    # DuckDB's own default, with which much is written into the database at once. With that of dlt
    # (1 GB) it would be written into the log first, and once more at the end.
    "checkpoint_threshold": "16MB",
    # It would keep what it has written, up to most of the machine's memory: a gigabyte and a half
    # with a million calls. What does not fit goes to temporary files beside the database.
    "memory_limit": DUCKDB_MEMORY,
}
"""How DuckDB loads with little work and memory; what is configured for the credentials wins."""

_MUCH = 2_000_000
"""Bytes of a file from which on DuckDB would write its rows into the database at once, rather than
into its log, if nobody else wrote meanwhile: some 20,000 calls."""

_ROW_GROUP = 122_880
"""Rows of a file from which on DuckDB has written most of them into the database before they are
committed."""

_SMALL = 10_000
"""Rows of a file up to which one statement only counts what has changed: mostly nothing has, and
a table of the keys is not needed. It takes 40 % off the merges of a sync that finds nothing new,
and adds 5 ms a table where something has changed."""

_KEYS = "temp.dlt_uis_keys"
"""The keys of the file that is merged, and what becomes of their rows."""

_WRITTEN = f"(SELECT * FROM {_KEYS} WHERE _is_written)"
_KEPT = f"(SELECT * FROM {_KEYS} WHERE NOT _is_written)"
_COUNTS = """
SELECT coalesce(sum(_came) FILTER (_is_written AND _there = 0), 0),
    coalesce(sum(_came) FILTER (_is_written AND _there > 0), 0),
    coalesce(sum(_came) FILTER (NOT _is_written), 0),
    bool_or(_is_written AND _there > 0)
FROM {keys}
"""
"""Rows that come to keys without any, and to others; those that are left out; whether some make
way."""

_transactions = Transactions()


class DuckDbMergeJob(MergeJob):
    """Lets DuckDB read the file itself."""

    _job_client: MergingDuckDbClient

    def merged(self) -> Merged:
        client, about = self._job_client.sql_client, pq.read_metadata(self._file_path)
        with _transactions.begun() as be_alone, client.begin_transaction():
            done = _Statements(client, self, self._file_path, about).merged()
            if _is_written_by_commit(self._file_path, about.num_rows, done.new + done.changed):
                be_alone()
        return done


class MergingDuckDbClient(DirectClient, DuckDbClient):
    merge_job = DuckDbMergeJob

    def __init__(
        self,
        schema: Schema,
        config: DuckDbClientConfiguration,
        capabilities: DestinationCapabilitiesContext,
    ) -> None:
        super().__init__(schema, config, capabilities)
        if config.credentials.external_conn():
            return  # whoever opened it would keep our settings for all that they do with it
        given = config.credentials.global_config or {}
        self.sql_client._global_config.update({**SETTINGS, **given})


def _is_written_by_commit(path: str, in_all: int, rows: int) -> bool:
    """Whether committing some of a file's rows is to write them into the database, see
    :data:`_MUCH`."""
    return rows < _ROW_GROUP and rows * Path(path).stat().st_size >= _MUCH * max(in_all, 1)


class _Statements:
    """What merges a file into a table, within a transaction.

    The rows of a key are compared by a sum of hashes, which takes half as long as to compare
    values: that a change is taken for none has a chance of one to 2^64.
    """

    def __init__(
        self, client: SqlClientBase[Any], job: DuckDbMergeJob, path: str, about: pq.FileMetaData
    ) -> None:
        self._run, self._column = client.execute_sql, client.escape_column_name
        self._job, self._merge = job, job.merge
        self._names = about.schema.to_arrow_schema().names
        self._is_small = about.num_rows <= _SMALL
        self._table = client.make_qualified_table_name(job.load_table_name)
        literal = client.capabilities.escape_literal
        assert literal is not None
        self._file = f"read_parquet({literal(path)})"
        self._load, self._now = literal(self._merge.load_id), literal(self._merge.now)
        self._marks_deleted = self._merge.has_deleted and DELETED in self._names
        self._live = f"{self._column(DELETED)} IS NOT TRUE" if self._marks_deleted else "TRUE"

    def merged(self) -> Merged:
        if self._is_small:
            new, changed, unchanged, replaces = self._counts(f"({self._keys()})")
            if not new and not replaces:
                return Merged(unchanged=unchanged)
            if not unchanged and not replaces:
                return Merged(new=self._insert(self._live))
        elif not self._has_keys():
            return Merged(new=self._insert(self._live))
        self._run(f"CREATE OR REPLACE TEMP TABLE {_KEYS} AS {self._keys()}")
        new, changed, unchanged, replaces = self._counts(_KEYS)
        if replaces:
            self._delete()
        if new or changed:
            self._insert(f"{self._live} AND ({self._of_keys(_KEPT)}) IS NOT TRUE")
        self._run(f"DROP TABLE {_KEYS}")
        return Merged(new, changed, unchanged)

    def _has_keys(self) -> bool:
        """Whether the table has rows of any key of the file."""
        query = f"SELECT 1 FROM {self._table} WHERE {self._of_keys(self._file)} LIMIT 1"
        return bool(self._run(query))

    def _counts(self, keys: str) -> tuple[int, int, int, bool]:
        ((new, changed, unchanged, replaces),) = self._run(_COUNTS.format(keys=keys)) or ()
        return int(new), int(changed), int(unchanged), bool(replaces)

    def _of_keys(self, rows: str) -> str:
        """The condition for rows with the keys of others."""
        return scope([self._column(name) for name in self._merge.key]).format(staging_table=rows)

    def _keys(self) -> str:
        """The query of all keys of the file: how many rows come, how many are there, and whether
        those that come are to be written."""
        ours, theirs = self._hashes() if self._merge.compares else ("0", "0")
        key, load = ", ".join(map(self._column, self._merge.key)), self._column(LOAD_ID)
        completed = self._job.completed_loads
        is_same = "_is_complete AND _there = _came AND _their_hash IS NOT DISTINCT FROM _our_hash"
        return f"""
            SELECT {key}, _came, coalesce(_there, 0) AS _there, _there IS NULL OR NOT (
                _is_newer OR {is_same if self._merge.compares else "FALSE"}) AS _is_written
            FROM (
                SELECT {key}, count(*) FILTER ({self._live}) AS _came,
                    sum({ours}) FILTER ({self._live}) AS _our_hash
                FROM {self._file} GROUP BY {key}
            ) LEFT JOIN (
                SELECT {key}, count(*) AS _there, sum({theirs}) AS _their_hash,
                    bool_or({load} > {self._load} AND {load} <= {self._now}) IS TRUE AS _is_newer,
                    bool_and(coalesce({load} = {self._load} OR {load} IN ({completed}), FALSE))
                        AS _is_complete
                FROM {self._table} WHERE {self._of_keys(self._file)} GROUP BY {key}
            ) USING ({key})"""

    def _hashes(self) -> tuple[str, str]:
        """Of a row of the file, as the table would hold it, and of a row of the table."""
        compared = self._job.compared(self._names)
        types = {self._column(name): type_ for name, type_ in compared.common.items()}
        ours = ", ".join([*(f"CAST({name} AS {type_})" for name, type_ in types.items()), "FALSE"])
        theirs = ", ".join([*types, self._job.has_more(compared)])
        return f"hash({ours})", f"hash({theirs})"

    def _delete(self) -> None:
        delete = f"DELETE FROM {self._table} WHERE"
        if self._merge.compares:
            self._run(f"{delete} {self._of_keys(_WRITTEN)}")
            return
        load = self._column(LOAD_ID)
        self._run(f"{delete} {self._of_keys(_WRITTEN)} AND {load} IS DISTINCT FROM {self._load}")
        if self._merge.is_again:
            rows = ", ".join(map(self._column, self._merge.rows))
            merged = f"({rows}) IN (SELECT ({rows}) FROM {self._file})"
            self._run(f"{delete} {load} = {self._load} AND {merged}")

    def _insert(self, condition: str) -> int:
        mark = f" EXCLUDE ({self._column(DELETED)})" if self._marks_deleted else ""
        inserted = self._run(
            f"INSERT INTO {self._table} BY NAME SELECT *{mark} FROM {self._file} WHERE {condition}"
        )
        ((rows,),) = inserted or ((0,),)
        return int(rows)
