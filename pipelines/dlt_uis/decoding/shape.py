"""The shape of a page: which fields it has, of which types, and the Arrow schema that follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import pyarrow as pa

from ..reports.fields import PART, Array, Field, Listing, Type

VARIANT = "__v_text"
"""Suffix of dlt's variant columns of text: where a value goes that does not fit its own column."""

MISFIT = "\0text"
"""Ends the name, while a page is decoded, of what becomes a variant column. No field is called so:
names are repaired as other text is, and that leaves no NUL."""

ELEMENT = "\0element"
"""Name, while a page is decoded, of an element that should be an object and is none, as text."""

EXACT = "\0exact"
"""Ends the name of a column of a page that holds instants, of times that came with an offset."""

REPLACED = "\0replaced"
"""Column of a page: how many texts of the call were repaired."""


@dataclass(frozen=True)
class Shape:
    """Names and types of the fields of a record, or of an element of an array.

    ``arrays`` gives the shape of an array's elements, ``None`` for an array of strings. The order
    of the mappings is the order of columns. A field that has been seen, but never with a value, has
    no type. ``objects`` are fields whose parts have columns of their own, ``<object>__<part>``.
    ``dictionaries`` are arrays that come as objects, with the names that key and value get.
    ``wires`` names the scalars, and arrays of strings, that this account's API writes as another
    JSON type than documented (an id as text, say): they are parsed as that type, and cast.
    """

    scalars: Mapping[str, Type | None]
    arrays: Mapping[str, Shape | None] = field(default_factory=dict)
    objects: tuple[str, ...] = ()
    dictionaries: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    wires: Mapping[str, pa.DataType] = field(default_factory=dict)

    @cached_property
    def record(self) -> pa.StructType:
        """Arrow type of a record: times naive, arrays nested."""
        scalars = [pa.field(name, type_.wire) for name, type_ in self.scalars.items() if type_]
        arrays = [
            pa.field(name, pa.list_(pa.string() if items is None else items.record))
            for name, items in self.arrays.items()
        ]
        return pa.struct(scalars + arrays)

    @cached_property
    def parsed(self) -> pa.StructType:
        """Arrow type of a record as it is parsed, with the parts of an object inside of it.

        Times are text: the reader would apply an offset to them, a cast refuses it.
        """
        types = {name: self.wires.get(name, _parsed(type_)) for name, type_ in self.scalars.items()}
        for name, items in self.arrays.items():
            value = self.wires.get(name, pa.string()) if items is None else items.parsed
            types[name] = pa.list_(value)
        parts: dict[str, list[pa.Field]] = {name: [] for name in self.objects}
        fields = []
        for name, type_ in types.items():
            home = self.home(name)
            if home is None:
                fields.append(pa.field(name, type_))
            else:
                parts[home].append(pa.field(name.removeprefix(home + PART), type_))
        return pa.struct(fields + [pa.field(name, pa.struct(each)) for name, each in parts.items()])

    def columns_of(self, rows: pa.StructArray) -> dict[str, pa.Array]:
        """The columns of rows that were parsed, those of an object's parts by their own names."""
        columns = _columns_of(rows)
        for home in self.objects:
            parts = _columns_of(columns.pop(home))
            columns |= {home + PART + name: column for name, column in parts.items()}
        return columns

    def home(self, name: str) -> str | None:
        """The object that a field is a part of, if any."""
        return next((each for each in self.objects if name.startswith(each + PART)), None)

    @property
    def names(self) -> set[str]:
        """Names of all top-level fields, as the API is asked for them."""
        return {*self.objects, *(self.home(name) or name for name in (*self.scalars, *self.arrays))}

    def with_scalars(self, new: Mapping[str, Type | None]) -> Shape:
        return replace(self, scalars={**self.scalars, **new})

    def with_elements(self, array: str, elements: Shape) -> Shape:
        return replace(self, arrays={**self.arrays, array: elements})

    def with_items(self, path: Sequence[str], new: Mapping[str, Type | None]) -> Shape:
        """The shape with new fields in the elements of an array; ``path`` leads there."""
        if not path:
            return self.with_scalars(new)
        elements = self.arrays[path[0]]
        assert elements is not None
        return self.with_elements(path[0], elements.with_items(path[1:], new))

    def without(self, names: Collection[str]) -> Shape:
        """The shape without some top-level fields."""
        return replace(
            self,
            scalars={each: type_ for each, type_ in self.scalars.items() if self._in(each, names)},
            arrays={each: items for each, items in self.arrays.items() if self._in(each, names)},
            objects=tuple(each for each in self.objects if each not in names),
        )

    def _in(self, name: str, without: Collection[str]) -> bool:
        return (self.home(name) or name) not in without

    def grown_by(self, other: Shape) -> Shape:
        """This shape, and all that ``other`` knows beyond it."""
        shape = replace(self, wires={**self.wires, **other.wires})
        new = _beyond(self.scalars, other.scalars)
        shape = shape.with_scalars(new) if new else shape
        for array, items in other.arrays.items():
            known = self.arrays[array]
            if items is not None and known is not None:
                grown = known.grown_by(items)
                shape = shape.with_elements(array, grown) if grown != known else shape
        return shape


def _columns_of(rows: pa.StructArray) -> dict[str, pa.Array]:
    return dict(zip((each.name for each in rows.type), rows.flatten(), strict=True))


def _beyond(
    known: Mapping[str, Type | None], other: Mapping[str, Type | None]
) -> dict[str, Type | None]:
    """What ``other`` has, or has a type of, beyond what is known."""
    return {
        name: type_
        for name, type_ in other.items()
        if name not in known or (known[name] is None and type_ is not None)
    }


def _parsed(type_: Type | None) -> pa.DataType:
    if type_ in (Type.TIMESTAMP, Type.DATE):
        return pa.string()
    return pa.null() if type_ is None else type_.wire


def shape_of(listing: Listing) -> Shape:
    """The shape that the documentation of a report or a list gives, as the API sends it."""
    fields = [field for field in listing.scalars if not field.of_request]
    return _shape(fields, listing.arrays)


def _shape(fields: Sequence[Field], arrays: Sequence[Array]) -> Shape:
    homes = [*(each.inside for each in fields), *(each.inside for each in arrays)]
    return Shape(
        {field.name: field.type for field in fields},
        {
            array.name: _shape(array.items, array.arrays) if array.is_of_objects else None
            for array in arrays
        },
        tuple(dict.fromkeys(home for home in homes if home)),
        {
            array.name: (array.items[0].name, array.items[1].name)
            for array in arrays
            if array.dictionary
        },
    )
