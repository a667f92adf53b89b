"""Columns that the reports' tables have in the warehouse, whichever pipeline added them.

A sync and a backfill keep a schema each. A field that the API adds must get one type from both, the
one that its column has by then.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.configuration.container import Container
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.exceptions import DltException
from dlt.common.pipeline import PipelineContext
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.destinations.job_client_impl import SqlJobClientBase

from ..decoding.names import NAME_HINT
from ..reports import LIST_TABLES, LISTINGS, TABLES
from ..reports.fields import VALUE
from ..reports.own_names import (
    DELETED,
    LOAD_ID,
    OWNER_COLUMNS,
    POSITION,
    SOURCE,
    SYNC_WINDOWS,
)
from ..tables.rows import WINDOW_COLUMNS
from .catalog import Catalog, as_dlt_has_them, catalog_in, of_dlt
from .connection import connected_client
from .drift import Comparison
from .run import Columns, current_run

logger = logging.getLogger(__name__)

_OURS = (*TABLES, *LIST_TABLES, SYNC_WINDOWS)


_EVERYWHERE = frozenset((POSITION, DELETED, VALUE, LOAD_ID, "_dlt_id", *OWNER_COLUMNS))


def _documented() -> Iterator[tuple[str, frozenset[str]]]:
    """Names of the columns that a table has by itself."""
    yield SYNC_WINDOWS, frozenset(WINDOW_COLUMNS)
    for listing in LISTINGS.values():
        yield listing.table, frozenset((*listing.names, *(each.name for each in listing.scalars)))
        for child in listing.children:
            items = (item.name for item in child.array.items)
            yield child.table, frozenset((*child.carried, *child.positions, *items))


_DOCUMENTED = dict(_documented())
_OF_ANY = frozenset().union(*_DOCUMENTED.values())
"""Columns of tables that a host has given names of its own."""


def stored_columns(pipeline: dlt.Pipeline, tables: Iterable[str] = _OURS) -> Columns:
    """Columns by table, of those tables that are there; none where rows can't be asked for.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    with connected_client(pipeline) as client:
        return columns_in(client, tables) if isinstance(client, SqlJobClientBase) else {}


def columns_in(client: SqlJobClientBase, tables: Iterable[str]) -> Columns:
    """The same, asked for over a connection that is open."""
    return asked_of(client, tables)[0]


def look_at(pipeline: dlt.Pipeline) -> tuple[Columns, Comparison | None]:
    """The same, and what compares all tables of the dataset with a schema, if there can be any.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    with connected_client(pipeline) as client:
        if not isinstance(client, SqlJobClientBase):
            return {}, None
        known = (name for schema in pipeline.schemas.values() for name in schema.tables)
        columns, catalog = asked_of(client, dict.fromkeys((*_OURS, *known)), ours=_OURS)
        return columns, Comparison(client, catalog)


def asked_of(
    client: SqlJobClientBase, tables: Iterable[str], ours: Collection[str] | None = None
) -> tuple[Columns, Catalog]:
    """Columns and catalog, asked for over a connection that is open.

    A column that fills itself is one that the user has added: nothing is ever loaded into it.

    Args:
        ours: those of the tables that hold calls, or tell of them; all by default.
    """
    catalog = catalog_in(client)
    if catalog is None:
        found = {name: columns for name, columns in client.get_storage_tables(tables) if columns}
        catalog = of_dlt(found)
    else:
        found = {name: as_dlt_has_them(client, catalog[name]) for name in tables if name in catalog}
    columns = {
        table: {
            name: hints
            for name, hints in columns.items()
            if not catalog[table].columns[name].fills_itself
        }
        for table, columns in found.items()
    }
    return _with_fields(client, columns, columns if ours is None else ours), catalog


def _with_fields(client: SqlJobClientBase, stored: Columns, ours: Collection[str]) -> Columns:
    """The columns, which tell of what field they are if that is no documented one."""
    of_ours = {name: columns for name, columns in stored.items() if name in ours}
    if all(
        columns.keys() <= _EVERYWHERE | _DOCUMENTED.get(name, _OF_ANY)
        for name, columns in of_ours.items()
    ):
        return stored
    named = _last_schema(client)
    return {name: with_names(stored[name], named.get(name, {})) for name in stored}


def with_names(columns: TTableSchemaColumns, named: TTableSchemaColumns) -> TTableSchemaColumns:
    """The columns, with the names of their fields that another description of them tells."""
    found: dict[str, Any] = dict(columns)
    for name, hints in named.items():
        told: Any = hints.get(NAME_HINT)
        if name in found and told is not None:
            found[name] = {NAME_HINT: told, **found[name]}
    return found


def _last_schema(client: SqlJobClientBase) -> Columns:
    """Columns by table, as the last load has described them in the warehouse."""
    for name in dict.fromkeys((SOURCE, client.schema.name)):
        try:
            stored = client.get_stored_schema(name)
        except DestinationUndefinedEntity:
            return {}
        if stored is not None:
            tables = json.loads(stored.schema)["tables"]
            return {table: hints.get("columns", {}) for table, hints in tables.items()}
    return {}


def current_columns(host: dlt.Pipeline | None, tables: Iterable[str] = _OURS) -> Columns:
    """The columns that are stored in tables where the pipeline that is running loads to.

    In a pipeline of the host's they are asked for here. None where that can't be done: the load
    will tell what is wrong.

    Args:
        host: what :func:`hosts_pipeline` gives.
    """
    known = current_run().columns
    if known is not None or host is None:
        return known or {}
    try:
        return stored_columns(host, tables)
    except DltException as error:
        logger.debug("the warehouse's columns are not known: %s", type(error).__name__)
        return {}


@contextmanager
def hosts_pipeline() -> Iterator[dlt.Pipeline | None]:
    """The pipeline of a host's project that reads the source, with a connection to its warehouse.

    ``None`` in our own commands, which have asked before, and where there is no connection.
    """
    pipeline = current_pipeline() if current_run().columns is None else None
    if pipeline is None:
        yield None
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(connected_client(pipeline))
        except DltException as error:
            logger.debug("the warehouse is not reached: %s", type(error).__name__)
            yield None
        else:
            yield pipeline


def current_pipeline() -> dlt.Pipeline | None:
    """The pipeline that is running, ``None`` if there is none that loads anywhere."""
    context = Container()[PipelineContext]
    pipeline = context.pipeline() if context.is_active() else None
    if not isinstance(pipeline, dlt.Pipeline) or pipeline.destination is None:
        return None
    return pipeline


def adds_nothing(table: str, rows: pa.Table) -> bool:
    """Whether ``rows`` are none, and the warehouse has their table with all its columns already.

    A table that is sent without rows gets made; one that is there would only cost a load job. Only
    our own commands know what is there before they begin.
    """
    known = (current_run().columns or {}).get(table, {})
    return not rows.num_rows and known.keys() >= {*rows.column_names}
