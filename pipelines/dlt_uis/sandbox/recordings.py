"""The account's recordings: which of them there are under which path, and how often each was asked
for."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zlib import crc32

from ..reports.recordings import KINDS, RECORDING_FIELDS, WHOLE_CALL
from .account import Account
from .audio import Audio
from .rendering import communication_of
from .switches import Switches

PARTS, WHOLE = "/system/media/", "/records/"
"""What paths begin with: of parts of calls, and of whole ones."""

_FIELDS = {field.kind: field.name for field in RECORDING_FIELDS}


class Recordings:
    """What the hosts of recordings serve.

    Attributes:
        asked: how often each path was asked for; ``sent`` how often its file was sent whole.
    """

    def __init__(self, account: Account, switches: Switches) -> None:
        self._account = account
        self._switches = switches
        self._lock = threading.Lock()
        self._ids: dict[int, int] = {}
        self.asked: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()

    def ask(self, path: str) -> int:
        """Counts a request; returns how many of that path there were before."""
        with self._lock:
            self.asked[path] += 1
            return self.asked[path] - 1

    def was_sent(self, path: str) -> None:
        with self._lock:
            self.sent[path] += 1

    def found(self, path: str) -> Audio | int:
        """The file under a path, or the HTTP status that tells that there is none."""
        try:
            kind, id_, record = _read(path)
            call = self._account.call(self._call_of(id_))
        except (KeyError, ValueError):
            return 404
        told = {kind: list(_records(call, kind)) for kind in KINDS}
        if not any(told.values()):
            return 400
        if record not in told.get(kind, ()) or self._is_deleted(call["id"]):
            return 404
        return self.audio(call["id"], kind, record)

    def audio(self, call_id: int, kind: str, record: str) -> Audio:
        """The file of a recording."""
        name = f"{kind} {call_id} {record}"
        size = self._switches.recording_bytes or 2_000 + crc32(name.encode()) % 5_000
        return Audio(name, size, kind == "wav")

    def truth(self) -> dict[tuple[int, str, str], Audio]:
        """All recordings of the calls that the API shows now, by call, kind and id."""
        return {
            (call["id"], kind, record): self.audio(call["id"], kind, record)
            for call in self._account.truth()
            for kind in KINDS
            for record in _records(call, kind)
        }

    def path(self, call_id: int, kind: str, record: str) -> str:
        """The path under which a recording is served."""
        communication = communication_of(call_id)
        if kind == WHOLE_CALL:
            return f"{WHOLE}{communication}/{record}"
        return f"{PARTS}{kind}/{communication}/{record}/"

    def _call_of(self, id_: int) -> int:
        """The call that stands in a link by its communication's id, or by its own."""
        with self._account.lock:
            if len(self._ids) < len(self._account.ids):
                self._ids = {communication_of(each): each for each in self._account.ids}
            return self._ids.get(id_, id_)

    def _is_deleted(self, call_id: int) -> bool:
        days = self._switches.recordings_kept_days
        if days is None:
            return False
        age: timedelta = self._account.now() - self._account.instant_of(call_id)
        return age > timedelta(days=days)


def _read(path: str) -> tuple[str, int, str]:
    """Kind, call and recording of a path."""
    if path.startswith(WHOLE):
        id_, record = path.removeprefix(WHOLE).split("/")
        return WHOLE_CALL, int(id_), record
    kind, id_, record = path.removeprefix(PARTS).rstrip("/").split("/")
    return kind, int(id_), record


def _records(call: dict[str, Any], kind: str) -> Iterator[str]:
    told = call[_FIELDS[kind]]
    if kind == WHOLE_CALL:
        yield from [told.rsplit("/", 1)[1]] if told else []
    else:
        yield from told or ()
