"""Columns that the report's tables have in the warehouse, whichever pipeline added them.

A sync and a backfill keep a schema each. A field that the API adds must get one type from both, the
one that its column has by then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar

import dlt
import pyarrow as pa
from dlt.common.configuration.container import Container
from dlt.common.exceptions import DltException
from dlt.common.pipeline import PipelineContext
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.destinations.job_client_impl import SqlJobClientBase

from .calls_report import CALLS_REPORT
from .catalog import Catalog, as_dlt_has_them, catalog_in, of_dlt
from .drift import Comparison
from .opening import connected_client
from .tables import SYNC_WINDOWS

logger = logging.getLogger(__name__)

Columns = Mapping[str, TTableSchemaColumns]

_OURS = (*CALLS_REPORT.tables, SYNC_WINDOWS)

_known: ContextVar[Columns | None] = ContextVar("dlt_uis_stored", default=None)


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
        columns, catalog = asked_of(client, dict.fromkeys((*_OURS, *known)))
        return columns, Comparison(client, catalog)


def asked_of(client: SqlJobClientBase, tables: Iterable[str]) -> tuple[Columns, Catalog]:
    """Columns and catalog, asked for over a connection that is open.

    A column that fills itself is one that the user has added: nothing is ever loaded into it.
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
    return columns, catalog


@contextmanager
def knowing(columns: Columns) -> Iterator[None]:
    """Sources that run inside the ``with`` block give fields the types of these columns."""
    token = _known.set(columns)
    try:
        yield
    finally:
        _known.reset(token)


def current_columns(host: dlt.Pipeline | None, tables: Iterable[str] = _OURS) -> Columns:
    """The columns that are stored in tables where the pipeline that is running loads to.

    In a pipeline of the host's they are asked for here. None where that can't be done: the load
    will tell what is wrong.

    Args:
        host: what :func:`hosts_pipeline` gives.
    """
    known = _known.get()
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
    pipeline = current_pipeline() if _known.get() is None else None
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
    known = (_known.get() or {}).get(table, {})
    return not rows.num_rows and known.keys() >= {*rows.column_names}
