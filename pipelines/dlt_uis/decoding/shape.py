"""The shape of a page: which fields it has, of which types, and the Arrow schema that follows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import pyarrow as pa

from ..reports.fields import Report, Type

VARIANT = "__v_text"
"""Suffix of dlt's variant columns of text: where a value goes that does not fit its own column."""

VALUE = "value"
"""Column of a child table that holds the elements of an array of strings."""

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
    """Names and types of the fields of a call, and of the elements of its arrays.

    ``arrays`` gives the fields of an array's elements, ``None`` for an array of strings. The
    order of the mappings is the order of columns. A field that has been seen, but never with a
    value, has no type. ``wires`` names the scalars that this account's API writes as another JSON
    type than documented (an id as text, say): they are parsed as that type, and cast.
    """

    scalars: Mapping[str, Type | None]
    arrays: Mapping[str, Mapping[str, Type | None] | None] = field(default_factory=dict)
    wires: Mapping[str, pa.DataType] = field(default_factory=dict)

    @cached_property
    def call(self) -> pa.StructType:
        """Arrow type of a call: times naive, arrays nested."""
        scalars = [pa.field(name, type_.wire) for name, type_ in self.scalars.items() if type_]
        arrays = [
            pa.field(name, pa.list_(pa.string() if items is None else _struct(items, _wire)))
            for name, items in self.arrays.items()
        ]
        return pa.struct(scalars + arrays)

    @cached_property
    def parsed(self) -> pa.StructType:
        """Arrow type of a call as it is parsed.

        Times are text: the reader would apply an offset to them, a cast refuses it.
        """
        scalars = [
            pa.field(name, self.wires.get(name, _parsed(type_)))
            for name, type_ in self.scalars.items()
        ]
        arrays = [
            pa.field(name, pa.list_(pa.string() if items is None else _struct(items, _parsed)))
            for name, items in self.arrays.items()
        ]
        return pa.struct(scalars + arrays)

    @property
    def names(self) -> set[str]:
        return {*self.scalars, *self.arrays}

    def with_scalars(self, new: Mapping[str, Type | None]) -> Shape:
        return replace(self, scalars={**self.scalars, **new})

    def with_items(self, array: str, new: Mapping[str, Type | None]) -> Shape:
        items = {**(self.arrays[array] or {}), **new}
        return replace(self, arrays={**self.arrays, array: items})

    def without(self, names: Collection[str]) -> Shape:
        return replace(
            self,
            scalars={name: type_ for name, type_ in self.scalars.items() if name not in names},
            arrays={name: items for name, items in self.arrays.items() if name not in names},
        )

    def grown_by(self, other: Shape) -> Shape:
        """This shape, and all that ``other`` knows beyond it."""
        shape = replace(self, wires={**self.wires, **other.wires})
        new = _beyond(self.scalars, other.scalars)
        shape = shape.with_scalars(new) if new else shape
        for array, items in other.arrays.items():
            known = self.arrays[array]
            if items is not None and known is not None:
                new = _beyond(known, items)
                shape = shape.with_items(array, new) if new else shape
        return shape


def _beyond(
    known: Mapping[str, Type | None], other: Mapping[str, Type | None]
) -> dict[str, Type | None]:
    """What ``other`` has, or has a type of, beyond what is known."""
    return {
        name: type_
        for name, type_ in other.items()
        if name not in known or (known[name] is None and type_ is not None)
    }


def _wire(type_: Type | None) -> pa.DataType:
    return pa.null() if type_ is None else type_.wire


def _parsed(type_: Type | None) -> pa.DataType:
    return pa.string() if type_ is Type.TIMESTAMP else _wire(type_)


def _struct(
    items: Mapping[str, Type | None], of: Callable[[Type | None], pa.DataType]
) -> pa.StructType:
    return pa.struct([pa.field(name, of(type_)) for name, type_ in items.items()])


def shape_of(report: Report) -> Shape:
    """The shape that the report's documentation gives."""
    return Shape(
        {scalar.name: scalar.type for scalar in report.scalars},
        {
            array.name: {item.name: item.type for item in array.items} or None
            for array in report.arrays
        },
    )
