"""Keys of the records that have come for a load: each is passed on once, however often it comes.

The API may give a call twice: on one page, on two, or in two windows if its start moves while it is
read. Keys are kept as arrays, one a page, of integers if they are numbers. They mostly rise with
time, so that a page's keys lie in the range of few others, and only those are looked into.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..decoding.arrays import numbers
from ..reports.fields import Report
from .keys import keys_of


@dataclass(frozen=True)
class _Keys:
    """Keys of a page, from the least to the most of them, and the window that they came for."""

    keys: pa.Array
    least: Any
    most: Any
    window: object


class KnownKeys:
    """The keys of a report's records that have come, by the window that they came for. Threads
    share it."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._pages: list[_Keys] = []

    @property
    def count(self) -> int:
        """How many have come, each once."""
        with self._lock:
            return sum(len(page.keys) for page in self._pages)

    def add(self, calls: pa.Table, window: object) -> tuple[pa.Table, int]:
        """Takes note of ``calls``; returns those that have not come before, and how many have not
        come for this ``window`` before."""
        if not calls.num_rows:
            return calls, 0
        calls, keys = _without_repeats(calls, keys_of(calls, self._report))
        with self._lock:
            of_window, of_others = self._met(keys, window)
            if of_window is None and of_others is None:
                self._keep(keys, window)
                return calls, len(keys)
            nowhere = pa.repeat(pa.scalar(False), len(keys))
            is_known = nowhere if of_window is None else of_window
            fresh = keys.filter(pc.invert(is_known))
            # one that has come for another window counts for this one, too
            self._keep(fresh, window)
            is_known = pc.or_(is_known, nowhere if of_others is None else of_others)
            return calls.filter(pc.invert(is_known)), len(fresh)

    def of(self, window: object) -> Iterator[Any]:
        """The keys that have come for a window."""
        with self._lock:
            pages = [page for page in self._pages if page.window is window]
        for page in pages:
            yield from page.keys.to_pylist()

    def _met(self, keys: pa.Array, window: object) -> tuple[pa.Array | None, pa.Array | None]:
        """Which keys have come for the window, and which for others; ``None`` where none has."""
        bounds = pc.min_max(keys)
        least, most = bounds["min"].as_py(), bounds["max"].as_py()
        met: dict[bool, list[pa.Array]] = {True: [], False: []}
        for page in self._pages:
            if page.least <= most and page.most >= least:
                # a table of the few new keys is made faster than one of all that are known
                found = page.keys.filter(pc.is_in(page.keys, value_set=keys))
                if len(found):
                    met[page.window is window].append(found)
        return _are_in(keys, met[True]), _are_in(keys, met[False])

    def _keep(self, keys: pa.Array, window: object) -> None:
        if len(keys):
            bounds = pc.min_max(keys)
            least, most = bounds["min"].as_py(), bounds["max"].as_py()
            self._pages.append(_Keys(keys, least, most, window))


def _are_in(keys: pa.Array, found: list[pa.Array]) -> pa.Array | None:
    return pc.is_in(keys, value_set=pa.concat_arrays(found)) if found else None


def _without_repeats(calls: pa.Table, keys: pa.Array) -> tuple[pa.Table, pa.Array]:
    """``calls`` without later rows of a key that one answer bears twice, and the keys left."""
    if pc.count_distinct(keys).as_py() == calls.num_rows:
        return calls, keys
    numbered = pa.table({"key": keys, "row": numbers(len(calls))})
    first = numbered.group_by("key").aggregate([("row", "min")])["row_min"].sort()
    return calls.take(first), keys.take(first.combine_chunks())
