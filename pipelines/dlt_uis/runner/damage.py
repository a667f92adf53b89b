"""What of dlt's working folder can't be read, after a power loss or on a full disk.

It is moved aside, and never deleted; what it held is read again, from the warehouse's state.
"""

from __future__ import annotations

import json
import logging
import re
import time
import zlib
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import dlt
import pyarrow.parquet as pq
from dlt.common.storages import FileStorage, LoadStorage, NormalizeStorage, PackageStorage
from dlt.common.storages.load_package import WORKING_FOLDERS
from dlt.common.versioned_state import json_decode_state, json_encode_state
from dlt.pipeline.state_sync import default_pipeline_state

logger = logging.getLogger(__name__)

SUFFIX = "damaged"

_STATE, _SCHEMAS, _TRACE = dlt.Pipeline.STATE_FILE, "schemas", "trace.pickle"
_PACKAGES = {
    "normalize": (NormalizeStorage.EXTRACTED_FOLDER,),
    "load": (
        LoadStorage.NEW_PACKAGES_FOLDER,
        LoadStorage.NORMALIZED_FOLDER,
        LoadStorage.LOADED_FOLDER,
    ),
}
_SCHEMA_ENDS = ".schema.json"
_WRITTEN_WITHIN = 0.5
"""Seconds that writing a schema may take, and more."""

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_PICKLE_ENDS = b"."

_NEEDED = (PackageStorage.SCHEMA_FILE_NAME, PackageStorage.LOAD_PACKAGE_STATE_FILE_NAME)
_ALSO = (
    PackageStorage.SCHEMA_UPDATES_FILE_NAME, PackageStorage.APPLIED_SCHEMA_UPDATES_FILE_NAME,
)  # fmt: skip
_TO_BE_LOADED = (PackageStorage.NEW_JOBS_FOLDER, PackageStorage.STARTED_JOBS_FOLDER)


class Pipeline(dlt.Pipeline):
    """dlt's pipeline, whose working folder can be read: what can't be is moved aside before.

    Attributes:
        moved_aside: what was, as it is called now.
    """

    moved_aside: tuple[Path, ...] = ()

    def _init_working_dir(self, pipeline_name: str, pipelines_dir: str) -> None:
        super()._init_working_dir(pipeline_name, pipelines_dir)
        self.moved_aside += tuple(make_readable(Path(self.working_dir)))


def make_readable(folder: Path) -> Iterator[Path]:
    """Moves aside what dlt can't read of a working folder; packages are looked at elsewhere.

    Where the state or a schema is gone, the state is one of a pipeline that never ran: dlt deletes
    a folder without a state, in which packages and even DuckDB's file may be.
    """
    if folder.exists() and not folder.is_dir():
        yield move_aside(folder)
    if not folder.exists():
        return
    yield from map(move_aside, list(_unreadable(folder)))
    for name in _PACKAGES["load"] if (folder / "load").exists() else ():
        (folder / "load" / name).mkdir(exist_ok=True)
    state = folder / _STATE
    schemas = [each for each in _schemas(folder) if not _is_json(each)]
    yield from (move_aside(each, folder) for each in [*schemas, *_half_written(folder)])
    if state.exists() and not _is_state(state, folder):
        yield move_aside(state)
    if not state.exists():
        state.write_text(json_encode_state(default_pipeline_state()), encoding="utf-8")


def move_aside(path: Path, place: Path | None = None) -> Path:
    """Renames a damaged file or folder, and says so; returns what it is called now.

    Args:
        place: a folder for it, where dlt would take what lies beside it for something else.
    """
    stamp = f"{SUFFIX}-{datetime.now():%Y%m%d-%H%M%S}"
    names = (f"{path.name}.{stamp}" + (f"-{again}" if again else "") for again in count())
    to = next(each for each in (((place or path.parent) / name) for name in names)
              if not each.exists())  # fmt: skip
    path.rename(to)
    logger.warning(
        "%s of the working folder is damaged: it is called %s now, and what it held is read again"
        " from the warehouse's state",
        path.name, to,
    )  # fmt: skip
    return to


