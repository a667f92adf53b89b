"""How many requests are under way at once, whoever sends them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Slots:
    """Places for requests. Threads share them, and hold one each at most.

    Whoever plans what to ask for takes one beforehand; a request is then sent in it, and it comes
    free with the answer, before that is decoded.

    Attributes:
        count: how many there are.
        changed: guards the places, and what is planned by them; notified when one comes free,
            and when a request is sent.
    """

    def __init__(self, count: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.count = count
        self.changed = threading.Condition()
        self._free = count
        self._clock = clock
        self._sent: dict[int, float | None] = {}
        """By the thread that holds a place, when its request was sent."""
        self._last_took = 0.0
        self._queue: deque[int] = deque()
        """Threads that wait for a place, in turn."""

    @property
    def are_taken(self) -> bool:
        """Whether a thread without one would have to wait for it."""
        with self.changed:
            return self._free <= len(self._queue)

    def take(self, give_up: Callable[[], bool] = lambda: False) -> None:
        """Takes one, unless the thread holds one already; waits for its turn.

        Args:
            give_up: asked whenever ``changed`` is notified; ends the waiting.
        """
        thread = threading.get_ident()
        with self.changed:
            if thread in self._sent:
                return
            self._queue.append(thread)
            try:
                while not self._free or self._queue[0] != thread:
                    if give_up():
                        return
                    self.changed.wait()
                self._free -= 1
                self._sent[thread] = None
            finally:
                self._queue.remove(thread)
                self.changed.notify_all()

    def give_back(self) -> None:
        """Gives the thread's own back, if it holds one."""
        with self.changed:
            if threading.get_ident() in self._sent:
                del self._sent[threading.get_ident()]
                self._free += 1
                self.changed.notify_all()

    def waiting(self, thread: int) -> float:
        """Seconds since a thread has sent a request, if it waits for the answer; else 0."""
        with self.changed:
            sent = self._sent.get(thread)
            return 0.0 if sent is None else self._clock() - sent

    def likely_wait(self, thread: int) -> float:
        """The same, or what the last answer took if that is more: this one may take as long."""
        with self.changed:
            is_sent = self._sent.get(thread) is not None
            return max(self.waiting(thread), self._last_took) if is_sent else 0.0

    @contextmanager
    def held(self) -> Iterator[None]:
        """One for a request that may have to wait before it is sent; its answer sets it free."""
        self.take()
        try:
            yield
        finally:
            self.give_back()

    @contextmanager
    def sending(self) -> Iterator[None]:
        """One for a request that is sent now, until its answer has come."""
        with self.changed:
            self.take()
            sent = self._sent[threading.get_ident()] = self._clock()
            self.changed.notify_all()
        try:
            yield
        finally:
            with self.changed:
                self._last_took = self._clock() - sent
                self.give_back()
