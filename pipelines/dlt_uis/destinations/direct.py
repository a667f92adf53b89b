"""Which tables are merged straight from the files of a load package, and what that means.

dlt loads a table that is merged into a staging dataset first, and then moves its rows: everything
is written twice, and rows of the same key are looked for that the source never yields. Here a file
is merged in one transaction: the rows that the table has for the calls of the file are deleted, its
own are inserted. Most calls that are read again have not changed, and are left alone: their rows
are compared first, as a set, see :class:`Merge`.

What a table is loaded with is decided once for a package, when loading it begins, and kept in the
package: one that dlt's own destination began, staging dataset and all, is ended in that way.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlt.common.destination.client import LoadJob, RunnableLoadJob
from dlt.common.destination.typing import PreparedTableSchema
from dlt.common.schema import TSchemaTables
from dlt.common.schema.utils import (
    get_columns_names_with_prop,
    get_nested_tables,
    is_complete_column,
)
from dlt.common.storages import ParsedLoadJobFileName
from dlt.common.storages.exceptions import CurrentLoadPackageStateNotAvailable
from dlt.common.storages.load_package import commit_load_package_state, destination_state
from dlt.destinations.insert_job_client import InsertValuesJobClient

from ..progress import Merged, Progress
from ..reports.own_names import DELETED, LOAD_ID
from ..tables.merging import KEY_HINT, MERGE
from ..warehouse.catalog import columns_of
from ..warehouse.run import current_run

_STATE = "dlt_uis_direct"
_ALONE = "dlt_uis_alone"
_PARQUET = "parquet"


_NEVER_COMPARED = frozenset((LOAD_ID, DELETED, "_dlt_id"))


@dataclass(frozen=True)
class Merge:
    """How a file's rows come into a table.

    Rows of a ``key`` stay as they are if those of the file are the same, null like null, and a
    column that the file lacks like null; or if a later load has brought one of them. They do not if
    their load was never completed: whoever follows changes by ``_dlt_loads`` would never see them.

    Attributes:
        key: the columns whose values the table's rows are replaced by.
        rows: the columns that tell all rows apart, none if there are no such.
        is_unique: whether a key has but one row.
        is_alone: whether no other file of the load package has rows of the table.
        has_deleted: whether rows may be marked as deleted, which are not inserted.
        load_id: of the package.
        now: what a load that began now would have.
        is_again: whether the file may have been merged already, by a job that was cut short.
    """

    key: tuple[str, ...]
    rows: tuple[str, ...]
    is_unique: bool
    is_alone: bool
    has_deleted: bool
    load_id: str
    now: str
    is_again: bool

    @property
    def compares(self) -> bool:
        """Whether the file has all that the load package brings of its keys: else nobody knows
        here whether they have changed, and rows of other loads make way."""
        return self.is_unique or self.is_alone

    def is_newer(self, load_id: str) -> bool:
        """Whether a row's load began after this one, as far as that can be known.

        Ids are seconds in text, of the same length. One that is yet to come is of a clock that was
        wrong.
        """
        return self.load_id < load_id <= self.now


@dataclass(frozen=True)
class Compared:
    """Columns of a table that tell whether its rows have changed.

    Attributes:
        common: those that the file has, too, with their types in the table.
        nulls: those that are null in rows of the file, as it lacks them.
    """

    common: Mapping[str, str]
    nulls: Sequence[str]


class MergeJob(RunnableLoadJob):
    """Merges a file into its table.

    It is no job that dlt asks for a follow-up: all is done when it is.

    Args:
        is_alone: whether it is the only file of its table.
        progress: is told how many rows have changed.
    """

    _job_client: DirectClient

    def __init__(
        self, file_path: str, *, is_again: bool, is_alone: bool, progress: Progress
    ) -> None:
        super().__init__(file_path)
        self._is_again = is_again
        self._is_alone = is_alone
        self._progress = progress

    @property
    def merge(self) -> Merge:
        table: Any = self._load_table
        key = tuple(table[KEY_HINT])
        rows = tuple(get_columns_names_with_prop(table, "primary_key"))
        return Merge(
            key,
            rows,
            bool(rows) and {*rows} <= {*key},
            self._is_alone,
            DELETED in get_columns_names_with_prop(table, "hard_delete"),
            self._load_id,
            str(time.time()),
            self._is_again,
        )

    def compared(self, names: Collection[str]) -> Compared:
        """What tells whether rows have changed.

        Args:
            names: of the file's columns.
        """
        there = columns_of(self._job_client, self.load_table_name)
        common = {
            name: column.type
            for name, column in there.items()
            if name in names and name not in _NEVER_COMPARED
        }
        nulls = [
            name
            for name, column in there.items()
            if name not in (*common, LOAD_ID, "_dlt_id") and not column.fills_itself
        ]
        return Compared(common, nulls)

    def has_more(self, compared: Compared) -> str:
        """The condition for a row of the table that has values where the file has no column."""
        column = self._job_client.sql_client.escape_column_name
        return " OR ".join(f"{column(name)} IS NOT NULL" for name in compared.nulls) or "FALSE"

    @property
    def completed_loads(self) -> str:
        """The query of the ids of loads that were completed."""
        schema, sql = self._job_client.schema, self._job_client.sql_client
        named = schema.naming.normalize_identifier
        load_id, status = (sql.escape_column_name(named(name)) for name in ("load_id", "status"))
        loads = sql.make_qualified_table_name(schema.loads_table_name)
        return f"SELECT {load_id} FROM {loads} WHERE {status} = 0"

    def run(self) -> None:
        self._progress.merged_into(self.load_table_name, self.merged())

    @abstractmethod
    def merged(self) -> Merged:
        """Merges the file, and counts its rows."""


class DirectClient(InsertValuesJobClient):
    """What the clients of both warehouses add to those of dlt."""

    merge_job: type[MergeJob]

    def verify_schema(
        self,
        only_tables: Iterable[str] = (),
        new_jobs: Iterable[ParsedLoadJobFileName] = (),
    ) -> list[PreparedTableSchema]:
        """Decides about the tables as well; dlt calls it once, when loading a package begins."""
        jobs = list(new_jobs)
        verified = super().verify_schema(only_tables, jobs)
        others = {job.table_name for job in jobs if job.file_format != _PARQUET}
        files = Counter(job.table_name for job in jobs)
        alone = [name for name, count in files.items() if count == 1]
        direct = [
            name
            for name in self.schema.tables
            if name not in others and _may_be_direct(name, self.schema.tables, files[name])
        ]
        destination_state().update({_STATE: direct, _ALONE: alone})
        commit_load_package_state()
        if any(job.table_name in direct for job in jobs):
            self.jobs_are_to_come()
        return verified

    def jobs_are_to_come(self) -> None:
        """Told before tables are made for them."""

    def should_load_data_to_staging_dataset(self, table_name: str) -> bool:
        if table_name in _direct_tables():
            return False
        return super().should_load_data_to_staging_dataset(table_name)

    def create_load_job(
        self, table: PreparedTableSchema, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        if table["name"] in _direct_tables():
            retries = ParsedLoadJobFileName.parse(file_path).retry_count
            return self.merge_job(
                file_path,
                is_again=restore or retries > 0,
                is_alone=table["name"] in _decided().get(_ALONE, ()),
                progress=current_run().progress,
            )
        return super().create_load_job(table, file_path, load_id, restore)


def _may_be_direct(name: str, tables: TSchemaTables, files: int) -> bool:
    """Whether a table is one of ours, and merged as we made it to be.

    Args:
        files: how many the package has of it. With several, rows have to be told apart.
    """
    table: Any = tables[name]
    needed = (*table.get(KEY_HINT, ()), LOAD_ID)
    return (
        KEY_HINT in table
        and table.get("write_disposition") == MERGE["disposition"]
        and table.get("x-merge-strategy", MERGE["strategy"]) == MERGE["strategy"]
        and set(get_columns_names_with_prop(table, "hard_delete")) <= {DELETED}
        and len(get_nested_tables(tables, name)) == 1
        # a host may have renamed some
        and all(is_complete_column(table["columns"].get(column, {})) for column in needed)
        and (files <= 1 or bool(get_columns_names_with_prop(table, "primary_key")))
    )


def _direct_tables() -> Collection[str]:
    """Those of the package that is being loaded that are merged from its files."""
    return _decided().get(_STATE, ())


def _decided() -> Mapping[str, Collection[str]]:
    try:
        found: Mapping[str, Collection[str]] = destination_state()
    except CurrentLoadPackageStateNotAvailable:
        return {}
    return found
