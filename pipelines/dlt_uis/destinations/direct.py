"""Which tables are merged straight from the files of a load package, and what that means.

dlt loads a table that is merged into a staging dataset first, and then moves its rows: everything
is written twice, and rows of the same key are looked for that the source never yields. Here a file
is merged in one transaction: the rows that other load packages brought for the calls of the file
are deleted, its own are inserted.

What a table is loaded with is decided once for a package, when loading it begins, and kept in the
package: one that dlt's own destination began, staging dataset and all, is ended in that way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from dlt.common.destination.client import LoadJob, RunnableLoadJob
from dlt.common.destination.typing import PreparedTableSchema
from dlt.common.schema import TSchemaTables
from dlt.common.schema.utils import get_columns_names_with_prop, get_nested_tables
from dlt.common.storages import ParsedLoadJobFileName
from dlt.common.storages.exceptions import CurrentLoadPackageStateNotAvailable
from dlt.common.storages.load_package import commit_load_package_state, destination_state
from dlt.destinations.insert_job_client import InsertValuesJobClient

from ..reports.own_names import DELETED, LOAD_ID
from ..tables.merging import KEY_HINT, MERGE

_STATE = "dlt_uis_direct"
_PARQUET = "parquet"


@dataclass(frozen=True)
class Merge:
    """How a file's rows come into a table.

    Attributes:
        key: the columns whose values the table's rows are replaced by; with :data:`LOAD_ID`, none.
        rows: the columns that tell the rows of one load package apart.
        has_deleted: whether rows may be marked as deleted, which are not inserted.
        load_id: of the package.
        is_again: whether the file may have been merged already, by a job that was cut short.
    """

    key: tuple[str, ...]
    rows: tuple[str, ...]
    has_deleted: bool
    load_id: str
    is_again: bool

    @property
    def replaces(self) -> bool:
        """Whether rows of other load packages make way."""
        return self.key != (LOAD_ID,)


class MergeJob(RunnableLoadJob):
    """Merges a file into its table.

    It is no job that dlt asks for a follow-up: all is done when it is.
    """

    def __init__(self, file_path: str, *, is_again: bool) -> None:
        super().__init__(file_path)
        self._is_again = is_again

    @property
    def merge(self) -> Merge:
        table: Any = self._load_table
        key = tuple(table[KEY_HINT])
        return Merge(
            key,
            tuple(get_columns_names_with_prop(table, "primary_key")) or key,
            DELETED in get_columns_names_with_prop(table, "hard_delete"),
            self._load_id,
            self._is_again,
        )


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
        direct = [
            name
            for name in self.schema.tables
            if name not in others and _may_be_direct(name, self.schema.tables)
        ]
        destination_state()[_STATE] = direct
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
            return self.merge_job(file_path, is_again=restore or retries > 0)
        return super().create_load_job(table, file_path, load_id, restore)


def _may_be_direct(name: str, tables: TSchemaTables) -> bool:
    """Whether a table is one of ours, and merged as we made it to be."""
    table: Any = tables[name]
    return (
        KEY_HINT in table
        and table.get("write_disposition") == MERGE["disposition"]
        and table.get("x-merge-strategy", MERGE["strategy"]) == MERGE["strategy"]
        and set(get_columns_names_with_prop(table, "hard_delete")) <= {DELETED}
        and len(get_nested_tables(tables, name)) == 1
    )


def _direct_tables() -> Collection[str]:
    """Those of the package that is being loaded that are merged from its files."""
    try:
        found: Collection[str] = destination_state().get(_STATE, ())
    except CurrentLoadPackageStateNotAvailable:
        return ()
    return found
