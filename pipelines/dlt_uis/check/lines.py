"""What a checkup says: lines that are ok, warn, or failed, each with what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..errors import UisError


class Status(StrEnum):
    """How a check ended; ``SKIPPED`` where another one has to pass first."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Line:
    """One check: what was found (``message``) and what to do about it (``hint``)."""

    check: str
    status: Status
    message: str
    hint: str = ""
    error: UisError | None = None

    def as_json(self) -> Mapping[str, Any]:
        """For machines: ``error`` is the name of a class in :mod:`.errors`, or null."""
        return {
            "check": self.check,
            "status": self.status.value,
            "message": self.message,
            "hint": self.hint,
            "error": None if self.error is None else type(self.error).__name__,
        }


def ok(check: str, message: str) -> Line:
    return Line(check, Status.OK, message)


def warning(check: str, message: str, hint: str) -> Line:
    return Line(check, Status.WARNING, message, hint)


def failed(check: str, error: UisError) -> Line:
    known_as = f" ({error.mnemonic})" if error.mnemonic else ""
    return Line(check, Status.FAILED, f"{error.message.rstrip('.')}{known_as}", error.hint, error)


def skipped(check: str, after: str) -> Line:
    return Line(check, Status.SKIPPED, f"not checked: {after} failed")


@dataclass(frozen=True)
class Checkup:
    """All lines of a checkup, and the API points that it cost."""

    lines: Sequence[Line]
    points: int

    @property
    def exit_code(self) -> int:
        """0 if nothing failed, 2 if a setting, token or right did, else 1.

        75 if nothing did but that the day's points are spent, as it is for a sync.
        """
        codes = {line.error.exit_code for line in self.lines if line.error is not None}
        return next((code for code in (2, 1) if code in codes), max(codes, default=0))

    def as_json(self) -> Mapping[str, Any]:
        return {
            "exit_code": self.exit_code,
            "points": self.points,
            "checks": [line.as_json() for line in self.lines],
        }
