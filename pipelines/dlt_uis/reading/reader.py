"""Reading windows side by side, within bounded memory.

A few threads take pages to ask for from one agenda. Their calls pass through a short queue to the
thread that consumes them. Each call is passed on once, however often it comes.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

import pyarrow as pa
from dlt.common.runtime import signals

from ..api.slots import Slot, Slots
from ..errors import WindowIncomplete
from ..localtime.windows import Window
from ..progress import Progress
from ..reports.fields import Report
from .agenda import PATIENCE, Agenda, Task, WindowRead
from .asking import read_on
from .asking_parts import read_part
from .gaps import Flight
from .paging import LARGEST_PAGE, Edges, Listener, Page, Request
from .part import Part
from .parts import Parts
from .second_reading import Outcome

logger = logging.getLogger(__name__)

_POLL = 0.2
"""Seconds after which a blocked thread looks whether it should stop."""

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

    ``promised`` and ``received`` are calls inside the window; where nothing was promised, it is
    what came. ``short`` is promised less received, ``refused`` how many records were kept out, of
    which ``told`` names one. Times are instants (UTC).
    """

    window: Window
    promised: int
    received: int
    short: int
    refused: int
    requests: int
    started_at: datetime
    finished_at: datetime
    told: str | None = None


class WindowReader(Protocol):
    """Reads windows; iterate over it once, from one thread.

    Attributes:
        unsorted: makes a reader of the same for an API that turns out not to sort.
    """

    windows: Sequence[Window]
    unsorted: Callable[[], WindowReader] | None

    @property
    def span(self) -> Window | None:
        """From the first window's start to the last one's end; ``None`` without windows."""

    def start(self) -> None:
        """Starts reading ahead of whoever iterates, if not done."""

    def close(self) -> None:
        """Ends reading; for a reader that was started and is not iterated over to its end."""

    def __iter__(self) -> Iterator[Batch | WindowReport]: ...


FetchInSlot = Callable[[Request, Listener | None, Slot], Page]
"""Asks for a page in a slot, which is free when the answer has come; may tell of the page before it
is decoded."""


