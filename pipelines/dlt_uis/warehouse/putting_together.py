"""DuckDB's file after a backfill, whose chunks have left room in it."""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

import dlt
from dlt.common.exceptions import DltException

from .connection import connected_client
from .kinds import kind_of

if TYPE_CHECKING:
    from dlt.destinations.impl.duckdb.duck import DuckDbClient

logger = logging.getLogger(__name__)

_FILE = """
SELECT database_name, path, tags['storage_version'] FROM duckdb_databases()
WHERE database_name = current_database()
"""

_LARGEST = 200_000_000
"""Bytes of a file that is written anew: beyond that it takes as long as loading many calls."""


def put_together(pipeline: dlt.Pipeline) -> None:
    """Writes DuckDB's file anew, without the room that loads one after the other have left in it.

    For a process of our own only: another connection that it has to the file would go on with the
    old one. Everything is copied into another file, which takes the name while we still hold it, so
    that no other process can have written meanwhile. Where any of that does not work, the file
    stays as it is: that is no reason for a run to fail.

    Measured with 4,900 calls of two years: 8.4 MB become 5.0 in 0.3 s; with 60,000 in six chunks 51
    become 16 in 2.7 s. A large file is left to the next sync, which joins row groups.
    """
    if kind_of(pipeline) != "duckdb":
        return
    try:
        with connected_client(pipeline) as client:
            _rewrite(cast("DuckDbClient", client))
    except (DltException, OSError) as error:
        logger.debug("the file stays as it is: %s", type(error).__name__)


def _rewrite(client: DuckDbClient) -> None:
    sql = client.sql_client
    name, path, version = next(iter(sql.execute_sql(_FILE) or ()), ("", "", None))
    # a file of the user's own connection, of another version of DuckDB, or in memory
    if client.config.credentials.external_conn() or not path or not version:
        return
    file = Path(path).resolve()
    copy = file.with_name(f"{file.name}.put_together")
    _remove(copy)  # of a run that was killed
    if not _may_be_replaced(file):
        return
    try:
        place = str(copy).replace("'", "''")
        sql.execute_sql("CHECKPOINT")
        # as old a format as it has now: other programs are to read it, too
        storage = f"STORAGE_VERSION '{version.rstrip('+')}'"
        sql.execute_sql(f"ATTACH '{place}' AS put_together ({storage})")
        shutil.copymode(file, copy)
        sql.execute_sql(f'COPY FROM DATABASE "{name}" TO put_together')
        sql.execute_sql("DETACH put_together")
        # what is closed below is the file that was, and nothing of it is to be written any more
        sql.execute_sql("PRAGMA disable_checkpoint_on_shutdown")
        copy.replace(file)
    finally:
        with suppress(OSError):
            _remove(copy)


def _may_be_replaced(file: Path) -> bool:
    """Whether another file in its place would be the same to everybody."""
    about = file.stat()
    is_ours = (about.st_uid, about.st_gid) == (os.geteuid(), os.getegid())
    return is_ours and about.st_nlink == 1 and about.st_size <= _LARGEST


def _remove(copy: Path) -> None:
    for path in (copy, copy.with_name(f"{copy.name}.wal")):
        path.unlink(missing_ok=True)
