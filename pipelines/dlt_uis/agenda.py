"""What is to be read next: spans of windows, shared between the threads that read them.

A thread without work takes the far half of the span with the most calls left, so that one big
window keeps all of them busy and hardly a request is spent for it. How many are left the first
answer tells; where that is slow to come, a long window is cut all the same.

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
from .paging import Edges, Span, Tally
from .slots import Slots
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
    spans_open: int = 0
    requests: int = 0
    attempt: int = 1
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Task:
    """A span, and the thread that reads it."""

    read: WindowRead
    span: Span
    thread: int = field(default_factory=threading.get_ident)


class Agenda:
    """Which spans are to be read, which are being read, and who may take half of whose."""

    def __init__(
        self, reads: Sequence[WindowRead], edges: Edges, slots: Slots, patience: float
    ) -> None:
        self._edges = edges
        self._slots = slots
        self._patience = patience
        self._changed = slots.changed
        self._waiting: deque[tuple[WindowRead, Span]] = deque()
        self._active: list[Task] = []
        self._closed = False
        for window_read in reads:
            self._plan(window_read)

    def _plan(self, window_read: WindowRead) -> None:
        span = Span(
            window_read.window,
            window_read.tally,
            till_is_inclusive=self._edges.till_is_inclusive,
            whole=True,
        )
        window_read.spans_open += 1
        self._waiting.append((window_read, span))

    def next(self) -> Task | None:
        """The next span to read, with a slot for its first request; ``None`` when all is read.

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
        for task in sorted(self._active, key=lambda task: task.span.spare, reverse=True):
            if half := task.span.give_half():
                return self._shared(task, half)
        slowest = self._slowest()
        if slowest and self._slots.likely_wait(slowest.thread) >= self._patience:
            parts = [task for task in self._active if task.read is slowest.read]
            widest = max(parts, key=lambda task: task.span.unknown)
            if half := widest.span.give_unknown_half():
                return self._shared(widest, half)
        return None

    def _shared(self, task: Task, half: Span) -> Task:
        task.read.spans_open += 1
        return Task(task.read, half)

    def _patience_left(self) -> float | None:
        """Seconds until a part of a window is read that has not answered; ``None`` without one."""
        slowest = self._slowest()
        if slowest is None:
            return None
        return max(0.0, self._patience - self._slots.likely_wait(slowest.thread))

    def _slowest(self) -> Task | None:
        """Of those that ask for the whole of a window and are worth a cut, who waits longest."""
        return max(
            (task for task in self._active if task.span.whole and task.span.unknown),
            key=lambda task: self._slots.waiting(task.thread),
            default=None,
        )

    def estimates_changed(self) -> None:
        """What is left of a span is known better now: a waiting thread may find work."""
        with self._changed:
            self._changed.notify_all()

    def finish(self, task: Task) -> bool:
        """Marks a span as read; true if its whole window is. A short window is planned again.

        Raises:
            WindowIncomplete: the window is short for the second time.
        """
        with self._changed:
            self._active.remove(task)
            window_read = task.read
            window_read.spans_open -= 1
            done = window_read.spans_open == 0
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
