"""What a run had made by halves when it failed: dlt never reads it again, nor deletes it.

Each run extracts into a folder of its own, and moves its load package out of it when all is read.
Then it is normalized into a new package, and deleted when that is whole.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dlt
from dlt.common.storages import LoadStorage, NormalizeStorage
from dlt.pipeline.exceptions import PipelineStepFailed

_LONGEST = 2 * 86_400.0
"""Seconds that a run may read for, and more: one that waits for points waits a day at most."""

_WRITTEN_WITHIN = 60.0
"""Seconds that writing a small file may take, and more."""


@contextmanager
def deleting_halves(pipeline: dlt.Pipeline) -> Iterator[None]:
    """Deletes what is read by halves if the ``with`` block fails, and what killed runs left."""
    for folder in _folders(pipeline):
        if time.time() - folder.stat().st_mtime > _LONGEST:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in _new_without_extracted(pipeline):
        shutil.rmtree(folder, ignore_errors=True)
    for file in _half_written(pipeline):
        file.unlink(missing_ok=True)
    try:
        yield
    except PipelineStepFailed as failed:
        for folder in _folders(pipeline):
            if failed.load_id and (folder / failed.load_id).exists():
                shutil.rmtree(folder, ignore_errors=True)
        raise


def _folders(pipeline: dlt.Pipeline) -> list[Path]:
    """Folders of runs that read, or did so when they ended."""
    whole = NormalizeStorage.EXTRACTED_FOLDER
    folders = Path(pipeline.working_dir, "normalize").glob("*/")
    return [folder for folder in folders if folder.name != whole]


def _new_without_extracted(pipeline: dlt.Pipeline) -> list[Path]:
    """Packages that nobody ends to normalize: what they were made from is gone, or was damaged."""
    working = Path(pipeline.working_dir)
    extracted = working / "normalize" / NormalizeStorage.EXTRACTED_FOLDER
    new = (working / "load" / LoadStorage.NEW_PACKAGES_FOLDER).glob("*/")
    return [folder for folder in new if not (extracted / folder.name).exists()]


def _half_written(pipeline: dlt.Pipeline) -> list[Path]:
    """Files beside load packages: dlt writes a package's state there first, and then renames it."""
    working = Path(pipeline.working_dir)
    places = (
        working / "normalize" / NormalizeStorage.EXTRACTED_FOLDER,
        working / "load" / LoadStorage.NEW_PACKAGES_FOLDER,
        working / "load" / LoadStorage.NORMALIZED_FOLDER,
    )
    files = (file for place in places for file in place.glob("*") if file.is_file())
    return [file for file in files if time.time() - file.stat().st_mtime > _WRITTEN_WITHIN]
