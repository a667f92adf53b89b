"""Which page of a window to ask for next.

One request asks for the first page of what is left, others for those behind it, by offset. An
offset only says where in line a page is likely to begin.
"""

from __future__ import annotations

from datetime import timedelta

from ..localtime.windows import Window
from .crowds import Crowds
from .gaps import Flight, Gap, Gaps
from .paging import FARTHEST, Page, Request
from .tally import Tally

_LEAST_AHEAD = 3
"""How many pages may be asked for at least before it is known that so many are there: what is
promised may not exist."""

_LEAST_GUESSED = timedelta(days=7)
"""How much of a window there is at least for each request that is made before an answer has told
whether the window has so many pages. What a sync reads again is shorter, and mostly fits a page."""


class Plan:
    """The gaps of a window, and what is known of its pages. Who shares it takes care of threads.

    Attributes:
        page_rows: how many calls the API gives at once, as far as is known.
        in_vain: how many requests found nothing where calls were promised.
    """

    def __init__(self, tally: Tally, *, page_rows: int, expected: int | None) -> None:
        self.gaps = Gaps(tally.window, expected)
        self.crowds = Crowds()
        self.page_rows = page_rows
        self.in_vain = 0
        self._window = tally.window
        self._tally = tally
        self._answered = 0

    def first(self) -> Flight | None:
        """The first page of a gap from which nobody reads; ``None`` without one."""
        gap = self.gaps.first_free()
        return self._sent(gap, gap.skip) if gap else None

    @property
    def spare(self) -> int:
        """About how many calls :meth:`further` would ask for."""
        widest = self._widest()
        return widest.spare if widest else 0

    def further(self) -> Flight | None:
        """The page behind those that are under way, where most calls are left; ``None`` if there
        are none."""
        widest = self._widest()
        return self._behind(widest) if widest else None

    def _widest(self) -> Gap | None:
        if self._answered and self._ahead >= max(_LEAST_AHEAD, self._answered):
            return None
        gaps = [gap for gap in self.gaps.all if gap.spare > 0 and self._offset(gap)]
        return max(gaps, key=lambda gap: gap.spare, default=None)

    @property
    def _ahead(self) -> int:
        """How many requests have no answer yet."""
        return sum(not flight.is_told for flight in self.gaps.flights())

    @property
    def unanswered(self) -> Flight | None:
        """The first request for a long gap of which nothing is known, if it may be worth a guess
        that there are more pages."""
        return next((gap.flights[0] for gap in self.gaps.all if self._may_guess(gap)), None)

    def guess(self) -> Flight | None:
        """The page behind those that are under way, though nobody knows whether there is one."""
        return next((self._behind(gap) for gap in self.gaps.all if self._may_guess(gap)), None)

    def _may_guess(self, gap: Gap) -> bool:
        return gap.guessed_at >= _LEAST_GUESSED and self._offset(gap) > 0

    def _behind(self, gap: Gap) -> Flight:
        return self._sent(gap, self._offset(gap))

    def _offset(self, gap: Gap) -> int:
        """Where in the gap the next page begins; 0 if there is no sense in an offset."""
        overlap = self.crowds.overlap(gap, self.page_rows)
        offset = gap.planned - overlap - gap.rank
        is_worth_it = 2 * overlap <= self.page_rows
        return offset if is_worth_it and 0 < offset <= FARTHEST else 0

    def _sent(self, gap: Gap, offset: int) -> Flight:
        asked = Window(gap.start, gap.end)
        if offset == gap.skip and gap.start == self._window.start and self._tally.promised is None:
            asked = self._window
        flight = Flight(
            asked, offset, gap.rank + offset, skipped=gap.skip, is_planned=self._answered > 0
        )
        gap.flights.append(flight)
        gap.planned = flight.rank + self.page_rows
        return flight

    # -- what is known better -------------------------------------------------------------------

    def hear(self, flight: Flight) -> None:
        """The request has an answer."""
        self._answered += not flight.is_told
        flight.is_told = True

    def expect(self, flight: Flight, request: Request, matching: int | None) -> int:
        """Takes note of how many calls there are, as far as was asked for; returns how many others,
        of the second before, are likely to have been counted.

        A page behind an offset does not show these: they are those beyond what is known, if there
        may be so many in a second. Taken for calls at the end, they would be asked for in vain.
        """
        asked, before = flight.asked, 0
        if matching is None:
            return before
        for gap in self.gaps.of(flight):
            if gap.end == asked.end:
                end_rank = flight.rank - flight.offset + matching
                if flight.offset and request.date_from < asked.start and gap.end_rank is not None:
                    more = end_rank - gap.end_rank
                    before = more if 0 < more <= self.crowds.most(self.page_rows) else 0
                gap.end_rank = end_rank - before
        return before

    def is_full(self, page: Page) -> bool:
        """Whether it has as many calls as the API gives at once."""
        return page.rows >= min(page.limit, self.page_rows)
