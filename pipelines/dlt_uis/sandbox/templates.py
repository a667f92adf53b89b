"""Made-up records as JSON, fast: what records of a kind share is written once, with places for the
rest.

A value of a template may be such a place: a :func:`slot`, which each record fills by itself, or a
time that follows from the record's moment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Moment = Callable[[int], bytes]
"""Writes UTC epoch seconds as the API writes times."""

_MARK = re.compile(r'"@(\w+|time[+-]\d+|clock[+-]\d+)@"')


def slot(name: str) -> str:
    """The place of a value that records fill with JSON of their own."""
    return f"@{name}@"


def later(seconds: int) -> str:
    """The place of the time so many seconds after the record's moment, or before it."""
    return f"@time{seconds:+d}@"


def clock(seconds: int) -> str:
    """The same, without the day."""
    return f"@clock{seconds:+d}@"


class Template:
    """JSON of records that have most values in common."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        text = json.dumps(values, ensure_ascii=False).replace("%", "%%")
        marks = {mark[1] for mark in _MARK.finditer(text)}
        self._times = _seconds(marks, "time")
        self._clocks = _seconds(marks, "clock")
        self._json = _MARK.sub(r"%(\1)b", text).encode()

    def render(self, at: int, moment: Moment, slots: Mapping[bytes, bytes]) -> bytes:
        """A record's JSON.

        Args:
            at: its moment, UTC epoch seconds.
            slots: JSON for each slot, by its name.
        """
        filled = dict(slots)
        for name, seconds in self._times:
            filled[name] = b'"%b"' % moment(at + seconds)
        for name, seconds in self._clocks:
            filled[name] = b'"%b"' % moment(at + seconds)[11:]
        return self._json % filled


def _seconds(marks: set[str], kind: str) -> list[tuple[bytes, int]]:
    found = [mark for mark in sorted(marks) if re.fullmatch(rf"{kind}[+-]\d+", mark)]
    return [(mark.encode(), int(mark.removeprefix(kind))) for mark in found]


def number_or_null(value: int | None) -> bytes:
    return b"null" if value is None else b"%d" % value


def text_or_null(value: str | None) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def moved(value: Any, seconds: int) -> Any:
    """A value whose times are so many seconds later."""

    def mark(found: re.Match[str]) -> str:
        return later(int(found[1]) + seconds)

    text = json.dumps(value, ensure_ascii=False)
    return json.loads(re.sub(r"@time([+-]\d+)@", mark, text))
