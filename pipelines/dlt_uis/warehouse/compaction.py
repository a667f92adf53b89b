"""When DuckDB joins small row groups to larger ones: not while a backfill brings chunk after chunk.

Each load package adds row groups of its own. DuckDB joins small ones whenever it writes a table
into the file, up to what a row group may hold, so that most calls of a backfill would be written
three or four times, and the later ones more slowly. Left alone, they are joined once, by the first
sync afterwards. Measured with a million calls in 38 chunks: 98 s, the last tenth at 0.6 of the
first one's speed; 70 s and 13 s of the next sync, at the same speed throughout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from dlt.common.destination.client import JobClientBase

if TYPE_CHECKING:
    from dlt.destinations.impl.duckdb.duck import DuckDbClient

_TASKS = "max_vacuum_tasks"


def postpone(client: JobClientBase) -> None:
    """Leaves row groups as they are while the file stays open.

    Nothing changes where the user's configuration says how, or the connection is the user's.

    Args:
        client: DuckDB's, connected.
    """
    duckdb = cast("DuckDbClient", client)
    credentials = duckdb.config.credentials
    if not credentials.external_conn() and _TASKS not in (credentials.global_config or {}):
        duckdb.sql_client.execute_sql(f"SET GLOBAL {_TASKS} = 0")
