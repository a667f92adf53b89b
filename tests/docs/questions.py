"""The page of first questions: its queries, and what they answer for a made-up account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dlt_uis.sandbox import Account

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "first-questions.md", DOCS / "ru" / "first-questions.md")

_ANSWERED = re.compile(r"```sql\n(?P<sql>.*?)```\n\n```text\n(?P<text>.*?)```", re.DOTALL)

Answer = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""Names of columns, and rows."""


def account() -> Account:
    """The account that the page is about; its clock stands still."""
    return Account(calls=2_000, days=40, now=datetime(2026, 3, 4, 12, tzinfo=UTC))


def queries(page: Path) -> Iterator[tuple[str, str]]:
    """Each query of a page, and the answer that stands below it."""
    for found in _ANSWERED.finditer(page.read_text("utf-8")):
        yield found["sql"], found["text"]


def fill(page: Path, ask: Callable[[str], Answer]) -> None:
    """Writes the answers of a page anew."""

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
