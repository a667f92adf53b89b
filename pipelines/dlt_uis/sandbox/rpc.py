"""The API's methods: who may call them, what they cost, what they answer."""

from __future__ import annotations

import json
import random
import secrets
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Literal

from ..reports import REPORTS
from ..reports.fields import Report
from . import reference
from .account import Account
from .budget import Budget, Limits
from .querying import Found, Query, checked, find
from .refusals import ABOUT_FIELDS, Refusal, without_name
from .switches import Switches
from .zipping import Zipped

_SESSION = timedelta(hours=1)
CACHE_BYTES = 768 * 1024 * 1024
_PIECE = 200
"""Calls that are rendered, compressed and cached together."""
_REPORTS = {report.method: report for report in REPORTS.values()}

USERS = (
    {"id": 101, "login": "client-one", "name": "Клиент один", "description": "", "customer_id": 11},
    {"id": 102, "login": "client-two", "name": "Client two", "description": "", "customer_id": 12},
)


@dataclass(frozen=True)
class LoggedRequest:
    """One request for calls, as it was answered."""

    params: Mapping[str, Any]
    rows: int
    total: int


@dataclass
class Stats:
    """What the sandbox has seen since the last :meth:`reset`."""

    requests: int = 0
    by_method: dict[str, int] = field(default_factory=dict)
    log: list[LoggedRequest] = field(default_factory=list)

    def reset(self) -> None:
        self.requests = 0
        self.by_method.clear()
        self.log.clear()


