"""What a verification prints: the days that differ, the calls behind it, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from ..pace import duration
from ..verify.findings import DayFound, Example, Verified

_NAMED = 5
"""How many calls of a day are named for each kind of difference."""

_COLUMNS_NAMED = 4


def show_verified(console: Console, done: Verified) -> None:
    """Prints what a verification found, and after a repair what was found before it."""
    console.print(f"window    {done.window or '-'} ({done.timezone})")
    if done.before:
        _show_days(console, "Before the repair", done.before)
    _show_days(console, "After the repair" if done.before else "Differences", done.days)
    if done.pruned:
        console.print(f"pruned    {done.pruned:,} calls that the source does not have")
    if done.seed is not None:
        compared = sum(day.is_compared for day in done.days)
        console.print(f"sample    {compared:,} of {len(done.days):,} days, seed {done.seed}")
    console.print(f"took      {duration(done.seconds)}")
    console.print(_verdict(done))


def show_points(console: Console, points: int, left: int | None) -> None:
    """Prints what a verification has cost."""
    rest = "" if left is None else f", {left:,} of today's points left"
    console.print(f"points    {points:,} used{rest}")


def _show_days(console: Console, title: str, days: Sequence[DayFound]) -> None:
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
        f"equal     {len(equal):,} days with {calls:,} calls: {compared:,} compared in every value,"
        f" {len(equal) - compared:,} counted"
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


def _verdict(done: Verified) -> str:
    if not done.days:
        return "Nothing of the range has begun."
    if done.is_equal:
        return "The warehouse equals the source."
    if done.is_settled_equal:
        return "Only calls that are not settled yet differ: dlt-uis sync brings them."
    if any(day.surplus for day in done.days) and done.before:
        return "The warehouse differs: --repair --prune removes calls that the source has not."
    if done.before:
        return "The warehouse still differs: run it again."
    return "The warehouse differs: --repair mends it, with --prune surplus calls too."
