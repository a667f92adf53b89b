"""Reading windows side by side, within bounded memory.

A few threads take spans of windows from one agenda. A thread without work takes the far half of
the span with the most calls left, so that one big window keeps all of them busy and hardly a
request is spent for it. Pages pass through a short queue to the thread that consumes them.

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
from .windows import Window

_POLL = 0.2
"""Seconds after which a blocked thread looks whether it should stop."""


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
    read: _WindowRead
    span: Span


class _Agenda:
    """Which spans are to be read, which are being read, and who may take half of whose."""

    def __init__(self, reads: Sequence[_WindowRead], edges: Edges) -> None:
        self._edges = edges
        self._changed = threading.Condition()
        self._waiting: deque[_Task] = deque()
        self._active: list[_Task] = []
        self._closed = False
        for window_read in reads:
            self._plan(window_read)

    def _plan(self, window_read: _WindowRead) -> None:
        span = Span(
            window_read.window,
            window_read.tally,
            till_is_inclusive=self._edges.till_is_inclusive,
        )
        window_read.spans_open += 1
        self._waiting.append(_Task(window_read, span))

    def next(self) -> _Task | None:
        """The next span to read; waits for one to be shared; ``None`` when all is read."""
        with self._changed:
            while not self._closed:
                task = self._waiting.popleft() if self._waiting else self._share()
                if task:
                    self._active.append(task)
                    return task
                if not self._active:
                    return None
                self._changed.wait()
            return None

    def _share(self) -> _Task | None:
        for task in sorted(self._active, key=lambda task: task.span.spare, reverse=True):
            half = task.span.give_half()
            if half:
                task.read.spans_open += 1
                return _Task(task.read, half)
        return None

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
        threads: how many requests may be under way at once.
        clock: the present instant (UTC).
        progress: is told what was promised and what came.
        shape: turns a page's calls into what is passed on; runs in the threads.
        small: a batch of fewer calls waits for the next, and both are passed on as one: to dlt each
            item costs as much as thousands of calls.

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
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._progress = progress
        self._shape = shape
        self._small = small
        self._edges = Edges()
        now = clock()
        self._reads = [_WindowRead(window, Tally(window), now) for window in windows]
        self._agenda = _Agenda(self._reads, self._edges)
        self._stop = threading.Event()
        self._out: queue.Queue[Batch | WindowReport | BaseException | None] = queue.Queue(
            maxsize=max(1, threads // 2)
        )
        self._threads = [
            threading.Thread(target=self._work, name=f"uis-window-{number}", daemon=True)
            for number in range(threads)
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
            if self._stop.is_set():
                raise _Stopped
            page = self._fetch(request)
            with window_read.lock:
                window_read.requests += 1
                first = window_read.requests == 1
            if first:
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
