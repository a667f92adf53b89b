"""What the benchmarks share: a sandbox, and contenders, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_LAUNCHER = str(Path(__file__).with_name("launch.py"))


@dataclass(frozen=True)
class Measured:
    """One run of a process, from its start to its end.

    ``cpu_seconds`` are its own, in user and system mode, ``peak_mb`` is the most memory that it
    held at once, ``began`` is on the clock of ``time.monotonic()``.
    """

    began: float
    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str

    @property
    def told(self) -> Mapping[str, Any]:
        """The last line of what it printed, as JSON."""
        told: Mapping[str, Any] = json.loads(self.output.splitlines()[-1])
        return told


@contextmanager
def served(calls: int, days: int, **options: str) -> Iterator[Mapping[str, str]]:
    """A sandbox in a process of its own; gives its ``url`` and ``access_token``."""
    given = {"port": "0", "calls": str(calls), "days": str(days), **options}
    arguments = [part for name, value in given.items() for part in (f"--{name}", value)]
    command = [*dlt_uis_command(), "sandbox", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        try:
            yield json.loads(sandbox.stdout.readline())
        finally:
            sandbox.terminate()


def dlt_uis_command() -> list[str]:
    return [sys.executable, "-m", "dlt_uis"]


def module_command(name: str) -> list[str]:
    """Runs a module of this package."""
    return [sys.executable, "-m", f"{__package__}.{name}"]


def program_command(name: str) -> list[str]:
    """Runs one of the programs that others would write."""
    return [sys.executable, str(Path(__file__).parent / "programs" / f"{name}.py")]


def checkout_environment() -> dict[str, str]:
    """An environment in which Python finds this checkout's modules."""
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'pipelines'}{os.pathsep}{ROOT}"}


@contextmanager
def workplace() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder, and an environment in which dlt keeps all that it writes there."""
    with tempfile.TemporaryDirectory() as folder:
        given = {"DLT_DATA_DIR": f"{folder}/dlt", "RUNTIME__DLTHUB_TELEMETRY": "false"}
        yield Path(folder), {**checkout_environment(), **given}


def measure(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Measured:
    """Runs a command to its end.

    Raises:
        subprocess.CalledProcessError: it failed; what it printed is shown.
    """
    account = folder / "launched.json"
    launch = [sys.executable, "-I", "-S", _LAUNCHER, str(account), *command]
    with (folder / "stdout").open("w+") as out, (folder / "stderr").open("w+") as err:
        done = subprocess.run(
            launch, cwd=folder, env=environment, stdout=out, stderr=err, check=False
        )
        out.seek(0)
        err.seek(0)
        output, log = out.read(), err.read()
    if done.returncode:
        sys.stderr.write(log)
        raise subprocess.CalledProcessError(done.returncode, command)
    return Measured(**json.loads(account.read_text()), output=output)
