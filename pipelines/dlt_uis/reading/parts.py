"""What of a window has not been read, where the API can't give records in the order of time.

The window is asked for; if it has more records than a page it is cut into parts
(:mod:`.cutting`), each of which is asked for and maybe cut again. A part is read when just as many
records came as were promised for it, and it could have had more. Each page's records are passed on
at once.

Where a full page is in the order of time all the same, it is the beginning (or the end) of its
part: what it has is taken as whole, and only the rest is cut. Whether that was right the promise
for the window tells in the end.

A part that came short (fewer records came than were promised, and than a page has) is asked for
again when all others are read, by halves: a request that tells whether the API gives no more at
once, has lost a record, or promises too much. How many records the second half should have follows
from both promises; it is asked for if they have not come.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from enum import Enum, auto

import pyarrow as pa
import pyarrow.compute as pc

from ..localtime.windows import SECOND, Window
from .cutting import by_sample, evenly, halves
from .paging import Page, Request
from .second_reading import Outcome
from .tally import Tally

_ENOUGH = 16
"""Records whose order is no chance."""


class Verdict(Enum):
    """What a page is of what it was asked for: all; a part, as a page is full; or fewer records
    than were promised, though there was room."""

    ALL = auto()
    FULL = auto()
    SHORT = auto()


@dataclass(frozen=True)
class Rest:
    """The second half of a part that came short: how many records both halves should have, and how
    many have come for this one."""

    window: Window
    promised: int
    received: int


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a window that is asked for.

    Attributes:
        is_again: it has been asked for before.
        is_crowded: a second that has more records than a page.
        rest: what it is the first half beside.
    """

    window: Window
    is_again: bool = False
    is_crowded: bool = False
    rest: Rest | None = None


