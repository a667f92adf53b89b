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


@contextmanager
def deleting_halves(pipeline: dlt.Pipeline) -> Iterator[None]:
    """Deletes what is read by halves if the ``with`` block fails, and what killed runs left."""
    for folder in _folders(pipeline):
        if time.time() - folder.stat().st_mtime > _LONGEST:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in _new_without_extracted(pipeline):
        shutil.rmtree(folder, ignore_errors=True)
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
