"""Which recording is fetched next: a lane for each host, so that a slow one does not hold others.

As many threads as there are workers take recordings from here. A lane leaves one of them for each
other lane that has something to do; one whose last recording failed has a single one, and is given
up when several have failed in a row. All of it is guarded by one Condition.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..errors import UisError
from .recording import Recording, Verdict
from .wanted import Span, is_too_late

GIVEN_UP_AFTER = 5
"""Recordings that fail in a row, each after all its tries, before a host counts as down."""

_FEW = 500
"""Recordings that wait in a lane, below which it wants more of them."""


@dataclass
class Lane:
    """Recordings of one host, those first that will be deleted first.

    Attributes:
        kinds: of the recordings.
        spans: those whose recordings are not read from the warehouse yet.
        running: how many are being fetched.
        failures: how many have failed in a row; ``answers`` is how many have not.
        down: why the lane was given up.
    """

    kinds: Sequence[str]
    spans: Iterator[Span]
    waiting: deque[Recording] = field(default_factory=deque)
    running: int = 0
    failures: int = 0
    answers: int = 0
    last_failure: UisError | None = None
    is_read: bool = False
    down: UisError | None = None

    @property
    def is_busy(self) -> bool:
        """Whether it has, or will have, something to do."""
        return self.down is None and bool(self.waiting or not self.is_read)


class Lanes:
    """Deals recordings out to the threads of workers.

    Args:
        kept_since: see :func:`.wanted.in_order`.
    """

    def __init__(
        self, lanes: Sequence[Lane], workers: int, kept_since: datetime | None = None
    ) -> None:
        self._lanes = lanes
        self._workers = workers
        self._kept_since = kept_since
        self._changed = threading.Condition()
        self._is_closed = False

    def hungry(self) -> list[Lane]:
        """Lanes that want more recordings, and may have some."""
        with self._changed:
            return [
                lane
                for lane in self._lanes
                if lane.down is None and not lane.is_read and len(lane.waiting) < _FEW
            ]

    def fill(self, lane: Lane, recordings: Sequence[Recording] | None) -> None:
        """Adds recordings to a lane; ``None`` if there are no more."""
        with self._changed:
            if recordings is None:
                lane.is_read = True
            else:
                lane.waiting.extend(recordings)
            self._changed.notify_all()

    def next(self) -> tuple[Lane, Recording] | None:
        """What a thread is to fetch, which waits for it; ``None`` if nothing more will come."""
        with self._changed:
            while not self._is_closed and any(lane.is_busy for lane in self._lanes):
                lane = self._open_lane()
                if lane is not None:
                    lane.running += 1
                    return lane, lane.waiting.popleft()
                self._changed.wait()
            return None

    def done(self, lane: Lane, verdict: Verdict) -> None:
        """Notes what came of a recording that was taken from a lane."""
        with self._changed:
            lane.running -= 1
            if verdict.error is None:
                lane.failures, lane.answers = 0, lane.answers + 1
            else:
                lane.failures, lane.last_failure = lane.failures + 1, verdict.error
            if lane.failures >= GIVEN_UP_AFTER:
                lane.down = verdict.error
                lane.waiting.clear()
            self._changed.notify_all()

    def close(self) -> None:
        """Lets no thread begin with another one."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def unreachable(self) -> UisError | None:
        """Why a lane was given up, or nothing at all could be had there."""
        for lane in self._lanes:
            if lane.down is not None:
                return lane.down
            if lane.last_failure is not None and not lane.answers:
                return lane.last_failure
        return None

    def _open_lane(self) -> Lane | None:
        """The one that may take a thread, and has the recording that will be deleted first."""
        lanes = [lane for lane in self._lanes if lane.waiting and lane.running < self._most(lane)]
        return min(lanes, key=self._urgency, default=None)

    def _urgency(self, lane: Lane) -> tuple[bool, datetime]:
        start = lane.waiting[0].start
        return is_too_late(start, self._kept_since), start

    def _most(self, lane: Lane) -> int:
        if lane.failures:
            return 1
        others = sum(other.is_busy for other in self._lanes if other is not lane)
        return max(1, self._workers - others)
