"""Whether a destination can be written, found out without leaving anything there."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dlt
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.destinations.sql_client import SqlClientBase

from ..errors import DestinationFailed, DestinationForbids, DestinationMisconfigured, FileForbids
from ..runner.job import any_error_translated
from ..warehouse.kinds import kind_of
from ..warehouse.postgres import connected

_RIGHTS = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')
AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s)
AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
         AND has_table_privilege(oid, 'DELETE'))
ORDER BY relname
"""


class _TakenBack(Exception):
    """Ends a transaction that must not be committed."""


def new_file(pipeline: dlt.Pipeline) -> Path | None:
    """The DuckDB file that the first run will make, ``None`` if it is there or not needed.

    Raises:
        UisError: the destination is not configured.
    """
    with any_error_translated(pipeline):
        credentials = getattr(pipeline.destination_client().config, "credentials", None)
    if not isinstance(credentials, DuckDbCredentials) or credentials.external_conn() is not None:
        return None
    path = Path(credentials.database)
    return None if path.exists() else path


def try_to_write(pipeline: dlt.Pipeline) -> str:
    """Makes what a load makes, and takes it back; returns in words what was possible.

    Databases do so in a transaction, a folder by a file. Where neither is possible, as on BigQuery,
    it only looks whether the destination answers.

    Raises:
        UisError: the destination is not configured, can't be reached, or refuses.
    """
    path = new_file(pipeline)
    if path is not None:
        _try_folder(path)
        return f"{path.name} is not there yet: the first sync makes it"
    with any_error_translated(pipeline):
        client: Any = pipeline.destination_client()
        if hasattr(client, "fs_client"):
            _try_files(client)
            return "files can be written"
        if not isinstance(client, SqlJobClientBase):
            return "is configured; whether it can be written was not tried"
        if not client.capabilities.supports_ddl_transactions:
            with client:
                there = client.is_storage_initialized()
            known = "is there" if there else "is not there yet: the first sync makes it"
            return f"answers; the dataset {pipeline.dataset_name} {known}"
        _try_tables(pipeline)
        return f"the schema {pipeline.dataset_name} can be written"


def _try_folder(path: Path) -> None:
    """The file is not made: that it was there would tell the next run of a warehouse."""
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except FileNotFoundError:
        what = f"there is no folder {path.parent}"
        raise DestinationMisconfigured("duckdb", what, "make the folder, or name another") from None
    except OSError:
        raise FileForbids(str(path.parent)) from None


def _try_files(client: Any) -> None:
    files, folder = client.fs_client, client.bucket_path
    try:
        if client.is_local_filesystem:
            there = next(each for each in (Path(folder), *Path(folder).parents) if each.exists())
            with tempfile.TemporaryFile(dir=there):
                return
        probe = f"{folder}/dlt-uis-check-{uuid.uuid4().hex}"
        files.pipe_file(probe, b"")
        files.rm_file(probe)
    except PermissionError:
        raise DestinationForbids("filesystem", f"{folder} can't be written") from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise DestinationFailed(f"{folder} can't be written: {why}") from None


def _try_tables(pipeline: dlt.Pipeline) -> None:
    """A table in the dataset, and one where merges are prepared."""
    with connected(pipeline) as client:
        if kind_of(pipeline) == "postgres":
            _check_rights(client)
        with _taking_back(client):
            for dataset in (client.dataset_name, client.staging_dataset_name):
                with client.with_alternative_dataset_name(dataset):
                    if not client.has_dataset():
                        client.create_dataset()
                    table = client.make_qualified_table_name(f"dlt_uis_check_{uuid.uuid4().hex}")
                    client.execute_sql(f"CREATE TABLE {table} (nothing bigint)")


def _check_rights(client: SqlClientBase[Any]) -> None:
    lacking = [name for (name,) in client.execute_sql(_RIGHTS, client.dataset_name) or ()]
    if lacking:
        tables = ", ".join(lacking)
        raise DestinationForbids("postgres", f"no right to read and change the tables {tables}")


@contextmanager
def _taking_back(client: SqlClientBase[Any]) -> Iterator[None]:
    try:
        with client.begin_transaction():
            yield
            raise _TakenBack
    except _TakenBack:
        pass
