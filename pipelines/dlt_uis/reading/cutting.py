"""How a window is cut that is read in no order: parts of less than a page each.

A page of a window that has more records than that is a sample of their times. It tells where to cut
so that each part fits a page, better than halving would.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from ..localtime.windows import SECOND, Window

_FULLEST, _EMPTIEST = 0.9, 0.5
"""How full, of a page, parts are planned to be, by how good the sample is."""

_SURE = 3.0
"""How many standard deviations of a part's size are left free."""

_FILL_EVENLY = 0.75
"""How full parts are planned to be without a sample: days are not alike."""

_MOST_PARTS = 400
"""Into how many parts a window is cut at once: what is promised may not exist."""


def by_sample(window: Window, seconds: pa.Array, total: int, page_rows: int) -> list[Window]:
    """Parts of a window with about as many records each, less than a page.

    Args:
        seconds: of a fair sample of its records (naive timestamps), in order.
        total: about how many records it has.
        page_rows: how many the API gives at once.
    """
    pages = total / page_rows
    spread = _SURE * math.sqrt(pages / max(1, len(seconds)))
    fill = min(_FULLEST, max(_EMPTIEST, 1 - spread))
    count = min(max(2, math.ceil(pages / fill)), _MOST_PARTS)
    places = [len(seconds) * i // count for i in range(1, count)] if len(seconds) else []
    borders = set(seconds.take(pa.array(places, pa.int64())).to_pylist())
    return _parts(window, borders) or around(window, seconds)


def evenly(window: Window, total: int, page_rows: int) -> list[Window]:
    """Parts of a window that are as long as one another, where no sample tells of it."""
    count = min(max(1, math.ceil(total / (_FILL_EVENLY * page_rows))), _MOST_PARTS)
    borders = {
        (window.start + i * window.length / count).replace(microsecond=0) for i in range(count)
    }
    return _parts(window, borders) or [window]


def around(window: Window, seconds: pa.Array) -> list[Window]:
    """The second that has most records of a window by itself, and what is before and behind it; or
    both halves, if it has none."""
    if not len(seconds):
        return list(halves(window))
    counts = pc.value_counts(seconds)
    place = pc.index(counts.field("counts"), pc.max(counts.field("counts"))).as_py()
    most: datetime = counts.field("values")[place].as_py()
    return _parts(window, {most, most + SECOND}) or list(halves(window))


def halves(window: Window) -> tuple[Window, Window]:
    """Both halves of a window that is longer than a second."""
    middle = window.start + timedelta(seconds=window.length // SECOND // 2)
    return Window(window.start, middle), Window(middle, window.end)


def _parts(window: Window, borders: set[datetime]) -> list[Window]:
    """The window, cut at borders; nothing if none of them is inside of it."""
    inside = sorted(each for each in borders if window.start < each < window.end)
    return list(_between([window.start, *inside, window.end])) if inside else []


def _between(borders: Sequence[datetime]) -> Iterator[Window]:
    for start, end in pairwise(borders):
        yield Window(start, end)
