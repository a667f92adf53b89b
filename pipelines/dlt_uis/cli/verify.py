"""``dlt-uis verify``: whether the warehouse has what the source has, and repair."""

from __future__ import annotations

import functools
import json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from ..errors import NotVerifiable
from ..monitoring.logs import error_console, is_json, result_console
from ..monitoring.recorded_run import Record
from ..progress import duration
from ..source.parameters import for_each_report
from ..source.unknown_settings import warn_of_unknown_settings
from ..verify.findings import DayFound, Example, Verified
from ..verify.job import Verify
from .display import StepCollector, showing
from .grouped import GroupedCommand
from .options import Command, Target, range_options, source_options, target_options
from .reporting import leaving_word

logger = logging.getLogger(__name__)

_NAMED = 5
"""How many calls of a day are named for each kind of difference."""

_COLUMNS_NAMED = 4


def _sample(ctx: click.Context, param: click.Parameter, value: str | None) -> int | str | None:
    """``all``, ``none``, or a number of days."""
    if value in ("all", "none", None):
        return value
    if not value.isdecimal():
        raise click.BadParameter("all, none, or a number of days", ctx, param)
    return int(value)


def _refusing_to_prune_alone(command: Command) -> Command:
    """The command, whose run does not begin with ``--prune`` where ``--repair`` is missing."""

    @functools.wraps(command)
    def runs(*, prune: bool, repair: bool, **given: Any) -> None:
        if prune and not repair:
            raise click.UsageError("--prune goes with --repair")
        command(prune=prune, repair=repair, **given)

    return runs


