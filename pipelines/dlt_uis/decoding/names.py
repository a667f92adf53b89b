"""Which column each field goes to: names in the API's JSON and names of columns are two things.

Any text can be a name in JSON. dlt's naming convention makes a column's name of it. Where that is
taken, by a column of ours, a documented field or another name, the name gets a suffix that follows
from it alone. Which name a column stands for is kept with the column in dlt's schema, and so in the
warehouse: whichever pipeline loads there comes to the same columns.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlt.common.normalizers.naming import NamingConvention
from dlt.common.normalizers.naming.snake_case import NamingConvention as SnakeCase
from dlt.common.schema.typing import TColumnSchema, TTableSchemaColumns

from ..reports.fields import VALUE, Child, Listing, Type
from ..reports.own_names import DELETED, LOAD_ID, OWNER_COLUMNS, POSITION
from .shape import ELEMENT, MISFIT, VARIANT

NAME_HINT: Any = "x-dlt-uis-name"
"""Hint of a column: the field's name in the API's JSON."""

_OWN = frozenset((LOAD_ID, "_dlt_id", *OWNER_COLUMNS))
_OWN_OF_ELEMENTS = _OWN | {POSITION, DELETED, VALUE}

_NEVER = re.compile(
    # of dlt itself; columns that Postgres and DuckDB have by themselves; what BigQuery forbids
    r"_dlt_.*|oid|tableoid|xmin|cmin|xmax|cmax|ctid|rowid"
    r"|_*(table_|file_|partition|row_timestamp|root__|colidentifier|change_sequence|change_type).*"
    rf"|.*{VARIANT}"
)
_TAG = 8
_LONGEST = 300
"""Characters of a column's name at most, where the naming convention sets no limit."""


@dataclass(frozen=True)
class Stored:
    """A column that a table has beyond the documented ones.

    Attributes:
        type: ``None`` for a type that no field can have: somebody else's column.
        name: of the field that it stands for, if that is told.
    """

    type: Type | None
    name: str | None = None


StoredColumns = Mapping[str, Mapping[str, Stored]]
"""Columns that the tables have beyond the documented ones, by table."""


class Names:
    """Names of a report's tables. Threads may share it.

    Args:
        naming: dlt's convention, of the schema that is loaded with.
    """

    def __init__(self, listing: Listing, naming: NamingConvention | None = None) -> None:
        lock = threading.RLock()
        self._listing = listing
        self._tables = {
            "": TableNames(_documented(listing), _own(listing), lock),
            **{
                child.name: TableNames(_documented_items(child), _own_of(child), lock)
                for child in listing.children
            },
        }
        self.know({}, naming)

    def of(self, *path: str) -> TableNames:
        """Those of the report's own table, or of the child table that arrays lead to."""
        return self._tables[".".join(path)]

    def know(self, stored: StoredColumns, naming: NamingConvention | None = None) -> None:
        """Takes note of columns that the tables have."""
        self.of().know(stored.get(self._listing.table, {}), naming)
        for child in self._listing.children:
            self.of(child.name).know(stored.get(child.table, {}), naming)


def _documented(listing: Listing) -> Collection[str]:
    """Names of a record's documented fields, and of their columns."""
    return dict.fromkeys((*listing.names, *(field.name for field in listing.scalars)))


def _documented_items(child: Child) -> Collection[str]:
    """The same of the elements that a child table holds."""
    return [each.name for each in child.array.fields]


def _own(listing: Listing) -> frozenset[str]:
    """Columns of the report's own table that are ours."""
    return _OWN if listing.replaced_by == listing.key else _OWN | {DELETED}


def _own_of(child: Child) -> frozenset[str]:
    """Columns of a child table that are ours."""
    return _OWN_OF_ELEMENTS.union(child.carried, child.positions)


