"""What a run of a command did, in figures: for a file that a monitor reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ..errors import Interrupted, UisError
from ..progress import Merged
from ..reports import DEFAULT_REPORT
from ..secrecy.scrubbing import scrubbed


@dataclass(frozen=True)
class Changes:
    """What has changed at the source: columns that tables did not have, how many values do not fit
    their own column, fields that can't be read any more, and those that can again, fields that are
    not sent any more, and those that are again."""

    new_columns: tuple[str, ...] = ()
    variant_values: int = 0
    lost_fields: tuple[str, ...] = ()
    gained_fields: tuple[str, ...] = ()
    absent_fields: tuple[str, ...] = ()
    returned_fields: tuple[str, ...] = ()

    def as_json(self) -> Mapping[str, Any]:
        told = {name: value for name, value in asdict(self).items() if value}
        return {n: list(value) if isinstance(value, tuple) else value for n, value in told.items()}

    def __str__(self) -> str:
        """In words, empty where nothing has changed."""
        told = {
            "new columns": ", ".join(self.new_columns),
            "not readable any more": ", ".join(self.lost_fields),
            "readable again": ", ".join(self.gained_fields),
            "not sent any more": ", ".join(self.absent_fields),
            "sent again": ", ".join(self.returned_fields),
        }
        return "; ".join(f"{what}: {names}" for what, names in told.items() if names)


@dataclass(frozen=True)
class RunSummary:
    """Times are instants (UTC).

    ``rows`` are those that were loaded, by table; none are told of a run that failed. ``merged``
    tells what became of them, where the destination tells.
    ``short`` is how many calls the API promised and does not return. ``points_left`` is ``None``
    where it is not known. ``cursors`` are when the newest record of each report began that a sync
    has loaded. Reports that were ``skipped`` may not be read.
    """

    command: str
    pipeline: str
    started_at: datetime
    finished_at: datetime
    exit_code: int
    error: BaseException | None
    rows: Mapping[str, int]
    requests: int
    points_left: int | None
    cursors: Mapping[str, datetime] = field(default_factory=dict)
    last_success_at: datetime | None = None
    short: int = 0
    replaced: int = 0
    refused: int = 0
    changes: Changes = field(default_factory=Changes)
    skipped: tuple[str, ...] = ()
    merged: Mapping[str, Merged] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        return self.exit_code == 0

    @property
    def duration(self) -> timedelta:
        return self.finished_at - self.started_at

    @property
    def cursor(self) -> datetime | None:
        """When the newest call began that a sync has loaded."""
        return self.cursors.get(DEFAULT_REPORT.table)

    @property
    def cursor_lag(self) -> timedelta | None:
        """How long ago that was."""
        return None if self.cursor is None else self.finished_at - self.cursor

    def after(self, last_success_at: datetime | None) -> RunSummary:
        """The summary that knows of the last success: this run, or one before it."""
        last = self.finished_at if self.is_success else last_success_at
        return replace(self, last_success_at=last)

    def as_json(self) -> Mapping[str, Any]:
        lag = self.cursor_lag
        repairs = {"replaced": self.replaced, "refused": self.refused}
        return {
            "command": self.command,
            "pipeline": self.pipeline,
            "success": self.is_success,
            "exit_code": self.exit_code,
            "error": self._error(),
            "started_at": _text(self.started_at),
            "finished_at": _text(self.finished_at),
            "last_success_at": _text(self.last_success_at),
            "duration_seconds": self.duration.total_seconds(),
            "rows": dict(sorted(self.rows.items())),
            "merged": {table: asdict(rows) for table, rows in sorted(self.merged.items())},
            **{name: count for name, count in repairs.items() if count},
            "requests": self.requests,
            **({"short": self.short} if self.short else {}),
            **self.changes.as_json(),
            "points_left": self.points_left,
            "cursor": _text(self.cursor),
            "cursor_lag_seconds": None if lag is None else lag.total_seconds(),
            **self._reports(),
        }

    def _reports(self) -> Mapping[str, Any]:
        """What is told of reports beside calls."""
        cursors = {name: _text(cursor) for name, cursor in self.cursors.items()}
        others = cursors.keys() - {DEFAULT_REPORT.table}
        skipped = {"skipped_reports": list(self.skipped)} if self.skipped else {}
        return {**({"cursors": cursors} if others else {}), **skipped}

    def _error(self) -> Mapping[str, str] | None:
        """Of an error that is not ours only the kind: its message may quote values."""
        if self.error is None:
            return None
        kind = type(self.error).__name__
        if isinstance(self.error, UisError | Interrupted):
            words = {"message": self.error.message, "hint": self.error.hint}
            return {"type": kind, **{name: scrubbed(text) for name, text in words.items()}}
        return {"type": kind}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