@click.command(cls=GroupedCommand)
@range_options
@target_options()
@source_options()
@_refusing_to_prune_alone
@leaving_word("verify", traced=False)
@click.option(
    "--sample",
    metavar="ALL|NONE|DAYS",
    callback=_sample,
    help="Compare all, none, or so many days in every value.",
)
@click.option("--seed", type=int, help="Choose the random days of a sample by this number.")
@click.option("--repair", is_flag=True, help="Read differing days again, and merge them.")
@click.option(
    "--prune", is_flag=True, help="With --repair, remove calls that the source does not have."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def verify(
    start: str,
    end: str,
    target: Target,
    source: Mapping[str, Any],
    record: Record,
    *,
    sample: int | str | None,
    seed: int | None,
    repair: bool,
    prune: bool,
    as_json: bool,
) -> None:
    """Compare the warehouse with the source, day by day, and repair it.

    All days are compared in every value if they have at most 100,000 calls, else random days worth
    so many; the others are counted, and read where counts differ. Exit code 1: something differs.
    """
    warn_of_unknown_settings()
    console, errors = result_console(), error_console()
    steps, progress = StepCollector(), record.progress
    record.pipeline = target.pipeline(steps)
    jobs: dict[str, Verify] = {}
    asked = dict(for_each_report(source))
    for name, given in asked.items():
        try:
            jobs[name] = Verify(
                record.pipeline, start, end,
                sample=sample, seed=seed, progress=progress, source=given,
            )  # fmt: skip
        except NotVerifiable as error:
            if len(asked) == 1:
                raise
            logger.warning("%s", error)
    done: dict[str, Verified] = {}
    try:
        with showing(errors, steps, progress):
            for name, job in jobs.items():
                done[name] = job.run(repair=repair, prune=prune)
        _show(console, done, as_json=as_json or is_json())
    finally:
        # what it cost is told in any case
        cost = progress.snapshot()
        show_points(
            errors if as_json and not is_json() else console, cost.points, cost.day_points_left
        )
    if not all(each.is_equal for each in done.values()):
        sys.exit(1)


def _show(console: Console, done: Mapping[str, Verified], *, as_json: bool) -> None:
    """Prints what was found of reports."""
    if as_json:
        told = {name: each.as_json() for name, each in done.items()}
        click.echo(json.dumps(told if len(told) > 1 else next(iter(told.values()))))
        return
    for name, each in done.items():
        if len(done) > 1:
            console.print(f"{name}", style="bold")
        show_verified(console, each, name.replace("_", " "))


def show_verified(console: Console, done: Verified, what: str = "calls") -> None:
    """Prints what a verification found, and after a repair what was found before it.

    Args:
        what: what records are called.
    """
    console.print(f"window    {done.window or '-'} ({done.timezone})")
    if done.before:
        _show_days(console, "Before the repair", done.before, what)
    _show_days(console, "After the repair" if done.before else "Differences", done.days, what)
    if done.pruned:
        console.print(f"pruned    {done.pruned:,} {what} that the source does not have")
    if done.seed is not None:
        compared = sum(day.is_compared for day in done.days)
        console.print(f"sample    {compared:,} of {len(done.days):,} days, seed {done.seed}")
    console.print(f"took      {duration(done.seconds)}")
    console.print(_verdict(done, what))


def show_points(console: Console, points: int, left: int | None) -> None:
    """Prints what a verification has cost."""
    rest = "" if left is None else f", {left:,} of today's points left"
    console.print(f"points    {points:,} used{rest}")


def _show_days(console: Console, title: str, days: Sequence[DayFound], what: str) -> None:
    differing = [day for day in days if not day.is_equal]
    if differing:
        console.print(_table(title, differing))
        for day in differing:
            for line in _named(day):
                console.print(f"{day.day}  {line}", highlight=False, soft_wrap=True)
    equal = [day for day in days if day.is_equal]
    compared = sum(day.is_compared for day in equal)
    calls = sum(day.source_calls for day in equal)
    console.print(
        f"equal     {len(equal):,} days with {calls:,} {what}: {compared:,} compared in every"
        f" value, {len(equal) - compared:,} counted"
    )


def _table(title: str, days: Sequence[DayFound]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("day", no_wrap=True)
    for name in ("source", "warehouse", "missing", "surplus", "changed", "not settled yet"):
        table.add_column(name, justify="right")
    for day in days:
        settled = day.missing - day.unsettled_missing, day.changed - day.unsettled_changed
        table.add_row(
            f"{day.day}" + ("" if day.is_whole else " (in part)"),
            f"{day.source_calls:,}",
            f"{day.warehouse_calls:,}",
            f"{settled[0]:,}",
            f"{day.surplus:,}",
            f"{settled[1]:,}",
            _unsettled(day),
        )
    return table


def _unsettled(day: DayFound) -> str:
    counts = (day.unsettled_missing, "missing"), (day.unsettled_changed, "changed")
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)


def _named(day: DayFound) -> Iterator[str]:
    groups: dict[tuple[bool, str], list[Example]] = {}
    for example in day.examples:
        groups.setdefault((not example.is_settled, example.kind), []).append(example)
    for (is_unsettled, kind), examples in sorted(groups.items()):
        named = ", ".join(map(_call, examples[:_NAMED]))
        more = ", …" if len(examples) > _NAMED else ""
        yield f"{'not settled yet, ' if is_unsettled else ''}{kind}: {named}{more}"


def _call(example: Example) -> str:
    columns = ", ".join(example.columns[:_COLUMNS_NAMED])
    more = ", …" if len(example.columns) > _COLUMNS_NAMED else ""
    return f"{example.id} ({columns}{more})" if columns else str(example.id)


def _verdict(done: Verified, what: str) -> str:
    if not done.days:
        return "Nothing of the range has begun."
    if done.is_equal:
        return "The warehouse equals the source."
    if done.is_settled_equal:
        return f"Only {what} that are not settled yet differ: dlt-uis sync brings them."
    if any(day.surplus for day in done.days) and done.before:
        return f"The warehouse differs: --repair --prune removes {what} that the source has not."
    if done.before:
        return "The warehouse still differs: run it again."
    return f"The warehouse differs: --repair corrects it, --prune removes surplus {what}, too."
