"""How many calls begin in one second, and by how many pages are to overlap therefore.

Pages overlap by a few calls, so that a second that lies across a border is whole in one of them.
"""

from __future__ import annotations

import math
from collections import Counter

from .gaps import Gap
from .paging import Page

_MOST_OVERLAP = 0.04
"""How much of a page it may share with the next one at most."""

_FIRST_OVERLAP = 0.005
"""The same before a page has shown how many calls begin in one second."""

_WHOLE_BORDERS = 0.95
"""The share of borders at which the overlap is to be enough, even if that costs a request. Where it
is too short, one is made for the second on the border."""


class Crowds:
    """How many calls the seconds of a window have, as far as its pages have shown."""

    def __init__(self) -> None:
        self._seconds: Counter[int] = Counter()

    def learn(self, page: Page) -> None:
        if page.calls.num_rows:
            self._seconds.update(page.crowds())

    def most(self, page_rows: int) -> int:
        """The most calls that a second was seen to have, or is taken to have."""
        return self._crowd(1.0, page_rows)

    def overlap(self, gap: Gap, page_rows: int) -> int:
        """How many calls the next page is to share with the last one: one more than are in the
        second on their border. That is as many as one mostly has or, as far as it costs no further
        request, twice the most that were seen: a page may begin a second's calls earlier than
        planned, too. For the same reason the last one is not planned to be full.
        """
        page, least = page_rows, self._crowd(_WHOLE_BORDERS, page_rows) + 1
        if gap.spare <= 0 or least >= page:
            return least
        requests = math.ceil(gap.spare / (page - least))
        room = page - math.ceil((gap.spare + least) / requests)
        return max(least, min(room, 2 * self.most(page) + 1))

    def _crowd(self, share: float, page_rows: int) -> int:
        """How many calls the second on a border has at most, in so large a share of cases: it is as
        likely to be one of many calls as a call is."""
        if not self._seconds:
            return math.ceil(_FIRST_OVERLAP * page_rows)
        rest = share * sum(size * seconds for size, seconds in self._seconds.items())
        for size in sorted(self._seconds):
            rest -= size * self._seconds[size]
            if rest <= 0:
                break
        return min(size, math.ceil(_MOST_OVERLAP * page_rows))
