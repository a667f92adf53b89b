"""What ``dlt-uis demo`` and ``dlt-uis run`` end with: an answer, and the page that they wrote."""

from __future__ import annotations

import logging
from pathlib import Path

import dlt
from rich.console import Console
from rich.table import Table

from ..errors import MissingExtra, OutputNotWritable, UisError
from ..overview.business import Business
from ..overview.business_charts import fates
from ..overview.questions import Facts, ask
from ..overview.texts import Texts, usual_language
from .overview import write_page

logger = logging.getLogger(__name__)

_WEEK = 7


def show_answer(console: Console, pipeline: dlt.Pipeline, destination: str, output: Path) -> None:
    """Prints what became of the missed calls of the last week; writes the overview, and says where.

    What is loaded is loaded: where there is no answer, or no page, that is said, and is no failure.
    """
    try:
        facts = ask(pipeline)
    except UisError as error:
        logger.warning("%s", error)
        return
    if facts.business is not None:
        _show_missed(console, facts.business)
    told = _written(facts, pipeline, destination, output)
    console.print(told, markup=False, highlight=False, soft_wrap=True)


def _show_missed(console: Console, business: Business) -> None:
    t = Texts("en")
    week = next(period for period in business.periods if period.days == _WEEK)
    missed = sum(week.fates.values())
    incoming = t.number(week.total("incoming"))
    days = f"{t.day(week.first)} to {t.day(week.last)}"
    console.print(f"\n[bold]Missed calls, {days}[/bold]: {missed:,} of {incoming} incoming")
    table = Table()
    table.add_column("what became of them")
    for heading in ("calls", "share"):
        table.add_column(heading, justify="right")
    for name, count, _ in fates(week, business, t):
        table.add_row(name, t.number(count), t.percent(count / missed if missed else None))
    console.print(table)


def _written(facts: Facts, pipeline: dlt.Pipeline, destination: str, output: Path) -> str:
    try:
        write_page(facts, pipeline, destination, output, usual_language())
    except MissingExtra as error:
        return f"There would be a page with charts, too. {error.hint}"
    except OutputNotWritable as error:
        return str(error)
    return f"Charts of all that: {output}, which a browser opens."
