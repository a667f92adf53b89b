"""Ending the process of a command at once, when all is done."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from . import interrupts

_UNREAD = 120
"""Python's own exit code where what was printed could not be written."""


@contextmanager
def exit_at_once() -> Iterator[None]:
    """A ``SystemExit`` from the ``with`` block ends the process without taking Python down.

    Python would take all its modules and objects apart one by one, 50 ms or more, only for the
    system to free all of it anyway. Threads are waited for and what is registered to be done at the
    exit is done first, as always, but not after a signal: a thread may wait for an answer that does
    not come. After an error that is not handled, Python ends as it does.
    """
    codes: list[int] = []

    def end() -> None:
        if codes:
            try:
                for output in (sys.stdout, sys.stderr):
                    if output is not None:  # it was closed before Python began
                        output.flush()
            except BrokenPipeError:
                os._exit(_UNREAD)
            except OSError:
                return  # it can't be written: Python has words and a code for that
            os._exit(codes[0])

    atexit.register(end)  # what is registered first is done last
    try:
        yield
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            codes.append(ended.code or 0)
            if interrupts.was_interrupted():
                end()
        raise
