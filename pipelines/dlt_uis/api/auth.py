"""Who we are to the API: a token, or a login and password with sessions of an hour."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

from ..errors import MalformedResponse, MissingCredentials
from ..secrecy.scrubbing import remember
from .envelope import Envelope

Post = Callable[[str, Mapping[str, Any]], Envelope[Any]]
"""Calls a method without a token: (method, params)."""

_RENEW_BEFORE = 60.0
"""Seconds before its end at which a session is not used any more."""


class Auth(Protocol):
    """Gives requests their access token; shared by threads."""

    @property
    def is_renewable(self) -> bool:
        """Whether a token that the API refuses can be replaced by a new one."""

    @property
    def known_as(self) -> tuple[str, str]:
        """Kind and name of the credential, of which its fingerprint is made; never a password."""

    @property
    def secrets(self) -> Collection[str]:
        """What must never be shown."""

    def token(self, post: Post, now: datetime) -> str:
        """A token that is valid at ``now``, as far as can be known."""

    def invalidate(self, token: str) -> None:
        """The API refused ``token``: it is not given again if another can be had."""

    def close(self, post: Post) -> None:
        """Ends the session, if there is one."""

    def anew(self) -> Auth:
        """The same, with a session of its own."""


class TokenAuth:
    """A permanent or temporary key from the account's administration."""

    is_renewable = False

    def __init__(self, token: str) -> None:
        self._token = token
        self.known_as = ("token", token)
        self.secrets = (token,)
        remember(token)

    def token(self, post: Post, now: datetime) -> str:
        del post, now
        return self._token

    def invalidate(self, token: str) -> None:
        """Nothing can be done: there is one token only."""

    def close(self, post: Post) -> None:
        """A key stays valid."""

    def anew(self) -> TokenAuth:
        return self


class LoginAuth:
    """Sessions made by ``login.user``; each lives an hour and is renewed in time."""

    is_renewable = True

    def __init__(self, login: str, password: str) -> None:
        self._login = login
        self._password = password
        remember(password)
        self.known_as = ("login", login)
        self._lock = threading.Lock()
        self._token: str | None = None
        self._expires_at = 0.0

    @property
    def secrets(self) -> Collection[str]:
        return tuple(secret for secret in (self._password, self._token) if secret)

    def token(self, post: Post, now: datetime) -> str:
        with self._lock:
            if self._token is None or now.timestamp() > self._expires_at - _RENEW_BEFORE:
                self._log_in(post, now)
            assert self._token is not None
            return self._token

    def _log_in(self, post: Post, now: datetime) -> None:
        data = post("login.user", {"login": self._login, "password": self._password}).data
        if not isinstance(data, Mapping) or not isinstance(data.get("access_token"), str):
            raise MalformedResponse("login.user without an access_token")
        self._token = data["access_token"]
        remember(self._token)
        told = data.get("expire_at")
        expires_at = float(told) if isinstance(told, int | float) else 0.0
        # one that is over already tells of a wrong clock: the API will say when it is
        is_over = expires_at <= now.timestamp() + _RENEW_BEFORE
        self._expires_at = float("inf") if is_over else expires_at

    def invalidate(self, token: str) -> None:
        with self._lock:
            # another thread may have renewed it already
            if self._token == token:
                self._token = None

    def close(self, post: Post) -> None:
        with self._lock:
            token, self._token = self._token, None
        if token is not None:
            post("logout.user", {"access_token": token})

    def anew(self) -> LoginAuth:
        return LoginAuth(self._login, self._password)


def auth_of(access_token: str | None, login: str | None, password: str | None) -> Auth:
    """The authentication that the settings give; a token wins over a login.

    Raises:
        MissingCredentials: neither is complete.
    """
    if access_token:
        return TokenAuth(access_token)
    if login and password:
        return LoginAuth(login, password)
    raise MissingCredentials
