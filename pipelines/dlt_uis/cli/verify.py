"""The body of the command ``dlt-uis verify``."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console

from ..monitoring.logs import error_console
from ..progress import Progress
from ..verify.job import Verify
from .display import StepCollector, showing
from .verify_display import show_points, show_verified


def run_verify(
    job: Verify,
    steps: StepCollector,
    progress: Progress,
    *,
    repair: bool,
    prune: bool,
    as_json: bool,
) -> None:
    """Verifies, prints what was found and always what it cost; exits with 1 if something differs.

    Raises:
        UisError: see :meth:`.Verify.run`.
    """
    console, errors = Console(emoji=False), error_console()
    try:
        with showing(errors, steps, progress):
            done = job.run(repair=repair, prune=prune)
        if as_json:
            click.echo(json.dumps(done.as_json()))
        else:
            show_verified(console, done)
    finally:
        left = progress.snapshot().day_points_left
        show_points(errors if as_json else console, job.points, left)
    if not done.is_equal:
        sys.exit(1)
