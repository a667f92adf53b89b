"""How a backfill is cut: chunks of about as many calls, by the density of calls in the range."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta

from ..localtime.windows import SECOND, Window
from ..reading.counting import Estimate

CHUNK_CALLS = 100_000


def plan(
    left: Sequence[Window],
    estimates: Sequence[Estimate],
    *,
    calls: Callable[[], int],
    longest: timedelta | None = None,
) -> Iterator[Window]:
    """All chunks of what is left, oldest first, each cut when it is its turn.

    Args:
        calls: about how many calls the next chunk may have.
        longest: how long a chunk may be, if there is a limit.
    """
    for window in left:
        rest: Window | None = window
        while rest is not None:
            chunk = _next_chunk(rest, estimates, calls(), longest)
            yield chunk
            rest = Window(chunk.end, rest.end) if chunk.end < rest.end else None


def _next_chunk(
    left: Window, estimates: Sequence[Estimate], calls: int, longest: timedelta | None
) -> Window:
    """The first part of ``left`` with about ``calls`` calls, and no longer than ``longest``.

    It ends at midnight where it can: whole days are what people look for in a log.
    """
    start, wanted = left.start, float(calls)
    end = left.end if longest is None else min(left.end, start + longest)
    for estimate in estimates:
        if estimate.window.end <= start or estimate.window.start >= end:
            continue
        begin = max(start, estimate.window.start)
        reached = estimate.reaching(begin, wanted)
        if reached is not None:
            end = min(end, reached)
            break
        wanted -= estimate.within(Window(begin, estimate.window.end))
    end = max(end.replace(microsecond=0), start + SECOND)
    if end < left.end:
        midnight = datetime.combine(end.date(), time.min)
        end = midnight if midnight > start + (end - start) / 2 else end
    return Window(start, min(end, left.end))
