"""An environment in which only a wheel of this repository is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).parent / "project"


@dataclass(frozen=True)
class Host:
    """A copy of the example project, and a virtual environment for it."""

    folder: Path
    venv: Path

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", vars={"base": str(self.venv)}))

    def python(self, *arguments: str, **environment: str) -> str:
        """What a Python process of the project prints.

        Raises:
            AssertionError: it failed; says what it wrote.
        """
        command = [str(self.venv / "bin" / "python"), *arguments]
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            command, cwd=self.folder, env={**inherited, **environment}, text=True,
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def files(self) -> Mapping[str, bytes]:
        """The project's own files, by name."""
        return {
            str(path.relative_to(PROJECT)): (self.folder / path.relative_to(PROJECT)).read_bytes()
            for path in PROJECT.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }


def make_host(folder: Path) -> Host:
    """Builds the wheel and installs it, and nothing else, into an environment of its own.

    What it depends on is taken from the environment of the tests, but for its editable install:
    links that lie there are not followed from elsewhere.
    """
    run = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    shutil.copytree(PROJECT, folder / "project", ignore=shutil.ignore_patterns("__pycache__"))
    host = Host(folder / "project", folder / "venv")
    subprocess.run(
        [*run, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT],
        check=True,
    )
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", host.venv], check=True)
    (wheel,) = folder.glob("dlt_uis-*.whl")
    subprocess.run(
        [*run, "--python", host.venv / "bin" / "python", "install", "--no-index", "--no-deps",
         "--no-compile", wheel],
        check=True,
    )  # fmt: skip
    borrowed = sysconfig.get_path("purelib")
    (host.packages / "dependencies.pth").write_text(borrowed, encoding="utf-8")
    return host
