"""How a report of the Data API is described: its fields, their types, its arrays.

A :class:`Report` is the one declarative table from which everything else follows: the Arrow schema
that pages are decoded with, the columns of the warehouse tables with their descriptions, the list
of fields asked of the API, and what the sandbox serves. Whoever works with a
report is given it as a parameter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

TIMESTAMP = pa.timestamp("us", tz="UTC")
"""Arrow type of every time in the warehouse: an instant, in UTC."""

NAIVE_TIME = pa.timestamp("us")
"""Arrow type of a time as the API writes it: ``YYYY-MM-DD hh:mm:ss`` in the account's zone."""


class Type(Enum):
    """Type of a column; the values are dlt's data types."""

    BIGINT = "bigint"
    TEXT = "text"
    BOOL = "bool"
    TIMESTAMP = "timestamp"
    DECIMAL = "decimal"
    DOUBLE = "double"
    JSON = "json"

    @property
    def wire(self) -> pa.DataType:
        """The Arrow type that the API's JSON is parsed into."""
        return _WIRE[self]

    @property
    def column(self) -> pa.DataType:
        """The Arrow type that is loaded into the warehouse."""
        return TIMESTAMP if self is Type.TIMESTAMP else _WIRE[self]


_WIRE: dict[Type, pa.DataType] = {
    Type.BIGINT: pa.int64(),
    Type.TEXT: pa.string(),
    Type.BOOL: pa.bool_(),
    Type.TIMESTAMP: NAIVE_TIME,
    # dlt's default decimal, and BigQuery's NUMERIC
    Type.DECIMAL: pa.decimal128(38, 9),
    Type.DOUBLE: pa.float64(),
    Type.JSON: pa.string(),
}


@dataclass(frozen=True)
class Field:
    """One scalar field, of the report or of an element of one of its arrays.

    ``filterable``, ``sortable`` and ``default`` say what the API allows and what it returns when
    no fields are asked for; ``values`` lists an enum's documented values (others may come).
    ``lacking`` names the brands whose documentation does not list it.
    """

    name: str
    type: Type
    description: str
    filterable: bool = False
    sortable: bool = False
    default: bool = False
    values: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class Array:
    """An array field. It becomes a child table of its own, one row an element.

    ``items`` are the fields of an element; an array of plain strings has none, its child table
    carries the string as ``value``.
    """

    name: str
    description: str
    items: tuple[Field, ...] = ()
    filterable: bool = False
    default: bool = False
    values: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def is_of_objects(self) -> bool:
        return bool(self.items)


@dataclass(frozen=True)
class Report:
    """A report: the API method, the table it becomes, its key, its cursor, and all its fields.

    ``table`` is the report's name, too. ``noun`` is what one record is called, in the singular.
    ``contact`` is the field by which records of one contact are found, if there is one.
    """

    method: str
    table: str
    noun: str
    key: str
    cursor: str
    scalars: tuple[Field, ...]
    arrays: tuple[Array, ...]
    contact: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all top-level fields, in the order in which they are asked for."""
        return tuple(field.name for field in self)

    @property
    def records(self) -> str:
        """What its records are called in messages."""
        return self.table.replace("_", " ")

    @property
    def resource(self) -> str:
        """Name of the hidden dlt resource that reads it, and keeps its cursor."""
        return f"{self.table}_report"

    @property
    def child_key(self) -> str:
        """Column of the child tables that holds the record's key."""
        return f"{self.noun}_{self.key}"

    @property
    def child_cursor(self) -> str:
        """Column of the child tables that holds the record's cursor."""
        return f"{self.noun}_{self.cursor}"

    def lacking(self, brand: str | None) -> tuple[str, ...]:
        """Names of the fields that a brand's documentation lacks."""
        return tuple(field.name for field in self if brand in field.lacking)

    def scalar(self, name: str) -> Field | None:
        return next((field for field in self.scalars if field.name == name), None)

    def array(self, name: str) -> Array | None:
        return next((array for array in self.arrays if array.name == name), None)

    def child_table(self, array: Array) -> str:
        """Name of the table that holds the elements of ``array``."""
        return f"{self.table}__{array.name}"

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the data tables: the report's own, then one for each array."""
        return (self.table, *(self.child_table(array) for array in self.arrays))

    def __iter__(self) -> Iterator[Field | Array]:
        yield from self.scalars
        yield from self.arrays
