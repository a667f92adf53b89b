"""Requests over HTTP, and the bytes of their answers; what fails, as errors of our own."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from dlt.sources.helpers.requests import Session

from ..errors import (
    ConnectionFailed,
    MalformedResponse,
    NotADataApi,
    RequestTimedOut,
    RetriableError,
    UisError,
)
from .answers import Answer
from .time_limit import TimedAdapter, time_limit, was_coming

_HEADERS = {
    "Content-Type": "application/json; charset=UTF-8",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
}


class Transport:
    """Sends to ``url``; threads may share it, and have a connection each.

    Args:
        timeout: seconds that a request may take in all, from connecting to the answer's last byte.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._host = urlsplit(url).hostname or url
        self._timeout = timeout
        self._limit: Any = time_limit(timeout)  # Any: the types of requests do not know it
        self._local = threading.local()
        self._sessions: list[Session] = []

    def close(self) -> None:
        for session in self._sessions:
            session.close()

    def answer(self, payload: Mapping[str, Any]) -> Answer:
        """Sends a request and waits until its answer has come.

        Raises:
            RequestTimedOut: it has not come in time.
            ConnectionFailed: there is no connection, or it broke.
            MalformedResponse: the answer is cut off.
            NotADataApi: the address is none, or who answers does not speak HTTP as the API does.
        """
        response = None
        try:
            response = self._session().post(
                self._url,
                data=json.dumps(payload, ensure_ascii=False).encode(),
                headers=_HEADERS,
                timeout=self._limit,
                allow_redirects=False,
                stream=True,
            )
            return Answer.received(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as failure:
            error = self._failure(failure, is_slow=was_coming(response))
        raise error

    def _session(self) -> Session:
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = timed_session(self._timeout)
            self._sessions.append(session)
        return session

    def _failure(self, failure: Exception, *, is_slow: bool) -> UisError:
        """Our error for the library's, without what it carries."""
        found = connection_error(failure, self._host, self._timeout, is_slow=is_slow)
        if found is not None:
            return found
        if isinstance(failure, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
            return NotADataApi(self._url, "that is no web address")
        if isinstance(failure, urllib3.exceptions.HTTPError):
            return MalformedResponse("cut off")
        return NotADataApi(self._url, type(failure).__name__)


def timed_session(timeout: float) -> Session:
    """A session for one thread, whose requests heed :func:`.time_limit` as a whole."""
    session = Session(timeout=timeout, raise_for_status=False)
    for scheme in ("https://", "http://"):
        session.mount(scheme, TimedAdapter())
    return session


def connection_error(
    failure: Exception, host: str, timeout: float, *, is_slow: bool
) -> RetriableError | None:
    """Our error for the library's where the connection is to blame, without what it carries.

    Args:
        timeout: seconds that the request was given.
        is_slow: the answer was still coming then.
    """
    if isinstance(failure, requests.ConnectTimeout):
        limit: Any = time_limit(timeout)
        return ConnectionFailed(host, f"none was made within {limit.connect_timeout:g} seconds")
    if isinstance(failure, requests.Timeout | urllib3.exceptions.TimeoutError):
        return RequestTimedOut(host, timeout, is_slow=is_slow)
    if isinstance(failure, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        return ConnectionFailed(host, "its TLS certificate can't be verified")
    if isinstance(failure, requests.exceptions.ProxyError):
        return ConnectionFailed(host, "the proxy does not let us through")
    if isinstance(failure, requests.ConnectionError):
        return ConnectionFailed(host, _why(failure))
    return None


def _why(failure: BaseException) -> str:
    """Why a connection failed, in words that name nothing of the request."""
    reasons: list[tuple[type[BaseException], str]] = [
        (socket.gaierror, "the host's name is not known"),
        (ConnectionRefusedError, "it refuses connections"),
        (ConnectionResetError, "the connection was reset"),
    ]
    seen: list[BaseException] = [failure]
    for error in seen:
        for kind, words in reasons:
            if isinstance(error, kind):
                return words
        linked = [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]
        seen += [each for each in linked if isinstance(each, BaseException) and each not in seen]
    return "the connection broke"
