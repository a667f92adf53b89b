"""Where a window is cut that is read in no order, so that each part fits a page.

A full page tells. Mostly its records are scattered over the window: then they are a sample of its
times, and borders lie where the sample has equal shares. If they lie close together instead, they
tell of no other times, and the window is cut evenly; unless they are in the order of time
(:func:`in_order`), so that only what is behind them is left.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from ..localtime.windows import SECOND, Window

_SURE = 2.0
"""How many standard deviations of a part's size are left free, as a sample is only a sample."""

_FULL_EVENLY = 0.75
"""How full, of a page, parts are planned to be without a sample: days are not alike."""

_MOST_PARTS = 32
"""Into how many parts a window is cut at once: what is promised may not exist."""

_LARGE_PART = 6
"""How many pages a part has that is to be cut again, as its own sample is a better one."""

_SCATTERED = 0.5
"""How far from one another records lie that come one after the other, as a share of how far those
do that come half a page apart. By chance it is as far."""

_LATE = 0.1
"""By which share of the time that a page spans records may come late for it to be in order."""

_LATER = 2
"""How many times later than those on a page others may be."""

_PAGES_IN_ORDER = 3
"""How many pages a part of what is left has at least, if pages are in order: the last one of each
part is not full."""

_MOST_IN_ORDER = 4
"""Into how many parts what is left is cut at once then: threads are to share it."""


def parts_of(window: Window, seconds: pa.Array, pages: float) -> list[Window]:
    """Two parts of a window at least, planned to have less than a page of records each.

    Args:
        seconds: of some of its records (naive timestamps), in the order in which they came.
        pages: about how many pages of records it has.
    """
    if len(seconds) and _are_scattered(seconds):
        return _by_sample(window, seconds.take(pc.sort_indices(seconds)), pages)
    count = max(2, min(math.ceil(pages / _FULL_EVENLY), _MOST_PARTS))
    return _cut(window, [*_evenly(window, count), *_crowded(seconds, count)])


def _by_sample(window: Window, sample: pa.Array, pages: float) -> list[Window]:
    """Parts with equal shares of a sample, which is in order."""
    size = len(sample)
    wanted = pages * (1 + _SURE * math.sqrt(pages / size))
    if wanted > _MOST_PARTS:
        wanted = min(pages / _LARGE_PART, _MOST_PARTS)
    count = max(2, min(math.ceil(wanted), size))
    equal_shares = [sample[size * i // count].as_py() for i in range(1, count)]
    return _cut(window, [*equal_shares, *_crowded(sample, count)])


def left_of(window: Window, stretch: Window, pages: float) -> list[Window]:
    """Parts of what a window has beside a stretch at its start or end.

    Args:
        pages: about how many pages of records that is.
    """
    starts_there = stretch.start == window.start
    start, end = (stretch.end, window.end) if starts_there else (window.start, stretch.start)
    rest = Window(start, end)
    count = max(1, min(round(pages / _PAGES_IN_ORDER), _MOST_IN_ORDER))
    return _cut(rest, _evenly(rest, count))


def in_order(window: Window, seconds: pa.Array) -> Window | None:
    """The stretch of a window of which some records in the order of time, or against it, seem to be
    all that there are, although some may have come a bit late; ``None`` if they are in no order.

    Args:
        seconds: as in :func:`parts_of`.
    """
    if not len(seconds) or _are_scattered(seconds):
        return None
    times = _numbers(seconds)
    bounds = pc.min_max(times)
    first, last = bounds["min"].as_py(), bounds["max"].as_py()
    most = _LATE * (last - first)
    late = pc.max(pc.subtract(pc.cumulative_max(times), times)).as_py()
    if late <= most:
        return _between(window.start, _moment(last - _LATER * late))
    early = pc.max(pc.subtract(times, pc.cumulative_min(times))).as_py()
    if early <= most:
        return _between(_moment(first + _LATER * early) + SECOND, window.end)
    return None


def _are_scattered(seconds: pa.Array) -> bool:
    """Whether records come by chance, or at least not close to one another."""
    times = _numbers(seconds)
    return _distance(times, 1) >= _SCATTERED * _distance(times, len(times) // 2)


def _distance(times: pa.Array, rows: int) -> float:
    """How far times lie from those so many rows behind, on average."""
    apart = pc.abs(pc.subtract(times[rows:], times[: len(times) - rows]))
    return float(pc.mean(apart).as_py() or 0)


def _evenly(window: Window, count: int) -> Iterator[datetime]:
    """Borders of so many parts that are as long as one another."""
    for i in range(1, count):
        yield (window.start + i * window.length / count).replace(microsecond=0)


def _crowded(seconds: pa.Array, count: int) -> Iterator[datetime]:
    """Borders of each second that has as many of some records as one of so many parts."""
    share = max(min(2, len(seconds)), len(seconds) // count)
    counts = pc.value_counts(seconds)
    is_crowded = pc.greater_equal(counts.field("counts"), share)
    for second in counts.field("values").filter(is_crowded).to_pylist():
        yield from (second, second + SECOND)


def _cut(window: Window, borders: Iterable[datetime]) -> list[Window]:
    """A window, cut at those borders that are inside of it."""
    inside = sorted({each for each in borders if window.start < each < window.end})
    return [Window(start, end) for start, end in pairwise([window.start, *inside, window.end])]


def _between(start: datetime, end: datetime) -> Window | None:
    return Window(start, end) if start < end else None


def _numbers(seconds: pa.Array) -> pa.Array:
    return seconds.cast(pa.timestamp("s")).cast(pa.int64())


def _moment(number: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(seconds=number)
