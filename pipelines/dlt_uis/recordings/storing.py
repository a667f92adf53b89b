"""Where recordings are stored: a local folder, or whatever fsspec reaches with dlt's credentials.

A file has its final name only once it is whole: it is written into a folder for half files first.
No path gets into a message: it may hold the secret part of a link.
"""

from __future__ import annotations

import errno
import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dlt.common.configuration import resolve_configuration
from dlt.common.configuration.exceptions import ConfigFieldMissingException
from dlt.common.exceptions import MissingDependencyException
from dlt.common.storages.configuration import FilesystemConfiguration
from dlt.common.storages.fsspec_filesystem import fsspec_from_config
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from ..errors import (
    FileNotStored,
    MissingPackage,
    NoSpace,
    StoreFailed,
    StoreUnusable,
    UisError,
    safe_line,
)
from ..process.system_errors import NO_SPACE

_LOCAL = "file://"
_HALF = ".dlt-uis-half"
"""Folder of files that are being written."""

_SECTIONS = ("destination", "filesystem")
"""Of dlt's configuration, in which credentials are looked for."""

_PART = 8 << 20
"""Bytes that are sent at once to a service that takes files in parts: memory follows it."""

_PIECE = 1 << 18
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)


class Store:
    """A place for files; threads may share it.

    Args:
        to: a folder, or an address such as ``s3://bucket/folder``.

    Raises:
        StoreUnusable: it is no place that can be reached.
        MissingPackage: it can't be reached without a package.
    """

    def __init__(self, to: str) -> None:
        self.place = to
        self._files, self._root, self._protocol = _opened(to, to)

    @property
    def _half(self) -> str:
        return f"{self._root}/{_HALF}"

    @property
    def _is_local(self) -> bool:
        return not self._protocol

    def prepare(self) -> None:
        """Finds out whether all that is needed can be done there, and deletes what a killed run has
        left half written.

        Raises:
            StoreUnusable: it can't.
        """
        probe = f"{self._half}/{uuid.uuid4().hex}"
        with _unusable(self.place):
            with suppress(FileNotFoundError):
                self._files.rm(self._half, recursive=True)
            self._files.pipe_file(probe, b"dlt-uis")
            self._rename(probe, f"{probe}.renamed")
            self._files.rm_file(f"{probe}.renamed")
            # where a service may not list, it refuses to say what is not there
            with suppress(FileNotFoundError):
                self._files.info(probe)

    def tidy(self) -> None:
        """Deletes the folder of half files, if there are none."""
        if self._is_local:
            with suppress(OSError):
                Path(self._half).rmdir()

    def address(self, path: str) -> str:
        """The full path, or address, of a file."""
        return f"{self._protocol}{self._root}/{path}"

    def size(self, path: str) -> int | None:
        """The bytes of a file, ``None`` if there is none of that name.

        Raises:
            UisError: it can't be told.
        """
        with self._failures(), suppress(FileNotFoundError):
            found = self._files.info(f"{self._root}/{path}")
            return int(found["size"]) if found["type"] == "file" else None
        return None

    def sha256(self, path: str) -> str:
        """The hash of a file that is there.

        Raises:
            UisError: it can't be read.
        """
        hashed = hashlib.sha256()
        with self._failures(), self._files.open(f"{self._root}/{path}", "rb") as file:
            while piece := file.read(_PIECE):
                hashed.update(piece)
        return hashed.hexdigest()

    def put(self, path: str, pieces: Iterable[bytes]) -> tuple[int, str]:
        """Writes a file; returns how many bytes it has, and their hash.

        If there are no further ``pieces`` because of an error, which is passed on, there is no file
        of that name, or still the one that was there.

        Raises:
            NoSpace, StoreFailed: nothing can be written there.
            FileNotStored: this file could not be.
        """
        half = f"{self._half}/{uuid.uuid4().hex}"
        try:
            with self._failures():
                told = self._write(half, pieces)
                self._rename(half, f"{self._root}/{path}")
        except BaseException:
            with suppress(Exception):
                self._files.rm_file(half)
            raise
        return told

    def _write(self, half: str, pieces: Iterable[bytes]) -> tuple[int, str]:
        hashed, count = hashlib.sha256(), 0
        with self._files.open(half, "wb", block_size=_PART) as file:
            for piece in pieces:
                file.write(piece)
                hashed.update(piece)
                count += len(piece)
            if self._is_local:
                file.flush()
                os.fsync(file.fileno())
        return count, hashed.hexdigest()

    def _rename(self, half: str, path: str) -> None:
        if self._is_local:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(half).replace(path)
        else:
            # as mv does, without looking first whether these are folders
            self._files.cp_file(half, path)
            self._files.rm_file(half)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Errors of a file system, whatever its driver raises, become ours."""
        try:
            yield
        except UisError:
            raise
        except Exception as error:  # noqa: BLE001 - drivers have errors of their own
            raise _failure(self.place, error) from None


def remove(address: str) -> bool:
    """Deletes the file at a full path or address; returns whether there was one.

    Raises:
        StoreUnusable: it can't be deleted.
    """
    folder, _, name = address.rpartition("/")
    place = "/".join(address.split("/")[:3])
    files, root, _ = _opened(folder or "/", place)
    try:
        files.rm_file(f"{root}/{name}")
    except FileNotFoundError:
        return False
    except Exception as error:  # noqa: BLE001 - drivers have errors of their own
        raise StoreUnusable(place, _reason(error)) from None
    return True


def _opened(to: str, place: str) -> tuple[AbstractFileSystem, str, str]:
    """The file system of a folder, its path there, and what an address begins with.

    Args:
        place: what a message calls it.
    """
    if FilesystemConfiguration.is_local_path(to) or to.startswith(_LOCAL):
        is_address = to.startswith(_LOCAL)
        folder = FilesystemConfiguration.make_local_path(to) if is_address else to
        return LocalFileSystem(auto_mkdir=True), str(Path(folder).expanduser().absolute()), ""
    protocol = FilesystemConfiguration.parse_protocol(to)
    with _unusable(place):
        try:
            config = resolve_configuration(
                FilesystemConfiguration(), sections=_SECTIONS, explicit_value={"bucket_url": to}
            )
            files, root = fsspec_from_config(config)
        except MissingDependencyException as error:
            packages = " ".join(error.dependencies)
            raise MissingPackage(f"storing to {protocol}://", packages) from None
        except ConfigFieldMissingException as error:
            missing = ", ".join(error.fields)
            raise StoreUnusable(place, f"not configured: {missing}") from None
    return files, root.rstrip("/"), f"{protocol}://"


def _failure(place: str, error: Exception) -> UisError:
    """Our error for one that came of a single file, whose name is not told."""
    number = error.errno if isinstance(error, OSError) else None
    if number in NO_SPACE:
        return NoSpace(place)
    is_fatal = number in _FORBIDDEN
    return (StoreFailed if is_fatal else FileNotStored)(place, _reason(error))


def _reason(error: Exception) -> str:
    """Why a file could not be written or deleted, without its name."""
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else type(error).__name__


@contextmanager
def _unusable(place: str) -> Iterator[None]:
    """Errors of a file system say why a place can't be used."""
    try:
        yield
    except UisError:
        raise
    except Exception as error:  # noqa: BLE001 - drivers have errors of their own
        why = error.strerror if isinstance(error, OSError) else None
        told = safe_line(why or str(error)) or type(error).__name__
        raise StoreUnusable(place, told) from None
