"""Records of a report, put together from values: with all its fields, and no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...reports.fields import PART, Array, Field, Report, Type

Values = Mapping[str, Any]
_Fit = Callable[[Any], Any]


class Form:
    """What a record of a report looks like. Fields without a value are null or empty."""

    def __init__(self, report: Report) -> None:
        self._fits: Mapping[str, _Fit] = {
            name: _of_object(report, name) if name in report.objects else _of_top(report, name)
            for name in report.names
        }

    def filled(self, values: Values) -> dict[str, Any]:
        """A record: ``values`` by name, those of objects by part."""
        return {name: fit(values.get(name)) for name, fit in self._fits.items()}


def _of_top(report: Report, name: str) -> _Fit:
    return next(_of(field) for field in report if field.name == name)


def _of_object(report: Report, name: str) -> _Fit:
    parts = {
        field.name.removeprefix(f"{name}{PART}"): _of(field)
        for field in report
        if field.inside == name
    }
    return lambda value: value and {part: fit(value.get(part)) for part, fit in parts.items()}


def _of(field: Field | Array) -> _Fit:
    if isinstance(field, Field):
        return _text if field.type is Type.TEXT else _same
    if field.dictionary:
        return lambda value: value or {}
    if not field.is_of_objects:
        return lambda value: [str(each) for each in value or ()]
    inner: tuple[Field | Array, ...] = (*field.items, *field.arrays)
    parts = {part.name: _of(part) for part in inner}
    return lambda value: [
        {name: fit(element.get(name)) for name, fit in parts.items()} for element in value or ()
    ]


def _same(value: Any) -> Any:
    return value


def _text(value: Any) -> Any:
    """Numbers are text where the documentation has text."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else value
