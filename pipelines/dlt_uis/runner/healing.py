"""Makes tables ready for what is about to be loaded: what was dropped by hand is made anew.

It costs next to nothing, as the catalog was asked for at the beginning of the run. Only where
something deviates from the schema, files are looked into, and more is asked of the warehouse.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import dlt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from dlt.common.schema import Schema
from dlt.common.schema.typing import TTableSchema
from dlt.common.schema.utils import loads_table, pipeline_state_table, version_table
from dlt.common.storages.load_package import LoadPackageInfo
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.extract.source import DltSource

from ..errors import TableAltered, UisError
from ..reports import REPORTS
from ..reports.own_names import DELETED, LOAD_ID
from ..tables.columns import documented_columns
from ..warehouse.catalog import Catalog, catalog_in
from ..warehouse.connection import connected_client
from ..warehouse.drift import Comparison, Missing, Refused, key_missing, name_of
from ..warehouse.kinds import kind_of
from .refilling import backfill_command

logger = logging.getLogger(__name__)

_BEFORE = "''"
"""Load id of rows that have lost theirs: any other than null, which no merge would replace."""


def make_ready(
    pipeline: dlt.Pipeline, comparison: Comparison | None, source: DltSource | None = None
) -> None:
    """Makes tables ready for the packages that a pipeline is about to load.

    Args:
        comparison: with the tables that are there; without it nothing is done.
        source: what was read, if that is known. A field that it does not ask for gets a column
            without a word: dlt loads nulls into it.

    Raises:
        TableAltered: rows don't fit a table. The packages are dropped, and the next run reads the
            same again, so that any remedy will do.
        DltException: of dlt; the warehouse refuses, or can't be reached.
    """
    if comparison is None or (
        source is not None and _is_as_described(pipeline, comparison, source)
    ):
        return
    for load_id in pipeline.list_normalized_load_packages():
        package = pipeline.get_load_package_info(load_id)
        try:
            missing = list(_missing(comparison, package))
        except TableAltered:
            pipeline.abort_packages()
            raise
        if missing:
            client: Any = pipeline.destination_client(package.schema.name)
            with client:
                lost = _make_anew(client, package.schema, missing)
                lost = [each for each in lost if _is_asked(each, source)]
                if lost:
                    _tell(pipeline, client, comparison.there, lost)


def _is_as_described(pipeline: dlt.Pipeline, comparison: Comparison, source: DltSource) -> bool:
    """Whether all tables are there, just as the schema describes them."""
    tables = pipeline.schemas[source.name].tables.values()
    return not any(
        deviation
        for table in tables
        for deviation in comparison.deviations(table, table["columns"])
    )


def lacking(pipeline: dlt.Pipeline, error: UisError) -> TableAltered | None:
    """What dlt's own tables lack, if that may be what an error came of."""
    words = str(error).lower()
    if "column" not in words and "referenced table" not in words:
        return None
    with suppress(Exception), connected_client(pipeline) as client:
        assert isinstance(client, SqlJobClientBase)
        return dlt_lacks(client, catalog_in(client) or {})
    return None


def dlt_lacks(client: SqlJobClientBase, there: Catalog) -> TableAltered | None:
    """The first column that one of dlt's own tables lacks; they are of no use without."""
    for table in (version_table(), loads_table(), pipeline_state_table()):
        name = name_of(table)
        for column in table["columns"] if name in there else ():
            if column not in there[name].columns:
                return key_missing(client.sql_client, name, column)
    return None


def _missing(comparison: Comparison, package: LoadPackageInfo) -> Iterator[Missing]:
    """What is missing of what a package needs.

    Raises:
        TableAltered: rows don't fit.
    """
    schema, files = package.schema, _files(package)
    made_anew = package.dropped_tables or ()
    for name in {*files, *schema.dlt_table_names()}.difference(made_anew):
        paths = files.get(name, ())
        parquet = [path for path in paths if path.endswith(".parquet")]
        table = schema.tables[name]
        columns: Mapping[str, Any] = table["columns"]
        if parquet and len(parquet) == len(paths):
            columns = {column: None for path in parquet for column in pq.read_schema(path).names}
        for deviation in comparison.deviations(table, columns):
            if isinstance(deviation, Missing):
                yield deviation
            elif parquet and not _all_fit(deviation, parquet):
                raise deviation.error


