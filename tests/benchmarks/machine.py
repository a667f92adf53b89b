"""What the benchmarks ran on, and when."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path

from .harness import ROOT

_PACKAGES = ("dlt", "duckdb", "pyarrow", "orjson")


def machine() -> str:
    """The machine in a few words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB of memory,"
        f" Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )


def facts() -> Mapping[str, str]:
    """The machine, the versions of what takes part, the day and the commit."""
    return {
        "machine": machine(),
        "cpu": _cpu(),
        **{package: version(package) for package in _PACKAGES},
        "date": date.today().isoformat(),
        "commit": _commit(),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), "")


def _commit() -> str:
    """The commit that is checked out; with a plus sign if files differ from it."""
    try:
        told = [_git("rev-parse", "--short", "HEAD"), "+" if _git("status", "--porcelain") else ""]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return "".join(told)


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()
