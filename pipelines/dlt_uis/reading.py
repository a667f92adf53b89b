"""Reading windows side by side, within bounded memory.

A few threads take spans of windows from one agenda. A thread without work takes the far half of
the span with the most calls left, so that one big window keeps all of them busy and hardly a
request is spent for it. How many are left the first answer tells; where that is slow to come, a
long window is cut all the same. Pages pass through a short queue to the thread that consumes them.

A window counts as read when as many calls came as the API promised. A short one is read once
more, and only the calls that were missing are passed on; if it is still short, the run fails.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
from dlt.common.runtime import signals

from .errors import WindowIncomplete
from .paging import Edges, Fetch, Page, Request, Span, Tally, read
from .progress import Progress
from .slots import Slots
from .windows import Window

_POLL = 0.2
"""Seconds after which a blocked thread looks whether it should stop."""

_PATIENCE = 1.5
"""Seconds that threads without work wait for the first answer about a window, before they read
parts of it all the same. Mostly it has come by then, and tells whether that is worth a request."""

_SPARE_THREADS = 1
"""Threads beyond the requests under way: a request more can be sent while an answer is decoded."""


@dataclass
class Batch:
    """Calls of one page, each of them for the first time."""

    calls: pa.Table

    def taken(self) -> pa.Table:
        """The calls, which the batch lets go of: whoever still has it holds no memory."""
        calls, self.calls = self.calls, self.calls.schema.empty_table()
        return calls


@dataclass(frozen=True)
class WindowReport:
    """A window that was read to its end: what ``sync_windows`` records.

    ``promised`` and ``received`` are calls inside the window, times are instants (UTC).
    """

    window: Window
    promised: int
    received: int
    requests: int
    started_at: datetime
    finished_at: datetime


@dataclass
class _WindowRead:
    """The state of a window that is being read."""

    window: Window
    tally: Tally
    started_at: datetime
    spans_open: int = 0
    requests: int = 0
    attempt: int = 1
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class _Task:
    """A span, and the thread that reads it."""

    read: _WindowRead
    span: Span
    thread: int = field(default_factory=threading.get_ident)


class _Agenda:
    """Which spans are to be read, which are being read, and who may take half of whose."""

    def __init__(
        self, reads: Sequence[_WindowRead], edges: Edges, slots: Slots, patience: float
    ) -> None:
        self._edges = edges
        self._slots = slots
        self._patience = patience
        self._changed = slots.changed
        self._waiting: deque[tuple[_WindowRead, Span]] = deque()
        self._active: list[_Task] = []
        self._closed = False
        for window_read in reads:
            self._plan(window_read)

    def _plan(self, window_read: _WindowRead) -> None:
        span = Span(
            window_read.window,
            window_read.tally,
            till_is_inclusive=self._edges.till_is_inclusive,
            whole=True,
        )
        window_read.spans_open += 1
        self._waiting.append((window_read, span))

    def next(self) -> _Task | None:
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

    def _task(self) -> _Task | None:
        if self._waiting:
            return _Task(*self._waiting.popleft())
        for task in sorted(self._active, key=lambda task: task.span.spare, reverse=True):
            if half := task.span.give_half():
                return self._shared(task, half)
        if self._patience_left() == 0:
            slowest = max(self._unanswered(), key=lambda task: self._slots.waiting(task.thread))
            parts = [task for task in self._active if task.read is slowest.read]
            widest = max(parts, key=lambda task: task.span.unknown)
            if half := widest.span.give_unknown_half():
                return self._shared(widest, half)
        return None

    def _shared(self, task: _Task, half: Span) -> _Task:
        task.read.spans_open += 1
        return _Task(task.read, half)

    def _patience_left(self) -> float | None:
        """Seconds until a part of a window is read that has not answered; ``None`` without one."""
        waiting = [self._slots.waiting(task.thread) for task in self._unanswered()]
        return max(0.0, self._patience - max(waiting)) if waiting else None

    def _unanswered(self) -> list[_Task]:
        """Those that have asked for the whole of a window, and are worth a cut."""
        return [task for task in self._active if task.span.whole and task.span.unknown]

    def page_came(self) -> None:
        """What is left of a span is known better now: a waiting thread may find work."""
        with self._changed:
            self._changed.notify_all()

    def finish(self, task: _Task) -> bool:
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

    def _read_again(self, window_read: _WindowRead) -> None:
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


class Reader:
    """Reads windows with several threads; iterate over it once, from one thread.

    Args:
        fetch: asks the API for a page; called from the threads.
        windows: what to read, none overlapping another.
        threads: how many requests may be under way at once, if there are no ``slots``.
        clock: the present instant (UTC).
        progress: is told what was promised and what came.
        shape: turns a page's calls into what is passed on; runs in the threads.
        small: a batch of fewer calls waits for the next, and both are passed on as one: to dlt each
            item costs as much as thousands of calls.
        slots: places of the requests, if others send some, too.
        patience: seconds to wait for the first answer about a window, before parts of it are read.

    Raises, while it is iterated over:
        WindowIncomplete: the API returned fewer calls than it promised, twice.
        UisError: whatever ``fetch`` raised first; the other threads are stopped.
    """

    def __init__(
        self,
        fetch: Fetch,
        windows: Sequence[Window],
        *,
        threads: int,
        clock: Callable[[], datetime],
        progress: Progress,
        shape: Callable[[pa.Table], pa.Table],
        small: int = 0,
        slots: Slots | None = None,
        patience: float = _PATIENCE,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._progress = progress
        self._shape = shape
        self._small = small
        self._edges = Edges()
        now = clock()
        self._reads = [_WindowRead(window, Tally(window), now) for window in windows]
        self._slots = slots or Slots(threads)
        self._agenda = _Agenda(self._reads, self._edges, self._slots, patience)
        self._stop = threading.Event()
        self._out: queue.Queue[Batch | WindowReport | BaseException | None] = queue.Queue(
            maxsize=max(1, threads // 2)
        )
        self._threads = [
            threading.Thread(target=self._work, name=f"uis-window-{number}", daemon=True)
            for number in range(threads + _SPARE_THREADS)
        ]

    @property
    def span(self) -> Window | None:
        """From the first window's start to the last one's end; ``None`` without windows."""
        windows = [window_read.window for window_read in self._reads]
        if not windows:
            return None
        return Window(min(each.start for each in windows), max(each.end for each in windows))

    def start(self) -> None:
        """Starts reading ahead of whoever iterates, as far as the queue has room, if not done."""
        if not self._threads[0].ident:
            for thread in self._threads:
                thread.start()

    def close(self) -> None:
        """Stops the threads; for a reader that was started and is not iterated over to its end."""
        self._stop.set()
        self._agenda.close()
        for thread in self._threads:
            if thread.ident is not None:
                # one that waits for an answer ends with it, and is not waited for
                thread.join(_POLL)

    def __iter__(self) -> Iterator[Batch | WindowReport]:
        waiting: Batch | None = None
        for item in self._items():
            joined = _joined(waiting, item)
            if waiting and joined is item:
                yield waiting
            waiting = None
            if isinstance(joined, Batch) and joined.calls.num_rows < self._small:
                waiting = joined
            else:
                yield joined
        if waiting:
            yield waiting

    def _items(self) -> Iterator[Batch | WindowReport]:
        self.start()
        running = len(self._threads)
        try:
            while running:
                item = self._next_item()
                if item is None:
                    running -= 1
                elif isinstance(item, BaseException):
                    raise item
                else:
                    yield item
        finally:
            self.close()

    def _next_item(self) -> Batch | WindowReport | BaseException | None:
        while True:
            signals.raise_if_signalled()
            try:
                return self._out.get(timeout=_POLL)
            except queue.Empty:
                continue

    def _put(self, item: Batch | WindowReport | BaseException | None) -> None:
        while not self._stop.is_set():
            try:
                self._out.put(item, timeout=_POLL)
                break
            except queue.Full:
                continue

    def _work(self) -> None:
        try:
            while not self._stop.is_set() and (task := self._agenda.next()):
                self._read(task)
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised again by the consumer
            self._put(error)
        finally:
            self._slots.give_back()

    def _read(self, task: _Task) -> None:
        for calls in read(task.span, self._counted_fetch(task.read), self._edges):
            if self._stop.is_set():
                return
            self._progress.received(calls.num_rows)
            if calls.num_rows:
                self._put(Batch(self._shape(calls)))
            del calls  # lest it is held while the next page is waited for
            self._agenda.page_came()
        if self._agenda.finish(task):
            self._put(self._report(task.read))

    def _counted_fetch(self, window_read: _WindowRead) -> Fetch:
        def fetch(request: Request) -> Page:
            self._slots.take(give_up=self._stop.is_set)
            if self._stop.is_set():
                raise _Stopped
            with window_read.lock:
                window_read.requests += 1
                is_whole = window_read.requests == 1
            page = self._fetch(request)
            self._slots.give_back()
            if is_whole:
                self._progress.promised(page.total)
            return page

        return fetch

    def _report(self, window_read: _WindowRead) -> WindowReport:
        tally = window_read.tally
        return WindowReport(
            window_read.window,
            promised=tally.promised or 0,
            received=tally.received,
            requests=window_read.requests,
            started_at=window_read.started_at,
            finished_at=self._clock(),
        )


def _joined(first: Batch | None, item: Batch | WindowReport) -> Batch | WindowReport:
    """Both in one, if they are batches of the same columns; else the item."""
    if first is None or not isinstance(item, Batch):
        return item
    if not item.calls.schema.equals(first.calls.schema):
        return item
    return Batch(pa.concat_tables([first.calls, item.calls]))


class _Stopped(Exception):
    """The consumer has stopped; nobody will hear of it."""
