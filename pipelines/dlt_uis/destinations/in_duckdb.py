"""Merging a file into a table of DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.schema import Schema
from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration
from dlt.destinations.impl.duckdb.duck import DuckDbClient
from dlt.destinations.sql_client import SqlClientBase

from ..process.memory import DUCKDB_MEMORY
from ..reports.own_names import DELETED, LOAD_ID
from ..tables.merging import scope
from .committing import Transactions
from .direct import DirectClient, Merge, MergeJob

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

_transactions = Transactions()


class DuckDbMergeJob(MergeJob):
    """Lets DuckDB read the file itself."""

    _job_client: MergingDuckDbClient

    def run(self) -> None:
        client = self._job_client.sql_client
        with _transactions.begun() as be_alone, client.begin_transaction():
            table = client.make_qualified_table_name(self.load_table_name)
            has_rows = bool(client.execute_sql(f"SELECT 1 FROM {table} LIMIT 1"))
            for statement in _statements(client, table, self._file_path, self.merge, has_rows):
                client.execute_sql(statement)
            if _is_written_by_commit(self._file_path):
                be_alone()


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


def _is_written_by_commit(path: str) -> bool:
    """Whether committing a file's rows is to write them into the database, see :data:`_MUCH`."""
    return Path(path).stat().st_size >= _MUCH and pq.read_metadata(path).num_rows < _ROW_GROUP


def _statements(
    client: SqlClientBase[Any], table: str, path: str, merge: Merge, has_rows: bool
) -> Iterator[str]:
    """What merges the file at ``path`` into a table, which may have rows already."""
    column, literal = client.escape_column_name, client.capabilities.escape_literal
    assert literal is not None
    file, load = f"read_parquet({literal(path)})", literal(merge.load_id)
    if has_rows and merge.replaces:
        replaced = scope([column(name) for name in merge.key]).format(staging_table=file)
        yield f"DELETE FROM {table} WHERE {replaced} AND {column(LOAD_ID)} <> {load}"
    if has_rows and merge.is_again:
        rows = ", ".join(map(column, merge.rows))
        yield (
            f"DELETE FROM {table} WHERE {column(LOAD_ID)} = {load}"
            f" AND ({rows}) IN (SELECT ({rows}) FROM {file})"
        )
    kept = f" WHERE {column(DELETED)} IS NOT TRUE" if merge.has_deleted else ""
    yield f"INSERT INTO {table} BY NAME SELECT * FROM {file}{kept}"
