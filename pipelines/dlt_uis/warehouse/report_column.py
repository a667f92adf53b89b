"""The column ``report`` of tables that hold what was done of several reports.

Tables of earlier versions lack it, and their rows are of calls. Where dlt adds it to such a table,
it is null for them. Our own commands then fill it; until then null means calls.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import dlt
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.destinations.sql_client import SqlClientBase

from ..reports import DEFAULT_REPORT
from ..reports.fields import Report
from ..reports.own_names import REPORT, SYNC_WINDOWS
from .connection import connected_client
from .lock import writing


def of_report(sql: SqlClientBase[Any], report: Report, columns: Collection[str] = (REPORT,)) -> str:
    """The condition for rows of a report, in a table with these columns."""
    if REPORT not in columns:
        return "1 = 1" if report is DEFAULT_REPORT else "1 = 0"
    return (
        f"COALESCE({sql.escape_column_name(REPORT)}, '{DEFAULT_REPORT.table}') = '{report.table}'"
    )


def fill_report(pipeline: dlt.Pipeline, table: str = SYNC_WINDOWS, key: str | None = None) -> None:
    """Names the report in rows of earlier versions, which were of calls.

    Args:
        key: column that tells a report's rows apart, where a row of before makes way for one that
            names its report already.

    Raises:
        DltException: of dlt; the warehouse refuses, or can't be reached.
    """
    with writing(pipeline), connected_client(pipeline) as client:
        if not isinstance(client, SqlJobClientBase):
            return
        sql = client.sql_client
        place, column = sql.make_qualified_table_name(table), sql.escape_column_name(REPORT)
        named = f"'{DEFAULT_REPORT.table}'"
        if not sql.execute_sql(f"SELECT 1 FROM {place} WHERE {column} IS NULL LIMIT 1"):
            return
        if key is not None:
            name = sql.escape_column_name(key)
            sql.execute_sql(
                f"DELETE FROM {place} WHERE {column} IS NULL AND {name} IN"
                f" (SELECT {name} FROM {place} WHERE {column} = {named})"
            )
        sql.execute_sql(f"UPDATE {place} SET {column} = {named} WHERE {column} IS NULL")
