"""What of a window has not been read, where the API can't give records in the order of time.

The window is asked for. If it has more records than a page it is cut into parts (:mod:`.cutting`),
each of which is asked for, and maybe cut again. Each page's records are passed on at once. A part
is read when an answer has all the records that it promises, and could have had more.

Where a page is in the order of time all the same, it seems to have a stretch of its part whole, and
only the rest is asked for. Unless just as many records are promised for the stretch as came, it is
asked for as well.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ..decoding.arrays import whole
from ..localtime.windows import SECOND, Window
from .cutting import in_order, left_of, parts_of
from .gaps import Flight
from .paging import Edges, Page, Request
from .part import Part, Stretch
from .second_reading import Outcome
from .short_parts import ShortParts
from .tally import Tally


class Parts:
    """The parts of a window. Threads share it.

    Args:
        tally: counts the records of the window.
    """

    def __init__(self, tally: Tally, edges: Edges) -> None:
        self.tally = tally
        self._edges = edges
        self._lock = threading.Lock()
        self._waiting = [Part(tally.window)]
        self._short = ShortParts(tally)
        self._promised_to: Request | None = None
        self._most = 0
        self._is_capped = False

    # -- asking ---------------------------------------------------------------------------------

    def first(self) -> Part | None:
        """A part that nobody has asked for yet."""
        with self._lock:
            return self._waiting.pop() if self._waiting else None

    spare, unanswered = 0, None
    """Only where pages come in order some can be asked for that lie behind those under way, or from
    the end: here are none."""

    def further(self) -> Flight | None:
        """As :attr:`spare`."""
        return None

    back = guess = further

    def request(self, part: Part) -> Request:
        """What to ask the API for."""
        return part.again or self._covering(part.window)

    def _covering(self, window: Window) -> Request:
        is_inclusive = self._edges.till_is_inclusive
        return self._edges.request(window.start, window.end, till_is_inclusive=is_inclusive)

    # -- what came ------------------------------------------------------------------------------

    def land(
        self, part: Part, request: Request, page: Page, inside: pa.Table, *, has_more: bool
    ) -> None:
        """Takes note of a page.

        Args:
            inside: its records inside of the part.
            has_more: whether there are records behind it, where it does not tell itself.
        """
        is_short = page.total is not None and page.different < page.total
        with self._lock:
            promised = _promised(page, inside)
            self._follow(part, promised)
            is_full = page.is_full or self._fills_up(page)
            has_more = has_more or (is_full and (page.total is None or is_short))
            if part.window == self.tally.window and self._promise(request, promised):
                if not (has_more or is_short):
                    self._short.clear()
            elif has_more:
                self._cut(part, page, inside)
            elif is_short:
                behind = replace(request, offset=page.different)
                self._short.add(replace(part, beside=None, again=behind))

    def _promise(self, request: Request, promised: int | None) -> bool:
        """Takes note of what is promised for the window; tells whether it was asked for only to
        learn that, as it has been asked for before."""
        before, self._promised_to = self._promised_to, request
        if promised is not None:
            self.tally.promise_within(max(0, promised), counts_beyond=False)
        return before is not None and not self._short.is_all

    def _fills_up(self, page: Page) -> bool:
        """Whether the API gives no more records at once than a page has, as far as is known."""
        self._most = max(self._most, page.different)
        return self._is_capped and page.different == self._most

    def _follow(self, part: Part, promised: int | None) -> None:
        """Has the stretch beside a part asked for, unless all answers show that it is whole."""
        if (stretch := part.beside) is None:
            return
        stretch.unanswered -= 1
        stretch.left = _less(stretch.left, promised)
        if not stretch.unanswered and not stretch.is_whole:
            self._waiting.append(Part(stretch.window, trusts_order=False))

    def land_behind(self, part: Part, page: Page, inside: pa.Table, new: int) -> None:
        """Takes note of a page behind the records of a part that is short.

        Args:
            new: how many of its records have not come before.
        """
        assert part.again is not None
        came = part.again.offset
        with self._lock:
            # if it is as long as the one before, this is how many the API gives at once
            self._is_capped |= page.different == came
            if not page.rows:
                self._short.promise_too_many((page.total or 0) - came)
            elif page.total is None or came + new < page.total:
                self._cut(part, page, inside)

    def land_crowded(self, part: Part, request: Request, short: int) -> None:
        """Takes note of the records of a crowded second, ``short`` fewer than were promised."""
        with self._lock:
            if part.again:
                self._short.promise_too_many(short)
            elif short:
                self._short.add(replace(part, again=request))

    def _cut(self, part: Part, page: Page, inside: pa.Table) -> None:
        """Has what a page is only a part of asked for in parts."""
        window = part.window
        if window.length == SECOND:
            self._waiting.append(Part(window, is_crowded=True))
            return
        seconds = whole(pc.floor_temporal(inside[page.report.cursor], unit="second"))
        at_once = max(page.rows, part.again.offset if part.again else 0)
        # there are more than on the page; if the promise says otherwise, it says nothing
        promised = _promised(page, inside) if (page.total or 0) > page.rows else None
        matching = 2 * page.rows if promised is None else page.total or 0
        # pages behind others may repeat some records, and skip others
        trusts_order = part.trusts_order and not part.again
        stretch = in_order(window, seconds) if trusts_order else None
        if stretch is None:
            windows = parts_of(window, seconds, matching / at_once)
            self._wait(Part(each, trusts_order=part.trusts_order) for each in windows)
            return
        within = page.between(stretch.start, stretch.end)
        received = replace(page, calls=within, refused=()).different
        windows = left_of(window, stretch, (matching - received) / at_once)
        beside = Stretch(stretch, received, len(page.refused), promised, len(windows))
        self._wait(Part(each, beside) for each in windows)

    def _wait(self, parts: Iterable[Part]) -> None:
        # the first one is taken first
        self._waiting += reversed(list(parts))

    # -- reading again --------------------------------------------------------------------------

    def outcome(self, _requests: int) -> Outcome:
        """As :meth:`SecondReading.outcome`."""
        with self._lock:
            if self._short and self._promised_to != self._covering(self.tally.window):
                # what is missing may lie beyond bounds that are known to be avoidable by now
                self._waiting = self._waiting or [Part(self.tally.window)]
            return Outcome.OPEN if self._waiting else self._short.outcome()

    def read_again(self, _requests: int) -> None:
        """Has what came short asked for again."""
        with self._lock:
            self._waiting += self._short.again()


def _promised(page: Page, inside: pa.Table) -> int | None:
    """How many records an answer promises, without those outside of what was asked for; as far as
    these are on the page."""
    return _less(page.total, page.calls.num_rows - inside.num_rows)


def _less(number: int | None, other: int | None) -> int | None:
    return None if number is None or other is None else number - other
