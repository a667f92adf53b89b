"""What goes wrong: with a command that runs, and with what lies on disks between two commands."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from dlt_uis.sandbox import Fault
from dlt_uis.sandbox.switches import FaultKind

from .warehouses import PostgresShelf
from .world import Running, World

Job = Sequence[str]
"""The arguments of a command."""

_HOUR = 3_600.0

REFUSALS = (
    ("token_state", "expired", "valid"),
    ("token_state", "invalid", "valid"),
    ("token_state", "blocked", "valid"),
    ("login_refused", True, False),
    ("ip_allowed", False, True),
    ("forbidden", True, False),
    ("account_active", False, True),
)
"""Switches with which the API refuses to answer, and what they are otherwise."""


class Disaster(NamedTuple):
    """Something that goes wrong; ``happen`` tells in a few words what did.

    It is given the world and the command that the round is about.
    """

    name: str
    happen: Callable[[World, Job], str]
    on_a_server: bool = False
    with_backup: bool = False
    while_calls_change: bool = True

    def is_possible(self, world: World) -> bool:
        """Whether there is what it needs."""
        is_server = isinstance(world.shelf, PostgresShelf)
        return (is_server or not self.on_a_server) and (bool(world.backups) or not self.with_backup)


# -- a moment in a command's life ---------------------------------------------------------------


def _wait(world: World, running: Running, seen: set[Path]) -> str:
    """Waits for a random moment of a command; tells which it was."""
    kind = world.rng.choice(("any", "extracting", "normalizing", "loading"))
    pause = world.rng.random()
    if kind == "any":
        words, pause = "", pause * 1.1 * world.typical
    else:
        words, pause = f" {kind} +", pause**2 * 0.3
        while running.process.poll() is None and not _has_come_to(world, kind, seen):
            time.sleep(0.002)
    time.sleep(pause)
    return f"{words}{pause:.3f} s"


_PLACES = {
    "extracting": "normalize/*/*/new_jobs/*",
    "normalizing": "load/new/*/new_jobs/*",
    "loading": "load/normalized/*/*_jobs/*",
}


def _has_come_to(world: World, kind: str, seen: set[Path]) -> bool:
    return any(path not in seen for path in _files(world, _PLACES[kind]))


def _files(world: World, place: str) -> list[Path]:
    try:
        return list(world.work.glob(f"pipelines/*/{place}"))
    except OSError:  # a folder went away meanwhile
        return []


def _seen(world: World) -> set[Path]:
    return {path for place in _PLACES.values() for path in _files(world, place)}


# -- with a command that runs -------------------------------------------------------------------


def _kill(world: World, job: Job) -> str:
    return _signalled(world, job, signal.SIGKILL)


def _interrupt(world: World, job: Job) -> str:
    return _signalled(world, job, world.rng.choice((signal.SIGINT, signal.SIGTERM)))


def _signalled(world: World, job: Job, number: signal.Signals) -> str:
    seen = _seen(world)
    running = world.start(*job)
    moment = _wait(world, running, seen)
    running.process.send_signal(number)
    return f"{job[0]} {number.name} at{moment}: {world.end(running).code}"


def _faults(world: World, job: Job) -> str:
    faults = [_fault(world.rng) for _ in range(world.rng.randint(1, 3))]
    named = ", ".join(f"{fault.kind} x{fault.times} after {fault.after}" for fault in faults)
    for fault in faults:
        world.sandbox.inject(fault)
    return f"{job[0]} with {named}: {world.run(*job).code}"


def _fault(rng: random.Random) -> Fault:
    kind = rng.choice(get_args(FaultKind))
    # each of these takes a minute
    most = 1 if kind == "minute_limit_exceeded" else 4
    return Fault(kind, rng.randint(1, most), rng.randint(0, 5), seconds=0.3)


def _lost_rows(world: World, job: Job) -> str:
    # of a call that is lost once nobody knows unless the API tells how many there are
    world.set_switches(lose_rows=1, total_items_offset=0, total_items_as="number")
    return f"{job[0]} with a call lost on the way: {world.run(*job).code}"


def _refused(world: World, job: Job) -> str:
    name, value, usual = world.rng.choice(REFUSALS)
    world.set_switches(**{name: value})
    code = world.run(*job).code
    world.set_switches(**{name: usual})
    return f"{job[0]} with {name}={value}: {code}"


def _wrong_clock(world: World, job: Job) -> str:
    hours = world.rng.choice((-720, -49, -3, -0.01, 0.01, 3, 49, 720))
    code = world.run(*job, ahead=hours * _HOUR).code
    return f"{job[0]} with the clock {hours:+} h: {code}"


def _full_disk(world: World, job: Job) -> str:
    # not less than DuckDB's head, without which a new file is no database
    largest = int(10 ** world.rng.uniform(4.2, 7))
    return (
        f"{job[0]} with files of {largest} bytes at most: {world.run(*job, largest=largest).code}"
    )


def _two_at_once(world: World, job: Job) -> str:
    other = world.folder / "other" if world.rng.random() < 0.5 else None
    first = world.start(*job)
    time.sleep(world.rng.random() * 0.8 * world.typical)
    second = world.start(*job, work=other)
    codes = world.end(first).code, world.end(second).code
    if other:
        shutil.rmtree(other, ignore_errors=True)
    return f"{job[0]} twice at once{' on two machines' if other else ''}: {codes}"


def _ended_connections(world: World, job: Job) -> str:
    shelf = _postgres(world)
    seen = _seen(world)
    running = world.start(*job)
    moment = _wait(world, running, seen)
    count = shelf.end_connections()
    return f"{job[0]}, {count} connections ended at{moment}: {world.end(running).code}"


def _crashed_server(world: World, job: Job) -> str:
    shelf = _postgres(world)
    seen = _seen(world)
    running = world.start(*job)
    moment = _wait(world, running, seen)
    happened = "server crashed" if shelf.crash() else "no server process"
    return f"{job[0]}, {happened} at{moment}: {world.end(running).code}"


def _postgres(world: World) -> PostgresShelf:
    assert isinstance(world.shelf, PostgresShelf)
    return world.shelf


CRASHES = (
    Disaster("kill", _kill),
    Disaster("kill", _kill),
    Disaster("signal", _interrupt),
    Disaster("faults", _faults),
    # a call that comes while another one is lost makes up for it: nobody could know
    Disaster("lost rows", _lost_rows, while_calls_change=False),
    Disaster("refused", _refused),
    Disaster("wrong clock", _wrong_clock),
    Disaster("full disk", _full_disk),
    Disaster("two at once", _two_at_once),
    Disaster("ended connections", _ended_connections, on_a_server=True),
    Disaster("crashed server", _crashed_server, on_a_server=True),
)
"""What goes wrong with a command that runs; what stands twice is drawn twice as often."""


# -- between two commands -----------------------------------------------------------------------


def _restored(world: World, _: Job) -> str:
    backup = world.rng.choice(world.backups)
    world.restore(backup)
    return f"warehouse restored from {backup.name}"


def _restored_with_folder(world: World, job: Job) -> str:
    words = _restored(world, job)
    return f"{words}, {_older_folder(world, job)}"


def _lost_folder(world: World, _: Job) -> str:
    shutil.rmtree(world.work, ignore_errors=True)
    return "working folder lost"


def _older_folder(world: World, _: Job) -> str:
    backup = world.rng.choice(world.backups)
    shutil.rmtree(world.work, ignore_errors=True)
    shutil.copytree(backup.folder, world.work)
    return f"working folder of {backup.name} put back"


def _lost_packages(world: World, _: Job) -> str:
    count = 0
    for place in ("normalize/extracted", "load/normalized", "load/new"):
        for package in world.work.glob(f"pipelines/*/{place}/*"):
            shutil.rmtree(package)
            count += 1
    return f"{count} packages lost"


def _damaged_files(world: World, _: Job) -> str:
    # most are of packages that are loaded, or damaged already, and matter to nobody
    files = sorted(
        path
        for path in world.work.rglob("*")
        if path.is_file() and "/loaded/" not in str(path) and ".damaged-" not in str(path)
    )
    if not files:
        return "no file to damage"
    chosen = world.rng.sample(files, min(len(files), world.rng.randint(1, 3)))
    return "damaged: " + ", ".join(_damaged(world.rng, path, world.work) for path in chosen)


def _damaged(rng: random.Random, path: Path, top: Path) -> str:
    content = path.read_bytes()
    how, left = rng.choice(
        (("cut", content[: len(content) // 2]), ("emptied", b""), ("zeros", bytes(len(content))))
    )
    path.write_bytes(left)
    return f"{path.relative_to(top)} {how}"


DAMAGES = (
    Disaster("restored backup", _restored, with_backup=True),
    Disaster("restored backup", _restored, with_backup=True),
    Disaster("restored backup and older folder", _restored_with_folder, with_backup=True),
    Disaster("lost folder", _lost_folder),
    Disaster("older folder", _older_folder, with_backup=True),
    Disaster("lost packages", _lost_packages),
    Disaster("damaged files", _damaged_files),
    Disaster("damaged files", _damaged_files),
)
"""What goes wrong between two commands."""