def _files(package: LoadPackageInfo) -> Mapping[str, Sequence[str]]:
    """Paths of a package's files that are still to be loaded, by table."""
    found: dict[str, list[str]] = {}
    for state in ("new_jobs", "started_jobs"):
        for job in package.jobs.get(state, ()):
            found.setdefault(job.job_file_info.table_name, []).append(job.file_path)
    return found


def _all_fit(deviation: Refused, paths: Sequence[str]) -> bool:
    """Whether a deviation is none for the rows in some files."""
    return all(_fit(deviation, path) for path in paths)


def _fit(deviation: Refused, path: str) -> bool:
    if deviation.column is None:
        return not (deviation.is_of_table or pq.read_metadata(path).num_rows)
    names = [deviation.column, DELETED]
    schema = pq.read_schema(path)
    rows: pa.Table = pq.read_table(path, columns=[name for name in names if name in schema.names])
    if DELETED in rows.column_names and deviation.column != DELETED:
        rows = rows.filter(pc.invert(pc.fill_null(rows[DELETED], False)))
    if deviation.fits is None:
        return not rows.num_rows
    return deviation.fits(rows[deviation.column])


def _make_anew(
    client: SqlJobClientBase, schema: Schema, missing: Sequence[Missing]
) -> Sequence[Missing]:
    """Makes columns and tables; returns those that are to be told of."""
    # else dlt makes the tables, and all columns that may be null, by itself
    is_believed = client.get_stored_schema_by_hash(schema.stored_version_hash) is not None
    columns = [each for each in missing if each.column is not None]
    tables = [each.table for each in missing if each.column is None]
    for each in columns:
        hints = schema.tables[each.table]["columns"][each.column or ""]
        if is_believed or not hints.get("nullable", True):
            _add(client, schema.tables[each.table], each.column or "")
    if is_believed and tables:
        client.update_stored_schema({*tables, *schema.dlt_table_names()}, force=True)
    return missing if is_believed else [each for each in columns if _is_documented(each)]


def _is_asked(missing: Missing, source: DltSource | None) -> bool:
    if source is None or not _is_documented(missing) or missing.table not in source.resources:
        return True
    return missing.column in source.resources[missing.table].compute_table_schema()["columns"]


def _add(client: SqlJobClientBase, table: TTableSchema, column: str) -> None:
    """Adds a column, which may be null whatever the schema says: rows are there already."""
    sql = client.sql_client
    place, name = sql.make_qualified_table_name(name_of(table)), sql.escape_column_name(column)
    prepared = client.prepare_load_table(name_of(table))
    type_ = client.type_mapper.to_destination_type(table["columns"][column], prepared)
    fills = column == LOAD_ID and kind_of(client) in ("duckdb", "postgres")
    default = f" DEFAULT {_BEFORE}" if fills else ""
    sql.execute_sql(f"ALTER TABLE {place} ADD COLUMN {name} {type_}{default}")
    if fills:
        sql.execute_sql(f"ALTER TABLE {place} ALTER COLUMN {name} DROP DEFAULT")


def _is_documented(missing: Missing) -> bool:
    return missing.column in documented_columns(missing.table)


def _tell(
    pipeline: dlt.Pipeline, client: SqlJobClientBase, there: Catalog, lost: Sequence[Missing]
) -> None:
    names = ", ".join(sorted(str(each) for each in lost))
    tables = "is missing in" if len(lost) == 1 else "are missing in"
    said = f"{names} {tables} {pipeline.dataset_name}, and made anew."
    fields = {each.table for each in lost if each.column not in (LOAD_ID, DELETED)}
    for report in REPORTS.values():
        # a table without its records is read from the beginning, which was said already
        if report.table in there and fields.intersection(report.tables):
            command = backfill_command(pipeline, client, report, there)
            said += (
                f" {report.records.capitalize()} that were loaded before have nothing there. To"
                f" fill it, run: {command}"
                if command
                else ""
            )
    logger.warning("%s", said)
