"""The journal: what came of recordings and is not in the ledger yet, in a file.

The ledger is merged in loads of many rows. A run that is killed in between would not know what it
had fetched; the next one reads it here. The file is in the working folder, and no more than a help:
without it files are found under their names.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ..reports.own_names import USER_ID
from .ledger import RECORDING_COLUMNS, Row

_FILE = "recordings.jsonl"
_MOMENTS = ("first_tried_at", "last_tried_at")


class Journal:
    """A file with a JSON object a line; threads may share it.

    Args:
        folder: the working folder of the ledger's pipeline.
        home: stands for the warehouse and its dataset: what is told of another one does not count.
    """

    def __init__(self, folder: Path, home: str) -> None:
        self._path = folder / _FILE
        self._home = home
        self._lock = threading.Lock()
        self._rows: dict[tuple[Any, ...], Row] = {}

    def of_earlier_run(self) -> Sequence[Row]:
        """The rows that a run has left which was killed; a line that was cut is none."""
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return ()
        found = (_row(line, self._home) for line in lines)
        self._rows = {_key(row): row for row in found if row is not None}
        # so that none follows on a line that was cut
        self._write()
        return list(self._rows.values())

    def note(self, row: Row) -> None:
        """Adds a row, which outlives the process from now on."""
        with self._lock:
            self._rows[_key(row)] = row
            with self._path.open("a", encoding="utf-8") as file:
                file.write(self._line(row))

    def loaded(self, rows: Iterable[Row]) -> None:
        """Takes rows out: the ledger has them."""
        with self._lock:
            for row in rows:
                self._rows.pop(_key(row), None)
            self._write()

    def _write(self) -> None:
        if not self._rows:
            self._path.unlink(missing_ok=True)
            return
        beside = self._path.with_suffix(".new")
        beside.write_text("".join(map(self._line, self._rows.values())), encoding="utf-8")
        beside.replace(self._path)

    def _line(self, row: Row) -> str:
        told = {name: row[name].isoformat() for name in _MOMENTS}
        return json.dumps({**row, **told, "home": self._home}) + "\n"


def _key(row: Row) -> tuple[Any, ...]:
    return row["call_id"], row["kind"], row["record_id"], row["user_id"]


def _row(line: str, home: str) -> Row | None:
    try:
        row: dict[str, Any] = json.loads(line)
        if row.pop("home") != home:
            return None
        if not {*RECORDING_COLUMNS, USER_ID} <= {*row}:
            return None
        return row | {name: datetime.fromisoformat(row[name]) for name in _MOMENTS}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
