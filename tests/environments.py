"""Environments of their own for tools that can't, or need not, be in the development environment.

Each is made once a machine, from the hashes in a file in ``requirements``, and kept in the user's
cache folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import platformdirs

ROOT = Path(__file__).parents[1]


def locked_environment(name: str, finish: Callable[[Path], object] | None = None) -> Path:
    """The folder of an environment with the packages in ``requirements/<name>.txt``.

    Args:
        finish: does what is left to do in a new one.

    Raises:
        RuntimeError: it could not be made; says what the failed command said.
    """
    lock_file = ROOT / "requirements" / f"{name}.txt"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    known_as = hashlib.sha256(lock_file.read_bytes()).hexdigest()[:12]
    cache = platformdirs.user_cache_path("dlt-uis-tests")
    home = cache / f"{name}-{version}-{known_as}"
    stamp = home / "made.stamp"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        # tests run in several processes, and one of them makes it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists():
            shutil.rmtree(home, ignore_errors=True)
            quietly(sys.executable, "-m", "venv", str(home))
            python = str(home / "bin" / "python")
            # most modules of a large tool are never imported: none is compiled ahead
            install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            quietly(*install, "--no-compile", "--no-deps", "--require-hashes", "-r", str(lock_file))
            if finish is not None:
                finish(home)
            stamp.touch()
    return home


def quietly(*command: str, **environment: str) -> None:
    """Runs a command, with these variables more.

    Raises:
        RuntimeError: it failed; says what the command said.
    """
    done = subprocess.run(
        command,
        env={**plain_environment(), **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")


def plain_environment() -> dict[str, str]:
    """Ours, without what would reach into another interpreter."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
