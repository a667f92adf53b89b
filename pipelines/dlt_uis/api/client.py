"""The JSON-RPC client: one call from a method's name to a checked, decoded answer.

All failures that may pass by themselves share one policy (tenacity), whether HTTP, JSON-RPC or the
decoding found them. Nothing of a request or an answer gets into a log or an exception: errors are
raised outside the handlers of the library's errors, which carry both.
"""

from __future__ import annotations

import itertools
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import requests
import tenacity
import urllib3
from dlt.sources.helpers.requests import Session

from ..errors import (
    AccessTokenExpired,
    AccessTokenInvalid,
    ApiError,
    ConnectionFailed,
    DayPointsSpent,
    MalformedResponse,
    MinutePointsSpent,
    NotADataApi,
    RequestTimedOut,
    RetriableError,
    ServerFailed,
    UisError,
    error_from,
)
from .answers import Answer
from .auth import Auth
from .envelope import Decode, Envelope, T, decode_json
from .json_text import as_utf8
from .points import Governor
from .slots import Slot, Slots
from .time_limit import TimedAdapter, time_limit, was_coming

logger = logging.getLogger(__name__)

_HEADERS = {
    "Content-Type": "application/json; charset=UTF-8",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
}

_UNPACKED_AT_ONCE = 2
"""Answers that are unpacked and decoded at once. Requests wait for the API, and their answers come,
side by side; but a page takes several times its size while it is decoded, and a core for a fraction
of a second.
"""

_MOST_WAITS = 10
"""How many times in a row a request waits for points before it is given up."""

_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
"""HTTP statuses that are no server's fault, and pass all the same."""

_MOST_RENEWALS = 3
"""How many times in a row a session is renewed for a request while no request gets an answer."""

Less = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
"""What to ask for instead, after a request with these parameters ran out of time; ``None`` if less
can't be asked for."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often a request is tried, and the bounds (seconds) of the growing, random waits."""

    attempts: int = 8
    first_wait: float = 0.5
    longest_wait: float = 30.0


@dataclass(frozen=True)
class Deprecation:
    """The API's version that we ask for is to go; ``latest`` is the one to move to."""

    current: str
    latest: str

    def __str__(self) -> str:
        return f"the API's version {self.current} is deprecated, the latest is {self.latest}"


@dataclass(frozen=True)
class AccountInfo:
    """What ``get.account`` tells: the account's id, name and time zone (IANA name).

    Each of them is ``None`` where it does not tell it.
    """

    app_id: int | None
    name: str | None
    zone_name: str | None

    @property
    def timezone(self) -> str:
        """The zone; it is missed only by those who need it.

        Raises:
            MalformedResponse: the API did not tell it.
        """
        if self.zone_name is None:
            raise MalformedResponse("get.account without a timezone")
        return self.zone_name


