"""Parts of answers: bytes that are sent plain or compressed."""

from __future__ import annotations

import threading

from .zipping import Zipped


class Body:
    """A part of an answer, plain or compressed: kept as it was asked for last."""

    def __init__(self, plain: bytes) -> None:
        self._kept: bytes | Zipped = plain
        self._lock = threading.Lock()

    @property
    def plain(self) -> bytes:
        with self._lock:
            if isinstance(self._kept, Zipped):
                self._kept = self._kept.plain
            return self._kept

    @property
    def zipped(self) -> Zipped:
        with self._lock:
            if not isinstance(self._kept, Zipped):
                self._kept = Zipped.of(self._kept)
            return self._kept

    @property
    def length(self) -> int:
        """Bytes that it has where it is not compressed."""
        kept = self._kept
        return kept.length if isinstance(kept, Zipped) else len(kept)

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about."""
        kept = self._kept
        return len(kept.deflated if isinstance(kept, Zipped) else kept)
