"""The API's methods: who may call them, what they cost, what they answer."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..reports import REPORTS
from ..reports.fields import Report
from .access import Access
from .account import Account
from .bodies import Body
from .budget import Budget, Limits
from .checking import checked
from .finding import find
from .listing import page
from .lists import LISTS, UNKNOWN_TO
from .pages import Pages, shifted, with_repeats, without_lost
from .refusals import ABOUT_FIELDS, Refusal, as_met, without_name
from .switches import Switches

CACHE_BYTES = 768 * 1024 * 1024
_REPORTS = {report.method: report for report in REPORTS.values()}


@dataclass(frozen=True)
class LoggedRequest:
    """One request for a report, as it was answered: with so many bytes of records as JSON."""

    params: Mapping[str, Any]
    rows: int
    total: int
    method: str
    length: int


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


class Api:
    """The Data API of one account."""

    def __init__(
        self,
        account: Account,
        switches: Switches,
        limits: Limits,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.account = account
        self.switches = switches
        self.access = Access(account, switches)
        self.budget = Budget(limits, account.now)
        self.stats = Stats()
        self._pages = Pages(account, switches, cache_bytes)
        self._lock = threading.Lock()
        self._requests = 0
        self._methods: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            "get.account": self._get_account,
            "logout.user": self.access.log_out,
        }

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
        start = json.dumps({"jsonrpc": "2.0", "id": request_id})[:-1] + ', "result": '
        if method in self.switches.bare_lists:
            return [Body(start.encode()), *(data or [Body(b"[]")]), Body(b"}")]
        parts = [Body(f"{start}{{".encode())]
        if self.switches.total_items_as != "no metadata":
            parts.append(Body(f'"metadata": {json.dumps(metadata)}'.encode()))
        if data:
            parts += [Body(b', "data": ' if len(parts) > 1 else b'"data": '), *data]
        return [*parts, Body(b"}}")]

    def refusal(self, refusal: Refusal, request_id: object = None) -> list[Body]:
        error = refusal.as_object(self.budget.describe())
        if self.switches.long_errors:
            error["data"]["extended_helper"] = "см. документацию " * 600
        if self.switches.components_as_met:
            error = as_met(error)
        if self.switches.nameless and refusal.mnemonic in ABOUT_FIELDS:
            error = without_name(error, self.switches.nameless)
        answer = {"jsonrpc": "2.0", "id": request_id, "error": error}
        return [Body(json.dumps(answer, ensure_ascii=False).encode())]

    # -- methods --------------------------------------------------------------------------------

    def _result(self, method: str, params: Mapping[str, Any]) -> tuple[Any, list[Body]]:
        self.access.check_account()
        known = {*self._methods, *LISTS, "login.user", *_REPORTS}
        unknown = {*self.switches.unknown_methods, *UNKNOWN_TO.get(self.switches.brand, ())}
        if method not in known or method in unknown:
            raise Refusal("method_not_found", f"Method {method} is not found")
        lacking = self.budget.lacks()
        if lacking:
            raise self.limit_exceeded(lacking)
        if method == "login.user":
            data, total = self.access.log_in(params), 1
        else:
            self.access.check(method, params)
            if method in _REPORTS:
                return self._page_of(_REPORTS[method], params)
            data, total = self._data(method, params)
        return self._spent(total), [Body(json.dumps(data, ensure_ascii=False).encode())]

    def _data(self, method: str, params: Mapping[str, Any]) -> tuple[Any, int]:
        if method in LISTS:
            return page(method, self.account.listed(method), params, self.switches)
        data = self._methods[method](params)
        return data, len(data) if isinstance(data, list) else 1

    def _get_account(self, _: Mapping[str, Any]) -> list[dict[str, Any]]:
        account = self.account
        return [{"app_id": account.app_id, "name": account.name, "timezone": account.timezone}]

    def _page_of(self, report: Report, params: Mapping[str, Any]) -> tuple[Any, list[Body]]:
        account, switches = self.account, self.switches
        archive = account.archive(report.table)
        query = checked(report, params, archive.extra_fields, switches)
        with self._lock:
            if switches.before_answer is not None:
                switches.before_answer(self._requests)
            self._requests += 1
            rng = random.Random(self._requests)
        with account.lock:
            found = find(shifted(query, switches), archive, switches, rng)
            found = with_repeats(without_lost(found, switches), query, switches)
            body = self._pages.bodies(query, archive, found)
        metadata = self._spent(found.total)
        shown = {name: value for name, value in params.items() if name != "access_token"}
        request = LoggedRequest(
            shown, len(found.indices), found.total, report.method,
            sum(part.length for part in body),
        )  # fmt: skip
        with self._lock:
            self.stats.log.append(request)
        return metadata, body

    # -- points ---------------------------------------------------------------------------------

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
