"""Ctrl-C and SIGTERM: what they do to the process of a command, at any moment of it.

A signal raises :class:`Interrupted` in the main thread while the command works: not while Python
still imports, nor when all that is left is to leave word of the run. That may not get through: a
driver waits for a statement, a library swallows the error, a thread waits for an answer. So a
thread looks at the clock, and ends the process where it does not end by itself. Nothing is lost
by that, no more than by a kill: what is not committed is read or loaded again.

A second signal ends the process at once. A host project's process has none of this.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from .errors import Interrupted, exit_code_of

SIGNALS = (signal.SIGINT, signal.SIGTERM)

_GRACE = 0.7
"""Seconds in which a command ends by itself, and its database statement too."""

_TO_START = 10.0
"""The same while it still imports: what it is to leave word in is not known yet."""

_LAST_WORDS = 3.0
"""Seconds for the summary file and the line, if a full disk or pipe holds them up."""

_TICK = 0.05

LeaveWord = Callable[[Interrupted], object]


class _Watch:
    """What was received, how far the command is, and who ends it. One a process."""

    def __init__(self) -> None:
        self.is_installed = False
        self.received = 0
        self._has_begun = False
        self._raises = False
        self._ending = threading.Lock()
        self._exit_code: int | None = None
        self._leave_word: LeaveWord = repr

    def install(self) -> None:
        self.is_installed = True
        sys.unraisablehook = _unraisable
        for each in SIGNALS:
            signal.signal(each, self._receive)
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        # the system's handler writes to it at once, whatever the main thread is doing
        signal.set_wakeup_fd(writer.detach(), warn_on_full_buffer=False)
        threading.Thread(
            target=self._watch, args=(reader,), name="uis-signals", daemon=True
        ).start()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        """Runs in the main thread, between two steps of it."""
        del frame
        self.received = self.received or number
        if self._raises:
            self._raises = False
            raise Interrupted(self.received)

    @contextmanager
    def raising(self, leave_word: LeaveWord) -> Iterator[None]:
        self._leave_word = leave_word
        error: BaseException | None = None
        try:
            self._has_begun = self._raises = True
            if self.received:
                self._raises = False
                raise Interrupted(self.received)
            yield
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._raises = False
            if not self._ending.acquire(blocking=False):
                # the process is being ended by the thread beside
                threading.Event().wait()
            self._exit_code = exit_code_of(error)

    def _watch(self, reader: socket.socket) -> None:
        first = _signal_in(reader, None)
        self.received = self.received or first
        began = time.monotonic()
        while not self._has_begun and time.monotonic() - began < _TO_START:
            _end_at_second(reader, _TICK)
        _end_at_second(reader, _GRACE)
        if self._ending.acquire(blocking=False):
            error = Interrupted(first)
            self._exit_code = error.exit_code
            last = threading.Thread(target=self._leave_word, args=(error,), daemon=True)
            last.start()
            until = time.monotonic() + _LAST_WORDS
            while last.is_alive() and time.monotonic() < until:
                _end_at_second(reader, _TICK)
        else:
            _end_at_second(reader, _LAST_WORDS)
        os._exit(128 + first if self._exit_code is None else self._exit_code)


def _unraisable(unraisable: Any) -> None:
    """An interruption that comes where Python can't raise it is no news: the process ends."""
    if not isinstance(unraisable.exc_value, Interrupted):
        sys.__unraisablehook__(unraisable)


def _signal_in(reader: socket.socket, seconds: float | None) -> int:
    """The signal that comes within so many seconds, or none (0)."""
    reader.settimeout(seconds)
    try:
        while True:
            number = reader.recv(1)[0]
            if number in SIGNALS:
                return number
    except TimeoutError:
        return 0


def _end_at_second(reader: socket.socket, seconds: float) -> None:
    """Waits so many seconds, unless a second signal comes, which ends the process."""
    second = _signal_in(reader, seconds)
    if second:
        os._exit(128 + second)


_watch = _Watch()


def install() -> None:
    """Takes Ctrl-C and SIGTERM over for this process, which is to be one of our own commands."""
    _watch.install()


def was_interrupted() -> bool:
    """Whether a signal has come."""
    return bool(_watch.received)


@contextmanager
def raising(leave_word: LeaveWord) -> Iterator[None]:
    """Inside the ``with`` block a signal raises, also one that has come before.

    Args:
        leave_word: tells of the end, from another thread, if the block does not end in time.

    Raises:
        Interrupted: a signal has come.
    """
    if not _watch.is_installed:
        yield
        return
    with _watch.raising(leave_word):
        yield
