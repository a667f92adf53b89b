"""What is to be read next: ends of spans of windows, shared between the threads that read them.

A thread without work helps with the span that has the most calls left, so that one big window keeps
all of them busy and hardly a request is spent for it. How many are left the first answer tells;
where that is slow to come, a long window is shared all the same.

A window counts as read when as many calls came as the API promised. A short one is read once more;
if it is still short, the reading fails.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .errors import WindowIncomplete
from .paging import Edges, Tally
from .slots import Slots
from .spans import End
from .windows import Window

PATIENCE = 1.5
"""Seconds that threads without work wait for the first answer about a window, before they read
parts of it all the same. Mostly it has come by then, and tells whether that is worth a request.
Where the answer before took longer, the API is known to be slow, and they do not wait."""


@dataclass
class WindowRead:
    """The state of a window that is being read."""

    window: Window
    tally: Tally
    started_at: datetime
    ends_open: int = 0
    requests: int = 0
    attempt: int = 1
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Task:
    """An end of a span, and the thread that reads there."""

    read: WindowRead
    end: End
    thread: int = field(default_factory=threading.get_ident)


class Agenda:
    """Which ends are to be read at, which are, and who may help whom."""

    def __init__(
        self, reads: Sequence[WindowRead], edges: Edges, slots: Slots, patience: float
    ) -> None:
        self._edges = edges
        self._slots = slots
        self._patience = patience
        self._changed = slots.changed
        self._waiting: deque[tuple[WindowRead, End]] = deque()
        self._active: list[Task] = []
        self._closed = False
        for window_read in reads:
            self._plan(window_read)

    def _plan(self, window_read: WindowRead) -> None:
        end = End.of_window(window_read.tally, till_is_inclusive=self._edges.till_is_inclusive)
        window_read.ends_open += 1
        self._waiting.append((window_read, end))

    def next(self) -> Task | None:
        """Where to read next, with a slot for the first request; ``None`` when all is read.

        Waits for a slot, and for a span to be shared.
        """
        with self._changed:
            while not self._closed:
                if not self._slots.are_taken and (task := self._task()):
                    self._slots.take()
                    self._active.append(task)
                    return task
                if not self._active and not self._waiting:
                    return None
                self._changed.wait(None if self._slots.are_taken else self._patience_left())
            return None

    def _task(self) -> Task | None:
        if self._waiting:
            return Task(*self._waiting.popleft())
        # a thread more than there are slots is to go on where an answer is decoded
        may_cut = len(self._active) < self._slots.count
        for task in sorted(self._active, key=lambda task: task.end.span.spare, reverse=True):
            if end := task.end.span.share(may_cut=may_cut):
                return self._shared(task, end)
        slowest = self._slowest()
        if slowest and self._slots.likely_wait(slowest.thread) >= self._patience:
            parts = [task for task in self._active if task.read is slowest.read]
            widest = max(parts, key=lambda task: task.end.span.unknown)
            if end := widest.end.span.share_unknown():
                return self._shared(widest, end)
        return None

    def _shared(self, task: Task, end: End) -> Task:
        task.read.ends_open += 1
        return Task(task.read, end)

    def _patience_left(self) -> float | None:
        """Seconds until a part of a window is read that has not answered; ``None`` without one."""
        slowest = self._slowest()
        if slowest is None:
            return None
        return max(0.0, self._patience - self._slots.likely_wait(slowest.thread))

    def _slowest(self) -> Task | None:
        """Of those that ask for the whole of a window and are worth a cut, who waits longest."""
        return max(
            (task for task in self._active if task.end.whole and task.end.span.unknown),
            key=lambda task: self._slots.waiting(task.thread),
            default=None,
        )

    def estimates_changed(self) -> None:
        """What is left of a span is known better now: a waiting thread may find work."""
        with self._changed:
            self._changed.notify_all()

    def finish(self, task: Task) -> bool:
        """Marks an end as done; true if its whole window is. A short window is planned again.

        Called by the thread that read there, which gives its slot back if it still has one.

        Raises:
            WindowIncomplete: the window is short for the second time.
        """
        with self._changed:
            # it was taken for a first request, which may not have been needed any more
            self._slots.give_back()
            self._active.remove(task)
            window_read = task.read
            window_read.ends_open -= 1
            done = window_read.ends_open == 0
            if done and window_read.tally.is_short:
                done = False
                self._read_again(window_read)
            self._changed.notify_all()
            return done

    def _read_again(self, window_read: WindowRead) -> None:
        tally = window_read.tally
        if window_read.attempt > 1:
            raise WindowIncomplete(
                window_read.window.start,
                window_read.window.end,
                promised=tally.promised or 0,
                received=tally.received,
            )
        window_read.attempt += 1
        tally.start_over()
        self._plan(window_read)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
