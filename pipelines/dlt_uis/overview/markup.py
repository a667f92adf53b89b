"""Parts of the overview's page, in HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from .texts import Texts

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


def card(title: str, words: str, *parts: str) -> str:
    """A card of the part about the business."""
    return f"<section><h3>{title}</h3><p>{words}</p>{''.join(parts)}</section>"


def two(*cards: str) -> str:
    """Cards beside one another, where there is room for that."""
    return f'<div class="two">{"".join(cards)}</div>' if cards else ""


def period_of(days: int, html: str, *, is_shown: bool) -> str:
    """What is shown of a period."""
    hidden = "" if is_shown else " hidden"
    return f'<div class="period" data-period="{days}"{hidden}>{html}</div>'


def bar(parts: Sequence[tuple[float, str]]) -> str:
    """A bar of parts: the share (0 to 1) of each, and its colour."""
    cells = "".join(
        f'<i style="flex-grow:{share:.4f};background:{colour}"></i>'
        for share, colour in parts
        if share
    )
    return f'<div class="bar">{cells}</div>'


def ranked(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[float] = (),
    colours: Sequence[str] = (),
) -> str:
    """A table whose rows have a bar behind their names, or a coloured mark before them.

    Args:
        rows: of cells that are HTML.
        widths: of the bars, 0 to 1.
    """
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = []
    for number, (name, *cells) in enumerate(rows):
        style = f' style="--width:{widths[number]:.3f}"' if widths else ""
        mark = f'<i class="mark" style="background:{colours[number]}"></i>' if colours else ""
        rest = "".join(f"<td>{cell}</td>" for cell in cells)
        body.append(f"<tr><td{style}><span>{mark}{name}</span></td>{rest}</tr>")
    kind = "ranked marked" if colours else "ranked"
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def chart(id_: str, label: str, *, is_shown: bool = True) -> str:
    """The place of a chart."""
    hidden = "" if is_shown else " hidden"
    return f'<div class="chart" id="{id_}" role="img" aria-label="{label}"{hidden}></div>'


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], t: Texts) -> str:
    """A table of at most :data:`MOST_ROWS` rows; the cells are HTML."""
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows[:MOST_ROWS]
    )
    rest = len(rows) - MOST_ROWS
    more = f"<p>{t('… and {count} more.', count=t.number(rest))}</p>" if rest > 0 else ""
    return (
        f'<h3>{title}</h3><div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}"
    )