class Body:
    """A part of an answer, plain or compressed: kept as it was asked for last."""

    def __init__(self, plain: bytes) -> None:
        self._kept: bytes | Zipped = plain
        self._lock = threading.Lock()

    @property
    def plain(self) -> bytes:
        with self._lock:
            if isinstance(self._kept, Zipped):
                self._kept = self._kept.plain
            return self._kept

    @property
    def zipped(self) -> Zipped:
        with self._lock:
            if not isinstance(self._kept, Zipped):
                self._kept = Zipped.of(self._kept)
            return self._kept

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about."""
        kept = self._kept
        return len(kept.deflated if isinstance(kept, Zipped) else kept)


class Api:
    """The Data API of one account."""

    def __init__(
        self,
        account: Account,
        switches: Switches,
        limits: Limits,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self._cache_bytes = cache_bytes
        self.account = account
        self.switches = switches
        self.budget = Budget(limits, account.now)
        self.stats = Stats()
        self.access_token = "sandbox-" + secrets.token_hex(16)
        self.agent_token = "agent-" + secrets.token_hex(16)
        self.login = "analyst@example.ru"
        self.password = "pässwörd-" + secrets.token_hex(6)
        self._sessions: dict[str, float] = {}
        self._answers: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._requests = 0
        self._cache: OrderedDict[tuple[object, ...], Body] = OrderedDict()
        self._methods: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            "get.account": self._get_account,
            "get.customer_users": self._get_customer_users,
            "logout.user": self._logout,
        }

    def expire_sessions(self) -> None:
        """Every session made by a login is over."""
        with self._lock:
            for token in self._sessions:
                self._sessions[token] = 0.0

    def count(self, method: str | None) -> None:
        with self._lock:
            self.stats.requests += 1
            name = method or "-"
            self.stats.by_method[name] = self.stats.by_method.get(name, 0) + 1

    def answer(self, request: Any) -> list[Body]:
        """The answer to a decoded request, in parts."""
        request_id = request.get("id") if isinstance(request, dict) else None
        try:
            method, params = _checked_request(request)
            metadata, data = self._result(method, params)
        except Refusal as refusal:
            return self.refusal(refusal, request_id)
        start = json.dumps({"jsonrpc": "2.0", "id": request_id})[:-1] + ', "result": {'
        parts = [Body(start.encode())]
        if self.switches.total_items_as != "no metadata":
            parts.append(Body(f'"metadata": {json.dumps(metadata)}'.encode()))
        if data:
            parts += [Body(b', "data": ' if len(parts) > 1 else b'"data": '), *data]
        return [*parts, Body(b"}}")]

    def refusal(self, refusal: Refusal, request_id: object = None) -> list[Body]:
        error = refusal.as_object(self.budget.describe())
        if self.switches.long_errors:
            error["data"]["extended_helper"] = "см. документацию " * 600
        if self.switches.nameless and refusal.mnemonic in ABOUT_FIELDS:
            error = without_name(error, self.switches.nameless)
        answer = {"jsonrpc": "2.0", "id": request_id, "error": error}
        return [Body(json.dumps(answer, ensure_ascii=False).encode())]

    # -- access ---------------------------------------------------------------------------------

    def _result(self, method: str, params: Mapping[str, Any]) -> tuple[Any, list[Body]]:
        self._check_account()
        known = {*self._methods, *reference.LISTS, "login.user", *_REPORTS}
        if method not in known or method in self.switches.unknown_methods:
            raise Refusal("method_not_found", f"Method {method} is not found")
        lacking = self.budget.lacks()
        if lacking:
            raise self.limit_exceeded(lacking)
        if method == "login.user":
            data, total = self._log_in(params), 1
        else:
            self._check_token(params)
            self._check_method(method)
            if method in _REPORTS:
                return self._page_of(_REPORTS[method], params)
            data, total = self._data(method, params)
        return self._spent(total), [Body(json.dumps(data, ensure_ascii=False).encode())]

    def _data(self, method: str, params: Mapping[str, Any]) -> tuple[Any, int]:
        if method in reference.LISTS:
            rows = self.account.listed(method)
            return reference.page(method, rows, params), len(rows)
        data = self._methods[method](params)
        return data, len(data) if isinstance(data, list) else 1

    def limit_exceeded(self, which: str) -> Refusal:
        limits = self.budget.limits
        most = limits.day if which == "day" else limits.minute
        return Refusal(
            "limit_exceeded",
            f"The {which} limit of {most} points is exceeded",
            params={"limit_type": which, "limit": most},
        )

    def _spent(self, total: int) -> Any:
        self.budget.spend()
        written, total = self.switches.total_items_as, total + self.switches.total_items_offset
        if written in ("null metadata", "list metadata"):
            return None if written == "null metadata" else []
        as_json = {"number": total, "text": f"{total}", "float": float(total), "null": None}
        metadata: dict[str, Any] = {"limits": self.budget.describe()}
        if written in as_json:
            metadata["total_items"] = as_json[written]
        if self.switches.deprecated_version:
            metadata["api_version"] = {
                "current_version_deprecated": True,
                "current_version": "v2.0",
                "latest_version": "v3.0",
            }
        return metadata

    def _check_account(self) -> None:
        if not self.switches.ip_allowed:
            raise Refusal("ip_not_whitelisted", "Your IP address is not whitelisted")
        if not self.switches.account_active:
            raise Refusal("account_inactive", "The account is inactive")

    def _check_method(self, method: str) -> None:
        if self.switches.forbidden:
            raise Refusal("forbidden", "Permission denied")
        if method in self.switches.disabled_methods:
            raise Refusal(
                "method_component_disabled",
                f"Component of the method {method} is disabled",
                params={"components": [self.switches.disabled_methods[method]]},
            )

    def _check_token(self, params: Mapping[str, Any]) -> None:
        token = params.get("access_token")
        if token is None:
            raise Refusal(
                "required_parameter_missed", "access_token is required", field="access_token"
            )
        if not isinstance(token, str):
            raise Refusal("data_type_error", "access_token is a string", field="access_token")
        if token in (self.access_token, self.agent_token):
            state = self.switches.token_state
        else:
            state = self._state_of(token)
        if state != "valid":
            # the real API repeats the value: no client may show it
            raise Refusal(
                f"access_token_{state}", f"Access token {token} is {state}",
                field="access_token", value=token,
            )  # fmt: skip
        self._check_user(params, is_agent=token == self.agent_token)

    def _state_of(self, session: str) -> Literal["valid", "expired", "invalid"]:
        with self._lock:
            expires = self._sessions.get(session)
            self._answers[session] += 1
            ended = self.switches.session_answers
            if expires is None:
                return "invalid"
            if ended is not None and self._answers[session] > ended:
                return "expired"
        return "valid" if self.account.now().timestamp() < expires else "expired"

    def _check_user(self, params: Mapping[str, Any], *, is_agent: bool) -> None:
        user = params.get("user_id")
        if user is None:
            if is_agent:
                raise Refusal("required_parameter_missed", "user_id is required", field="user_id")
            return
        if isinstance(user, bool) or not isinstance(user, int):
            raise Refusal("data_type_error", "user_id is a number", field="user_id")
        if is_agent and user not in [known["id"] for known in USERS]:
            raise Refusal("invalid_parameter_value", "Unknown user_id", field="user_id")

    # -- methods --------------------------------------------------------------------------------

    def _log_in(self, params: Mapping[str, Any]) -> dict[str, Any]:
        for name in ("login", "password"):
            if not isinstance(params.get(name), str):
                raise Refusal("required_parameter_missed", f"{name} is required", field=name)
        right = (params["login"], params["password"]) == (self.login, self.password)
        if not right or self.switches.login_refused:
            raise Refusal("auth_error", "Login or password is wrong", value=params["password"])
        token = "session-" + secrets.token_hex(16)
        expires = (self.account.now() + _SESSION).timestamp()
        with self._lock:
            self._sessions[token] = expires
        return {
            "access_token": token,
            "expire_at": int(expires),
            "app_id": self.account.app_id,
        }

    def _logout(self, params: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            self._sessions.pop(params["access_token"], None)
        return {"success": True}

    def _get_account(self, _: Mapping[str, Any]) -> list[dict[str, Any]]:
        account = self.account
        return [{"app_id": account.app_id, "name": account.name, "timezone": account.timezone}]

    def _get_customer_users(self, _: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [dict(user) for user in USERS]

    def _page_of(self, report: Report, params: Mapping[str, Any]) -> tuple[Any, list[Body]]:
        query = checked(report, params, self.account, self.switches)
        with self._lock:
            if self.switches.before_answer is not None:
                self.switches.before_answer(self._requests)
            self._requests += 1
            rng = random.Random(self._requests)
        with self.account.lock:
            found = self._without_lost(find(self._shifted(query), self.account, self.switches, rng))
            found = self._with_repeats(found, query)
            body = self._rendered(query, found) if found.indices else self._nothing()
        metadata = self._spent(found.total)
        shown = {name: value for name, value in params.items() if name != "access_token"}
        with self._lock:
            self.stats.log.append(LoggedRequest(shown, len(found.indices), found.total))
        return metadata, body

    def _without_lost(self, found: Found) -> Found:
        middle = len(found.indices) // 2
        if not self.switches.lose_rows or not middle:
            return found
        self.switches.lose_rows -= 1
        kept = found.indices[:middle] + found.indices[middle + 1 :]
        return Found(kept, found.total, is_stable=False)

    def _shifted(self, query: Query) -> Query:
        """The query, or one for a page that begins with the last call of the page before it."""
        if self.switches.repeat == "on two pages" and query.offset:
            return replace(query, offset=query.offset - 1)
        return query

    def _with_repeats(self, found: Found, query: Query) -> Found:
        """The page, with a call twice if that is switched on."""
        indices = found.indices
        if self.switches.repeat != "on a page" or not indices:
            return found
        middle = len(indices) // 2
        indices = (*indices[:middle], indices[middle], *indices[middle:])
        return Found(indices[: query.limit], found.total, is_stable=False)

    def _nothing(self) -> list[Body]:
        written = {"list": b"[]", "object": b"{}", "null": b"null"}.get(self.switches.no_calls_as)
        return [] if written is None else [Body(written)]

    def _rendered(self, query: Query, found: Found) -> list[Body]:
        """The calls in pieces, cut at the same calls whatever the page, so that they are cached
        for every page that holds them."""
        indices = found.indices
        first = -min(indices, default=0) % _PIECE
        cuts = [0, *range(first or _PIECE, len(indices), _PIECE), len(indices)]
        bodies = []
        for start, end in pairwise(cuts):
            keep = found.is_stable or end - start == _PIECE
            before = b"," if start else b"["
            bodies.append(self._piece(before, query, indices[start:end], keep=keep))
        self._shrink()
        return [*bodies, Body(b"]")]

    def _piece(self, before: bytes, query: Query, indices: tuple[int, ...], *, keep: bool) -> Body:
        account, names = self.account, frozenset(query.fields)
        key = (before, indices, names, account.version)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        whole = (
            names.issuperset(query.report.names)
            and not (account.extra_fields - account.unasked_fields) & names
        )
        pick = account.encoded if whole else lambda index: _picked(account, index, names)
        body = Body(before + b",".join(map(pick, indices)))
        # a call that goes on changes by itself: its piece is not kept
        now = int(account.now().timestamp())
        if keep and indices and max(map(account.starts.__getitem__, indices)) <= now - 7_200:
            self._cache[key] = body
        return body

    def _shrink(self) -> None:
        size = sum(kept.size for kept in self._cache.values())
        while size > self._cache_bytes:
            size -= self._cache.popitem(last=False)[1].size


def _picked(account: Account, index: int, names: frozenset[str]) -> bytes:
    call = account.decoded(index)
    sent = names | account.unasked_fields
    return json.dumps(
        {name: value for name, value in call.items() if name in sent},
        ensure_ascii=False,
        default=float,
    ).encode()


def _checked_request(request: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(request, list):
        raise Refusal("batch_operations_not_supported", "Batches are not supported")
    if not isinstance(request, dict) or request.get("jsonrpc") != "2.0":
        raise Refusal("invalid_request", "Not a JSON-RPC 2.0 request", field="jsonrpc")
    if "id" not in request:
        raise Refusal("notifications_not_supported", "id is required", field="id")
    id_, method, params = request["id"], request.get("method"), request.get("params")
    if isinstance(id_, bool) or not isinstance(id_, str | int | float):
        raise Refusal("invalid_request", "id is a string or a number", field="id")
    if not isinstance(method, str):
        raise Refusal("invalid_request", "method is required", field="method")
    if not isinstance(params, dict):
        raise Refusal("invalid_request", "params must be an object", field="params")
    return method, params
