"""What a first run leaves: made once, and copied for each test, which takes no time."""

from __future__ import annotations

import shutil
from pathlib import Path


def copy_of_a_run(made: Path, folder: Path) -> None:
    """Copies a folder in which a pipeline ran: DuckDB's file, and dlt's own folder ``dlt``.

    It is as if the pipeline had run in the copy: dlt notes where that was.
    """
    shutil.copytree(made, folder, dirs_exist_ok=True)
    for state in folder.glob("dlt/pipelines/*/state.json"):
        state.write_text(state.read_text().replace(str(made), str(folder)))
