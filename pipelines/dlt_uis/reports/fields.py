"""How a report of the Data API is described: its fields, their types, its arrays.

A :class:`Report` is the one declarative table from which everything else follows: the Arrow schema
that pages are decoded with, the columns of the warehouse tables with their descriptions, the list
of fields asked of the API, and what the sandbox serves. Whoever works with a report is given it as
a parameter. A :class:`Listing` is what a report and a list of reference data have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto
from functools import cached_property

import pyarrow as pa

from .own_names import POSITION

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
    DATE = "date"
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
    Type.DATE: pa.date32(),
    # dlt's default decimal, and BigQuery's NUMERIC
    Type.DECIMAL: pa.decimal128(38, 9),
    Type.DOUBLE: pa.float64(),
    Type.JSON: pa.string(),
}

PART = "__"
"""Between the name of an object and that of a part of it, in the names of columns."""


@dataclass(frozen=True)
class Field:
    """One scalar field, of the report or of an element of one of its arrays.

    ``filterable``, ``sortable`` and ``default`` say what the API allows and what it returns when
    no fields are asked for; ``values`` lists an enum's documented values (others may come).
    ``lacking`` names the brands whose documentation does not list it. ``inside`` is the object that
    it is a part of, see :func:`parts_of`. A field ``of_request`` is none of the API's: it says what
    was asked for.
    """

    name: str
    type: Type
    description: str
    filterable: bool = False
    sortable: bool = False
    default: bool = False
    values: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    inside: str | None = None
    of_request: bool = False

    @property
    def asked(self) -> str:
        """The name by which the API is asked for it."""
        return self.inside or self.name


@dataclass(frozen=True)
class Array:
    """An array field. It becomes a child table of its own, one row an element.

    ``items`` are the fields of an element, ``arrays`` the arrays in it; an array of plain strings
    has neither, its child table carries the string as ``value``. ``noun`` is what one element is
    called where arrays are in it. A ``dictionary`` comes as an object whose keys are data: each key
    and its value become an element of two ``items``.
    """

    name: str
    description: str
    items: tuple[Field, ...] = ()
    filterable: bool = False
    default: bool = False
    values: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    inside: str | None = None
    arrays: tuple[Array, ...] = ()
    noun: str = ""
    dictionary: bool = False

    @property
    def asked(self) -> str:
        """The name by which the API is asked for it."""
        return self.inside or self.name

    @property
    def is_of_objects(self) -> bool:
        return bool(self.items or self.arrays)

    @property
    def fields(self) -> Sequence[Field | Array]:
        """All fields of an element."""
        return [*self.items, *self.arrays]


def parts_of(name: str, *fields: Field, lacking: tuple[str, ...] = ()) -> tuple[Field, ...]:
    """The scalar parts of an object as fields whose columns are called ``<name>__<part>``."""
    return tuple(
        replace(
            field, name=f"{name}{PART}{field.name}", inside=name, lacking=field.lacking or lacking
        )
        for field in fields
    )


def array_in(name: str, array: Array) -> Array:
    """An array in the object ``name``."""
    return replace(array, name=f"{name}{PART}{array.name}", inside=name)


@dataclass(frozen=True)
class Child:
    """A table that holds elements: of an array, or of an array in the elements of another.

    ``path`` are the arrays that lead to them from the record.
    """

    listing: Listing
    path: tuple[Array, ...]

    @property
    def array(self) -> Array:
        return self.path[-1]

    @property
    def top(self) -> Array:
        """The array in the record itself."""
        return self.path[0]

    @property
    def table(self) -> str:
        return PART.join((self.listing.table, *(array.name for array in self.path)))

    @property
    def name(self) -> str:
        """Stands for it within its listing, as in ``communications.tags``."""
        return ".".join(array.name for array in self.path)

    @property
    def carried(self) -> tuple[str, ...]:
        """Columns that tell which record it is, in the order of :attr:`Listing.carried`."""
        return tuple(map(self.listing.child_column, self.listing.carried))

    @property
    def positions(self) -> tuple[str, ...]:
        """Columns that tell the place of an element, and before it of those that it is in."""
        return (*(f"{array.noun}_{POSITION}" for array in self.path[:-1]), POSITION)

    @property
    def replaced_by(self) -> tuple[str, ...]:
        """Columns whose values tell which rows make way for those that come."""
        return tuple(map(self.listing.child_column, self.listing.replaced_by))

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that tell one row from all others."""
        return (*map(self.listing.child_column, self.listing.key), *self.positions)


