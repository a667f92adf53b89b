"""What was changed by hand in a table since it was loaded last, and how that is dealt with.

dlt believes that the tables are as it left them. Here they are compared with what is about to be
loaded: what is missing is made anew, what rows don't fit is refused, before a row is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dlt.common.schema.typing import TColumnSchema, TTableSchema
from dlt.common.schema.utils import is_complete_column
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.destinations.sql_client import SqlClientBase

from ..errors import ColumnRequired, ColumnRetyped, KeyColumnMissing, NotATable, TableAltered
from ..reports.own_names import LOAD_ID
from ..tables.merging import KEY_HINT
from .catalog import Catalog, Column, Table
from .kinds import kind_of
from .retyped import Fits, fitting, plain, without_nulls

_OWN_TYPES = ("duckdb", "postgres")
"""Warehouses whose types the catalog tells in the warehouse's own words."""


@dataclass(frozen=True)
class Missing:
    """A column that is not there, or with ``column`` ``None`` the whole table."""

    table: str
    column: str | None = None

    def __str__(self) -> str:
        return self.table if self.column is None else f"{self.table}.{self.column}"


@dataclass(frozen=True)
class Refused:
    """What rows don't fit, and the ``error`` that says so.

    Attributes:
        column: the one whose values don't fit, if ``fits`` does not say that they do; ``None``
            where no row fits.
        is_of_table: not even no rows can be loaded.
    """

    table: str
    column: str | None
    error: TableAltered
    fits: Fits | None = None
    is_of_table: bool = False


Deviation = Missing | Refused


class Comparison:
    """Compares tables of a schema with those that are there.

    Args:
        client: of the warehouse, which need not be connected: nothing is asked of it here.
        there: the tables that are there.
    """

    def __init__(self, client: SqlJobClientBase, there: Catalog) -> None:
        self._sql = client.sql_client
        self._type_of: Callable[..., str] = client.type_mapper.to_destination_type
        self._kind = kind_of(client)
        self.there = there
        self._wanted: dict[tuple[Any, ...], str] = {}

    def deviations(self, table: TTableSchema, columns: Mapping[str, Any]) -> Iterator[Deviation]:
        """How a table deviates from its schema.

        Args:
            columns: those that are loaded, the keys are their names.
        """
        name = name_of(table)
        there = self.there.get(name)
        if there is None:
            yield Missing(name)
        elif there.is_view:
            statement = f"ALTER VIEW {self._place(name)} RENAME TO {self._name(name + '_view')};"
            view = NotATable(self._shown(name), statement)
            yield Refused(name, None, view, is_of_table=True)
        else:
            keys = [key for key in _keys(table) if key not in there.columns]
            if keys:
                error = self._key_missing(table, keys[0])
                yield Refused(name, None, error, is_of_table=True)
                return
            for column in columns:
                hints = table["columns"].get(column)
                if hints is not None and is_complete_column(hints):
                    yield from self._of_column(table, hints, there.columns.get(column))
            yield from self._foreign(name, there, columns)

    def _of_column(
        self, table: TTableSchema, hints: TColumnSchema, there: Column | None
    ) -> Iterator[Deviation]:
        name, column = name_of(table), str(hints["name"])
        if there is None:
            yield Missing(name, column)
            return
        wanted, is_key = self._type(table, hints), not hints.get("nullable", True)
        if plain(there.type) != plain(wanted):
            type_ = str(hints["data_type"])
            fits = None if is_key else fitting(self._kind, type_, there.type)
            yield Refused(name, column, self._retyped(name, column, there.type, wanted), fits)
        if there.is_required and not is_key:
            yield Refused(name, column, self._required(name, column), without_nulls)

    def _foreign(self, table: str, there: Table, columns: Mapping[str, Any]) -> Iterator[Deviation]:
        """Columns that are not loaded and need a value."""
        for name, column in there.columns.items():
            if name not in columns and column.is_required and not column.fills_itself:
                yield Refused(table, None, self._required(table, name))

    def _type(self, table: TTableSchema, hints: TColumnSchema) -> str:
        """The type that a column was made with; asked of dlt once for all that are alike."""
        if self._kind not in _OWN_TYPES:
            return str(hints["data_type"])
        alike = tuple(hints.get(name) for name in ("data_type", "precision", "scale", "timezone"))
        if alike not in self._wanted:
            self._wanted[alike] = self._type_of(hints, table)
        return self._wanted[alike]

    def _retyped(self, table: str, column: str, found: str, wanted: str) -> ColumnRetyped:
        name = self._name(column)
        if self._kind == "bigquery":
            change = f"DROP COLUMN {name}"
        elif self._kind == "postgres":
            naive = "without time zone" in found and "with time zone" in wanted
            value = f"{name} AT TIME ZONE 'UTC'" if naive else f"{name}::{wanted}"
            change = f"ALTER COLUMN {name} TYPE {wanted} USING {value}"
        else:
            change = f"ALTER COLUMN {name} TYPE {wanted}"
        statement = f"ALTER TABLE {self._place(table)} {change};"
        return ColumnRetyped(self._shown(table, column), found, wanted, statement)

    def _required(self, table: str, column: str) -> ColumnRequired:
        return ColumnRequired(
            self._shown(table, column),
            f"ALTER TABLE {self._place(table)} ALTER COLUMN {self._name(column)} DROP NOT NULL;",
        )

    def _key_missing(self, table: TTableSchema, column: str) -> KeyColumnMissing:
        return key_missing(self._sql, name_of(table), column)

    def _shown(self, *path: str) -> str:
        return ".".join((self._sql.dataset_name, *path))

    def _place(self, table: str) -> str:
        return self._sql.make_qualified_table_name(table)

    def _name(self, column: str) -> str:
        return self._sql.escape_column_name(column)


def key_missing(sql: SqlClientBase[Any], table: str, column: str) -> KeyColumnMissing:
    """The error for a table without a column that can't do without."""
    return KeyColumnMissing(
        f"{sql.dataset_name}.{table}.{column}",
        f"DROP TABLE {sql.make_qualified_table_name(table)};",
        "the next run makes the table anew, and says what else is to be done",
    )


def name_of(table: TTableSchema) -> str:
    return str(table["name"])


def _keys(table: TTableSchema) -> list[str]:
    """Columns by which rows are replaced: without them nothing can be."""
    given: Any = table
    return [key for key in given.get(KEY_HINT, ()) if key != LOAD_ID]
