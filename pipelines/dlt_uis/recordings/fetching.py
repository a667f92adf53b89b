"""Fetches one recording: asks for it, looks at what comes, and stores it as it comes.

An exception of a library may hold a link. None is passed on, also not as the cause of our own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import chain
from urllib.parse import urlsplit

import requests
import urllib3

from ..api.answers import retry_after
from ..api.retrying import RetryPolicy, persistently
from ..api.time_limit import prolong, time_limit, was_coming
from ..api.transport import connection_error, timed_session
from ..errors import RecordingCut, RetriableError, ServerFailed
from .audio import EXTENSIONS, HEAD, extension_of
from .links import Hosts
from .paths import Paths
from .recording import File, Recording, Status, Verdict
from .storing import Store

APPEARS_WITHIN = timedelta(days=3)
"""How long after a call began its recording may still come."""

_HEADERS = {"Accept": "audio/*, */*;q=0.5", "Accept-Encoding": "identity"}
_ABSENT = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.BAD_REQUEST)
"""The server has no such recording; 400 is for a call without any."""

_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
_MOST_REDIRECTS = 5
_PIECE = 1 << 17
_SLOWEST = 10_000
"""Bytes a second: a file may take so long as it would at this pace."""


@dataclass(frozen=True)
class _Came:
    """What a try came to, if its server did not fail."""

    status: Status
    file: File | None = None
    was_there: bool = False


@dataclass
class _Tries:
    """How often a recording was asked for."""

    count: int = 0


@dataclass
class Fetcher:
    """Fetches recordings, one at a time: each thread has one of its own.

    Args:
        brand_of: the brand of a customer.
        timeout: seconds that an answer may take to begin, and a short one to come.
        sleep: waits between tries.
    """

    hosts: Hosts
    brand_of: Callable[[int | None], str]
    store: Store
    paths: Paths
    retry: RetryPolicy
    timeout: float
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    _session: requests.Session = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._session = timed_session(self.timeout)

    def close(self) -> None:
        self._session.close()

    def fetch(self, recording: Recording) -> Verdict:
        """Asks for a recording, several times if its server fails, and stores it.

        Raises:
            FatalError: nothing can be stored any more.
        """
        tries = _Tries()
        try:
            came = persistently(
                lambda: self._try(recording, tries), self.retry, self.sleep, level=logging.DEBUG
            )
        except RetriableError as error:
            return Verdict(recording, Status.PENDING, self._now(), tries.count, error=error)
        return Verdict(
            recording, came.status, self._now(), tries.count, came.file, was_there=came.was_there
        )

    def _now(self) -> datetime:
        return self.clock().replace(microsecond=0)

    def _try(self, recording: Recording, tries: _Tries) -> _Came:
        tries.count += 1
        came = self._asked(recording)
        return came if came.status is Status.STORED else self._known_without_server(recording, came)

    def _asked(self, recording: Recording) -> _Came:
        address = self.hosts.address(recording, self.brand_of(recording.user_id))
        if address is None or self.paths.of(recording, EXTENSIONS[0]) is None:
            return _Came(Status.REFUSED)
        response = self._answer(address, recording)
        if response is None:
            return self._unless_new(recording, Status.REFUSED)
        with response:
            return self._judged(response, recording)

    def _answer(self, link: str, recording: Recording) -> requests.Response | None:
        """What a link leads to in the end; ``None`` if that is elsewhere."""
        for _ in range(_MOST_REDIRECTS):
            response = self._get(link)
            if not response.is_redirect:
                return response
            with response:
                location = response.headers["Location"]
                onward = self.hosts.led_on(link, location, self.brand_of(recording.user_id))
            if onward is None:
                return None
            link = onward
        return None

    def _get(self, link: str) -> requests.Response:
        try:
            return self._session.get(
                link,
                headers=_HEADERS,
                timeout=time_limit(self.timeout),  # type: ignore[arg-type] # as requests takes it
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError) as failure:
            error = self._failure(failure, link)
        raise error

    def _failure(
        self, failure: Exception, link: str, response: requests.Response | None = None
    ) -> RetriableError:
        host = _host(link)
        is_slow = was_coming(response)
        found = connection_error(failure, host, self.timeout, is_slow=is_slow)
        return found or RecordingCut(host)

    def _judged(self, response: requests.Response, recording: Recording) -> _Came:
        status = response.status_code
        if status == HTTPStatus.OK:
            return self._stored(response, recording)
        self._read_to_its_end(response)
        if status in _ABSENT:
            return self._unless_new(recording, Status.GONE)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING:
            error = ServerFailed(_host(response.url), status, "no recording")
            error.retry_after = retry_after(response)
            raise error
        return self._unless_new(recording, Status.REFUSED)

    def _unless_new(self, recording: Recording, status: Status) -> _Came:
        """The status, for a recording that should be there by now."""
        is_new = self.clock() - recording.start < APPEARS_WITHIN
        return _Came(Status.PENDING if is_new else status)

    def _stored(self, response: requests.Response, recording: Recording) -> _Came:
        length = _length(response)
        if length is not None:
            prolong(response, length / _SLOWEST)
        pieces = self._pieces(response, length)
        head = _head(pieces)
        content_type = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
        extension = extension_of(content_type, head)
        path = extension and self.paths.of(recording, extension)
        if not path:
            return self._unless_new(recording, Status.REFUSED)
        address = self.store.address(path)
        is_plain = "Content-Encoding" not in response.headers
        if is_plain and length is not None and length == self.store.size(path):
            # of a run whose ledger is lost
            file = File(address, length, self.store.sha256(path), content_type)
            return _Came(Status.STORED, file, was_there=True)
        count, sha256 = self.store.put(path, chain((head,), pieces))
        return _Came(Status.STORED, File(address, count, sha256, content_type))

    def _pieces(self, response: requests.Response, length: int | None) -> Iterator[bytes]:
        """The body, piece by piece.

        Raises:
            RetriableError: it does not come whole, or nobody can tell whether it does.
        """
        if length is None and not getattr(response.raw, "chunked", False):
            raise RecordingCut(_host(response.url))
        stream = response.raw.stream(_PIECE, decode_content=True)
        while True:
            error: RetriableError | None = None
            try:
                piece = next(stream, b"")
            except (requests.RequestException, urllib3.exceptions.HTTPError) as failure:
                error = self._failure(failure, response.url, response)
            if error is not None:
                raise error
            if not piece:
                break
            yield piece
        if length is not None and response.raw.tell() != length:
            raise RecordingCut(_host(response.url))

    def _read_to_its_end(self, response: requests.Response) -> None:
        """Reads a short body, so that the connection can be used again."""
        try:
            response.raw.read(_PIECE)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
            response.close()

    def _known_without_server(self, recording: Recording, came: _Came) -> _Came:
        """What is known of a recording that the server does not have: its file may be there, of a
        run whose ledger is lost."""
        if recording.attempts:
            return came
        for extension in EXTENSIONS:
            path = self.paths.of(recording, extension)
            size = self.store.size(path) if path else None
            if path and size:
                file = File(self.store.address(path), size, self.store.sha256(path), "")
                return _Came(Status.STORED, file, was_there=True)
        return came


def _host(link: str) -> str:
    return urlsplit(link).hostname or ""


def _length(response: requests.Response) -> int | None:
    """Bytes of the body as it is sent, if that is told."""
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else None


def _head(pieces: Iterator[bytes]) -> bytes:
    """The beginning of a body, long enough to tell what it is."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= HEAD:
            break
    return head
