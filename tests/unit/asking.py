"""Requests to a sandbox, as unit tests send them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import requests

from dlt_uis.sandbox import Sandbox

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def post(sandbox: Sandbox, request: Any) -> dict[str, Any]:
    answer: dict[str, Any] = requests.post(sandbox.url, json=request, timeout=10).json()
    return answer


def ask(sandbox: Sandbox, method: str = "get.calls_report", **params: Any) -> dict[str, Any]:
    """An answer; parameters that are ``None`` are not sent."""
    full = {"access_token": sandbox.access_token, **params}
    given = {name: value for name, value in full.items() if value is not None}
    return post(sandbox, {"jsonrpc": "2.0", "id": "a", "method": method, "params": given})


def refusal(sandbox: Sandbox, method: str, **params: Any) -> tuple[str, str | None]:
    """The mnemonic of an error, and the field that it is about."""
    error = ask(sandbox, method, **params)["error"]["data"]
    return error["mnemonic"], error["field"]
