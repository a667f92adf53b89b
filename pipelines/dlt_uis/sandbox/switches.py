"""What a test can turn on while the sandbox runs: undocumented behaviour, refusals, faults."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

Nameless = Literal[
    "null_field",
    "no_field",
    "fields",
    "path",
    "no_mnemonic",
    "other_code",
    "null_data",
    "no_data",
    "text_data",
]
"""How an error about a field does not name it: by its ``field``, its mnemonic, or its ``data``."""

RecordingFault = Literal[
    "http_400",
    "http_403",
    "http_404",
    "http_429",
    "http_500",
    "http_503",
    "html",
    "json",
    "empty",
    "html_as_audio",
    "no_type",
    "cut",
    "no_length",
    "stall",
    "drip",
    "reset",
    "redirect",
    "redirect_elsewhere",
]
"""What comes in place of a recording, or how it comes: as HTML that is called audio, without a
type, cut off, without a length, never, a byte now and then, or by way of another address."""

TotalItems = Literal[
    "number", "text", "float", "null", "missing", "no metadata", "null metadata", "list metadata"
]


Unsorted = Literal["by time", "by time descending", "by id", "stable", "random"]
"""In which order records come that nobody asked to be sorted; the last is another one each time."""

Brand = Literal["uis", "comagic", "callgear", "novofon"]


@dataclass
class Switches:
    """The sandbox's behaviour; every attribute may be set at any time.

    ``page_cap`` makes pages shorter than asked for, ``total_items_offset`` makes the API lie about
    how many records match, ``lose_rows`` drops a record out of the middle of so many pages,
    ``total_items_as`` says how it writes that number, or whether it leaves it out, alone or with
    all metadata; ``no_calls_as`` what ``data`` is without records. ``repeat`` has each page bear a
    record twice, or each page behind an offset begin with the last one of the page before it.
    ``before_answer`` is called before each page of a report, with the number of those before it; it
    may change the account.

    ``unsorted`` says in which order records come that nobody asked to be sorted: by time where the
    API could have been asked for that, else at random. Methods that are ``unsortable`` refuse to
    sort, whatever is documented. The result of ``bare_lists`` is the list of records itself.

    What the documentation of the ``brand`` lacks is refused. ``disabled_methods`` name those whose
    component is off, with the component; ``forbidden_methods`` those that the user has no right to.
    With ``components_as_met`` refusals for components are not as documented, but as clients have
    met them.

    ``latency`` is seconds before each answer. The line is slow: ``bytes_per_second``.
    ``disabled_fields`` names fields whose component is off, with the component; ``nameless`` is how
    errors about fields fail to name them. ``long_errors`` have a helper text of some 10,000
    characters. Others with the same login end a session after ``session_answers`` answers.
    ``rewrite`` changes the bytes of answers, into what JSON has no words for.

    Recordings have ``recording_bytes``, each its own small number of them by default, and are
    deleted ``recordings_kept_days`` after their call. ``recording_fault`` is asked about each
    request for one, by its path and how often that was asked for before.
    """

    inclusive_from: bool = True
    inclusive_till: bool = True
    shuffle: bool = True
    page_cap: int | None = None
    total_items_offset: int = 0
    total_items_as: TotalItems = "number"
    no_calls_as: Literal["list", "object", "null", "missing"] = "list"
    unsorted: Unsorted | None = None
    unsortable: Collection[str] = ()
    bare_lists: Collection[str] = ()
    lose_rows: int = 0
    repeat: Literal["nothing", "on a page", "on two pages"] = "nothing"
    before_answer: Callable[[int], object] | None = None
    latency: float = 0.0
    token_state: Literal["valid", "expired", "invalid", "blocked"] = "valid"
    login_refused: bool = False
    ip_allowed: bool = True
    brand: Brand = "uis"
    forbidden: bool = False
    forbidden_methods: Collection[str] = ()
    account_active: bool = True
    deprecated_version: bool = False
    disabled_fields: Mapping[str, str] = field(default_factory=dict)
    unknown_fields: Collection[str] = ()
    disabled_methods: Mapping[str, str] = field(default_factory=dict)
    unknown_methods: Collection[str] = ()
    components_as_met: bool = False
    nameless: Nameless | None = None
    long_errors: bool = False
    session_answers: int | None = None
    bytes_per_second: int | None = None
    rewrite: Callable[[bytes], bytes] | None = None
    recording_bytes: int | None = None
    recordings_kept_days: float | None = None
    recording_fault: Callable[[str, int], RecordingFault | None] | None = None


FaultKind = Literal[
    "http_500_html",
    "http_502_html",
    "http_200_html",
    "http_503",
    "http_503_until",
    "http_200_empty",
    "http_204",
    "http_404_html",
    "http_429",
    "http_500_json_rpc",
    "redirect",
    "reset",
    "stall",
    "stall_in_headers",
    "stall_after_headers",
    "drip",
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
    """Goes wrong ``times`` times, after ``after`` requests (of ``method``) have passed.

    ``seconds`` is how long a stall lasts, the pause between the bytes of a drip, and until when a
    ``http_503_until`` asks to wait.
    """

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
