"""The column ``report`` of tables that hold what was done of several reports.

Tables of earlier versions lack it, and their rows are of calls. Our own commands add and fill it
before they load. Where dlt adds it, in a host's pipeline, it is null for those rows: null means
calls.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import dlt
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.destinations.sql_client import SqlClientBase

from ..reports import DEFAULT_REPORT
from ..reports.fields import Report
from ..reports.own_names import LATE_SALES, PURPOSE, REPORT, SYNC_WINDOWS
from .connection import connected_client
from .lock import writing


def of_report(sql: SqlClientBase[Any], report: Report, columns: Collection[str] = (REPORT,)) -> str:
    """The condition for rows of a report, in a table with these columns; without windows in which
    only some records were asked for."""
    if REPORT not in columns:
        return "1 = 1" if report is DEFAULT_REPORT else "1 = 0"
    named = sql.escape_column_name(REPORT)
    condition = f"COALESCE({named}, '{DEFAULT_REPORT.table}') = '{report.table}'"
    return f"{condition} AND {of_all_records(sql, columns)}"


def of_all_records(sql: SqlClientBase[Any], columns: Collection[str]) -> str:
    """The condition for windows that were asked for all their records."""
    if PURPOSE not in columns:
        return "1 = 1"
    return f"COALESCE({sql.escape_column_name(PURPOSE)}, '') <> '{LATE_SALES}'"


def complete_report(
    pipeline: dlt.Pipeline, table: str = SYNC_WINDOWS, key: str | None = None
) -> bool:
    """Adds the column to a table of an earlier version, and names calls in rows that name no
    report: an earlier version brought them, or added them after this one has run; or this one was
    killed.

    Args:
        key: column that tells a report's rows apart. A row makes way for one that names its report.

    Returns:
        whether the table lacked the column.

    Raises:
        DltException: of dlt; the warehouse refuses, or can't be reached.
    """
    with connected_client(pipeline) as client:
        if not isinstance(client, SqlJobClientBase):
            return False
        is_there, columns = client.get_storage_table(table)
        if not is_there:
            return False
        name = client.capabilities.casefold_identifier(REPORT)
        if name not in columns:
            with writing(pipeline):
                # another may have added it meanwhile
                if name not in client.get_storage_table(table)[1]:
                    _add(client, table)
        if not _is_filled(client.sql_client, table):
            with writing(pipeline):
                _fill(client.sql_client, table, key)
        return name not in columns


def _add(client: SqlJobClientBase, table: str) -> None:
    sql = client.sql_client
    place, column = sql.make_qualified_table_name(table), sql.escape_column_name(REPORT)
    text: Any = {"name": REPORT, "data_type": "text"}
    type_ = client.type_mapper.to_destination_type(text, {"name": table, "columns": {REPORT: text}})
    sql.execute_sql(f"ALTER TABLE {place} ADD COLUMN {column} {type_}")


def _is_filled(sql: SqlClientBase[Any], table: str) -> bool:
    place, column = sql.make_qualified_table_name(table), sql.escape_column_name(REPORT)
    return not sql.execute_sql(f"SELECT 1 FROM {place} WHERE {column} IS NULL LIMIT 1")


def _fill(sql: SqlClientBase[Any], table: str, key: str | None) -> None:
    report = DEFAULT_REPORT.table
    place, column = sql.make_qualified_table_name(table), sql.escape_column_name(REPORT)
    if key is not None:
        name = sql.escape_column_name(key)
        named = f"SELECT {name} FROM {place} WHERE {column} = '{report}'"
        sql.execute_sql(f"DELETE FROM {place} WHERE {column} IS NULL AND {name} IN ({named})")
    sql.execute_sql(f"UPDATE {place} SET {column} = '{report}' WHERE {column} IS NULL")
