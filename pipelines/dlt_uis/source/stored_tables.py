"""The tables that a source loads into, as they are before it reads: by the names that it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import dlt
from dlt.common.schema import Schema
from dlt.common.schema.typing import TTableSchemaColumns

from ..warehouse.asked_standing import remember_standing
from ..warehouse.columns import current_columns, hosts_pipeline, with_names
from ..warehouse.run import Columns
from .overrides import table_of


def stored_tables(names: Iterable[str]) -> tuple[Columns, Columns]:
    """Columns of tables of the source that is running, which may have other names for its host: as
    its schema describes them, and as they are in the warehouse. Nothing of the latter where that
    can't be asked.

    It is asked for when reading begins, so where the warehouse stands then is remembered here, too.
    """
    resources, schema = dlt.current.source().resources, dlt.current.source_schema()
    tables = {name: table_of(resources[name]) for name in names if name in resources}
    ours = columns_of(schema)
    with hosts_pipeline() as host:
        remember_standing(host)
        theirs = current_columns(host, tuple(tables.values()))
    described = {name: ours[table] for name, table in tables.items() if table in ours}
    there = {
        name: with_names(theirs[table], ours.get(table, {}))
        for name, table in tables.items()
        if table in theirs
    }
    return described, there


def columns_of(schema: Schema) -> Mapping[str, TTableSchemaColumns]:
    """Columns by table, as a schema has them."""
    return {name: table["columns"] for name, table in schema.tables.items()}
