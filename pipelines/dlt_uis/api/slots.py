"""How many requests are under way at once, whoever sends them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def _never() -> bool:
    return False


class Slots:
    """Places for requests; those who ask share them.

    Attributes:
        count: how many there are.
        changed: guards the places, and what is planned by them; notified when one comes free,
            and when a request is sent.
    """

    def __init__(self, count: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.count = count
        self.clock = clock
        self.changed = threading.Condition()
        self.last_took = 0.0
        """Seconds that the last answer took."""
        self._free = count
        self._queue: deque[Slot] = deque()
        """Those that wait for a place, in turn."""

    @property
    def are_taken(self) -> bool:
        """Whether one more would have to wait for a place."""
        with self.changed:
            return self._free <= len(self._queue)

    def slot(self) -> Slot:
        """A slot, which has no place yet."""
        return Slot(self)

    def take(self, slot: Slot, give_up: Callable[[], bool]) -> None:
        """As :meth:`Slot.take`."""
        with self.changed:
            if slot.is_held:
                return
            self._queue.append(slot)
            try:
                while not self._free or self._queue[0] is not slot:
                    if give_up():
                        return
                    self.changed.wait()
                self._free -= 1
                slot.is_held = True
            finally:
                self._queue.remove(slot)
                self.changed.notify_all()

    def give_back(self, slot: Slot) -> None:
        """The slot's place is free for others, if it has one."""
        with self.changed:
            if slot.is_held:
                slot.is_held, slot.sent_at = False, None
                self._free += 1
                self.changed.notify_all()


class Slot:
    """One place, for a request and then, taken anew, for another.

    Whoever plans what to ask for takes it beforehand, and hands it to whoever asks: the request is
    sent in it, and the answer sets it free when it has come, before it is decoded. Nobody is to
    wait for a second one while they hold one.

    Attributes:
        is_held: whether it has a place.
        sent_at: when the request was sent whose answer has not come yet.
    """

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.is_held = False
        self.sent_at: float | None = None

    def take(self, give_up: Callable[[], bool] = _never) -> None:
        """Takes a place, unless it has one already; waits for its turn.

        Args:
            give_up: asked whenever ``changed`` is notified; ends the waiting.
        """
        self._slots.take(self, give_up)

    @contextmanager
    def held(self) -> Iterator[None]:
        """With a place, for a request that may have to wait before it is sent; without one
        afterwards, whether it was sent or not."""
        self.take()
        try:
            yield
        finally:
            self._slots.give_back(self)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """For a request that is sent now, until its answer has come."""
        slots = self._slots
        with slots.changed:
            self.take()
            sent_at = self.sent_at = slots.clock()
            slots.changed.notify_all()
        try:
            yield
        finally:
            with slots.changed:
                slots.last_took = slots.clock() - sent_at
                slots.give_back(self)

    @property
    def likely_wait(self) -> float:
        """Seconds since its request was sent, or what the last answer took if that is more: this
        one may take as long. 0 while none is under way."""
        with self._slots.changed:
            if self.sent_at is None:
                return 0.0
            return max(self._slots.clock() - self.sent_at, self._slots.last_took)
