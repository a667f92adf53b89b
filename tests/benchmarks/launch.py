"""Runs a command, and writes what it took as JSON into a file: the system's account of it alone.

A process of its own because a child's peak memory, as the system counts it, is never less than
that of the process that started it. So it imports little, and is run with ``-I -S``.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    result, *command = sys.argv[1:]
    began = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    ended = time.monotonic()
    process.returncode = os.waitstatus_to_exitcode(status)
    # bytes on macOS, KB elsewhere
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    told = {
        "began": began,
        "seconds": ended - began,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / unit,
    }
    Path(result).write_text(json.dumps(told))
    sys.exit(process.returncode)
