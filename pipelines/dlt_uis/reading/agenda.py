"""What is to be asked for next: pages of windows, shared between the threads that read them.

A thread without work asks for the next page of the window that has the most calls left, so that one
big window keeps all of them busy. How many are left the first answer tells; where that is slow to
come, further pages of a long window are asked for all the same.

A window counts as read when as many calls came as the API promised. A short one is read once more,
from its end, unless it was as short when it was read last; if the same calls come, they are all
that there are. Where the API gives them in no order, the same holds for the parts that a window is
cut into.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime

from ..api.slots import Slot, Slots
from ..localtime.windows import Window
from ..reports.fields import Report
from .gaps import Flight
from .known_keys import KnownKeys
from .paging import Edges, Request
from .part import Part
from .parts import Parts
from .second_reading import Outcome
from .tally import Tally
from .unread import Unread

PATIENCE = 1.5
"""Seconds that threads without work wait for the first answer about a window, before they ask for
further pages all the same. Mostly it has come by then, and tells whether there are some. Where the
answer before took longer, the API is known to be slow, and they do not wait."""


@dataclass
class WindowRead:
    """The state of a window that is being read, and the tasks for it that are not done."""

    window: Window
    tally: Tally
    unread: Unread | Parts
    started_at: datetime
    tasks: list[Task] = field(default_factory=list)
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, eq=False)
class Task:
    """A page to ask for, in a slot that has a place when the task is handed out. Whoever gets it
    gives the place back."""

    agenda: Agenda
    read: WindowRead
    flight: Flight | Part
    slot: Slot

    def told(self, request: Request, total: int) -> None:
        """So many calls match its request: others can plan by that while the page is decoded."""
        assert isinstance(self.read.unread, Unread) and isinstance(self.flight, Flight)
        self.read.unread.told(self.flight, request, total)
        self.agenda.estimates_changed()


class Agenda:
    """Which pages are to be asked for, and which windows have been read.

    Args:
        report: what is read.
        page_rows: the ``limit`` of requests.
        patience: as :data:`PATIENCE`.
        in_order: whether the API gives records in the order of the cursor.
    """

    def __init__(
        self,
        report: Report,
        edges: Edges,
        slots: Slots,
        *,
        page_rows: int,
        patience: float,
        in_order: bool = True,
    ) -> None:
        self._report = report
        self._edges = edges
        self._slots = slots
        self._page_rows = page_rows
        self._patience = patience
        self._in_order = in_order
        self._changed = slots.changed
        self._known = KnownKeys(report)
        self._open: list[WindowRead] = []
        self._closed = False

    def plan(self, window: Window, now: datetime, expected: int | None = None) -> WindowRead:
        """Adds a window that is to be read; ``expected`` is about how many calls it has, if that is
        known beforehand."""
        tally = Tally(window, self._report, self._known)
        read = WindowRead(window, tally, self._unread(tally, expected), now)
        self._open.append(read)
        return read

    def _unread(self, tally: Tally, expected: int | None) -> Unread | Parts:
        if not self._in_order:
            return Parts(tally, self._edges)
        return Unread(
            tally,
            till_is_inclusive=self._edges.till_is_inclusive,
            page_rows=self._page_rows,
            expected=expected,
        )

    def next(self) -> Task | None:
        """What to ask for next; ``None`` when all is read.

        Waits for a place, and until there is something to ask for.
        """
        with self._changed:
            while not self._closed and self._open:
                if not self._slots.are_taken and (found := self._found()):
                    read, flight = found
                    task = Task(self, read, flight, self._slots.slot())
                    # first, as others may finish while it waits for a place
                    read.tasks.append(task)
                    task.slot.take()
                    return task
                self._changed.wait(None if self._slots.are_taken else self._patience_left())
            return None

    def _found(self) -> tuple[WindowRead, Flight | Part] | None:
        """The next page to ask for, and the window that it is of."""
        for read in self._open:
            if first := read.unread.first():
                return read, first
            if not read.tasks and (flight := read.unread.back()):
                return read, flight
        widest = max(self._open, key=lambda read: read.unread.spare)
        if flight := widest.unread.further():
            return widest, flight
        slowest, waited = self._slowest()
        if slowest and waited >= self._patience and (flight := slowest.unread.guess()):
            return slowest, flight
        return None

    def _patience_left(self) -> float | None:
        """Seconds until further pages of a window are asked for that has not answered; ``None``
        without one."""
        slowest, waited = self._slowest()
        return max(0.0, self._patience - waited) if slowest else None

    def _slowest(self) -> tuple[WindowRead | None, float]:
        """Of windows of which nothing is known, the one whose first answer is waited for longest,
        and for how many seconds."""
        waits = (
            (read, task.slot.likely_wait)
            for read in self._open
            if (flight := read.unread.unanswered)
            for task in read.tasks
            if task.flight is flight
        )
        return max(waits, key=lambda wait: wait[1], default=(None, 0.0))

    def estimates_changed(self) -> None:
        """What is left of a window is known better now: a waiting thread may find work."""
        with self._changed:
            self._changed.notify_all()

    def finish(self, task: Task) -> Outcome:
        """Marks a task as done, and tells how far its window is read. It is for whoever asks to
        have one that is short read again, or settle it."""
        with self._changed:
            read = task.read
            read.tasks.remove(task)
            outcome = Outcome.OPEN
            if not read.tasks:
                outcome = read.unread.outcome(read.requests)
            if outcome is Outcome.READ:
                self._open.remove(read)
            elif outcome is not Outcome.OPEN:
                read.tasks.append(task)
            self._changed.notify_all()
            return outcome

    def read_again(self, task: Task) -> bool:
        """Begins to read the task's window again, which is short; false if it is read."""
        with self._changed:
            task.read.unread.read_again(task.read.requests)
            return self.finish(task) is not Outcome.READ

    def settle(self, task: Task) -> None:
        """Takes a window as read, although it is short."""
        with self._changed:
            task.read.tasks.remove(task)
            self._open.remove(task.read)
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