class Reader:
    """Reads windows with several threads; iterate over it once, from one thread.

    Args:
        report: what is read.
        fetch: asks the API for a page; called from the threads.
        windows: what to read, none overlapping another.
        expected: about how many calls each window has, where that is known beforehand.
        slots: places of the requests that may be under way at once; others may send some, too.
        clock: the present instant (UTC).
        progress: is told what was promised and what came.
        shape: turns a page's calls into what is passed on; runs in the threads.
        small: a batch of fewer calls waits for the next, and both are passed on as one: to dlt each
            item costs as much as thousands of calls.
        page_rows: calls that ``fetch`` asks for at once.
        patience: seconds to wait for the first answer about a long window, before further pages of
            it are asked for.
        short_before: by how many calls a window was short when it was read last; one that is
            just as short now is not read again.
        strict: whether a window that stays short fails.
        in_order: whether the API gives records in the order of the cursor.
        unsorted: as in :class:`WindowReader`.

    Raises, while it is iterated over:
        WindowIncomplete: the API returned fewer calls than it promised, twice; only if ``strict``.
        UisError: whatever ``fetch`` raised first; the other threads are stopped.
    """

    def __init__(
        self,
        report: Report,
        fetch: FetchInSlot,
        windows: Sequence[Window],
        *,
        slots: Slots,
        clock: Callable[[], datetime],
        progress: Progress,
        shape: Callable[[pa.Table], pa.Table],
        expected: Mapping[Window, int] | None = None,
        small: int = 0,
        page_rows: int = LARGEST_PAGE,
        patience: float = PATIENCE,
        short_before: Callable[[Window], int] = lambda _: 0,
        strict: bool = False,
        in_order: bool = True,
        unsorted: Callable[[], WindowReader] | None = None,
    ) -> None:
        self.unsorted = unsorted
        self._records = report.records
        self._fetch = fetch
        self._short_before = short_before
        self._strict = strict
        self._clock = clock
        self._progress = progress
        self._shape = shape
        self._small = small
        self._edges = Edges()
        self._agenda = Agenda(
            report, self._edges, slots, page_rows=page_rows, patience=patience, in_order=in_order
        )
        self.windows = windows
        now, known = clock(), expected or {}
        for window in windows:
            self._agenda.plan(window, now, known.get(window))
        self._stop = threading.Event()
        self._out: queue.Queue[Batch | WindowReport | BaseException | None] = queue.Queue(
            maxsize=max(1, slots.count // 2)
        )
        self._threads = [
            threading.Thread(target=self._work, name=f"uis-window-{number}", daemon=True)
            for number in range(slots.count + _SPARE_THREADS)
        ]

    @property
    def span(self) -> Window | None:
        """From the first window's start to the last one's end; ``None`` without windows."""
        windows = self.windows
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
                # its place is free as soon as an answer has come, and whatever else may happen
                with task.slot.held():
                    self._read(task)
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised again by the consumer
            self._put(error)

    def _read(self, task: Task) -> None:
        read = task.read
        for calls in self._asked(task):
            if self._stop.is_set():
                return
            # others may go on where it ends while it waits for room
            self._agenda.estimates_changed()
            self._progress.received(calls.num_rows)
            if calls.num_rows:
                self._put(Batch(self._shape(calls)))
            del calls  # so that it is not held while the next page is waited for
        if self._is_read(task):
            self._put(self._report(read))

    def _asked(self, task: Task) -> Iterator[pa.Table]:
        unread, flight, fetch = task.read.unread, task.flight, partial(self._fetched, task)
        if isinstance(unread, Parts):
            assert isinstance(flight, Part)
            return read_part(unread, flight, fetch, self._edges)
        assert isinstance(flight, Flight)
        return read_on(unread, flight, fetch, self._edges, listener=task)

    def _is_read(self, task: Task) -> bool:
        """Whether the task was the last one of its window."""
        outcome, read = self._agenda.finish(task), task.read
        if outcome in (Outcome.OPEN, Outcome.READ):
            return outcome is Outcome.READ
        if outcome is Outcome.SHORT_AT_FIRST and self._was_as_short(read):
            self._agenda.settle(task)
            return True
        return not self._agenda.read_again(task)

    def _was_as_short(self, read: WindowRead) -> bool:
        # not where it lacks fewer: another one than those may have been lost on the way
        short = read.tally.missing
        return short > 0 and not self._strict and short == self._short_before(read.window)

    def _fetched(self, task: Task, request: Request, listener: Listener | None) -> Page:
        """Asks for a page in the task's slot, and counts the request."""
        # the agenda took a place for the task's first request, not for those that follow
        task.slot.take(give_up=self._stop.is_set)
        if self._stop.is_set():
            raise _Stopped
        read = task.read
        with read.lock:
            read.requests += 1
            is_whole = read.requests == 1
        page = self._fetch(request, listener, task.slot)
        if is_whole:
            self._progress.promised(page.total or 0)
        return page

    def _report(self, window_read: WindowRead) -> WindowReport:
        window, tally = window_read.window, window_read.tally
        promised, received, short = tally.promised, tally.received, tally.missing
        if promised is None:
            promised = received + tally.refused
        if short and self._strict:
            raise WindowIncomplete(
                self._records, window.start, window.end, promised=promised, received=received
            )
        if short and self._progress.came_short(short):
            logger.warning(
                "the API promised %d %s from %s and returned %d, twice: all that it returns is"
                " loaded, and sync_windows.short tells how many a window lacks",
                promised, self._records, window, received,
            )  # fmt: skip
        return WindowReport(
            window,
            promised=promised,
            received=received,
            short=short,
            refused=tally.refused,
            requests=window_read.requests,
            started_at=window_read.started_at,
            finished_at=self._clock(),
            told=tally.told,
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
