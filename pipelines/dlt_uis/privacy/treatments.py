"""The setting ``privacy``: which fields are kept, dropped or pseudonymised."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from enum import Enum
from functools import cache
from typing import Any

from ..errors import InvalidSetting, PrivacyRefused, UnknownPrivacyField
from ..reports import REPORTS
from ..reports.fields import PART, Listing, Type
from .personal import GROUPS, UNDOCUMENTED, group_of

_UNDOCUMENTED = f"{UNDOCUMENTED}."


class Treatment(Enum):
    """What becomes of a field; the values are what users write."""

    KEEP = "keep"
    DROP = "drop"
    PSEUDONYMISE = "pseudonymise"


class Treatments:
    """The treatment of every field of a report or list.

    Args:
        listing: the documented fields. What is named of another report is let pass.
        setting: treatments by group (``phone_numbers``), by field (``contact_phone_number``), by
            array or object (``recognized_text``: all fields of its elements; of those only text is
            pseudonymised), by field of an array's elements (``employees.employee_full_name``), or,
            for what the documentation does not list, by ``undocumented.`` and the field. What is
            more specific counts.

    Raises:
        InvalidSetting: the setting is no mapping of names to treatments.
        UnknownPrivacyField: a name is none of these.
        PrivacyRefused: a field can't be treated so.
    """

    def __init__(self, listing: Listing, setting: Mapping[str, Any] | None) -> None:
        self._listing = listing
        self._types = {column.path: column.field.type for column in listing.columns}
        self._named = dict(_flat(setting or {}))
        self._by_field: dict[str, Treatment] = {}
        for name in sorted(self._named, key=_specificity):
            treatment = self._named[name]
            for path in GROUPS[name].paths if name in GROUPS else [name]:
                fields = self._fields_of(path, name, treatment)
                self._by_field |= dict.fromkeys(fields, treatment)

    def _fields_of(self, path: str, name: str, treatment: Treatment) -> list[str]:
        """The documented fields that ``path`` stands for; ``name`` is what the user wrote."""
        if path.startswith(_UNDOCUMENTED):
            return []
        if path in self._types:
            self._check(path, name, treatment)
            return [path]
        fields = self._inside(path)
        if not fields and not _is_known(path):
            raise UnknownPrivacyField(name, self._near(name))
        if treatment is Treatment.PSEUDONYMISE:
            return [field for field in fields if self._types[field] is Type.TEXT]
        return fields

    def _inside(self, name: str) -> list[str]:
        """The documented fields of an array's elements, or of an object."""
        return [path for path in self._types if path.startswith((f"{name}.", name + PART))]

    def _check(self, path: str, name: str, treatment: Treatment) -> None:
        if treatment is Treatment.KEEP:
            return
        if path in self._listing.carried:
            raise PrivacyRefused(path, "the tables are built on it", name, ["keep"])
        if treatment is Treatment.PSEUDONYMISE and self._types[path] is not Type.TEXT:
            raise PrivacyRefused(path, "it is no text", name, ["keep", "drop"])

    def _near(self, name: str) -> list[str]:
        known = dict.fromkeys((*GROUPS, *self._listing.names, *self._types))
        return get_close_matches(name, known, n=3, cutoff=0.5)

    def of(self, path: str) -> Treatment:
        """The treatment of a field, or of ``array.field``; documented or not."""
        if path in self._types:
            return self._by_field.get(path, Treatment.KEEP)
        for name in (f"{_UNDOCUMENTED}{path}", *_around(path), group_of(path), UNDOCUMENTED):
            if name in self._named:
                return self._named[name]
        return Treatment.KEEP

    @property
    def dropped(self) -> frozenset[str]:
        """Top-level fields of which nothing is left."""
        columns = self._listing.columns
        kept = {each.asked for each in columns if self.of(each.path) is not Treatment.DROP}
        unlisted = {
            name.removeprefix(_UNDOCUMENTED)
            for name, treatment in self._named.items()
            if name.startswith(_UNDOCUMENTED) and treatment is Treatment.DROP
        }
        return frozenset(unlisted.union(self._listing.names).difference(kept))

    @property
    def are_needed(self) -> bool:
        """Whether any field is not just kept."""
        return any(each is not Treatment.KEEP for each in self._named.values())

    @property
    def need_key(self) -> bool:
        """Whether any field is pseudonymised."""
        return Treatment.PSEUDONYMISE in self._named.values()

    def __repr__(self) -> str:
        named = sorted((name, each.value) for name, each in self._named.items())
        return f"{type(self).__name__}({named})"


@cache
def _known_paths() -> frozenset[str]:
    """The documented fields of all reports, and arrays and objects of such."""
    columns = [column for report in REPORTS.values() for column in report.columns]
    paths = {column.path for column in columns}
    return frozenset(
        paths | {path.rpartition(".")[0] for path in paths} | {column.asked for column in columns}
    )


def _is_known(path: str) -> bool:
    grouped = {each for group in GROUPS.values() for each in group.paths}
    return path in grouped or path in _known_paths()


def _flat(setting: object, prefix: str = "") -> Iterator[tuple[str, Treatment]]:
    """Names and treatments; TOML makes a table in the table of a name with an unquoted dot."""
    if not isinstance(setting, Mapping):
        raise InvalidSetting("privacy", "a mapping of fields or groups to what becomes of them")
    for name, value in setting.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")
        elif value in [treatment.value for treatment in Treatment]:
            yield path, Treatment(value)
        else:
            allowed = ", ".join(treatment.value for treatment in Treatment)
            raise InvalidSetting("privacy", f"a mapping in which {path} is one of {allowed}")


def _specificity(name: str) -> int:
    return 0 if name in GROUPS else len(_around(name))


def _around(path: str) -> list[str]:
    """The path, and the arrays or the object that it is in, the innermost first."""
    ends = [found.start() for found in re.finditer(rf"\.|{PART}", path)]
    return [path, *(path[:end] for end in reversed(ends))]
