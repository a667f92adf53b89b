"""The file that a run leaves for a monitor: JSON, or Prometheus' text if its name ends in .prom.

Readers never see half of it: it is written beside its place and then put there in one step.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

from ..errors import OutputNotWritable
from .prometheus import exposition, last_success_in
from .run_summary import RunSummary

OPTION = "--summary-file"


def check_place(path: Path) -> None:
    """Finds out before a long run, not after it, that the file can't be written.

    Raises:
        OutputNotWritable: its folder is not there, or may not be written.
    """
    _put(path, "", take_back=True)


def write_summary(path: Path, summary: RunSummary) -> None:
    """Replaces the file; the time of the last success is taken over from the old one.

    Raises:
        OutputNotWritable: it can't be written.
    """
    known = summary.after(_last_success(path))
    text = exposition(known) if _is_prometheus(path) else json.dumps(known.as_json(), indent=2)
    _put(path, text.rstrip("\n") + "\n")


def _put(path: Path, text: str, *, take_back: bool = False) -> None:
    # node_exporter reads all *.prom
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        beside.write_text(text, encoding="utf-8")
        if take_back:
            beside.unlink()
        else:
            beside.replace(path)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise OutputNotWritable(str(path), why, OPTION) from None


def _is_prometheus(path: Path) -> bool:
    return path.suffix == ".prom"


def _last_success(path: Path) -> datetime | None:
    """As the old file has it, ``None`` if there is none or it is not ours."""
    try:
        text = path.read_text(encoding="utf-8")
        if _is_prometheus(path):
            return last_success_in(text)
        return datetime.fromisoformat(json.loads(text)["last_success_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
