"""A recording that the warehouse tells of, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from ..errors import UisError

KEY = ("call_id", "kind", "record_id")
"""Columns that tell recordings apart; where rows tell their customer, he does, too."""

Key: TypeAlias = tuple[int, str, str, int | None]
"""Their values, and the customer where rows tell theirs."""


class Status(StrEnum):
    """What the ledger says of a recording.

    ``PENDING``: it is not there yet, or its server failed. ``GONE``: the server has it no more.
    ``REFUSED``: what came is no recording. ``FORGOTTEN``: its file was deleted, for good.
    """

    STORED = "stored"
    PENDING = "pending"
    GONE = "gone"
    REFUSED = "refused"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True)
class Recording:
    """A recording of a call that began at ``start`` (UTC).

    Attributes:
        link: what the report tells of it, a secret: an id, or for the whole call a link.
        communication: the id that stands in its link.
        app_id, user_id: whose it is, where rows tell that.
        attempts: how often it was asked for before; ``first_tried_at`` when first.
    """

    call_id: int
    kind: str
    record_id: str
    link: str
    communication: int
    start: datetime
    app_id: int | None = None
    user_id: int | None = None
    attempts: int = 0
    first_tried_at: datetime | None = None

    @property
    def key(self) -> Key:
        return self.call_id, self.kind, self.record_id, self.user_id


@dataclass(frozen=True)
class File:
    """A file that is whole, under its final name ``path``."""

    path: str
    bytes: int
    sha256: str
    content_type: str


@dataclass(frozen=True)
class Verdict:
    """What came of a recording at a moment, after it was asked for ``tries`` times more.

    ``error`` is why it is pending, if its server failed. ``was_there``: the file was.
    """

    recording: Recording
    status: Status
    at: datetime
    tries: int = 0
    file: File | None = None
    error: UisError | None = None
    was_there: bool = False

    def as_row(self) -> Mapping[str, Any]:
        """The row of the ledger, but for what a load adds."""
        about, file = self.recording, self.file
        return {
            "call_id": about.call_id,
            "kind": about.kind,
            "record_id": about.record_id,
            "path": file and file.path,
            "bytes": file and file.bytes,
            "sha256": file and file.sha256,
            "content_type": file and file.content_type,
            "status": self.status.value,
            "attempts": about.attempts + self.tries,
            "first_tried_at": about.first_tried_at or self.at,
            "last_tried_at": self.at,
            "app_id": about.app_id,
            "user_id": about.user_id,
        }
