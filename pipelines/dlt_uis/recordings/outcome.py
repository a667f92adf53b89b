"""What a run came to, or would: values for whoever asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import UisError
from ..localtime.zones import Zone
from .recording import Status, Verdict


@dataclass(frozen=True)
class Forecast:
    """How many recordings are to be stored, by kind. The ``first`` of their calls began then (UTC);
    ``zone`` is the account's."""

    counts: Mapping[str, int]
    first: datetime | None
    zone: Zone

    @property
    def first_local(self) -> datetime | None:
        return None if self.first is None else self.zone.local(self.first)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def as_json(self) -> Mapping[str, Any]:
        first = self.first and self.first.isoformat()
        return {"recordings": self.total, "kinds": dict(self.counts), "first": first}


@dataclass
class Stored:
    """What a run did.

    Attributes:
        place: where files are stored.
        wanted: how many recordings were to be stored.
        stored: how many were; of these ``were_there`` files that the ledger had not known.
        bytes: of the files that were fetched.
        pending: not there yet; ``failed`` is how many of them are so because a server failed.
        gone: deleted at the server; ``refused`` is how many were answered with something else.
        seconds: how long it took.
        unreachable: why no more could be had, if so.
    """

    place: str
    wanted: int = 0
    stored: int = 0
    were_there: int = 0
    bytes: int = 0
    pending: int = 0
    failed: int = 0
    gone: int = 0
    refused: int = 0
    seconds: float = 0.0
    unreachable: UisError | None = None

    def add(self, verdict: Verdict) -> None:
        """Counts what came of a recording."""
        self.stored += verdict.status is Status.STORED
        self.were_there += verdict.was_there
        self.bytes += verdict.file.bytes if verdict.file and not verdict.was_there else 0
        self.pending += verdict.status is Status.PENDING
        self.failed += verdict.error is not None
        self.gone += verdict.status is Status.GONE
        self.refused += verdict.status is Status.REFUSED

    @property
    def left(self) -> int:
        """How many were not asked for."""
        return self.wanted - self.stored - self.pending - self.gone - self.refused
