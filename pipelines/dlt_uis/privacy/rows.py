"""Privacy of rows of JSON, such as lists of reference data, however deep their values are nested.

The API's documentation of the report does not list their fields: each is treated by its path, such
as ``full_name`` or ``phone_numbers.phone_number``. A field that the report has too is treated as
it is there, so that both can be joined.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from .pages import Privacy
from .treatments import Treatment

Row = dict[str, Any]
_Place = tuple[Any, Any]
"""A container, and the key or index of a value in it."""


def protect(rows: Sequence[Row], privacy: Privacy) -> None:
    """Replaces, in the rows themselves, all values that may not be written."""
    if not privacy.is_on:
        return
    places: dict[str, list[_Place]] = defaultdict(list)
    for row in rows:
        for path, place in _places(row, "", privacy):
            places[path].append(place)
    for path, found in places.items():
        values = [holder[key] for holder, key in found]
        treated = privacy.protected_values(path, values)
        for (holder, key), value in zip(found, treated, strict=True):
            holder[key] = value


def _places(holder: Row | list[Any], path: str, privacy: Privacy) -> Iterator[tuple[str, _Place]]:
    """Where there are values that hold no others, or whose path is dropped as a whole."""
    is_object = isinstance(holder, dict)
    values = holder.items() if isinstance(holder, dict) else enumerate(holder)
    for key, value in values:
        below = f"{path}.{key}".removeprefix(".") if is_object else path
        if isinstance(value, dict | list) and privacy.treatment(below) is not Treatment.DROP:
            yield from _places(value, below, privacy)
        else:
            yield below, (holder, key)
