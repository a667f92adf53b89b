"""How many calls of a window were promised, and how many came."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from ..api.envelope import Refused
from ..localtime.windows import Window
from ..reports.fields import Report
from .known_keys import KnownKeys
from .paging import Page, second_of


class Tally:
    """What the API promised for a window (``total_items``), and the calls that came.

    Attributes:
        report: what the calls are records of.
        first_second: of the calls that came, ``None`` without any.
        last_second: the same.

    Args:
        known: ids of the calls that came for this load, of other windows, too.
    """

    def __init__(self, window: Window, report: Report, known: KnownKeys | None = None) -> None:
        self.window = window
        self.first_second: datetime | None = None
        self.last_second: datetime | None = None
        self.report = report
        self._known = known or KnownKeys(report)
        self._lock = threading.Lock()
        self._promised: int | None = None
        self._counts_beyond = False
        self._before = self._beyond = 0
        self._received = 0
        self._refused: dict[str, Refused] = {}

    @property
    def promised(self) -> int | None:
        """Calls promised inside the window, ``None`` where no answer has told a number."""
        with self._lock:
            if self._promised is None:
                return None
            beyond = self._beyond if self._counts_beyond else 0
            return max(0, self._promised - self._before - beyond)

    @property
    def received(self) -> int:
        """Calls that came, each once."""
        with self._lock:
            return self._received

    @property
    def refused(self) -> int:
        """Records that were kept out, each once."""
        with self._lock:
            return len(self._refused)

    @property
    def told(self) -> str | None:
        """What a log says of one record that was kept out."""
        with self._lock:
            return next((record.told for record in self._refused.values()), None)

    @property
    def missing(self) -> int:
        """Promised less received; a record that was kept out was received."""
        promised = self.promised
        return 0 if promised is None else max(0, promised - self.received - self.refused)

    def promise(self, page: Page, *, counts_beyond: bool) -> None:
        """Notes the promise of the first answer about the whole window; later ones are ignored.

        Args:
            counts_beyond: whether calls beyond the window's end were asked for, too.
        """
        with self._lock:
            if self._promised is None and page.total is not None:
                self._promised = page.total
                self._before = page.count_before(self.window.start)
                self._counts_beyond = counts_beyond

    def promise_within(self, total: int, *, counts_beyond: bool) -> None:
        """Notes the promise of an answer that counts no calls before the window's start: the first
        one may have lost some of those that it counts there."""
        with self._lock:
            self._promised, self._before, self._counts_beyond = total, 0, counts_beyond

    def before(self, calls: int) -> None:
        """Notes how many calls there are before the window's start, which the promise counts: the
        first answer may have lost some of them."""
        with self._lock:
            self._before = max(self._before, calls)

    def beyond(self, calls: int) -> None:
        """Notes how many calls there are beyond the window's end, in case the promise counts
        them."""
        with self._lock:
            self._beyond = calls

    def refuse(self, records: Sequence[Refused]) -> int:
        """Counts records that were kept out; returns how many have not come before."""
        with self._lock:
            before = len(self._refused)
            self._refused |= {record.digest: record for record in records}
            return len(self._refused) - before

    def take(self, calls: pa.Table) -> pa.Table:
        """Counts ``calls`` as received and returns those that have not come before."""
        if not calls.num_rows:
            return calls
        new, received = self._known.add(calls, self)
        times = pc.min_max(calls[self.report.cursor])
        first, last = (second_of(times[each].as_py()) for each in ("min", "max"))
        with self._lock:
            self._received += received
            self.first_second = min(first, self.first_second or first)
            self.last_second = max(last, self.last_second or last)
        return new

    def few_ids(self, most: int) -> tuple[int, ...]:
        """Ids of the calls that came, if they are not more than ``most`` and the API can filter by
        them."""
        can_filter = self.report.key == (self.report.ranged,)
        return tuple(self._known.of(self)) if can_filter and self.received <= most else ()
