"""How many calls a window has, by the API's own count, a point each: exact, if the API is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..localtime.windows import Window
from ..reports.fields import LONGEST_WINDOW
from .paging import Edges, Fetch, Page, Request


class Counter:
    """Asks for totals.

    Args:
        fetch: asks the API for a page, which need not hold more than one call.
        threads: how many requests may be under way at once.
        longest: how long a window may be.
    """

    def __init__(self, fetch: Fetch, threads: int, longest: timedelta = LONGEST_WINDOW) -> None:
        self._longest = longest
        self._fetch = fetch
        self._threads = threads
        self._met: Page | None = None
        self._edges: Edges | None = None

    def estimates(self, window: Window) -> list[Estimate]:
        """Calls in pieces that the report allows, give or take those on the pieces' bounds."""
        pieces = window.pieces(self._longest)
        return [Estimate(piece, self._estimate(piece)) for piece in pieces]

    def _estimate(self, piece: Window) -> int:
        page = self._fetch(Request(piece.start, piece.end))
        if page.calls.num_rows and page.total is not None:
            self._met = page
        return page.total or 0

    @property
    def can_be_exact(self) -> bool:
        """Whether a call was met, by which it can be learned what the API's bounds mean, and how
        many there are was told."""
        return self._met is not None

    def counts(self, windows: Sequence[Window]) -> Iterator[tuple[Window, int | None]]:
        """The exact count of each window, in their order; only if :attr:`can_be_exact`. ``None``
        where the API does not tell."""
        if not windows:
            return
        edges = self._edges = self._edges or self._learned()

        def count(window: Window) -> int | None:
            request = edges.request(
                window.start, window.end, till_is_inclusive=edges.till_is_inclusive
            )
            return self._fetch(request).total

        with ThreadPoolExecutor(self._threads) as pool:
            yield from zip(windows, pool.map(count, windows), strict=True)

    def _learned(self) -> Edges:
        assert self._met is not None
        return Edges.asked(self._fetch, self._met)


@dataclass(frozen=True)
class Estimate:
    """A window, and how many calls the API says are in it."""

    window: Window
    calls: int

    def within(self, window: Window) -> float:
        """About how many calls it has in ``window``, taken as evenly spread."""
        start, end = max(window.start, self.window.start), min(window.end, self.window.end)
        return self.calls * max(end - start, timedelta()) / self.window.length

    def reaching(self, start: datetime, calls: float) -> datetime | None:
        """When about ``calls`` calls have come since ``start``; ``None`` if there are fewer."""
        if self.within(Window(start, self.window.end)) <= calls:
            return None
        return start + calls / self.calls * self.window.length


def expected(window: Window, estimates: Sequence[Estimate]) -> float:
    """About how many calls a window has."""
    return sum(estimate.within(window) for estimate in estimates)
