"""Load packages that an earlier run left: what a killed or failed run had read, and not loaded.

They are loaded only if the warehouse still stands where it stood before they were read. Else they
hold what calls were before, or lead on to a cursor whose calls are not there.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dlt
from dlt.common.storages import LoadStorage, NormalizeStorage, PackageStorage
from dlt.pipeline.exceptions import PipelineStepFailed

from ..errors import DestinationFailed
from ..warehouse.columns import look_at
from ..warehouse.failures import chain_of, our_error
from ..warehouse.lock import writing
from ..warehouse.standing import Standing, remembered
from . import loading
from .damage import is_whole, move_aside

logger = logging.getLogger(__name__)

_PLACES = (
    f"load/{LoadStorage.NORMALIZED_FOLDER}", f"normalize/{NormalizeStorage.EXTRACTED_FOLDER}",
)  # fmt: skip
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)
_FULL = ("no space left", "disk full", "could not extend", "too many connections")
"""What databases say where the next try may succeed."""


@dataclass(frozen=True)
class Leftover:
    """A package in the storage of those that are extracted, or of those that are normalized."""

    storage: PackageStorage
    load_id: str

    @property
    def folder(self) -> Path:
        path = self.storage.get_package_path(self.load_id)
        return Path(self.storage.storage.make_full_path(path))

    def read_at(self) -> Standing | None:
        """Where the warehouse stood before it was read, if that is known."""
        try:
            return remembered(self.storage.get_load_package_state(self.load_id))
        except (KeyError, ValueError, OSError):
            return None


def leftovers(pipeline: dlt.Pipeline) -> list[Leftover]:
    """Those of a pipeline, the extracted ones last.

    As a rule there are none, and then dlt is not asked, which looks up its settings each time.
    """
    working = Path(pipeline.working_dir)
    if not any(any(working.joinpath(place).glob("*/")) for place in _PLACES):
        return []
    loading = pipeline._get_load_storage().normalized_packages
    reading = pipeline._get_normalize_storage().extracted_packages
    return [
        *(Leftover(loading, each) for each in pipeline.list_normalized_load_packages()),
        *(Leftover(reading, each) for each in pipeline.list_extracted_load_packages()),
    ]


def drop_stale(pipeline: dlt.Pipeline, standing: Standing | None) -> None:
    """Drops packages, if one of them is damaged or the warehouse has gone on since.

    Args:
        standing: where the warehouse stands, ``None`` if it can't tell.
    """
    if not leftovers(pipeline):
        return
    _drop_what_was_normalized(pipeline)
    found = leftovers(pipeline)
    damaged = [each for each in found if not is_whole(each.folder)]
    for each in damaged:
        move_aside(each.folder, each.folder.parent.parent)
    if damaged:
        drop(pipeline)
    elif not pipeline.schema_names or any(map(_is_stale(standing), found)):
        logger.info(
            "the warehouse is not where it was before %d packages that an earlier run left were"
            " read: they are dropped, and read again", len(found),
        )  # fmt: skip
        drop(pipeline)


def drop(pipeline: dlt.Pipeline) -> None:
    """Deletes all packages; the state stays what it is."""
    for each in leftovers(pipeline):
        each.storage.delete_package(each.load_id)


def load_leftovers(pipeline: dlt.Pipeline) -> int:
    """Loads the packages; dlt would do only that in a run, and stop. Returns how many there were.

    Those that can't be loaded for what is in them are dropped: all later runs would fail with them.
    """
    found = leftovers(pipeline)
    logger.info("loading %d packages that an earlier run left", len(found))
    try:
        with writing(pipeline):
            loading.resume(pipeline, look_at(pipeline)[1])
    except PipelineStepFailed as failed:
        if not _is_to_blame(pipeline, failed):
            raise
        logger.warning("what an earlier run left can't be loaded: it is dropped, and read again")
        drop(pipeline)
        return 0
    return len(found)


def _is_stale(standing: Standing | None) -> Callable[[Leftover], bool]:
    return lambda leftover: standing is not None and leftover.read_at() != standing


def _is_to_blame(pipeline: dlt.Pipeline, failed: PipelineStepFailed) -> bool:
    """Whether packages failed for what is in them, not for a warehouse or a disk that refuses."""
    chain = list(chain_of(failed))
    if any(isinstance(each, KeyboardInterrupt) for each in chain):
        return False
    if any(isinstance(each, OSError) and each.errno in _OF_THE_DISK for each in chain):
        return False
    words = str(chain[-1]).lower()
    if any(part in words for part in _FULL):
        return False
    return type(our_error(failed, pipeline.destination.destination_name)) is DestinationFailed


def _drop_what_was_normalized(pipeline: dlt.Pipeline) -> None:
    """Drops extracted packages that were normalized already.

    dlt renames the normalized package into its place, which is one step, and then deletes the
    extracted one, which is many. A run that was killed in between leaves both, the extracted one
    maybe in part, and dlt 1.31 would fail for ever to normalize it once more.
    """
    normalized = set(pipeline.list_normalized_load_packages())
    for load_id in normalized.intersection(pipeline.list_extracted_load_packages()):
        logger.info("package %s was normalized already: its extracted files go", load_id)
        pipeline._get_normalize_storage().extracted_packages.delete_package(load_id)
