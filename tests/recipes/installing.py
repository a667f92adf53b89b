"""Installs the project as its users do: the built wheel, into an environment that has the rest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ..environments import ROOT, locked_environment, quietly


def build_wheel(folder: Path) -> Path:
    """The project's wheel, built into a folder."""
    quietly(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check",
            "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))  # fmt: skip
    return next(folder.glob("dlt_uis-*.whl"))


def make_environment(home: Path, packages: str) -> Path:
    """Makes an environment on top of a locked one; returns its folder of commands.

    What is installed into it stays in it: the locked one is shared by all tests to come.
    """
    below = _site_packages(locked_environment(packages))
    quietly(sys.executable, "-m", "venv", "--without-pip", str(home))
    link = f"import site; site.addsitedir({str(below)!r})"
    (_site_packages(home) / "below.pth").write_text(link)
    return home / "bin"


def install(commands: Path, wheel: Path) -> None:
    """Installs a wheel, nothing else, into the environment with these commands."""
    quietly(str(commands / "python"), "-m", "pip", "install", "--quiet",
            "--disable-pip-version-check", "--no-deps", "--no-index", str(wheel))  # fmt: skip


def users_environment(home: Path) -> dict[str, str]:
    """The variables of somebody who has just logged in: one whom others share nothing with.

    dlt keeps its working folder there for everybody but root, who may run the tests.
    """
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "DLT_DATA_DIR": str(home / ".dlt")}


def run(*command: str, cwd: Path, **environment: str) -> str:
    """What a command prints; it has these variables, and no other.

    Raises:
        AssertionError: it failed; shows what it printed.
    """
    done = subprocess.run(
        command, cwd=cwd, env=environment, check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def _site_packages(home: Path) -> Path:
    return next(home.glob("lib/python3.*/site-packages"))