def _unreadable(folder: Path) -> Iterator[Path]:
    """What stands in dlt's way, but for state and schemas."""
    places = [folder / _SCHEMAS]
    for storage, names in _PACKAGES.items():
        places += [folder / storage, *(folder / storage / name for name in names)]
    for place in places:
        if place.exists() and not place.is_dir():
            yield place
    for storage in _PACKAGES:
        version = folder / storage / ".version"
        if version.exists() and not (version.is_file() and _VERSION.fullmatch(_text(version))):
            yield version
    trace = folder / _TRACE
    if trace.exists() and not (trace.is_file() and _ends_as_a_pickle(trace)):
        yield trace


def _schemas(folder: Path) -> Iterator[Path]:
    place = folder / _SCHEMAS
    return place.glob(f"*{_SCHEMA_ENDS}") if place.is_dir() else iter(())


def _half_written(folder: Path) -> Iterator[Path]:
    """Files among the schemas that are none. dlt writes a schema into a file of another name first,
    and would take one that a full disk has left there for a schema, without end."""
    place = folder / _SCHEMAS
    others = [
        each
        for each in (place.iterdir() if place.is_dir() else ())
        if not each.name.endswith(_SCHEMA_ENDS)
    ]
    if others:
        time.sleep(_WRITTEN_WITHIN)  # another process may be about to rename it
    yield from (each for each in others if each.exists())


def _is_state(path: Path, folder: Path) -> bool:
    """Whether it is a state, all of whose schemas are there."""
    try:
        state = json_decode_state(path.read_text(encoding="utf-8"))
        engine, local = state["_state_engine_version"], state["_local"]
        names = state.get("schema_names") or ()
        has_schemas = all((folder / _SCHEMAS / f"{name}.schema.json").exists() for name in names)
    except (ValueError, KeyError, TypeError, IsADirectoryError):
        return False
    return isinstance(engine, int) and isinstance(local, dict) and has_schemas


def _is_json(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except (ValueError, FileNotFoundError, IsADirectoryError):
        return False


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace").strip()


def _ends_as_a_pickle(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 1))
        return file.read() == _PICKLE_ENDS


def is_whole(package: Path) -> bool:
    """Whether all that dlt reads of a load package can be read to its end."""
    if not all((package / name).is_dir() for name in WORKING_FOLDERS):
        return False
    needed = [package / name for name in _NEEDED]
    also = [package / name for name in _ALSO]
    also += package.glob(f"{PackageStorage.RESTORE_FOLDER}/**/*.json")
    also += package.glob(f"{PackageStorage.PENDING_TRANSITIONS_FOLDER}/*")
    jobs = [job for name in _TO_BE_LOADED for job in (package / name).iterdir()]
    return all(map(_is_json, [*needed, *(each for each in also if each.exists())])) and all(
        map(_is_job, jobs)
    )


def _is_job(path: Path) -> bool:
    try:
        _read(path)
    except PermissionError:
        raise
    except (OSError, EOFError, ValueError, zlib.error):
        # what Arrow, gzip and JSON raise, each for its own
        return False
    return True


def _read(path: Path) -> None:
    kinds = path.name.split(".")[1:]
    if "parquet" in kinds:
        with pq.ParquetFile(path) as file:
            for _ in file.iter_batches():
                pass
        return
    if "gz" in kinds and not path.stat().st_size:
        raise EOFError
    opened: Any = FileStorage.open_zipsafe_ro(str(path), "rb")
    with opened as file:
        if "jsonl" in kinds or "typed-jsonl" in kinds:
            for line in file:
                json.loads(line)
        elif "insert_values" in kinds and not file.read().rstrip().endswith(b";"):
            raise ValueError
