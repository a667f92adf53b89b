"""A request has so many seconds in all, from connecting to the last byte of its answer.

The time limits of sockets are for one piece of data each: a server that sends a byte now and then
would never meet them. Here the limit of a socket is what is left of the whole, piece by piece.
"""

from __future__ import annotations

import functools
import http.client
import io
import socket
import time
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

_CONNECTING = 15.0
"""Seconds within which a connection is made, or never is."""


def time_limit(seconds: float) -> urllib3.Timeout:
    """What a request may take in all; to be passed to a session with a :class:`TimedAdapter`."""
    return urllib3.Timeout(total=seconds, connect=min(seconds, _CONNECTING))


def was_coming(response: requests.Response | None) -> bool:
    """Whether more of a response's body was still coming, slowly, when its time was over."""
    whole = getattr(getattr(response, "raw", None), "_original_response", None)
    return isinstance(whole, _TimedResponse) and whole.wire.is_slow


def prolong(response: requests.Response, seconds: float) -> None:
    """Gives a response so much more time: it is known by now how long its body is."""
    whole = getattr(response.raw, "_original_response", None)
    if isinstance(whole, _TimedResponse):
        whole.wire.prolong(seconds)


class _Wire(io.RawIOBase):
    """What comes over a socket, until the time is over that its limit was when this was made."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._seconds = sock.gettimeout()
        self._end = None if self._seconds is None else time.monotonic() + self._seconds
        self._latest: float | None = None

    @property
    def is_slow(self) -> bool:
        """Whether something has come in the second half of the time."""
        if self._end is None or self._seconds is None or self._latest is None:
            return False
        return self._latest > self._end - self._seconds / 2

    def prolong(self, seconds: float) -> None:
        if self._end is not None and self._seconds is not None:
            self._end += seconds
            self._seconds += seconds

    def forget(self) -> None:
        """What has come until now does not count."""
        self._latest = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._end is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError("the time of the request is over")
            self._sock.settimeout(left)
        count = self._file.readinto(buffer)
        self._latest = time.monotonic()
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer whose status, headers and body have to come before the socket's limit is over."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.wire = _Wire(sock)
        self.fp = io.BufferedReader(self.wire)

    def begin(self) -> None:
        super().begin()
        self.wire.forget()


class TimedAdapter(HTTPAdapter):
    """Has all connections of a session, through proxies too, heed the limit as a whole."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _time(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **options)
        if is_new:
            _time(manager)
        return manager


def _time(manager: urllib3.PoolManager) -> None:
    manager.pool_classes_by_scheme = {
        scheme: _timed(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


@functools.cache
def _timed(pool: type[urllib3.HTTPConnectionPool]) -> type[urllib3.HTTPConnectionPool]:
    """A class of pools like ``pool``, whose connections read answers as above."""
    connection = type(
        pool.ConnectionCls.__name__, (pool.ConnectionCls,), {"response_class": _TimedResponse}
    )
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})
