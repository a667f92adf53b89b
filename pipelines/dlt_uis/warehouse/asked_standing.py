"""Asks a warehouse where it stands, and keeps the answer with what is read then."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any, cast

import dlt
from dlt.common.destination.client import JobClientBase, StateInfo, WithStateSync
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.exceptions import DltException
from dlt.common.storages.exceptions import CurrentLoadPackageStateNotAvailable
from dlt.common.storages.load_package import load_package_state
from dlt.destinations.job_client_impl import SqlJobClientBase

from .connection import connected_client
from .run import current_run
from .standing import Standing, is_at, keep

_QUERY = """
SELECT loaded.loads, loaded.newest, kept.version, kept.version_hash, kept.state
FROM (
    SELECT 1 AS one, COUNT(*) AS loads, MAX({load_id}) AS newest
    FROM {loads} WHERE {schema_name} = %s AND {status} = 0
) AS loaded
LEFT JOIN (
    SELECT {top} 1 AS one, s.{version} AS version, s.{version_hash} AS version_hash,
        s.{state} AS state
    FROM {states} AS s JOIN {loads} AS l ON l.{load_id} = s.{dlt_load_id}
    WHERE s.{pipeline_name} = %s AND l.{status} = 0
    ORDER BY s.{version} DESC, l.{load_id} DESC {limit}
) AS kept ON kept.one = loaded.one
"""


def standing_of(pipeline: dlt.Pipeline, schema_name: str) -> Standing | None:
    """Asks the warehouse, in one query; ``None`` where no state can be kept.

    Args:
        schema_name: of the source whose loads count.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    with connected_client(pipeline) as client:
        return standing_in(client, pipeline, schema_name)


def standing_in(client: JobClientBase, pipeline: dlt.Pipeline, schema_name: str) -> Standing | None:
    """The same, over a connection that is open."""
    home, name = home_of(client, pipeline), pipeline.pipeline_name
    try:
        if isinstance(client, SqlJobClientBase):
            return _asked(client, home, name, schema_name)
        if isinstance(client, WithStateSync):
            # files, to which dlt but appends: what another run loaded is not overwritten there
            found = client.get_stored_state(name)
            return Standing(home) if found is None else _of_state(home, found)
    except DestinationUndefinedEntity:
        return Standing(home)
    return None


def _of_state(home: str, found: StateInfo) -> Standing:
    return Standing(home, found.version, found.version_hash, has_tables=True, state=found.state)


def _asked(client: SqlJobClientBase, home: str, name: str, schema_name: str) -> Standing:
    sql, schema = client.sql_client, client.schema
    columns = (
        "load_id", "schema_name", "status", "version", "version_hash", "state", "pipeline_name",
    )  # fmt: skip
    normalized = {each: schema.naming.normalize_path(each) for each in columns}
    normalized["dlt_load_id"] = schema.naming.normalize_path("_dlt_load_id")
    top, limit = sql._limit_clause_sql(1)
    query = _QUERY.format(
        **{each: sql.escape_column_name(column) for each, column in normalized.items()},
        states=sql.make_qualified_table_name(schema.state_table_name),
        loads=sql.make_qualified_table_name(schema.loads_table_name),
        top=top,
        limit=limit,
    )
    with sql.execute_query(query, schema_name, name) as cursor:
        row = cursor.fetchone()
    if row is None:
        return Standing(home)
    loads, newest, version, version_hash, state = row
    return Standing(home, version, version_hash, loads, newest, has_tables=True, state=state or "")


def home_of(client: JobClientBase, pipeline: dlt.Pipeline) -> str:
    """Stands for the warehouse and its dataset; no part of an address can be read from it."""
    config: Any = client.config
    database = getattr(getattr(config, "credentials", None), "database", "")
    kind = pipeline.destination.destination_type
    named = f"{kind} {config.fingerprint()} {database} {pipeline.dataset_name}"
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def remember_standing(host: dlt.Pipeline | None = None) -> None:
    """Keeps in the load package that is being extracted where the warehouse stood before.

    Args:
        host: the running pipeline, where none of our own commands runs it: it is asked here. If its
            folder is not at the warehouse's state, nothing is kept.
    """
    standing = current_run().standing
    if standing is None and host is not None:
        with suppress(DltException):
            found = standing_of(host, dlt.current.source_schema().name)
            standing = found if found and is_at(host.state, found) else None
    if standing is not None:
        # there is none where rows are only looked at
        with suppress(CurrentLoadPackageStateNotAvailable):
            keep(standing, cast("dict[str, Any]", load_package_state()["state"]))
