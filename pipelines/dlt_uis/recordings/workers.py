"""The threads that fetch recordings, one at a time each."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from .fetching import Fetcher
from .journal import Journal
from .lanes import Lanes
from .quiet import THREADS
from .recording import Verdict

_POLL = 0.2


class Workers:
    """The threads that fetch, inside a ``with`` block."""

    def __init__(
        self, lanes: Lanes, fetcher: Callable[[], Fetcher], journal: Journal, count: int
    ) -> None:
        self._lanes = lanes
        self._fetcher = fetcher
        self._journal = journal
        self._out: queue.SimpleQueue[Verdict | BaseException | None] = queue.SimpleQueue()
        self._running = count
        self._threads = [
            threading.Thread(target=self._work, name=f"{THREADS}-{number}", daemon=True)
            for number in range(count)
        ]

    def __enter__(self) -> Workers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._lanes.close()
        for thread in self._threads:
            # after an error one may still wait for an answer: it ends with that
            thread.join(_POLL)

    @property
    def are_running(self) -> bool:
        return self._running > 0

    def results(self) -> list[Verdict]:
        """What came meanwhile; it waits a moment for the first one.

        Raises:
            UisError: nothing can be stored any more.
        """
        found: list[Verdict] = []
        try:
            while True:
                item = self._out.get(timeout=0 if found else _POLL)
                if isinstance(item, BaseException):
                    raise item
                if item is None:
                    self._running -= 1
                    if not self._running:
                        break
                else:
                    found.append(item)
        except queue.Empty:
            pass
        return found

    def _work(self) -> None:
        try:
            fetcher = self._fetcher()
            try:
                while (taken := self._lanes.next()) is not None:
                    lane, recording = taken
                    verdict = fetcher.fetch(recording)
                    self._journal.note(verdict.as_row())
                    self._lanes.done(lane, verdict)
                    self._out.put(verdict)
            finally:
                fetcher.close()
            self._out.put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised again by the main thread
            self._out.put(error)
