"""What has been done to a report's records by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Edits:
    """Changes, by the numbers of records.

    Attributes:
        changes: what fields say instead.
        removed: records that are hidden.
        count: how often there were others.
    """

    def __init__(self) -> None:
        self.changes: dict[int, dict[str, Any]] = {}
        self.removed: set[int] = set()
        self.count = 0
        self._extra: dict[str, tuple[Callable[[int], Any], bool]] = {}

    def change(self, number: int, fields: Mapping[str, Any]) -> None:
        self.changes[number] = {**self.changes.get(number, {}), **fields}
        self.count += 1

    def remove(self, number: int) -> None:
        self.removed.add(number)
        self.count += 1

    def add_field(self, name: str, value_of: Callable[[int], Any], *, asked_only: bool) -> None:
        """The API grows a field: sent with every record, or only if it is asked for by name."""
        self._extra[name] = (value_of, asked_only)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that it has grown."""
        return frozenset(self._extra)

    @property
    def unasked_fields(self) -> frozenset[str]:
        """Those that come whether asked for or not."""
        return frozenset(name for name, (_, asked_only) in self._extra.items() if not asked_only)

    def unasked(self, number: int) -> dict[str, Any]:
        """What a record has in them."""
        return {name: of(number) for name, (of, only) in self._extra.items() if not only}

    def asked_only(self, number: int) -> dict[str, Any]:
        """What it has in those that must be asked for."""
        return {name: of(number) for name, (of, only) in self._extra.items() if only}
