"""A command's process that is killed while it reads, or loads."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence


def run_and_kill(
    arguments: Sequence[str],
    given: Mapping[str, str],
    requests: Callable[[], int],
    enough: float,
    delay: float = 0.0,
) -> None:
    """Runs a command in a process of its own, and kills it, unless it has ended before.

    Args:
        given: what it has in its environment beside ours.
        requests: how many have been made so far.
        enough: after so many it is killed.
        delay: how many seconds it may go on then.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "dlt_uis", *arguments], env={**os.environ, **given},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        while process.poll() is None and requests() < enough:
            time.sleep(0.01)
        time.sleep(delay)
        process.kill()
