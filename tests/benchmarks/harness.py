"""What the benchmarks share: a sandbox, and contenders, each in a process of its own."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Measured:
    """One run of a process: seconds from start to end, peak memory (MB), what it printed."""

    seconds: float
    peak_mb: float
    output: str

    @property
    def told(self) -> Mapping[str, float]:
        """The last line of what it printed, as JSON."""
        told: Mapping[str, float] = json.loads(self.output.splitlines()[-1])
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


def machine() -> str:
    """What the benchmarks run on, in a few words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB of memory,"
        f" Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )


def dlt_uis_command() -> list[str]:
    return [sys.executable, "-c", "from dlt_uis.cli import main; main()"]


@contextmanager
def workplace() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder, and an environment in which dlt keeps all that it writes there."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DLT_DATA_DIR": f"{folder}/dlt",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "PYTHONPATH": f"{ROOT / 'pipelines'}{os.pathsep}{ROOT}",
        }
        yield Path(folder), environment


def measure(command: list[str], folder: Path, environment: Mapping[str, str]) -> Measured:
    """Runs a command to its end.

    Raises:
        subprocess.CalledProcessError: it failed; what it printed is shown.
    """
    with (folder / "stdout").open("w+") as out, (folder / "stderr").open("w+") as err:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err)
        # the system's own account of this child alone
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        out.seek(0)
        err.seek(0)
        output, log = out.read(), err.read()
    if process.returncode:
        sys.stderr.write(log)
        raise subprocess.CalledProcessError(process.returncode, command)
    return Measured(seconds, usage.ru_maxrss / 1024, output)
