"""A command's process ends at once, and leaves nothing undone by that."""

from __future__ import annotations

import os
import subprocess
import sys

BEGIN = (
    "import atexit, os, sys, threading, time; from dlt_uis.process.leaving import exit_at_once\n"
)


def ended(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BEGIN + program], capture_output=True, text=True, check=False
    )


def test_the_exit_code_is_that_of_the_command() -> None:
    for code in (0, 3):
        assert ended(f"with exit_at_once(): sys.exit({code})").returncode == code
    assert ended("with exit_at_once(): sys.exit()").returncode == 0


def test_all_that_was_printed_arrives() -> None:
    done = ended("with exit_at_once():\n    print('x' * 100_000)\n    sys.exit(0)")
    assert len(done.stdout) == 100_001


def test_what_is_left_to_threads_and_to_the_exit_is_done_before() -> None:
    done = ended(
        """
def slow():
    time.sleep(0.2)
    print("thread")

with exit_at_once():
    atexit.register(print, "registered")
    threading.Thread(target=slow).start()
    sys.exit(0)
"""
    )
    assert done.stdout.split() == ["thread", "registered"]


def test_python_is_not_taken_down_object_by_object() -> None:
    program = """
class Slow:
    def __del__(self):
        os.write(1, b"taken down")

kept = Slow()
with exit_at_once(): sys.exit(0)
"""
    assert ended(program).stdout == ""


def test_an_error_that_is_not_handled_ends_as_ever() -> None:
    done = ended("with exit_at_once(): 1 / 0")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_words_for_the_exit_are_still_said() -> None:
    done = ended("with exit_at_once(): sys.exit('no such thing')")
    assert (done.returncode, done.stderr) == (1, "no such thing\n")


def test_an_output_that_was_closed_before_is_no_error() -> None:
    program = BEGIN + "with exit_at_once(): sys.exit(3)"
    command = ["sh", "-c", 'exec "$0" -c "$1" >&-', sys.executable, program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "")


def test_an_output_that_nobody_reads_is_told_by_the_exit_code() -> None:
    program = "with exit_at_once():\n    print('x' * 10)\n    sys.exit(0)"
    command = [sys.executable, "-c", BEGIN + program]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=buffered) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.wait()
    assert process.returncode == 120
