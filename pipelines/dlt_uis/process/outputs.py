"""What our own commands print and log, by whatever library: it passes the scrubber."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ..errors import safe_line
from ..secrecy.scrubbing import scrubbed

_DLT = "dlt"


class Scrubbing:
    """A text stream whose texts bear no secret; in all else it is the stream that it is made of.

    If nobody reads it any more, as ``head`` does not, what else is written is let go: the exit code
    tells of the run.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: Any) -> int:
        if not isinstance(text, str):
            raise TypeError("this is a stream of text")
        shown = scrubbed(text)
        with self._going_on():
            self._stream.write(shown)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with self._going_on():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextmanager
def without_secrets(*, debug: bool) -> Iterator[None]:
    """What is printed or logged inside bears no secret; tracebacks are shown if ``debug``."""
    streams, make = (sys.stdout, sys.stderr), logging.getLogRecordFactory()
    # one that was closed before Python began is none
    shown = [Scrubbing(stream or Path(os.devnull).open("w")) for stream in streams]  # noqa: SIM115

    def made(*given: Any, **named: Any) -> logging.LogRecord:
        record = make(*given, **named)
        _scrub(record, debug=debug)
        return record

    sys.stdout, sys.stderr = shown
    logging.setLogRecordFactory(made)
    try:
        yield
    finally:
        logging.setLogRecordFactory(make)
        sys.stdout, sys.stderr = streams


def _scrub(record: logging.LogRecord, *, debug: bool) -> None:
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - its arguments do not fit it: whoever formats it will say so
        return
    if record.name == _DLT and not debug:
        # dlt logs the tracebacks of errors that it raises as well, as a part of messages, too
        message = message.split("Traceback (most recent", 1)[0].removesuffix(" with message ")
        if record.exc_info and record.exc_info[1]:
            message = f"{message}: {safe_line(str(record.exc_info[1]))}"
        record.exc_info = None
    record.msg, record.args = scrubbed(message), None
    if record.exc_info and record.exc_info[0]:
        record.exc_text = scrubbed("".join(traceback.format_exception(*record.exc_info))).rstrip()
        record.exc_info = None
