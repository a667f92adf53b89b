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
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..errors import Interrupted

    LeaveWord = Callable[[Interrupted], object]

SIGNALS = (signal.SIGINT, signal.SIGTERM)

_GRACE = 0.7
"""Seconds in which a command ends by itself, and its database statement too."""

_TO_START = 10.0
"""The same while it still imports: what it is to leave word in is not known yet."""

_LAST_WORDS = 3.0
"""Seconds for the summary file and the line, if a full disk or pipe holds them up."""

_TICK = 0.05


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
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        # the system's handler writes to it at once, whatever the main thread is doing
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for each in SIGNALS:
            signal.signal(each, self._receive)
        _begin(self._watch, reader)

    def _receive(self, number: int, _frame: object) -> None:
        """Runs in the main thread, between two steps of it."""
        self.received = self.received or number
        if self._raises:
            self._raises = False
            raise _interrupted(self.received)

    @contextmanager
    def raising(self, leave_word: LeaveWord) -> Iterator[None]:
        from ..errors import exit_code_of  # noqa: PLC0415 - see install()

        self._leave_word = leave_word
        error: BaseException | None = None
        try:
            self._has_begun = self._raises = True
            if self.received:
                self._raises = False
                raise _interrupted(self.received)
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

    def _watch(self, reader: int) -> None:
        first = _signal_in(reader)
        self.received = self.received or first
        _begin(self._end_in_time, first)
        os._exit(128 + _signal_in(reader))

    def _end_in_time(self, number: int) -> None:
        began = time.monotonic()
        while not self._has_begun and time.monotonic() - began < _TO_START:
            time.sleep(_TICK)
        time.sleep(_GRACE)
        if self._ending.acquire(blocking=False):
            error = _interrupted(number)
            self._exit_code = error.exit_code
            _begin(self._leave_word, error).join(_LAST_WORDS)
        else:
            time.sleep(_LAST_WORDS)
        os._exit(128 + number if self._exit_code is None else self._exit_code)


def _begin(action: Callable[..., object], *given: object) -> threading.Thread:
    thread = threading.Thread(target=action, args=given, name="uis-signals", daemon=True)
    thread.start()
    return thread


def _signal_in(reader: int) -> int:
    """Waits for the next of our signals."""
    while True:
        number = os.read(reader, 1)[0]
        if number in SIGNALS:
            return number


def _interrupted(number: int) -> Interrupted:
    from ..errors import Interrupted  # noqa: PLC0415 - see install()

    return Interrupted(number)


def _unraisable(unraisable: Any) -> None:
    """An interruption that comes where Python can't raise it is no news: the process ends."""
    if type(unraisable.exc_value).__name__ != "Interrupted":
        sys.__unraisablehook__(unraisable)


_watch = _Watch()


def install() -> None:
    """Takes Ctrl-C and SIGTERM over for this process, which is to be one of our own commands.

    It is called first of all, so this module imports next to nothing.
    """
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
