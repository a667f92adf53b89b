"""The shape of a page: which fields it has, of which types, and the Arrow schema that follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import pyarrow as pa

from .fields import Report, Type

VARIANT = "__v_text"
"""Suffix of dlt's variant columns of text: where a value goes that does not fit its own column."""

VALUE = "value"
"""Column of a child table that holds the elements of an array of strings."""


@dataclass(frozen=True)
class Shape:
    """Names and types of the fields of a call, and of the elements of its arrays.

    ``arrays`` gives the fields of an array's elements, ``None`` for an array of strings. The
    order of the mappings is the order of columns. ``wires`` names the scalars that this account's
    API writes as another JSON type than documented (an id as text, say): they are parsed as that
    type, and cast.
    """

    scalars: Mapping[str, Type]
    arrays: Mapping[str, Mapping[str, Type] | None] = field(default_factory=dict)
    wires: Mapping[str, pa.DataType] = field(default_factory=dict)

    @cached_property
    def call(self) -> pa.StructType:
        """Arrow type of a call as it is parsed: times naive, arrays nested."""
        scalars = [
            pa.field(name, self.wires.get(name, type_.wire)) for name, type_ in self.scalars.items()
        ]
        arrays = [pa.field(name, pa.list_(_element(items))) for name, items in self.arrays.items()]
        return pa.struct(scalars + arrays)

    @property
    def names(self) -> set[str]:
        return {*self.scalars, *self.arrays}

    def with_scalars(self, new: Mapping[str, Type]) -> Shape:
        return replace(self, scalars={**self.scalars, **new})

    def with_items(self, array: str, new: Mapping[str, Type]) -> Shape:
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
        new = {name: type_ for name, type_ in other.scalars.items() if name not in self.names}
        shape = shape.with_scalars(new) if new else shape
        for array, items in other.arrays.items():
            known = self.arrays[array]
            if items is not None and known is not None:
                new = {name: type_ for name, type_ in items.items() if name not in known}
                shape = shape.with_items(array, new) if new else shape
        return shape


def _element(items: Mapping[str, Type] | None) -> pa.DataType:
    if items is None:
        return pa.string()
    return pa.struct([pa.field(name, type_.wire) for name, type_ in items.items()])


def shape_of(report: Report) -> Shape:
    """The shape that the report's documentation gives."""
    return Shape(
        {scalar.name: scalar.type for scalar in report.scalars},
        {
            array.name: {item.name: item.type for item in array.items} or None
            for array in report.arrays
        },
    )
