"""Rounds: the account moves on, disasters happen, and two runs of the command must do."""

from __future__ import annotations

import shutil
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from .disasters import CRASHES, DAMAGES, Disaster, Job
from .warehouses import Shelf
from .world import Ended, World

LIFE = 10
"""Rounds that a world lives for, if none of them fails. The next one has the next seed, and begins
with an empty warehouse: so a round can be repeated without all that were before it."""

_NAMES = {"sync": "uis", "backfill": "uis_backfill", "verify": "uis_verify"}
"""The pipelines of the commands."""


@dataclass
class Round:
    """What happened in a round; ``failure`` is empty if all was well after ``runs`` runs, and
    ``kept`` counts what the working folder keeps that no run needs."""

    destination: str
    seed: int
    number: int
    story: list[str] = field(default_factory=list)
    disasters: list[str] = field(default_factory=list)
    runs: int = 0
    kept: int = 0
    seconds: float = 0.0
    failure: str = ""

    def __str__(self) -> str:
        verdict = f"FAILED: {self.failure.splitlines()[0][:300]}" if self.failure else "right"
        kept = f", {self.kept} damaged or half-read parts kept" if self.kept else ""
        return (
            f"{self.destination} seed {self.seed} round {self.number}: {'; '.join(self.story)};"
            f" {verdict} after {self.runs} runs, {self.seconds:.1f} s{kept}"
        )

    @property
    def again(self) -> str:
        """The command that repeats the round, as far as timing allows."""
        return (
            f"python -m tests.soak --warehouse {self.destination} --seed {self.seed}"
            f" --rounds {self.number}"
        )


def lives(
    make_shelf: Callable[[Path], Shelf], folder: Path, seed: int, rounds: int
) -> Iterator[Round]:
    """So many rounds on a warehouse; the folder of one that failed is kept."""
    left = rounds
    while left > 0:
        home = folder / f"seed-{seed}"
        home.mkdir(parents=True)
        shelf, failed = make_shelf(home), False
        with World(f"{shelf.destination} {seed}", home, shelf) as world:
            for number in range(1, min(LIFE, left) + 1):
                played = Round(shelf.destination, seed, number)
                _play(world, played)
                left -= 1
                failed = bool(played.failure)
                if failed:
                    (home / "story.txt").write_text(_told_in_full(world, played))
                yield played
                if failed:
                    break
        if not failed:
            shutil.rmtree(home)
        seed += 1


def _told_in_full(world: World, played: Round) -> str:
    outputs = [
        f"--- dlt-uis {' '.join(each.arguments)}: {each.code}, {each.seconds:.1f} s\n{each.output}"
        for each in world.commands
    ]
    lines = [str(played), f"To repeat it: {played.again}", *played.story, played.failure]
    return "\n".join([*lines, "", *outputs])


def _play(world: World, played: Round) -> None:
    began = time.monotonic()
    world.commands.clear()
    try:
        job = _begin(world, played)
        for disaster in _drawn(world):
            played.disasters.append(disaster.name)
            changes = disaster in CRASHES and world.rng.random() < 0.3
            if changes and disaster.while_calls_change:
                with world.life.changing():
                    words = disaster.happen(world, job) + " while calls change"
            else:
                words = disaster.happen(world, job)
            played.story.append(words)
            world.calm()
        _heal(world, job, played)
        if world.rng.random() < 0.6:
            world.back_up()
    except Exception:  # noqa: BLE001 - whatever it is, the other rounds are to be played
        played.failure = _failure()
    played.seconds = time.monotonic() - began


def _failure() -> str:
    lines = traceback.format_exc().splitlines()
    return "\n".join([lines[-1], *lines])


def _begin(world: World, played: Round) -> Job:
    """Moves the world on, and draws what the round is about."""
    kind = world.rng.choice(("sync",) * 6 + ("backfill",) * 3 + ("verify",) * 2)
    played.story += [world.life.move_on(), world.draw_quirks()]
    if kind == "backfill":
        world.floor -= timedelta(days=world.rng.randint(2, 8))
    if kind == "verify":
        # no backup may be older than what only a repair brings
        world.forget_backups()
        world.life.change_old()
    job = _command(world, kind)
    if kind == "backfill" and world.rng.random() < 0.3:
        return [*job, "--restart"]
    return job


def _command(world: World, kind: str) -> Job:
    """The command as it is to be run; all of them ask the API in pages of a random size."""
    rng = world.rng
    paging = ["--page-size", rng.choice(("10000", "200", "50"))]
    paging += ["--parallel-windows", rng.choice(("1", "4"))]
    floor = world.floor.date().isoformat()
    match kind:
        case "backfill":
            chunks = ["--chunk-calls", rng.choice(("40", "100000"))]
            return [kind, *paging, "--from", floor, "--to", str(world.started), *chunks]
        case "verify":
            today = world.account.local(world.account.now()).date().isoformat()
            return [kind, *paging, "--from", floor, "--to", today, "--repair", "--prune"]
        case _:
            return [kind, *paging]


def _drawn(world: World) -> list[Disaster]:
    """At least one disaster; what damages files comes after what may leave some."""
    rng = world.rng
    crashes, damages = (
        [disaster for disaster in some if disaster.is_possible(world)]
        for some in (CRASHES, DAMAGES)
    )
    drawn = rng.choices(crashes, k=rng.choice((0, 1, 1, 2)))
    drawn += rng.choices(damages, k=rng.choice((0, 0, 1, 1, 2)))
    return drawn if drawn and drawn[0] in CRASHES else [rng.choice(crashes), *drawn]


def _heal(world: World, job: Job, played: Round) -> None:
    """At most two runs without a fault, after which the warehouse must equal the truth."""
    kind = job[0]
    if world.lacks_history and kind == "sync":
        kind = "backfill"
    needed = {"sync": ["sync"], "backfill": ["backfill", "sync"], "verify": ["sync", "verify"]}
    names = needed[kind]
    try:
        for name in names:
            _run(world, name, played)
        world.compare()
    except AssertionError as first:
        if len(names) > 1:
            raise
        played.story.append(f"a second run is needed: {str(first).splitlines()[0][:200]}")
        _run(world, "sync", played)
        world.compare()
    world.lacks_history = False
    for name in names:
        pending = world.pending(_NAMES[name])
        assert not pending, f"{name} left packages: {pending}"
    played.kept = world.kept()


def _run(world: World, kind: str, played: Round) -> None:
    played.runs += 1
    ended = world.run(*_command(world, kind))
    world.typical = ended.seconds
    assert ended.code == 0, f"{kind} ended with {ended.code}: {_last_words(ended)}"


def _last_words(ended: Ended) -> str:
    lines = [line for line in ended.output.splitlines() if line.strip()]
    return lines[-1] if lines else "no word"


@dataclass
class Tally:
    """What came of all rounds."""

    rounds: Counter[str] = field(default_factory=Counter)
    disasters: Counter[str] = field(default_factory=Counter)
    runs: Counter[int] = field(default_factory=Counter)
    failed: list[Round] = field(default_factory=list)

    def add(self, played: Round) -> None:
        self.rounds[played.destination] += 1
        self.disasters.update(played.disasters)
        if played.failure:
            self.failed.append(played)
        else:
            self.runs[played.runs] += 1

    def lines(self) -> Iterator[str]:
        """The summary."""
        yield "rounds      " + _counts(self.rounds)
        yield "disasters   " + _counts(self.disasters)
        yield "runs needed " + ", ".join(f"{n}: {self.runs[n]}" for n in sorted(self.runs))
        yield f"failed      {len(self.failed)}"
        for played in self.failed:
            yield f"  {played.again}"


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())
