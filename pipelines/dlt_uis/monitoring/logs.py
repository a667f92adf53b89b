"""Logs of the commands: lines for people, or one JSON object a line for machines.

dlt's own lines come out in the same form, whatever is set for its log but the level. None of ours
holds a secret or a phone number; as JSON that is made sure of for dlt's lines, too.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from ..errors import Interrupted, UisError, without_logins
from ..secrecy.scrubbing import look_again, scrubbed

PLAIN, JSON = "plain", "json"
FORMATS = (PLAIN, JSON)

logger = logging.getLogger(__name__)

_PACKAGE, _DLT, _WARNINGS = "dlt_uis", "dlt", "py.warnings"
_PHONE = re.compile(r"(?<![\d.])\+?\d{10,15}(?!\.?\d)")
"""As in errors, but ids of load packages (seconds with a fraction) stay."""

_quiet: list[bool] = []
"""Not empty while nothing but errors is to be said."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PLAIN_TYPES = (str, int, float, bool, type(None), dict, list)


class JsonHandler(logging.Handler):
    """Writes one JSON object a line to standard error: time, level, logger, message, fields.

    Fields are what a record was given as ``extra``; ``exception`` is a traceback, if there is one.
    It formats by itself, because dlt gives every handler of its logger its own formatter.
    """

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = json.dumps(self._described(record), ensure_ascii=False, default=str)
            print(line, file=sys.stderr, flush=True)
        except (OSError, ValueError):
            self.handleError(record)

    def _described(self, record: logging.LogRecord) -> Mapping[str, Any]:
        moment = datetime.fromtimestamp(record.created, UTC)
        described: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _scrubbed(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD and isinstance(value, _PLAIN_TYPES):
                described.setdefault(name, _scrubbed(value) if isinstance(value, str) else value)
        if record.exc_text:
            described["exception"] = _scrubbed(record.exc_text)
        elif record.exc_info:
            described["exception"] = _scrubbed(logging.Formatter().formatException(record.exc_info))
        return described


def set_up(
    format_: str,
    level: int,
    *,
    is_quiet: bool = False,
    zone: Callable[[], str | None] = lambda: None,
) -> None:
    """Sets up the package's log, from a level on, and has dlt's lines look alike; JSON has Python's
    warnings, too.

    Args:
        is_quiet: nothing but errors is said, see :func:`result_console`.
        zone: the zone (IANA name) that lines for people tell the time in, as far as it is known.
    """
    _quiet.clear()
    if is_quiet:
        _quiet.append(True)
    look_again()
    # BigQuery's client wants a package for reading much, which is not what we do
    warnings.filterwarnings("ignore", message="Cannot create BigQuery Storage client")
    as_json = format_ == JSON
    package = logging.getLogger(_PACKAGE)
    package.setLevel(level)
    logging.captureWarnings(as_json)
    for name in (_PACKAGE, _DLT, _WARNINGS):
        each = logging.getLogger(name)
        each.handlers = [JsonHandler() if as_json else PlainHandler(zone)]
        each.propagate = False
        if is_quiet:
            each.setLevel(logging.ERROR)


def is_json() -> bool:
    """Whether the commands log as JSON now."""
    return any(isinstance(each, JsonHandler) for each in logging.getLogger(_PACKAGE).handlers)


def is_quiet() -> bool:
    """Whether nothing but errors is to be said."""
    return bool(_quiet)


def error_console() -> Console:
    """Where a run is watched: a live line would spoil logs that machines read."""
    is_watched = not (is_json() or is_quiet())
    return Console(
        stderr=True, emoji=False, quiet=is_quiet(), force_terminal=None if is_watched else False
    )


def result_console() -> Console:
    """Where the result is told to people; machines have it in the log's last line.

    A file or a pipe has no width: what is a line stays one.
    """
    console = Console(emoji=False, quiet=is_json() or is_quiet())
    console.soft_wrap = not console.is_terminal
    return console


def show_error(error: UisError | Interrupted) -> None:
    """Says what went wrong, and what to do, in one line."""
    if not is_json():
        print(f"dlt-uis: {error}", file=sys.stderr)
        return
    fields = {"error": type(error).__name__, "hint": error.hint, "exit_code": error.exit_code}
    logger.error("%s", error.message, extra={**fields, "mnemonic": error.mnemonic})


class PlainHandler(logging.StreamHandler[Any]):
    """Writes to what standard error is at the moment: a live line there takes it over, and has logs
    stand above itself.

    Times are in the zone that the result is in, as soon as it is known, else in the machine's. It
    formats by itself, as :class:`JsonHandler` does.
    """

    def __init__(self, zone: Callable[[], str | None]) -> None:
        super().__init__()
        self._zone = zone

    def format(self, record: logging.LogRecord) -> str:
        zone = self._zone()
        moment = datetime.fromtimestamp(record.created, UTC)
        moment = moment.astimezone(ZoneInfo(zone) if zone else None)
        line = f"{moment:%Y-%m-%d %H:%M:%S %z} %(levelname)s %(name)s: %(message)s"
        return logging.Formatter(line).format(record)

    @property
    def stream(self) -> Any:
        return sys.stderr

    @stream.setter
    def stream(self, _: Any) -> None:
        pass


def _scrubbed(text: str) -> str:
    return _PHONE.sub("***", without_logins(scrubbed(text)))
