"""The page of first questions: its queries, and what they answer for a made-up account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dlt_uis import uis_source
from dlt_uis.progress import Progress
from dlt_uis.runner import make_pipeline, run
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.views.creating import make_views

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "first-questions.md", DOCS / "ru" / "first-questions.md")

_ANSWERED = re.compile(r"```sql\n(?P<sql>.*?)```\n\n```text\n(?P<text>.*?)```", re.DOTALL)

Answer = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""Names of columns, and rows."""


def account() -> Account:
    """The account that the page is about; its clock stands still."""
    return Account(calls=2_000, days=40, now=datetime(2026, 3, 4, 12, tzinfo=UTC))


def load(destination: str = "duckdb") -> Account:
    """Loads the account, and makes the views."""
    made_up = account()
    with Sandbox(made_up) as sandbox:
        given: dict[str, Any] = {"api_url": sandbox.url, "access_token": sandbox.access_token}
        given |= {"clock": made_up.now, "start_date": "2020-01-01"}
        run(make_pipeline(destination), uis_source(**given), Progress())
    make_views(make_pipeline(destination))
    return made_up


def ask(query: str, destination: str = "duckdb") -> Answer:
    """What the warehouse answers."""
    with make_pipeline(destination).sql_client() as client, client.execute_query(query) as cursor:
        names = [str(column[0]) for column in cursor.description]
        return names, [tuple(row) for row in cursor.fetchall()]


def queries(page: Path) -> Iterator[tuple[str, str]]:
    """Each query of a page, and the answer that stands below it."""
    for found in _ANSWERED.finditer(page.read_text("utf-8")):
        yield found["sql"], found["text"]


def fill(page: Path) -> None:
    """Writes the answers of a page anew, from the warehouse in the current folder."""

    def answered(found: re.Match[str]) -> str:
        text = rendered(ask(found["sql"]))
        return f"```sql\n{found['sql']}```\n\n```text\n{text}```"

    page.write_text(_ANSWERED.sub(answered, page.read_text("utf-8")), encoding="utf-8")


def rendered(answer: Answer) -> str:
    """An answer as text, in columns."""
    names, rows = answer
    cells = [[*names], *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [all(isinstance(row[at], int | float | Decimal) for row in rows)
             for at in range(len(names))]  # fmt: skip
    lines = [
        "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float | Decimal):
        return f"{value:.0f}" if value == int(value) else f"{value:.1f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)
