"""What is measured: contenders, who take turns, and what came of their runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from .answers import Saved
from .digests import Digest
from .harness import Measured
from .serving import Seen, Served


@dataclass(frozen=True)
class Run:
    """One run of a contender.

    ``seconds`` is what counts: of the whole process, or of the part that the contender names.
    ``startup`` is the part of them that does not follow the calls, if it is told apart.
    """

    calls: int
    measured: Measured
    seconds: float
    startup: float = 0.0
    seen: Seen | None = None


@dataclass(frozen=True)
class Bench:
    """What the contenders share: the account, its answers as files, and what they hold."""

    served: Served
    saved: Saved
    calls: int
    days: int
    reference: Digest


class Contender(ABC):
    """Something that is run again and again, each time in a process and a folder of its own.

    Attributes:
        laps: how often it is run in a round: what is short is measured less exactly.
    """

    laps = 1

    def __init__(self, key: str, name: str) -> None:
        self.key = key
        self.name = name

    @abstractmethod
    def run(self) -> Run:
        """Runs it, and checks what it made.

        Raises:
            AssertionError: it did not make what the others do.
        """


@dataclass(frozen=True)
class Result:
    """All runs of a contender."""

    key: str
    name: str
    runs: list[Run] = field(default_factory=list)

    @property
    def calls(self) -> int:
        return int(median(run.calls for run in self.runs))

    @property
    def seconds(self) -> float:
        return median(run.seconds for run in self.runs)

    def seconds_for(self, calls: int) -> float:
        """Seconds that so many calls would take: what follows the calls is scaled."""
        return median(
            run.startup + (run.seconds - run.startup) * calls / run.calls for run in self.runs
        )

    @property
    def seconds_a_call(self) -> float:
        return median(run.seconds / run.calls for run in self.runs)

    @property
    def cpu_seconds(self) -> float:
        return median(run.measured.cpu_seconds for run in self.runs)

    @property
    def peak_mb(self) -> float:
        return max(run.measured.peak_mb for run in self.runs)

    @property
    def requests(self) -> int:
        """Requests for calls in a run."""
        return int(median(run.seen.requests if run.seen else 0 for run in self.runs))

    @property
    def server_cpu_seconds(self) -> float:
        """CPU seconds that the sandbox took meanwhile."""
        return median(run.seen.cpu_seconds if run.seen else 0.0 for run in self.runs)


def take_turns(
    contenders: Sequence[Contender], runs: int, say: Callable[[str], None]
) -> list[Result]:
    """Runs all of them, in turn, round after round: a machine's drift hits all alike."""
    results = {contender: Result(contender.key, contender.name) for contender in contenders}
    laps = range(max((contender.laps for contender in contenders), default=0))
    for turn in range(runs):
        for contender in [each for lap in laps for each in contenders if lap < each.laps]:
            run, result = contender.run(), results[contender]
            result.runs.append(run)
            say(
                f"round {turn + 1} of {runs}: {contender.key:3} {contender.name:48}"
                f" {run.seconds:7.2f} s {run.measured.peak_mb:6.0f} MB"
            )
    return list(results.values())
