"""What a run looks like: a live line on a terminal, log lines elsewhere."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dlt.common.runtime.collector_base import Collector
from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..progress import Progress, Rate, Snapshot, in_words

logger = logging.getLogger(__name__)

_LOG_EVERY = 10.0
"""Seconds between two log lines of a run that nobody watches."""

_STEPS = {"Extract": "reading", "Normalize": "preparing", "Load": "loading"}


class StepCollector(Collector):
    """Learns from dlt which step a run is in, and how far the load is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._step = "starting"
        self._done: dict[str, int] = {}
        self._totals: dict[str, int] = {}

    @property
    def name(self) -> str:
        with self._lock:
            return self._step

    @property
    def jobs(self) -> tuple[int, int]:
        """Load jobs done, and jobs in all."""
        with self._lock:
            return self._done.get("Jobs", 0), self._totals.get("Jobs", 0)

    def update(
        self,
        name: str,
        inc: int | None = 1,
        total: int | None = None,
        inc_total: int | None = None,
        message: str | None = None,
        label: str | None = None,
    ) -> None:
        del message
        if label:
            return
        with self._lock:
            self._done[name] = self._done.get(name, 0) + (inc or 0)
            if total is not None:
                self._totals[name] = total
            self._totals[name] = self._totals.get(name, 0) + (inc_total or 0)

    def _start(self, step: str) -> None:
        with self._lock:
            self._step = _STEPS.get(step.split(" ", 1)[0], step)
            self._done, self._totals = {}, {}

    def _stop(self) -> None:
        pass


InWords = Callable[[Snapshot, Rate], str]
"""Says how far a run is."""


@contextmanager
def showing(
    console: Console, steps: StepCollector, progress: Progress, words: InWords = in_words
) -> Iterator[None]:
    """Shows the run that goes on inside the ``with`` block."""
    rate = Rate()
    if console.is_terminal:
        with Live(
            console=console,
            get_renderable=lambda: _line(steps, progress.snapshot(), rate, words),
            refresh_per_second=5,
            transient=True,
        ):
            yield
    else:
        with _logging(steps, progress, rate, words):
            yield


def _line(steps: StepCollector, now: Snapshot, rate: Rate, words: InWords) -> RenderableType:
    line = Table.grid(padding=(0, 1))
    # in a narrow terminal the bar gives way, then the end of the figures
    line.add_column(no_wrap=True, min_width=len(steps.name))
    line.add_column()
    line.add_column(no_wrap=True)
    if steps.name == "loading":
        done, total = steps.jobs
        line.add_row(
            Text("loading", style="bold"),
            ProgressBar(total=max(1, total), completed=done, width=30),
            f"{done} of {total} jobs, {now.calls:,} calls",
        )
        return line
    share = now.share
    bar = ProgressBar(
        total=None if share is None else 1.0, completed=share or 0.0, width=30, pulse=share is None
    )
    line.add_row(Text(steps.name, style="bold"), bar, words(now, rate))
    return line


@contextmanager
def _logging(
    steps: StepCollector, progress: Progress, rate: Rate, words: InWords
) -> Iterator[None]:
    stop = threading.Event()

    def report() -> None:
        while not stop.wait(_LOG_EVERY):
            done, total = steps.jobs
            if steps.name == "loading":
                logger.info("loading: %d of %d jobs", done, total)
            else:
                logger.info("%s: %s", steps.name, words(progress.snapshot(), rate))

    thread = threading.Thread(target=report, name="uis-log", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def show_repairs(console: Console, replaced: int, refused: int) -> None:
    """Prints what the API sent that could not be loaded as it was, if anything."""
    if replaced:
        console.print(
            f"replaced  {replaced:,} texts had characters that no warehouse holds: U+FFFD"
        )
    if refused:
        console.print(
            f"refused   {refused:,} records whose id or start can't be read were kept out"
        )


def show_short(console: Console, short: int, what: str) -> None:
    """Prints how many records the API promised and does not return, if any.

    Args:
        what: what they are called.
    """
    if short:
        console.print(f"short     {short:,} {what} that the API promised and does not return")
