"""What the operating system refuses, in our words: folders, files, space."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from dlt.common.runtime.run_context import active

from ..errors import CurrentFolderUnusable, NoSpace, UisError, WorkingFolderUnusable

NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def of_system(error: OSError) -> UisError | None:
    """The error of ours for one of the system's, ``None`` if it is not about files of ours."""
    why = error.strerror or type(error).__name__
    path = error.filename if isinstance(error.filename, str) else None
    if error.errno in NO_SPACE:
        return NoSpace(f"{path}: {why}" if path else why)
    try:
        here = Path.cwd()
    except OSError:
        return CurrentFolderUnusable("it is not there any more")
    if path is None:
        return None
    absolute = here / path
    if absolute.is_relative_to(_working_folder()):
        return WorkingFolderUnusable(path, why)
    if absolute.is_relative_to(here):
        return CurrentFolderUnusable(f"{path}: {why}")
    return None


def _working_folder() -> Path:
    return Path(os.path.abspath(active().data_dir))  # noqa: PTH100 - links are not to be followed
