"""Which of the fields that are asked for the API sends at all.

By the documentation an empty field is null: one that no record has is not sent. To Arrow both are
alike, so the first records of a run are looked at as Python objects.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ..reports.fields import PART, Array, Field, Report
from .first_records import first_records

_OF_A_PAGE, _IN_ALL, _BYTES = 20, 100, 1 << 18
"""Records that are looked at, and where in a page: that takes 3 ms, five times in a run."""

_SURE = 2
"""Records that have to lack a field: a single one may be odd."""

Path = tuple[str, ...]
"""Where objects lie in a record: nowhere else, or in the field of such names."""


class SentFields:
    """The fields that the first records of a run have. Threads may share it.

    Args:
        report: the documented fields.
    """

    def __init__(self, report: Report) -> None:
        self._inner = _inner_fields(report)
        self._lock = threading.Lock()
        self._known: set[object] = set()
        self._records: Counter[Path] = Counter()
        self._objects: Counter[Path] = Counter()
        self._names: defaultdict[Path, Counter[str]] = defaultdict(Counter)
        self._has_empty = False

    def look(self, body: bytes) -> None:
        """Looks at the records that an answer begins with, until enough were looked at."""
        if len(self._known) >= _IN_ALL:
            return
        records = list(islice(first_records(body, _BYTES), _OF_A_PAGE))
        with self._lock:
            for record in records:
                # pages overlap: the same record may come again
                values = tuple(each for each in record.values() if isinstance(each, str | int))
                if values not in self._known:
                    self._known.add(values)
                    self._add(record)

    def _add(self, record: Mapping[str, Any]) -> None:
        for path in ((), *self._inner):
            objects = _objects_at(path, record)
            self._records[path] += bool(objects)
            self._objects[path] += len(objects)
            for each in objects:
                self._names[path].update(each.keys())
                self._has_empty |= None in each.values()

    def absent(self, asked: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The fields that no record has, by where they would be: ``""`` for the record itself, the
        name of an array for its elements. What too few records have elements of is left out.

        Args:
            asked: the fields that were asked for.
        """
        with self._lock:
            if self._leaves_out_empty():
                return {}
            wanted = {(): asked, **self._inner}
            return {
                ".".join(path): [
                    ".".join((*path, name)) for name in names if name not in self._names[path]
                ]
                for path, names in wanted.items()
                if self._records[path] >= _SURE
            }

    def _leaves_out_empty(self) -> bool:
        """Whether this API seems to leave out what is empty: not all records have the same fields,
        and none is ever null. Then nothing can be told."""
        return not self._has_empty and any(
            count < self._objects[path]
            for path, names in self._names.items()
            for count in names.values()
        )


def _inner_fields(report: Report) -> Mapping[Path, Collection[str]]:
    """The documented fields of the objects in a record, by where these lie."""
    found: dict[Path, list[str]] = {(name,): [] for name in report.objects}
    for child in report.children:
        array = child.array
        if array.is_of_objects and not array.dictionary:
            path = tuple(part for each in child.path for part in _path(each))
            found[path] = [each.name for each in array.fields]
    for field in report.fields:
        if field.inside is not None:
            found[field.inside,].append(_path(field)[-1])
    return found


def _path(field: Field | Array) -> Path:
    """Where a field lies in its record, by the names in the JSON."""
    home = field.inside
    return (field.name,) if home is None else (home, field.name.removeprefix(home + PART))


def _objects_at(path: Path, record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    objects = [record]
    for name in path:
        objects = [each for found in objects for each in _objects_in(found.get(name))]
    return objects


def _objects_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """The object, or those in a list, without empty ones: an object may be written ``{}``."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict) and each:
            yield each