VALUE = "value"
"""Column of a child table that holds the elements of an array of strings."""


@dataclass(frozen=True)
class Column:
    """A documented column: the ``table`` that has it, its ``field``, by which top-level field the
    API is ``asked`` for it, and the ``path`` that stands for it in settings, as in
    ``tags.tag_name``."""

    table: str
    path: str
    asked: str
    field: Field


@dataclass(frozen=True)
class Listing:
    """What the API lists by one method: the table that it becomes, its key, and all its fields.

    ``table`` is its name, too. ``noun`` is what one record is called, in the singular. ``key`` are
    the columns that tell one record from all others. ``unlocked_by`` says in words what an account
    needs to read it. ``cursor`` is the time by which it is read; what has none is read as a whole.

    Of such a list ``about`` says what it is, and what its key is joined with. ``not_of`` names the
    brands whose documentation lacks it. ``of_agent``: it tells of the customers of an agent.
    ``unsure`` are names that a page of the documentation has beside others for the same: the API
    may not know them. ``secret`` are fields that are never loaded, though they may come.
    """

    method: str
    table: str
    noun: str
    key: tuple[str, ...]
    scalars: tuple[Field, ...]
    arrays: tuple[Array, ...] = ()
    unlocked_by: str = ""
    cursor: str = ""
    about: str = ""
    not_of: tuple[str, ...] = ()
    of_agent: bool = False
    unsure: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()

    @property
    def takes(self) -> str:
        """A sentence that says what an account needs to read it; empty if nothing is known."""
        return f" It takes {self.unlocked_by}." if self.unlocked_by else ""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of all top-level fields, in the order in which they are asked for."""
        return tuple(dict.fromkeys(field.asked for field in self))

    @cached_property
    def objects(self) -> tuple[str, ...]:
        """Names of the fields that are objects."""
        return tuple(dict.fromkeys(field.inside for field in self if field.inside))

    @property
    def records(self) -> str:
        """What its records are called in messages."""
        return self.table.replace("_", " ")

    @property
    def carried(self) -> tuple[str, ...]:
        """Columns of a record that its rows in child tables have, too."""
        return self.key

    @property
    def replaced_by(self) -> tuple[str, ...]:
        """Columns whose values tell which rows make way for those that come; none where all do."""
        return ()

    @property
    def takes_dates(self) -> bool:
        """Whether records are asked for between two times."""
        return False

    @property
    def ranged(self) -> str | None:
        """The field by whose ranges records can be asked for, if any."""
        return None

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Fields without a value in which a record can't be loaded, as the API sends them."""
        of_request = {field.name for field in self.scalars if field.of_request}
        return tuple(name for name in self.carried if name not in of_request)

    def child_column(self, name: str) -> str:
        """The column of the child tables that holds what the record has as ``name``."""
        return f"{self.noun}_{name}"

    def lacking(self, brand: str | None) -> tuple[str, ...]:
        """Names of the top-level fields that a brand's documentation lacks."""
        known = {field.asked for field in self if brand not in field.lacking}
        return tuple(name for name in self.names if name not in known)

    def scalar(self, name: str) -> Field | None:
        return next((field for field in self.scalars if field.name == name), None)

    def array(self, name: str) -> Array | None:
        return next((array for array in self.arrays if array.name == name), None)

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """Its child tables, each before those of arrays in its elements."""
        return tuple(Child(self, path) for array in self.arrays for path in _paths(array))

    def child(self, name: str) -> Child:
        """The child table of an array, such as ``tags`` or ``communications.tags``."""
        return next(child for child in self.children if child.name == name)

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Names of the data tables: its own, then those of its arrays."""
        return (self.table, *(child.table for child in self.children))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The documented columns of all its tables."""
        own = [Column(self.table, each.name, each.asked, each) for each in self.scalars]
        return (*own, *(column for child in self.children for column in _columns(child)))

    @cached_property
    def fields(self) -> Sequence[Field | Array]:
        """All fields that the API sends."""
        return [*(field for field in self.scalars if not field.of_request), *self.arrays]

    def __iter__(self) -> Iterator[Field | Array]:
        return iter(self.fields)