class Parts:
    """The parts of a window. Threads share it.

    Args:
        tally: counts the records of the window.
        page_rows: the ``limit`` of requests.
    """

    def __init__(self, tally: Tally, *, page_rows: int) -> None:
        self.tally = tally
        self._lock = threading.RLock()
        self._page_rows = page_rows
        self._waiting = [Part(tally.window)]
        self._again: list[Part] = []
        self._rounds = 0
        self._has_short = False
        self._brought_new = False

    # -- planning -------------------------------------------------------------------------------

    def first(self) -> Part | None:
        """A part that nobody has asked for yet."""
        with self._lock:
            return self._waiting.pop() if self._waiting else None

    @property
    def page_rows(self) -> int:
        """How many records the API gives at once, as far as is known."""
        with self._lock:
            return self._page_rows

    def capped_at(self, rows: int) -> None:
        """The API gives no more than so many records at once."""
        with self._lock:
            self._page_rows = min(self._page_rows, max(1, rows))

    # -- what came ------------------------------------------------------------------------------

    def promise(self, part: Part, request: Request, page: Page) -> None:
        """Takes note of what an answer about the whole window promises.

        It may count records just outside of it, as long as it is not known that bounds are
        inclusive; a page with all that was asked for shows them.
        """
        window, tally = self.tally.window, self.tally
        if part.window == window and page.total is not None:
            tally.promise_within(page.total, counts_beyond=request.reaches(window.end))
            if page.is_complete:
                tally.before(page.count_before(window.start))
        if page.is_complete and request.reaches(window.end):
            tally.beyond(page.count_from(window.end))

    def land(self, part: Part, page: Page, inside: pa.Table, new: int, verdict: Verdict) -> None:
        """Takes note of a page.

        Args:
            inside: its records inside of the part, of which ``new`` have not come before.
        """
        with self._lock:
            self._brought_new |= part.is_again and new > 0
            promised = inside.num_rows + max(0, (page.total or 0) - page.rows)
            self._follow(part, page, promised)
            if part.is_again and part.window == self.tally.window and not self.tally.missing:
                # it was asked for only to learn how many there are
                return
            if verdict is Verdict.SHORT and self._is_capped(part, page, new):
                verdict = Verdict.FULL
            if verdict is Verdict.FULL:
                self._cut(part, page, inside)
            elif verdict is Verdict.SHORT and not part.is_again:
                self._has_short = True
                self._again.append(_by_halves(part, page, inside, promised))

    def _is_capped(self, part: Part, page: Page, new: int) -> bool:
        """Whether a page that is not full seems to be so because the API gives no more at once."""
        if part.is_again and new:
            self.capped_at(page.rows)
        return 0 < self._page_rows <= page.rows

    def _follow(self, part: Part, page: Page, promised: int) -> None:
        """Has the second half asked for, if what the first one has leaves something for it."""
        rest = part.rest
        if rest and (page.total is None or rest.promised - promised > rest.received):
            self._waiting.append(Part(rest.window, is_again=True))

    def _cut(self, part: Part, page: Page, inside: pa.Table) -> None:
        """Has what a page is only a part of asked for in parts."""
        if part.window.length == SECOND:
            self._waiting.append(replace(part, is_crowded=True, rest=None))
            return
        seconds = pc.floor_temporal(inside[page.report.cursor], unit="second").combine_chunks()
        windows = None
        if page.total is not None and not part.is_again:
            windows = self._behind(part.window, seconds, page.total - page.rows)
        if windows is None:
            total = max(page.total or 0, 2 * page.rows)
            in_order = seconds.take(pc.sort_indices(seconds))
            windows = by_sample(part.window, in_order, total, self._page_rows)
        # the first one is taken first
        self._waiting += [Part(each, is_again=part.is_again) for each in reversed(windows)]

    def _behind(self, window: Window, seconds: pa.Array, left: int) -> list[Window] | None:
        """The parts of a window that are left beside the beginning (or the end) of it that a page
        has in order; ``None`` if the page has no order."""
        whole = _whole(window, seconds)
        if whole is None:
            return None
        self._again.append(Part(whole, is_again=True))
        starts_there = whole.start == window.start
        rest = Window(whole.end, window.end) if starts_there else Window(window.start, whole.start)
        return evenly(rest, left, self._page_rows)

    def came_again(self, part: Part, new: int) -> None:
        """Takes note of ``new`` records of a crowded second."""
        with self._lock:
            self._brought_new |= part.is_again and new > 0

    # -- reading again --------------------------------------------------------------------------

    def outcome(self, _requests: int) -> Outcome:
        """As :meth:`SecondReading.outcome`."""
        with self._lock:
            if self._waiting:
                return Outcome.OPEN
            if not self._has_short and not self.tally.missing:
                return Outcome.READ
            if self._rounds and not self._brought_new:
                return Outcome.READ
            return Outcome.SHORT if self._rounds else Outcome.SHORT_AT_FIRST

    def read_again(self, _requests: int) -> None:
        """Has what came short asked for again, what was taken as whole, or else all."""
        with self._lock:
            again = self._again or [Part(self.tally.window, is_again=True)]
            self._waiting += again
            self._again, self._has_short, self._brought_new = [], False, False
            self._rounds += 1


def _by_halves(part: Part, page: Page, inside: pa.Table, promised: int) -> Part:
    """How a part that came short is asked for again."""
    if part.window.length == SECOND:
        return Part(part.window, is_again=True, is_crowded=True)
    first, second = halves(part.window)
    times = inside[page.report.cursor]
    received = pc.sum(pc.greater_equal(times, pa.scalar(second.start, times.type))).as_py() or 0
    return Part(first, is_again=True, rest=Rest(second, promised, received))


def _whole(window: Window, seconds: pa.Array) -> Window | None:
    """The beginning or end of a window that a page has, whose seconds are in order; but for the
    second on its border, of which more may come."""
    if len(seconds) < _ENOUGH:
        return None
    numbers = seconds.cast(pa.int64())
    steps = pc.min_max(pc.subtract(numbers[1:], numbers[:-1]))
    least, most = steps["min"].as_py(), steps["max"].as_py()
    last = seconds[-1].as_py()
    if least >= 0 < most and window.start < last:
        return Window(window.start, last)
    if most <= 0 and last + SECOND < window.end:
        return Window(last + SECOND, window.end)
    return None
