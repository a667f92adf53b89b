"""The JSON-RPC client: one call from a method's name to a checked, decoded answer.

All failures that may pass by themselves share one policy (tenacity), whether HTTP, JSON-RPC or the
decoding found them. Nothing of a request or an answer gets into a log or an exception: errors are
raised outside the handlers of the library's errors, which carry both.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from ..errors import (
    AccessTokenExpired,
    AccessTokenInvalid,
    DayPointsSpent,
    MalformedResponse,
    MinutePointsSpent,
    RequestTimedOut,
    UisError,
    error_from,
)
from .account import AccountInfo, Deprecation, account_in, deprecation_in
from .answers import Answer
from .auth import Auth
from .envelope import Decode, Envelope, T, decode_json
from .points import Governor
from .retrying import RetryPolicy, persistently
from .slots import Slot, Slots
from .statuses import decoded, with_retry_after
from .transport import Transport

logger = logging.getLogger(__name__)

_UNPACKED_AT_ONCE = 2
"""Answers that are unpacked and decoded at once. Requests wait for the API, and their answers come,
side by side; but a page takes several times its size while it is decoded, and a core for a fraction
of a second.
"""

_MOST_WAITS = 10
"""How many times in a row a request waits for points before it is given up."""

_MOST_RENEWALS = 3
"""How many times in a row a session is renewed for a request while no request gets an answer."""

Less = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
"""What to ask for instead, after a request with these parameters ran out of time; ``None`` if less
can't be asked for."""


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
        self._auth = auth
        self._user_id = user_id
        self._retry = retry or RetryPolicy()
        self._transport = Transport(url, timeout)
        self._clock = clock
        self._sleep = sleep
        self._ids = itertools.count(1)
        self._unpacking = threading.BoundedSemaphore(_UNPACKED_AT_ONCE)
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
        self._transport.close()

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
            self._account = account_in(answer.data)
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

        return persistently(attempt, self._retry, self._sleep)

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
        payload = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
        began, asked_at = time.monotonic(), self._clock()
        try:
            with slot.sending() if slot else nullcontext():
                answer = self._transport.answer(payload)
            self._compare_clocks(answer)
            with self._unpacking:
                envelope = decoded(answer, decode, self._url)
            self._check_id(envelope, request_id)
        except BaseException:
            self.governor.no_answer()
            raise
        spent = envelope.error is None
        self.governor.answered(envelope.limits, spent=spent, asked_at=asked_at)
        logger.debug("%s: %d bytes in %.2f s", method, len(answer.packed), time.monotonic() - began)
        if envelope.error is not None:
            raise with_retry_after(self._error(envelope, params), answer)
        self._check_version(envelope)
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
        if self.deprecation is None and (told := deprecation_in(envelope.metadata)):
            self.deprecation = told
            logger.warning("%s: update dlt-uis", told)

    def _compare_clocks(self, answer: Answer) -> None:
        if answer.dated is not None:
            self.clock_offset = answer.dated - self._clock()


class _Closed(Exception):
    """Whoever asked has ended; nobody will hear of it."""


def _limit_type(error: Mapping[str, Any]) -> str | None:
    data = error.get("data")
    params = data.get("params") if isinstance(data, Mapping) else None
    kind = params.get("limit_type") if isinstance(params, Mapping) else None
    return kind if isinstance(kind, str) else None