def _columns(child: Child) -> Iterator[Column]:
    for item in child.array.items:
        yield Column(child.table, f"{child.name}.{item.name}", child.top.asked, item)
    if not child.array.is_of_objects:
        text = Field(VALUE, Type.TEXT, child.array.description)
        yield Column(child.table, child.name, child.top.asked, text)


def _paths(array: Array) -> Iterator[tuple[Array, ...]]:
    yield (array,)
    for inner in array.arrays:
        for path in _paths(inner):
            yield (array, *path)


class Way(Enum):
    """How a report is read.

    ``WINDOWS``: records have a time of their own, and windows of it are read page by page.
    ``DAYS``: it gives sums, and each day is asked for by itself. ``SITES``: the same, for each site
    by itself, with the day in each row. ``CHATS``: each chat is asked for by itself.
    """

    WINDOWS = auto()
    DAYS = auto()
    SITES = auto()
    CHATS = auto()


LONGEST_WINDOW = timedelta(days=88)
"""How long a window of a report is at most, if its documentation does not say less: three months
are 89 days at least, and a day is for the seconds that a request reaches further."""


@dataclass(frozen=True)
class Report(Listing):
    """A report: what is listed has a ``cursor``.

    ``days`` are the columns by whose values rows are replaced as a whole, if they are no records
    with a key of their own. ``range_key`` is a number that no other record has and that the API can
    filter by, where the key has several parts. ``ongoing`` is the parameter by which it has records
    that still go on. ``contact`` is the field by which records of one contact are found.
    """

    way: Way = Way.WINDOWS
    longest_window: timedelta = LONGEST_WINDOW
    days: tuple[str, ...] = ()
    range_key: str = ""
    ongoing: str = ""
    contact: str = ""

    @property
    def resource(self) -> str:
        """Name of the hidden dlt resource that reads it, and keeps its cursor."""
        return f"{self.table}_report"

    @property
    def carried(self) -> tuple[str, ...]:
        return self.key if self.cursor in self.key else (*self.key, self.cursor)

    @property
    def replaced_by(self) -> tuple[str, ...]:
        return self.days or self.key

    @property
    def takes_dates(self) -> bool:
        return self.way is not Way.CHATS

    @property
    def child_cursor(self) -> str:
        """Column of the child tables that holds the record's cursor."""
        return self.child_column(self.cursor)

    @property
    def is_of_days(self) -> bool:
        """Whether days are read as a whole, and not records by their time."""
        return self.way in (Way.DAYS, Way.SITES)

    @cached_property
    def is_sortable(self) -> bool:
        """Whether the API can be asked for records in the order of the cursor."""
        field = self.scalar(self.cursor)
        return field is not None and field.sortable

    @cached_property
    def ranged(self) -> str | None:
        """The field by whose ranges records of one second can be asked for: no two have the same,
        and the API can filter by it."""
        if self.range_key or len(self.key) != 1:
            return self.range_key or None
        field = self.scalar(self.key[0])
        is_number = field is not None and field.type is Type.BIGINT
        return self.key[0] if field is not None and is_number and field.filterable else None
