"""Parts of the overview's page, in HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from .look import number

MOST_ROWS = 15
"""Rows of a table; the page says how many it leaves out."""


def command(words: str, options: str, first: date, last: date) -> str:
    """A command of ours for some days of the page's warehouse."""
    given = f"{words} {options}".strip()
    return f"<code>{escape(f'dlt-uis {given} --from {first} --to {last}')}</code>"


def tile(name: str, value: str, note: str, kind: str = "") -> str:
    """A headline figure; ``kind`` is ``good`` or ``bad``."""
    return (
        f'<div class="tile"><dt>{name}</dt><dd>{value}</dd>'
        f'<dd class="note {kind}">{escape(note)}</dd></div>'
    )


def section(title: str, words: str, *parts: str) -> str:
    """A card with a title, some words, and parts that are HTML."""
    return f"<section><h2>{title}</h2><p>{words}</p>{''.join(parts)}</section>"


def chart(id_: str, label: str, *, is_shown: bool = True) -> str:
    """The place of a chart."""
    hidden = "" if is_shown else " hidden"
    return f'<div class="chart" id="{id_}" role="img" aria-label="{label}"{hidden}></div>'


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of at most :data:`MOST_ROWS` rows; the cells are HTML."""
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows[:MOST_ROWS]
    )
    rest = len(rows) - MOST_ROWS
    more = f"<p>… and {number(rest)} more.</p>" if rest > 0 else ""
    return (
        f'<h3>{title}</h3><div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}"
    )
