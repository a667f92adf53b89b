"""The results for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from .bounds import Bound
from .results import Outcome, Standing


def show(console: Console, outcome: Outcome) -> None:
    """Prints what was measured, and which bounds are held."""
    console.print(", ".join(f"{name} {value}" for name, value in outcome.facts.items()))
    console.print(_standings(outcome))
    if outcome.bounds:
        console.print(_bounds(outcome.bounds))


def _standings(outcome: Outcome) -> Table:
    title = f"{outcome.calls:,} calls, {outcome.json_mb:,.0f} MB of JSON; median of {outcome.runs}"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("contender")
    for head in ("calls", "seconds", "scaled", "times a", "CPU s", "peak MB", "requests", "server"):
        table.add_column(head, justify="right")
    for each in outcome.standings:
        table.add_row(*_cells(each))
    return table


def _cells(each: Standing) -> Sequence[str]:
    result = each.result
    return (
        each.result.key,
        result.name,
        f"{result.calls:,}",
        f"{result.seconds:.2f}",
        f"{each.scaled_seconds:.2f}" if each.scaled_seconds is not None else "",
        f"{each.ratio:.2f}" if each.ratio is not None else "",
        f"{result.cpu_seconds:.2f}",
        f"{result.peak_mb:.0f}",
        f"{result.requests:,}" if result.requests else "",
        f"{result.server_cpu_seconds:.2f}" if result.requests else "",
    )


def _bounds(bounds: Sequence[Bound]) -> Table:
    table = Table(title="Bounds", title_justify="left")
    table.add_column("promise")
    for head in ("measured", "limit", ""):
        table.add_column(head, justify="right")
    for bound in bounds:
        table.add_row(
            bound.promise,
            f"{bound.measured:.2f}",
            f"{'≥' if bound.is_least else '≤'} {bound.limit:g}",
            "[green]held[/]" if bound.is_held else "[red]not held[/]",
        )
    return table
