"""Ids of the calls that have come for a load: each is passed on once, however often it comes.

The API may give a call twice: on one page, on two, or in two windows if its start moves while it is
read. Ids are kept as integer arrays, one a page. They mostly rise with time, so that a page's ids
lie in the range of few others, and only those are looked into.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ..decoding.arrays import numbers, whole
from ..reports.fields import Report


@dataclass(frozen=True)
class _Ids:
    """Ids of a page, from the least to the most of them, and the window that they came for."""

    ids: pa.Array
    least: int
    most: int
    window: object


class KnownIds:
    """The ids of a report's records that have come, by the window that they came for. Threads share
    it."""

    def __init__(self, report: Report) -> None:
        self._key = report.key
        self._lock = threading.Lock()
        self._pages: list[_Ids] = []

    def add(self, calls: pa.Table, window: object) -> tuple[pa.Table, int]:
        """Takes note of ``calls``; returns those that have not come before, and how many have not
        come for this ``window`` before."""
        calls = _without_repeats(calls, self._key)
        # a column shares its memory with the page: a copy lets the page go
        ids = pc.add(whole(calls[self._key]), 0)
        with self._lock:
            of_window, of_others = self._met(ids, window)
            if of_window is None and of_others is None:
                self._keep(ids, window)
                return calls, len(ids)
            nowhere = pa.repeat(pa.scalar(False), len(ids))
            is_known = nowhere if of_window is None else of_window
            fresh = ids.filter(pc.invert(is_known))
            # one that has come for another window counts for this one, too
            self._keep(fresh, window)
            is_known = pc.or_(is_known, nowhere if of_others is None else of_others)
            return calls.filter(pc.invert(is_known)), len(fresh)

    def of(self, window: object) -> Iterator[int]:
        """The ids that have come for a window."""
        with self._lock:
            pages = [page for page in self._pages if page.window is window]
        for page in pages:
            yield from page.ids.to_pylist()

    def _met(self, ids: pa.Array, window: object) -> tuple[pa.Array | None, pa.Array | None]:
        """Which ids have come for the window, and which for others; ``None`` where none has."""
        bounds = pc.min_max(ids)
        least, most = bounds["min"].as_py(), bounds["max"].as_py()
        met: dict[bool, list[pa.Array]] = {True: [], False: []}
        for page in self._pages:
            if page.least <= most and page.most >= least:
                # a table of the few new ids is made faster than one of all that are known
                found = page.ids.filter(pc.is_in(page.ids, value_set=ids))
                if len(found):
                    met[page.window is window].append(found)
        return _are_in(ids, met[True]), _are_in(ids, met[False])

    def _keep(self, ids: pa.Array, window: object) -> None:
        if len(ids):
            bounds = pc.min_max(ids)
            self._pages.append(_Ids(ids, bounds["min"].as_py(), bounds["max"].as_py(), window))


def _are_in(ids: pa.Array, found: list[pa.Array]) -> pa.Array | None:
    return pc.is_in(ids, value_set=pa.concat_arrays(found)) if found else None


def _without_repeats(calls: pa.Table, key: str) -> pa.Table:
    """``calls`` without later rows of an id that one answer bears twice."""
    if pc.count_distinct(calls[key]).as_py() == calls.num_rows:
        return calls
    numbered = pa.table({key: calls[key], "row": numbers(len(calls))})
    first = numbered.group_by(key).aggregate([("row", "min")])
    return calls.take(first["row_min"].sort())
