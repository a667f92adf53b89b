"""The command ``dlt-uis`` on a machine whose clock is another, or whose disk is full.

``python -m tests.soak.command SECONDS BYTES sync …`` runs ``dlt-uis sync …`` in a process whose
clock is so many seconds ahead of the real one, and in which no file may grow beyond so many bytes
(0: any may). Only Python code is told the other time.
"""

from __future__ import annotations

import copyreg
import datetime
import resource
import sys
import time
from typing import Any

_REAL = datetime.datetime


class _Either(type):
    """Has ``isinstance`` and ``issubclass`` take real datetimes, which C code makes, for ours."""

    def __instancecheck__(cls, instance: object) -> bool:
        return cls.__subclasscheck__(type(instance))

    def __subclasscheck__(cls, subclass: type) -> bool:
        return (
            issubclass(subclass, _REAL)
            if cls is _Shifted
            else type.__subclasscheck__(cls, subclass)
        )


class _Shifted(_REAL, metaclass=_Either):
    """Makes real datetimes, by the shifted clock where the present is asked for."""

    __slots__ = ()

    def __new__(cls, *given: Any, **named: Any) -> Any:
        return _REAL.__new__(_REAL if cls is _Shifted else cls, *given, **named)

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(datetime.UTC).replace(tzinfo=None)


def shift_clock(seconds: float) -> None:
    """Puts the clock forward; to be done before other modules take their ``datetime``."""
    real, real_ns = time.time, time.time_ns
    time.time = lambda: real() + seconds
    time.time_ns = lambda: real_ns() + int(seconds * 10**9)
    # a pickle names a class, and finds ours under the name of the real one
    _Shifted.__module__, _Shifted.__qualname__ = "datetime", "datetime"
    copyreg.pickle(_REAL, _reduced)
    datetime.datetime = _Shifted  # type: ignore[misc]


def _reduced(moment: datetime.datetime) -> tuple[Any, Any]:
    return _Shifted, moment.__reduce_ex__(2)[1]


if __name__ == "__main__":
    ahead, largest = float(sys.argv[1]), int(sys.argv[2])
    del sys.argv[1:3]
    shift_clock(ahead)
    if largest:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    from dlt_uis.__main__ import main

    main()
