"""Who may call the API: tokens, logins with sessions, users of an agent."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from .account import Account
from .lists import OF_AGENTS
from .refusals import Refusal
from .switches import Switches

_USERS, _CUSTOMERS = "get.customer_users", "get.customers"
_SESSION = timedelta(hours=1)


class Access:
    """The ways into an account."""

    def __init__(self, account: Account, switches: Switches) -> None:
        self.access_token = "sandbox-" + secrets.token_hex(16)
        self.agent_token = "agent-" + secrets.token_hex(16)
        self.login = "analyst@example.ru"
        self.password = "pässwörd-" + secrets.token_hex(6)
        self._account = account
        self._switches = switches
        self._lock = threading.Lock()
        self._sessions: dict[str, float] = {}
        self._answers: Counter[str] = Counter()

    def expire_sessions(self) -> None:
        """Every session made by a login is over."""
        with self._lock:
            for token in self._sessions:
                self._sessions[token] = 0.0

    def log_in(self, params: Mapping[str, Any]) -> dict[str, Any]:
        for name in ("login", "password"):
            if not isinstance(params.get(name), str):
                raise Refusal("required_parameter_missed", f"{name} is required", field=name)
        right = (params["login"], params["password"]) == (self.login, self.password)
        if not right or self._switches.login_refused:
            raise Refusal("auth_error", "Login or password is wrong", value=params["password"])
        token = "session-" + secrets.token_hex(16)
        expires = (self._account.now() + _SESSION).timestamp()
        with self._lock:
            self._sessions[token] = expires
        return {
            "access_token": token,
            "expire_at": int(expires),
            "app_id": self._account.app_id,
        }

    def log_out(self, params: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            self._sessions.pop(params["access_token"], None)
        return {"success": True}

    def check_account(self) -> None:
        """Makes sure that the account may be used.

        Raises:
            Refusal: it may not, or not from here.
        """
        if not self._switches.ip_allowed:
            raise Refusal("ip_not_whitelisted", "Your IP address is not whitelisted")
        if not self._switches.account_active:
            raise Refusal("account_inactive", "The account is inactive")

    def check(self, method: str, params: Mapping[str, Any]) -> None:
        """Makes sure that whoever asks may call a method.

        Raises:
            Refusal: they may not.
        """
        is_agent = self._check_token(params)
        self._check_user(method, params, is_agent=is_agent)
        switches = self._switches
        is_others = method == _CUSTOMERS and not is_agent
        if switches.forbidden or method in switches.forbidden_methods or is_others:
            raise Refusal("forbidden", "Permission denied")
        if method in switches.disabled_methods:
            raise Refusal(
                "method_component_disabled",
                f"Component of the method {method} is disabled",
                params={"components": [switches.disabled_methods[method]]},
            )

    def _check_token(self, params: Mapping[str, Any]) -> bool:
        """Whether it is an agent's."""
        token = params.get("access_token")
        if token is None:
            raise Refusal(
                "required_parameter_missed", "access_token is required", field="access_token"
            )
        if not isinstance(token, str):
            raise Refusal("data_type_error", "access_token is a string", field="access_token")
        if token in (self.access_token, self.agent_token):
            state = self._switches.token_state
        else:
            state = self._state_of(token)
        if state != "valid":
            # the real API repeats the value: no client may show it
            raise Refusal(
                f"access_token_{state}", f"Access token {token} is {state}",
                field="access_token", value=token,
            )  # fmt: skip
        return token == self.agent_token

    def _state_of(self, session: str) -> Literal["valid", "expired", "invalid"]:
        with self._lock:
            expires = self._sessions.get(session)
            self._answers[session] += 1
            ended = self._switches.session_answers
            if expires is None:
                return "invalid"
            if ended is not None and self._answers[session] > ended:
                return "expired"
        return "valid" if self._account.now().timestamp() < expires else "expired"

    def _check_user(self, method: str, params: Mapping[str, Any], *, is_agent: bool) -> None:
        user = params.get("user_id")
        if user is None:
            if is_agent and method not in OF_AGENTS:
                raise Refusal("required_parameter_missed", "user_id is required", field="user_id")
            return
        if isinstance(user, bool) or not isinstance(user, int):
            raise Refusal("data_type_error", "user_id is a number", field="user_id")
        if is_agent and user not in [row["id"] for row in self._account.listed(_USERS)]:
            raise Refusal("invalid_parameter_value", "Unknown user_id", field="user_id")
