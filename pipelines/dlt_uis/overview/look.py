"""How the overview's charts look: what their axes and colours have in common.

Colours are the page's CSS variables; the page puts in what they stand for, so that the charts
follow a light or dark look.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from .texts import THIN_SPACE, Texts

Chart: TypeAlias = dict[str, Any]
"""A chart, or a part of one, as plotly reads it."""


def layout(t: Texts, **given: Any) -> Chart:
    """A chart's layout: what all have in common, and what is ``given``."""
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "var(--sans)", "size": 13, "color": "var(--ink)"},
        "hoverlabel": {
            "bgcolor": "var(--card)",
            "bordercolor": "var(--line)",
            "font": {"family": "var(--sans)", "size": 13, "color": "var(--ink)"},
            "align": "left",
        },
        "separators": f"{t.decimal_mark}{THIN_SPACE}",
        "hovermode": "closest",
        "dragmode": False,
        **given,
    }


def axis(title: str | None = None, **given: Any) -> Chart:
    """An axis, with a title in small grey letters."""
    made: Chart = {
        "gridcolor": "var(--line)",
        "linecolor": "var(--line)",
        "zeroline": False,
        "tickfont": {"color": "var(--muted)", "size": 12},
        "automargin": True,
        "separatethousands": True,
        "fixedrange": True,
        **given,
    }
    if title:
        made["title"] = {
            "text": title, "font": {"color": "var(--muted)", "size": 12}, "standoff": 12
        }  # fmt: skip
    return made
