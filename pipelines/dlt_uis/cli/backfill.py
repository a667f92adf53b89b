"""The body of the command ``dlt-uis backfill``."""

from __future__ import annotations

from rich.console import Console

from ..backfill.job import Backfill
from ..monitoring.logs import error_console
from ..progress import Progress
from .display import StepCollector, show_backfilled, show_forecast, showing


def run_backfill(
    job: Backfill, steps: StepCollector, progress: Progress, *, restart: bool, dry_run: bool
) -> None:
    """Reads what is left to be read, or only tells what that would take.

    Raises:
        UisError: see :meth:`.Backfill.run`.
    """
    console = Console(emoji=False)
    if dry_run:
        show_forecast(console, job.forecast())
        return
    with showing(error_console(), steps, progress):
        done = job.run(restart=restart)
    show_backfilled(console, done)
