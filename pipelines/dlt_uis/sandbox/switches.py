"""What a test can turn on while the sandbox runs: undocumented behaviour, refusals, faults."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass
class Switches:
    """The sandbox's behaviour; every attribute may be set at any time.

    ``page_cap`` makes pages shorter than asked for, ``total_items_offset`` makes the API lie about
    how many calls match, ``lose_rows`` drops a call out of the middle of so many pages,
    ``latency`` is seconds before each answer. ``disabled_fields`` names fields whose component is
    off, with the component. ``rewrite`` changes the bytes of answers, into what JSON has no words
    for.
    """

    inclusive_from: bool = True
    inclusive_till: bool = True
    shuffle: bool = True
    page_cap: int | None = None
    total_items_offset: int = 0
    lose_rows: int = 0
    latency: float = 0.0
    token_state: Literal["valid", "expired", "invalid", "blocked"] = "valid"
    login_refused: bool = False
    ip_allowed: bool = True
    forbidden: bool = False
    account_active: bool = True
    deprecated_version: bool = False
    disabled_fields: Mapping[str, str] = field(default_factory=dict)
    unknown_fields: Collection[str] = ()
    disabled_methods: Mapping[str, str] = field(default_factory=dict)
    unknown_methods: Collection[str] = ()
    rewrite: Callable[[bytes], bytes] | None = None


FaultKind = Literal[
    "http_500_html",
    "http_502_html",
    "http_200_html",
    "http_503",
    "http_404_html",
    "http_429",
    "http_500_json_rpc",
    "redirect",
    "reset",
    "stall",
    "truncate",
    "not_json",
    "internal_error",
    "wrong_id",
    "wrong_shape",
    "minute_limit_exceeded",
    "day_limit_exceeded",
]


@dataclass
class Fault:
    """Goes wrong ``times`` times, after ``after`` requests (of ``method``) have passed."""

    kind: FaultKind
    times: int = 1
    after: int = 0
    method: str | None = None
    seconds: float = 0.0


class Faults:
    """The faults that are to come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def next(self, method: str | None) -> Fault | None:
        """The fault that hits this request, if any."""
        with self._lock:
            for fault in self._waiting:
                if fault.method not in (None, method):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