class TableNames:
    """The columns of one table."""

    def __init__(
        self, documented: Collection[str], own: Collection[str], lock: threading.RLock
    ) -> None:
        self._lock = lock
        self._naming: NamingConvention = SnakeCase()
        self._columns = {name: name for name in documented}
        self._documented = frozenset(documented)
        self._own = own
        self._stored: dict[str, Stored] = {}
        self._origins: dict[str, str] = {}

    def know(self, stored: Mapping[str, Stored], naming: NamingConvention | None) -> None:
        """Takes note of columns that the table has."""
        with self._lock:
            self._naming = naming or self._naming
            self._origins = {}
            self._stored |= stored
            for column, about in stored.items():
                if about.name is not None and about.type is not None:
                    self._columns.setdefault(about.name, column)

    def column(self, name: str) -> str:
        """The column of a field, which is its own from now on."""
        if name == ELEMENT:
            return VALUE + VARIANT
        if name.endswith(MISFIT):
            return self._variant(self.column(name.removesuffix(MISFIT)))
        with self._lock:
            if name not in self._columns:
                taken = self._taken()
                candidates = self._candidates(name)
                free = (each for each in candidates if self._is_free(each, name, taken))
                self._columns[name] = next(free)
            return self._columns[name]

    def known(self, name: str) -> str | None:
        """The column that a field has, or would have if it came with a value; ``None`` if that is
        not known yet."""
        if name == ELEMENT:
            return VALUE + VARIANT
        if name.endswith(MISFIT):
            column = self.known(name.removesuffix(MISFIT))
            return None if column is None else self._variant(column)
        with self._lock:
            if name in self._columns:
                return self._columns[name]
            return name if name in self.guessed() else None

    def type_of(self, name: str) -> Type | None:
        """The type that a field's column has in the warehouse, if it is there."""
        stored = self._stored.get(self.column(name))
        return None if stored is None else stored.type

    def fields(self) -> dict[str, Type]:
        """Fields and misfits beyond the documented ones that the table has columns for.

        A column that is told no name is taken to stand for a field of its own name.
        """
        with self._lock:
            if not self._stored:
                return {}
            names = {column: name for name, column in self._columns.items()}
            names |= {each: each for each in self.guessed() if each not in names}
            variants = {self._variant(column): name for column, name in names.items()}
            found: dict[str, Type] = {}
            for column, about in self._stored.items():
                if column in variants:
                    found[variants[column] + MISFIT] = Type.TEXT
                elif column in names and about.type is not None:
                    found[names[column]] = about.type
            return found

    def origin(self, column: str) -> str:
        """The field that a column, or its variant column, stands for."""
        if column == VALUE + VARIANT and VALUE in self._own:
            return ELEMENT
        with self._lock:
            if len(self._origins) != len(self._columns):
                names = {column: name for name, column in self._columns.items()}
                variants = {self._variant(column): name for column, name in names.items()}
                self._origins = {**variants, **names}
            return self._origins.get(column, column.removesuffix(VARIANT))

    def is_plain(self, name: str) -> bool:
        """Whether a column may bear a field's name as it is."""
        return self._normalized(name) == name

    def guessed(self) -> Sequence[str]:
        """Columns that are told no name, and that no field has claimed."""
        with self._lock:
            taken = self._taken()
            return [
                column
                for column, about in self._stored.items()
                if about.name is None and self._is_free(column, column, taken)
            ]

    def hints(self) -> TTableSchemaColumns:
        """What dlt's schema is to keep: the names of undocumented fields, by column."""
        with self._lock:
            return {
                column: {"name": column, NAME_HINT: name}  # type: ignore[misc]
                for name, column in self._columns.items()
                if name not in self._documented
            }

    def _taken(self) -> set[str]:
        foreign = (column for column, about in self._stored.items() if about.type is None)
        return {each.lower() for each in (*self._columns.values(), *self._own, *foreign)}

    def _is_free(self, column: str, name: str, taken: set[str]) -> bool:
        stored = self._stored.get(column)
        if stored is not None and stored.name not in (None, name):
            return False
        return column.lower() not in taken and not _NEVER.fullmatch(column.lower())

    def _candidates(self, name: str) -> Iterator[str]:
        plain = self._normalized(name)
        if plain is not None and len(plain) <= _LONGEST:
            yield plain
        limit = min(self._naming.max_length or _LONGEST, _LONGEST) - _TAG - 1
        for attempt in range(100):
            tag = hashlib.sha256(f"{name}{attempt or ''}".encode()).hexdigest()[:_TAG]
            for stem in (plain, "field"):
                suffixed = self._normalized(f"{stem[:limit]}_{tag}") if stem else None
                if suffixed is not None:
                    yield suffixed

    def _normalized(self, name: str) -> str | None:
        """As dlt would name a column; ``None`` if it has no word for it."""
        try:
            column = self._naming.normalize_path(name)
            if self._naming.normalize_path(column) != column:
                return None
        except ValueError:
            return None
        return column or None

    def _variant(self, column: str) -> str:
        return self._normalized(column + VARIANT) or column + VARIANT


def stored_columns_of(
    listing: Listing, tables: Mapping[str, TTableSchemaColumns]
) -> dict[str, dict[str, Stored]]:
    """Columns that the tables have beyond the documented ones and ours."""
    known = {listing.table: _own(listing).union(_documented(listing))}
    for child in listing.children:
        known[child.table] = _own_of(child).union(_documented_items(child))
    return {
        table: {
            column: Stored(_type_of(hints), _name_of(hints))
            for column, hints in tables[table].items()
            if column not in columns and "data_type" in hints
        }
        for table, columns in known.items()
        if table in tables
    }


def _type_of(hints: TColumnSchema) -> Type | None:
    data_type = hints.get("data_type")
    return next((each for each in Type if each.value == data_type), None)


def _name_of(hints: Mapping[str, Any]) -> str | None:
    name = hints.get(NAME_HINT)
    return name if isinstance(name, str) else None
