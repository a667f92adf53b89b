"""The calendar of the days that are loaded and verified, as plotly reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..localtime.zones import Zone
from .coverage import DAY, Day, State, dates
from .look import Chart, axis, layout
from .questions import DayCalls
from .texts import Texts

STATES: Mapping[State, str] = {
    State.GAP: "var(--gap)",
    State.PARTIAL: "var(--partial)",
    State.LOADED: "var(--loaded)",
    State.EQUAL: "var(--equal)",
    State.DIFFERENT: "var(--different)",
}
"""Colours of the days' states."""

_WEEK = 7
_WEEKS = 54
"""As many as a year may touch: cells are as wide in a short history as in a long one."""

_ROW = 17
"""Pixels of a day in the calendar."""

_HEADING = 52
"""Pixels above each block: its years, its months."""


@dataclass(frozen=True)
class _Block:
    """A part of the calendar: ``days`` in order, and cells for the rest of their first and last
    week, so far as they lie between ``first`` and ``last``."""

    title: str
    days: Sequence[Day]
    first: date
    last: date

    def place(self, day: date) -> tuple[int, int]:
        """Column and row of a day."""
        return (day - _monday(self.first)).days // _WEEK, day.weekday()

    @property
    def dates(self) -> Sequence[date]:
        """The days that have a cell."""
        start, end = _monday(self.days[0].date), _monday(self.days[-1].date) + 6 * DAY
        return list(dates(max(start, self.first), min(end, self.last)))

    def months(self, t: Texts) -> Mapping[int, str]:
        """Names of the months by the column that each begins in."""
        named: dict[int, str] = {}
        for day in (each.date for each in self.days):
            column, _ = self.place(day)
            if day.day == 1 or not named:
                # the first one may have no more than its last week
                named = {at: name for at, name in named.items() if at < column - 1}
                named[column] = t.months[day.month - 1]
        return named


def _blocks(days: Sequence[Day]) -> list[_Block]:
    """One where all weeks fit beside one another, else one a year, the newest first."""
    first, last = days[0].date, days[-1].date
    start, end = _monday(first), _monday(last) + 6 * DAY
    if (end - start).days < _WEEKS * _WEEK:
        title = f"{first.year}" if first.year == last.year else f"{first.year}–{last.year}"
        return [_Block(title, days, start, end)]
    by_year: dict[int, list[Day]] = defaultdict(list)
    for day in days:
        by_year[day.date.year].append(day)
    return [
        _Block(f"{year}", its_days, date(year, 1, 1), date(year, 12, 31))
        for year, its_days in sorted(by_year.items(), reverse=True)
    ]


def _monday(day: date) -> date:
    return day - day.weekday() * DAY


def calendar(days: Sequence[Day], calls: Mapping[date, DayCalls], zone: Zone, t: Texts) -> Chart:
    """A cell a day, weeks are columns, weekdays rows; years below one another if there are more."""
    blocks = _blocks(days)
    tall = _HEADING + _WEEK * _ROW
    height = tall * len(blocks)
    frame = layout(
        t, height=height + 10, margin={"l": 44, "r": 8, "t": 0, "b": 10}, showlegend=False,
        annotations=[],
    )  # fmt: skip
    data = []
    for index, block in enumerate(blocks):
        top = height - index * tall
        domain = [(top - tall) / height, (top - _HEADING) / height]
        suffix = str(index + 1) if index else ""
        data += _cells(block, calls, zone, suffix, t)
        frame |= _axes(block, domain, suffix, t)
        total = sum(calls[day.date].total for day in block.days if day.date in calls)
        frame["annotations"].append(
            _heading(f"<b>{block.title}</b>  {t.counted(total, 'call')}", domain[1])
        )
    return {"data": data, "layout": frame}


def _axes(block: _Block, domain: Sequence[float], suffix: str, t: Texts) -> Chart:
    """The axes of a block: months above, weekdays to the left."""
    bare: Chart = {"showgrid": False, "showline": False, "ticks": ""}
    months = block.months(t)
    return {
        f"xaxis{suffix}": axis(
            anchor=f"y{suffix}", side="top", range=[-0.6, _WEEKS - 0.4], **bare,
            tickvals=list(months), ticktext=list(months.values()),
        ),
        f"yaxis{suffix}": axis(
            anchor=f"x{suffix}", domain=domain, range=[6.5, -0.5], **bare,
            tickvals=[0, 2, 4, 6], ticktext=t.weekdays[::2],
        ),
    }  # fmt: skip


def _heading(text: str, bottom: float) -> Chart:
    return {
        "text": text, "xref": "paper", "yref": "paper", "x": 0, "y": bottom, "yshift": 22,
        "xanchor": "left", "yanchor": "bottom", "showarrow": False,
        "font": {"size": 13, "color": "var(--ink)"},
    }  # fmt: skip


def _cells(
    block: _Block, calls: Mapping[date, DayCalls], zone: Zone, suffix: str, t: Texts
) -> list[Chart]:
    states = list(STATES)
    cells: list[list[float | None]] = [[None] * _WEEKS for _ in range(_WEEK)]
    texts = [[""] * _WEEKS for _ in range(_WEEK)]
    for day in block.days:
        column, row = block.place(day.date)
        cells[row][column] = states.index(day.state)
        texts[row][column] = _about(day, calls.get(day.date), zone, t)
    rest: list[list[int | None]] = [[None] * _WEEKS for _ in range(_WEEK)]
    for any_day in block.dates:
        column, row = block.place(any_day)
        if cells[row][column] is None:
            rest[row][column] = 0
    shared = {
        "type": "heatmap", "xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "showscale": False,
        "xgap": 3, "ygap": 3, "zmin": -0.5, "hoverongaps": False,
    }  # fmt: skip
    empty = "var(--cell)"
    return [
        {**shared, "z": rest, "zmax": 0.5, "colorscale": [[0, empty], [1, empty]],
         "hoverinfo": "skip"},
        {**shared, "z": cells, "zmax": len(states) - 0.5, "colorscale": _steps(STATES.values()),
         "text": texts, "hovertemplate": "%{text}<extra></extra>"},
    ]  # fmt: skip


def _steps(colours: Iterable[str]) -> list[list[Any]]:
    """A colour scale that jumps from colour to colour."""
    named = list(colours)
    return [
        [(index + side) / len(named), colour]
        for index, colour in enumerate(named)
        for side in (0, 1)
    ]


def _about(day: Day, calls: DayCalls | None, zone: Zone, t: Texts) -> str:
    part = f" ({t.percent(day.share)})" if day.state is State.PARTIAL else ""
    lines = [
        f"<b>{t.weekdays[day.date.weekday()]}, {t.day(day.date)}</b>",
        f"{t(day.state.value)}{part}",
        t.counted(calls.total if calls else 0, "call"),
    ]
    if day.loaded_at:
        lines.append(t("last read {moment}", moment=t.moment(day.loaded_at, zone)))
    verdict = day.verdict
    if verdict:
        how = t("all values" if verdict.is_compared else "counts")
        moment = t.moment(verdict.verified_at, zone)
        lines.append(t("verified {moment} ({how})", moment=moment, how=how))
        if not verdict.is_equal:
            found = {"missing": verdict.missing, "surplus": verdict.surplus,
                     "changed": verdict.changed}  # fmt: skip
            lines.append(", ".join(f"{t.number(count)} {t(what)}" for what, count in found.items()))
        if day.loaded_at and day.loaded_at > verdict.verified_at:
            lines.append(t("read again since it was verified"))
    return "<br>".join(lines)
