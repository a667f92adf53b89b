"""Where a warehouse stands: the newest state that it keeps of a pipeline, and what it has loaded.

dlt takes the state of the load with the highest id, which is a time of the clock of the machine
that loaded it: one run under a clock that is wrong would hide all later ones. Here it is the state
with the highest version: each is made from the one before. Whether anything was loaded in between
is found out by comparing two standings for being equal, not by their times.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import dlt
from dlt.common.destination.client import JobClientBase, StateInfo, WithStateSync
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.exceptions import DltException
from dlt.common.pipeline import TPipelineState
from dlt.common.storages.exceptions import CurrentLoadPackageStateNotAvailable
from dlt.common.storages.load_package import load_package_state
from dlt.common.versioned_state import decompress_state
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.pipeline.state_sync import default_pipeline_state, migrate_state_to_current

from .connection import connected_client

_KEPT = "dlt_uis_standing"

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


@dataclass(frozen=True)
class Standing:
    """Where a warehouse stands. Two are equal if nothing was loaded in between.

    Attributes:
        home: stands for the warehouse and its dataset.
        version: of the newest state, as is ``version_hash``; ``None`` where there is no state.
        loads: how many loads of the schema are complete, as is ``newest_load``.
        has_tables: whether dlt's own tables are there.
        state: the newest state, as it is stored.
    """

    home: str
    version: int | None = None
    version_hash: str | None = None
    loads: int = 0
    newest_load: str | None = None
    has_tables: bool = field(default=False, compare=False)
    state: str = field(default="", compare=False, repr=False)

    def decoded(self, pipeline_name: str) -> TPipelineState:
        """The newest state, or that of a pipeline that never ran."""
        if self.version is None:
            return default_pipeline_state()
        return migrate_state_to_current(pipeline_name, decompress_state(self.state))

    def as_json(self) -> dict[str, Any]:
        """What two standings are compared by."""
        whole = asdict(self)
        return {name: whole[name] for name in whole if name not in ("has_tables", "state")}


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
    home, name = _home(client, pipeline), pipeline.pipeline_name
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


def _home(client: JobClientBase, pipeline: dlt.Pipeline) -> str:
    """Stands for the warehouse and its dataset; no part of an address can be read from it."""
    config: Any = client.config
    database = getattr(getattr(config, "credentials", None), "database", "")
    kind = pipeline.destination.destination_type
    named = f"{kind} {config.fingerprint()} {database} {pipeline.dataset_name}"
    return hashlib.sha256(named.encode()).hexdigest()[:16]


_begun: ContextVar[Standing | None] = ContextVar("dlt_uis_standing", default=None)


@contextmanager
def beginning_at(standing: Standing | None) -> Iterator[None]:
    """What is extracted inside the ``with`` block is read after the warehouse stood there."""
    token = _begun.set(standing)
    try:
        yield
    finally:
        _begun.reset(token)


def remember_standing(host: dlt.Pipeline | None = None) -> None:
    """Keeps in the load package that is being extracted where the warehouse stood before.

    Args:
        host: the running pipeline, where none of our own commands runs it: it is asked here. If its
            folder is not at the warehouse's state, nothing is kept.
    """
    standing = _begun.get()
    if standing is None and host is not None:
        with suppress(DltException):
            found = standing_of(host, dlt.current.source_schema().name)
            standing = found if found and is_at(host.state, found) else None
    if standing is not None:
        # there is none where rows are only looked at
        with suppress(CurrentLoadPackageStateNotAvailable):
            package = cast("dict[str, Any]", load_package_state()["state"])
            package[_KEPT] = standing.as_json()


def remembered(package_state: Mapping[str, Any]) -> Standing | None:
    """Where the warehouse stood before a load package was read, if that was kept in its state."""
    try:
        return Standing(**package_state[_KEPT])
    except (KeyError, TypeError):
        return None


def is_at(state: Mapping[str, Any], standing: Standing) -> bool:
    """Whether a working folder's ``state`` is the one that the warehouse keeps."""
    if standing.version is None:
        return not state.get("sources")
    kept = (standing.version, standing.version_hash)
    return (state.get("_state_version"), state.get("_version_hash")) == kept