class DataApi:
    """The Data API at ``url``; threads may share it.

    ``deprecation`` is known once an answer has told of it, ``clock_offset`` (how far the API's
    clock is ahead of ours) once there was an answer with a ``Date``.

    Args:
        auth: gives the access token.
        user_id: the customer on whose behalf an agent's token asks.
        governor: lets requests go as the account's points allow.
        timeout: seconds that a request may take in all, from connecting to the answer's last byte.
        slots: places of the requests that may be under way at once; logins need none.
    """

    def __init__(
        self,
        url: str,
        auth: Auth,
        *,
        governor: Governor,
        slots: Slots,
        user_id: int | None = None,
        retry: RetryPolicy | None = None,
        timeout: float = 300.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.governor = governor
        self.slots = slots
        self._url = url
        self._host = urlsplit(url).hostname or url
        self._auth = auth
        self._user_id = user_id
        self._retry = retry or RetryPolicy()
        self._timeout = timeout
        self._limit: Any = time_limit(timeout)  # Any: the types of requests do not know it
        self._clock = clock
        self._sleep = sleep
        self._ids = itertools.count(1)
        self._unpacking = threading.BoundedSemaphore(_UNPACKED_AT_ONCE)
        self._local = threading.local()
        self._sessions: list[Session] = []
        self._is_closed = False
        self._last_answer = object()
        self._account: AccountInfo | None = None
        self.deprecation: Deprecation | None = None
        self.clock_offset: timedelta | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the session of a login, and closes connections.

        Threads that still wait, for points or to try again, ask for nothing any more.
        """
        self._is_closed = True
        try:
            self._auth.close(self._ended)
        except UisError as error:
            # it ends by itself within the hour
            logger.debug("could not log out: %s", type(error).__name__)
        for session in self._sessions:
            session.close()

    def _ended(self, method: str, params: Mapping[str, Any]) -> Envelope[Any]:
        self.governor.started()
        return self._exchange(method, params, decode_json, None)

    def account(self) -> AccountInfo:
        """The account that the token belongs to (``get.account``); asked for once.

        Raises:
            UisError: see :meth:`call`.
        """
        if self._account is None:
            answer: Envelope[Any] = self.call("get.account", {})
            self._account = _account_in(answer.data)
        return self._account

    def call(
        self,
        method: str,
        params: Mapping[str, Any],
        decode: Decode[T] = decode_json,
        less: Less | None = None,
        slot: Slot | None = None,
    ) -> Envelope[T]:
        """Calls a method and returns its successful answer; waits for points and tries again.

        Args:
            params: without ``access_token`` and ``user_id``, which are added.
            decode: turns the answer's body into an envelope.
            less: what to ask for after a try that ran out of time.
            slot: for the request, which is free when its answer has come; by default a new one.

        Raises:
            RetriableError: a failure that stayed, after all attempts.
            DayPointsSpent: the account has no points left today.
            UisError: any other error, at once.
        """

        place = self.slots.slot() if slot is None else slot

        def attempt() -> Envelope[T]:
            nonlocal params
            while True:
                try:
                    return self._authorised(method, params, decode, place)
                except RequestTimedOut as error:
                    smaller = less(params) if less else None
                    params = params if smaller is None else smaller
                    # what came slowly needs no pause, only less to come
                    if smaller is None or not error.is_slow:
                        raise

        return self._persistently(attempt)

    def _persistently(self, attempt: Callable[[], Envelope[T]]) -> Envelope[T]:
        backoff = tenacity.wait_random_exponential(
            multiplier=self._retry.first_wait, max=self._retry.longest_wait
        )

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = getattr(error, "retry_after", None) or 0.0
            return max(backoff(state), min(asked, 2 * self._retry.longest_wait))

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda error: (
                    isinstance(error, RetriableError) and not isinstance(error, MinutePointsSpent)
                )
            ),
            stop=tenacity.stop_after_attempt(self._retry.attempts),
            wait=wait,
            sleep=self._sleep,
            before_sleep=_log_retry,
            reraise=True,
        )
        return retrying(attempt)

    def _authorised(
        self, method: str, params: Mapping[str, Any], decode: Decode[T], slot: Slot
    ) -> Envelope[T]:
        """A call with a token; a session that has ended is renewed.

        Others may use the same login, and end our sessions with theirs: so it is renewed as often
        as there were answers in between, to whichever request of ours.
        """

        def post(method: str, params: Mapping[str, Any]) -> Envelope[Any]:
            # those that hold the places may all be waiting for this login
            return self._within_budget(method, params, decode_json, None)

        in_vain, before = 0, self._last_answer
        while True:
            token = self._auth.token(post, self._clock())
            user = {} if self._user_id is None else {"user_id": self._user_id}
            full = {"access_token": token, **user, **params}
            try:
                envelope = self._within_budget(method, full, decode, slot)
            except (AccessTokenExpired, AccessTokenInvalid):
                in_vain = in_vain + 1 if self._last_answer is before else 1
                before = self._last_answer
                if not self._auth.is_renewable or in_vain > _MOST_RENEWALS:
                    raise
                self._auth.invalidate(token)
                if in_vain > 1:
                    self._sleep(self._retry.first_wait * in_vain)
            else:
                self._last_answer = object()
                return envelope

    def _within_budget(
        self, method: str, params: Mapping[str, Any], decode: Decode[T], slot: Slot | None
    ) -> Envelope[T]:
        """A call when the points allow it, and again later if they did not."""
        for _ in range(_MOST_WAITS - 1):
            try:
                return self._allowed(method, params, decode, slot)
            except MinutePointsSpent:
                self.governor.minute_is_spent()
            except DayPointsSpent as spent:
                if not self.governor.waits_for_day:
                    raise
                self.governor.day_is_spent(spent.reset_at)
        return self._allowed(method, params, decode, slot)

    def _allowed(
        self, method: str, params: Mapping[str, Any], decode: Decode[T], slot: Slot | None
    ) -> Envelope[T]:
        """A call as soon as its slot has a place, if it is in one, and then the points allow it.

        Not the other way: the governor takes what it has allowed for under way, and has others
        wait for the answer, who may hold all places.
        """
        with slot.held() if slot else nullcontext():
            self.governor.acquire()
            if self._is_closed:
                self.governor.no_answer()
                raise _Closed
            return self._exchange(method, params, decode, slot)

    def _exchange(
        self, method: str, params: Mapping[str, Any], decode: Decode[T], slot: Slot | None
    ) -> Envelope[T]:
        """One request and its answer; tells the governor what it cost."""
        request_id = next(self._ids)
        began, asked_at = time.monotonic(), self._clock()
        try:
            with slot.sending() if slot else nullcontext():
                answer = self._answer(method, params, request_id)
            self._compare_clocks(answer)
            with self._unpacking:
                envelope = self._decoded(answer, decode)
            self._check_id(envelope, request_id)
        except BaseException:
            self.governor.no_answer()
            raise
        spent = envelope.error is None
        self.governor.answered(envelope.limits, spent=spent, asked_at=asked_at)
        logger.debug("%s: %d bytes in %.2f s", method, len(answer.packed), time.monotonic() - began)
        if envelope.error is not None:
            raise _told(self._error(envelope, params), answer)
        self._check_version(envelope)
        return envelope

    def _answer(self, method: str, params: Mapping[str, Any], request_id: int) -> Answer:
        """Sends a request and waits until its answer has come."""
        payload = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
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

    def _decoded(self, answer: Answer, decode: Decode[T]) -> Envelope[T]:
        try:
            body = self._json(answer)
            if answer.status < HTTPStatus.BAD_REQUEST:
                return decode(body)
            return self._decoded_error(body, answer.status)
        except RetriableError as error:
            raise _told(error, answer)  # noqa: B904 - it is the same

    def _json(self, answer: Answer) -> bytes:
        """The body of an answer, if that is JSON."""
        body = as_utf8(answer.body())
        if body.lstrip()[:1] not in (b"{", b"["):
            raise self._not_json(answer, body)
        return body

    def _session(self) -> Session:
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = Session(timeout=self._timeout, raise_for_status=False)
            for scheme in ("https://", "http://"):
                session.mount(scheme, TimedAdapter())
            self._local.session = session
            self._sessions.append(session)
        return session

    def _failure(self, failure: Exception, *, is_slow: bool) -> UisError:
        """Our error for the library's, without what it carries."""
        if isinstance(failure, requests.ConnectTimeout):
            seconds = self._limit.connect_timeout
            return ConnectionFailed(self._host, f"none was made within {seconds:g} seconds")
        if isinstance(failure, requests.Timeout | urllib3.exceptions.TimeoutError):
            return RequestTimedOut(self._host, self._timeout, is_slow=is_slow)
        if isinstance(failure, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
            return ConnectionFailed(self._host, "its TLS certificate can't be verified")
        if isinstance(failure, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
            return NotADataApi(self._url, "that is no web address")
        if isinstance(failure, requests.exceptions.ProxyError):
            return ConnectionFailed(self._host, "the proxy does not let us through")
        if isinstance(failure, requests.ConnectionError):
            return ConnectionFailed(self._host, _why(failure))
        if isinstance(failure, urllib3.exceptions.HTTPError):
            return MalformedResponse("cut off")
        return NotADataApi(self._url, type(failure).__name__)

    def _not_json(self, answer: Answer, body: bytes) -> UisError:
        status = answer.status
        is_html = body.lstrip()[:1] == b"<"
        content = "an HTML page" if is_html else "no JSON"
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES and not is_html:
            return MalformedResponse("not JSON, or cut off" if body.strip() else "it is empty")
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return NotADataApi(self._url, f"it redirects elsewhere (HTTP status {status})")
        return self._refused(status, content)

    def _refused(self, status: int, content: str) -> UisError:
        """The error for an HTTP status, where the API's own error does not come with it."""
        is_final = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        if is_final and status not in _PASSING:
            return NotADataApi(self._url, f"HTTP status {status} and {content}")
        return ServerFailed(self._host, status, content)

    def _decoded_error(self, body: bytes, status: int) -> Envelope[Any]:
        """The API's own error in an answer with an HTTP error status."""
        try:
            envelope = decode_json(body)
        except MalformedResponse:
            envelope = None
        if envelope is None or envelope.error is None:
            raise self._refused(status, "JSON that is no answer")
        error = error_from(envelope.error)
        is_unknown = error.code is None and error.mnemonic is None
        if is_unknown or (
            status >= HTTPStatus.INTERNAL_SERVER_ERROR and isinstance(error, ApiError)
        ):
            raise self._refused(status, "an error that is not of the API")
        return envelope

    def _check_id(self, envelope: Envelope[Any], request_id: int) -> None:
        nameless_error = envelope.error is not None and envelope.id is None
        is_ours = str(envelope.id) == str(request_id) or envelope.id == float(request_id)
        if not is_ours and not nameless_error:
            raise MalformedResponse("the answer to another request")

    def _error(self, envelope: Envelope[Any], params: Mapping[str, Any]) -> UisError:
        assert envelope.error is not None
        fields = params.get("fields", ())
        error = error_from(envelope.error, asked=fields, secrets=self._auth.secrets)
        if isinstance(error, MinutePointsSpent) and _limit_type(envelope.error) == "day":
            seconds = envelope.limits.get("day_reset")
            wait = timedelta(seconds=seconds if isinstance(seconds, int | float) else 3600)
            return DayPointsSpent(self._clock() + wait, mnemonic=error.mnemonic, code=error.code)
        return error

    def _check_version(self, envelope: Envelope[Any]) -> None:
        version = envelope.metadata.get("api_version")
        if isinstance(version, Mapping) and self.deprecation is None:
            self.deprecation = Deprecation(
                str(version.get("current_version")), str(version.get("latest_version"))
            )
            logger.warning("%s: update dlt-uis", self.deprecation)

    def _compare_clocks(self, answer: Answer) -> None:
        if answer.dated is not None:
            self.clock_offset = answer.dated - self._clock()


class _Closed(Exception):
    """Whoever asked has ended; nobody will hear of it."""


def _told(error: UisError, answer: Answer) -> UisError:
    """The error, which knows when the server wants to be asked again."""
    if isinstance(error, RetriableError):
        error.retry_after = answer.retry_after
    return error


def _account_in(data: object) -> AccountInfo:
    first = data[0] if isinstance(data, list) and data else data
    told = first if isinstance(first, Mapping) else {}
    app_id, zone = told.get("app_id"), told.get("timezone")
    if isinstance(app_id, str) and app_id.isdecimal():
        app_id = int(app_id)
    is_id = isinstance(app_id, int) and not isinstance(app_id, bool) and 0 < app_id < 2**63
    return AccountInfo(
        app_id if is_id else None, told.get("name"), zone if isinstance(zone, str) else None
    )


def _limit_type(error: Mapping[str, Any]) -> str | None:
    data = error.get("data")
    params = data.get("params") if isinstance(data, Mapping) else None
    kind = params.get("limit_type") if isinstance(params, Mapping) else None
    return kind if isinstance(kind, str) else None


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


def _log_retry(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0.0
    message = error.message if isinstance(error, UisError) else ""
    logger.warning(
        "attempt %d failed, the next in %.1f s: %s", state.attempt_number, wait, message,
        extra={"attempt": state.attempt_number, "error": type(error).__name__},
    )  # fmt: skip
