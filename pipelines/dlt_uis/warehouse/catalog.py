"""What the warehouse's own catalog says of a dataset's tables: kinds, types, what may be null.

dlt's types are too coarse to tell whether a column still takes what is loaded into it: a time
without a zone and one with it are the same to dlt, and so are texts of any length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dlt.common.schema.typing import TTableSchemaColumns
from dlt.destinations.job_client_impl import SqlJobClientBase

from .kinds import kind_of

_DUCKDB = """
SELECT columns.table_name, views.view_name IS NOT NULL, column_name, data_type, NOT is_nullable,
    column_default IS NOT NULL
FROM duckdb_columns() AS columns LEFT JOIN duckdb_views() AS views
    ON views.database_oid = columns.database_oid AND views.schema_oid = columns.schema_oid
    AND views.view_name = columns.table_name
WHERE columns.schema_name = %s AND columns.database_name = current_database()
ORDER BY columns.table_name, column_index
"""
_POSTGRES = """
SELECT relname, relkind IN ('v', 'm'), attname, format_type(atttypid, atttypmod), attnotnull,
    atthasdef OR attidentity <> ''
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s)
    AND relkind IN ('r', 'p', 'f', 'v', 'm') AND attnum > 0 AND NOT attisdropped
ORDER BY relname, attnum
"""
_QUERIES = {"duckdb": _DUCKDB, "postgres": _POSTGRES}

_DUCKDB_TABLE = """
SELECT name, type, "notnull", dflt_value IS NOT NULL FROM pragma_table_info(%s) ORDER BY cid
"""
_POSTGRES_TABLE = """
SELECT attname, format_type(atttypid, atttypmod), attnotnull, atthasdef OR attidentity <> ''
FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
ORDER BY attnum
"""
_QUERIES_OF_TABLE = {"duckdb": _DUCKDB_TABLE, "postgres": _POSTGRES_TABLE}


@dataclass(frozen=True)
class Column:
    """A column that is there: its ``type`` in the warehouse's words, or in dlt's where only that is
    known. ``fills_itself``: it is generated, or has a default."""

    type: str
    is_required: bool
    fills_itself: bool = False


@dataclass(frozen=True)
class Table:
    """A table that is there, or a view of that name."""

    columns: Mapping[str, Column] = field(default_factory=dict)
    is_view: bool = False


Catalog = Mapping[str, Table]
"""Tables of a dataset by name."""


def catalog_in(client: SqlJobClientBase) -> Catalog | None:
    """All tables of the dataset, asked for over a connection that is open; ``None`` where only dlt
    knows how to ask."""
    kind, sql = kind_of(client), client.sql_client
    if kind not in _QUERIES:
        return None
    tables: dict[str, Table] = {}
    columns: dict[str, dict[str, Column]] = {}
    for table, is_view, name, *about in sql.execute_sql(_QUERIES[kind], sql.dataset_name) or ():
        mine = columns.setdefault(table, {})
        mine[name] = Column(*about)
        tables.setdefault(table, Table(mine, is_view))
    return tables


def columns_of(client: SqlJobClientBase, table: str) -> Mapping[str, Column]:
    """The columns of one table of DuckDB or Postgres that is there, in a quarter of the time that
    all tables take."""
    query, sql = _QUERIES_OF_TABLE[kind_of(client)], client.sql_client
    found = sql.execute_sql(query, sql.make_qualified_table_name(table)) or ()
    return {name: Column(*about) for name, *about in found}


def as_dlt_has_them(client: SqlJobClientBase, table: Table) -> TTableSchemaColumns:
    """The columns of a table with dlt's types, which it would ask the warehouse for once more."""
    types: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for name, column in table.columns.items():
        if column.type not in types:
            types[column.type] = _of_type(client, column.type)
        nullable = not column.is_required
        found[name] = {"name": name, "nullable": nullable, **types[column.type]}
    return found


def _of_type(client: SqlJobClientBase, type_: str) -> Any:
    sizes = re.search(r"\((\d+), ?(\d+)\)", type_)
    precision, scale = map(int, sizes.groups()) if sizes else (None, None)
    name = re.sub(r"\([\d, ]+\)", "", type_)
    return client.type_mapper.from_destination_type(name, precision, scale)


def of_dlt(known: Mapping[str, TTableSchemaColumns]) -> Catalog:
    """The catalog as far as dlt knows it."""
    return {
        table: Table(
            {
                name: Column(str(hints.get("data_type")), not hints.get("nullable", True))
                for name, hints in columns.items()
            }
        )
        for table, columns in known.items()
    }
