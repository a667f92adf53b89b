"""The account whose calls were read last, as the windows tell: its zone and brand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from dlt.destinations.sql_client import SqlClientBase

from ..reports.own_names import BRAND, SYNC_WINDOWS, USER_ID

_QUERY = """
SELECT {zone}, {brand} FROM {windows} WHERE {zone} IS NOT NULL ORDER BY {owner}{finished} DESC
LIMIT 1
"""


class LastAccount(NamedTuple):
    """Names of its zone (IANA) and its brand, ``None`` where they are not known."""

    zone: str | None = None
    brand: str | None = None


def last_account(sql: SqlClientBase[Any], windows: Collection[str]) -> LastAccount:
    """Asks ``sync_windows``; among several customers the one with the lowest id counts, so that the
    answer is the same after each load.

    Args:
        sql: with a connection that is open.
        windows: columns of that table.
    """
    if not {"timezone", "finished_at"} <= {*windows}:
        return LastAccount()
    name = sql.escape_column_name
    query = _QUERY.format(
        zone=name("timezone"),
        brand=name(BRAND) if BRAND in windows else "NULL",
        windows=sql.make_qualified_table_name(SYNC_WINDOWS),
        owner=f"{name(USER_ID)}, " if USER_ID in windows else "",
        finished=name("finished_at"),
    )
    rows = sql.execute_sql(query) or ()
    return LastAccount(*next(iter(rows), ()))
