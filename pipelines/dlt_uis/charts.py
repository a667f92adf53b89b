"""The report's charts, as plotly reads them: plain ``data`` and ``layout``.

Colours are the page's CSS variables; the page puts in what they stand for, so that the charts
follow a light or dark look. Days and times are those of the account's zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from .coverage import DAY, Day, Span, State
from .questions import DayCalls, Load
from .zones import Zone

Chart: TypeAlias = dict[str, Any]

THIN_SPACE = "\u202f"
"""Between the thousands of a number; no line breaks there."""

STATES: Mapping[State, str] = {
    State.GAP: "var(--gap)",
    State.PARTIAL: "var(--partial)",
    State.LOADED: "var(--loaded)",
    State.EQUAL: "var(--equal)",
    State.DIFFERENT: "var(--different)",
}
"""Colours of the days' states."""

_DIRECTIONS = {
    "in": ("incoming", "var(--in)"),
    "out": ("outgoing", "var(--out)"),
    "": ("unknown direction", "var(--muted)"),
}

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEKS = 54
_ROW = 17
"""Pixels of a day in the calendar."""

_HEADING = 52
"""Pixels above each year's block: its name, its months."""

_FEW_DAYS = 92
"""Up to here each day has a bar; more are drawn as an area, whose edges stay sharp."""

_FEWEST_PLACES = 10
"""Fewer loads have as much room as this many, in the middle."""

_MOST_TICKS = 7
"""Times below the loads; more would not fit on a telephone."""

_SMOOTHED_FROM = 45
"""With more days, the share of lost calls is that of a week, or it would be only noise."""

_MANY_DAYS = 400
"""With more days, the calls of each would look like a comb."""

_WEEK = 7


def number(value: float, digits: int = 0) -> str:
    """A number with thin spaces between its thousands."""
    return f"{value:,.{digits}f}".replace(",", THIN_SPACE)


def day_text(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def moment_text(moment: datetime, zone: Zone) -> str:
    """An instant as a local time."""
    local = zone.local(moment)
    return f"{day_text(local.date())}, {local:%H:%M}"


def _layout(**given: Any) -> Chart:
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
        "separators": f".{THIN_SPACE}",
        "hovermode": "closest",
        "dragmode": False,
        **given,
    }


def _axis(title: str | None = None, **given: Any) -> Chart:
    axis: Chart = {
        "gridcolor": "var(--line)",
        "linecolor": "var(--line)",
        "zeroline": False,
        "tickfont": {"color": "var(--muted)", "size": 12},
        "automargin": True,
        "fixedrange": True,
        **given,
    }
    if title:
        axis["title"] = {
            "text": title, "font": {"color": "var(--muted)", "size": 12}, "standoff": 12
        }  # fmt: skip
    return axis


def calendar(days: Sequence[Day], calls: Mapping[date, DayCalls], zone: Zone) -> Chart:
    """A cell a day, a block a year, the newest on top: weeks are columns, weekdays rows."""
    by_year: dict[int, list[Day]] = defaultdict(list)
    for day in reversed(days):
        by_year[day.date.year].append(day)
    block = _HEADING + len(_WEEKDAYS) * _ROW
    height = block * len(by_year)
    layout = _layout(
        height=height + 10, margin={"l": 44, "r": 8, "t": 0, "b": 10}, showlegend=False,
        annotations=[],
    )  # fmt: skip
    data = []
    for index, (year, its_days) in enumerate(by_year.items()):
        top = height - index * block
        domain = [(top - block) / height, (top - _HEADING) / height]
        suffix = str(index + 1) if index else ""
        data += _cells(year, its_days, calls, zone, suffix)
        layout |= _block(year, domain, suffix)
        total = sum(calls[day.date].total for day in its_days if day.date in calls)
        layout["annotations"].append(_heading(f"<b>{year}</b>  {number(total)} calls", domain[1]))
    return {"data": data, "layout": layout}


def _block(year: int, domain: Sequence[float], suffix: str) -> Chart:
    """The axes of a year: months above, weekdays to the left."""
    bare: Chart = {"showgrid": False, "showline": False, "ticks": ""}
    months = [date(year, month, 1) for month in range(1, 13)]
    return {
        f"xaxis{suffix}": _axis(
            anchor=f"y{suffix}", side="top", range=[-0.6, _WEEKS - 0.4], **bare,
            tickvals=[_place(month)[0] for month in months],
            ticktext=[f"{month:%b}" for month in months],
        ),
        f"yaxis{suffix}": _axis(
            anchor=f"x{suffix}", domain=domain, range=[6.5, -0.5], **bare,
            tickvals=[0, 2, 4, 6], ticktext=_WEEKDAYS[::2],
        ),
    }  # fmt: skip


def _heading(text: str, bottom: float) -> Chart:
    return {
        "text": text, "xref": "paper", "yref": "paper", "x": 0, "y": bottom, "yshift": 22,
        "xanchor": "left", "yanchor": "bottom", "showarrow": False,
        "font": {"size": 13, "color": "var(--ink)"},
    }  # fmt: skip


def _place(day: date) -> tuple[int, int]:
    """Column and row of a day in its year's block."""
    first = date(day.year, 1, 1)
    monday = first - first.weekday() * DAY
    return (day - monday).days // len(_WEEKDAYS), day.weekday()


def _cells(
    year: int, days: Sequence[Day], calls: Mapping[date, DayCalls], zone: Zone, suffix: str
) -> list[Chart]:
    states = list(STATES)
    cells: list[list[float | None]] = [[None] * _WEEKS for _ in _WEEKDAYS]
    texts = [[""] * _WEEKS for _ in _WEEKDAYS]
    for day in days:
        column, row = _place(day.date)
        cells[row][column] = states.index(day.state)
        texts[row][column] = _about(day, calls.get(day.date), zone)
    rest: list[list[int | None]] = [[None] * _WEEKS for _ in _WEEKDAYS]
    for offset in range((date(year + 1, 1, 1) - date(year, 1, 1)).days):
        column, row = _place(date(year, 1, 1) + offset * DAY)
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


def _steps(colours: Any) -> list[list[Any]]:
    """A colour scale that jumps from colour to colour."""
    named = list(colours)
    return [
        [(index + side) / len(named), colour]
        for index, colour in enumerate(named)
        for side in (0, 1)
    ]


def _about(day: Day, calls: DayCalls | None, zone: Zone) -> str:
    part = f" ({day.share:.0%})" if day.state is State.PARTIAL else ""
    lines = [
        f"<b>{_WEEKDAYS[day.date.weekday()]}, {day_text(day.date)}</b>",
        f"{day.state.value}{part}",
        f"{number(calls.total if calls else 0)} calls",
    ]
    if day.loaded_at:
        lines.append(f"last read {moment_text(day.loaded_at, zone)}")
    verdict = day.verdict
    if verdict:
        how = "all values" if verdict.is_compared else "counts"
        lines.append(f"verified {moment_text(verdict.verified_at, zone)} ({how})")
        if not verdict.is_equal:
            found = {"missing": verdict.missing, "surplus": verdict.surplus,
                     "changed": verdict.changed}  # fmt: skip
            lines.append(", ".join(f"{number(count)} {what}" for what, count in found.items()))
        if day.loaded_at and day.loaded_at > verdict.verified_at:
            lines.append("read again since it was verified")
    return "<br>".join(lines)


def calls_a_day(
    days: Sequence[Day], calls: Mapping[date, DayCalls], zone: Zone, gaps: Sequence[Span],
    *, has_lost: bool,
) -> Chart:  # fmt: skip
    """Calls a day, stacked by direction, and below them the share of lost ones.

    Where there are many days, that share is of the seven days up to each.
    """
    axis = [str(day.date) for day in days]
    found = [calls.get(day.date, DayCalls()) for day in days]
    counts = {
        direction: [each.by_direction.get(direction, 0) for each in found]
        for direction in _DIRECTIONS
    }
    width = _WEEK if len(days) > _SMOOTHED_FROM else 1
    lost = _lost_shares(found, width) if has_lost else None
    name = "lost, last 7 days" if width > 1 else "lost"
    chart = _calls(axis, counts, lost, name, is_area=len(days) > _FEW_DAYS)
    layout = chart["layout"]
    layout["yaxis"]["title"]["text"] = "calls a day"
    layout["xaxis"] |= {"hoverformat": "%a, %-d %b %Y", **_ticks(len(days))}
    return _framed(chart, days, zone, gaps, timedelta(hours=12))


def calls_by_week(
    days: Sequence[Day], calls: Mapping[date, DayCalls], zone: Zone, gaps: Sequence[Span],
    *, has_lost: bool,
) -> Chart:  # fmt: skip
    """As :func:`calls_a_day`, but the mean of each week's days: calm enough for years."""
    weeks: dict[date, list[Day]] = defaultdict(list)
    for day in days:
        weeks[day.date - day.date.weekday() * DAY].append(day)
    # the middle of each week: steps change halfway between two points
    axis = [_noon(monday + 3 * DAY) for monday in weeks]
    found = [_counted(week, calls) for week in weeks.values()]
    counts = {direction: [_mean(week, direction) for week in found] for direction in _DIRECTIONS}
    sums = [DayCalls({"": sum(d.total for d in week)}, sum(d.lost for d in week)) for week in found]
    lost = _lost_shares(sums, 1) if has_lost else None
    chart = _calls(axis, counts, lost, "lost", is_area=True)
    layout = chart["layout"]
    layout["yaxis"]["title"]["text"] = "calls a day, mean of a week"
    layout["xaxis"]["hoverformat"] = "week around %-d %b %Y"
    return _framed(chart, days, zone, gaps, timedelta(0))


def is_long(days: Sequence[Day]) -> bool:
    """Whether :func:`calls_by_week` is the better first look."""
    return len(days) > _MANY_DAYS


def _counted(week: Sequence[Day], calls: Mapping[date, DayCalls]) -> list[DayCalls]:
    """Calls of the days that were read whole; if there are none, of those that have calls."""
    whole = [calls.get(day.date, DayCalls()) for day in week if day.share >= 1]
    return whole or [calls[day.date] for day in week if day.date in calls]


def _mean(days: Sequence[DayCalls], direction: str) -> float:
    total = sum(day.by_direction.get(direction, 0) for day in days)
    return round(total / len(days), 1) if days else 0


def _calls(
    axis: Sequence[str],
    counts: Mapping[str, Sequence[float]],
    lost: Sequence[float | None] | None,
    lost_name: str,
    *,
    is_area: bool,
) -> Chart:
    """The two panels; ``lost`` are percents, ``None`` if they are not known."""
    data = [
        _stacked(axis, counts[direction], name, colour, is_area=is_area)
        for direction, (name, colour) in _DIRECTIONS.items()
        if any(counts[direction])
    ]
    has_lost = lost is not None
    layout = _layout(
        height=440 if has_lost else 320,
        margin={"l": 64, "r": 12, "t": 12, "b": 64},
        barmode="stack", bargap=0.25, hovermode="x unified",
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -0.1, "yanchor": "top",
                "traceorder": "normal"},
        xaxis=_axis(type="date", showgrid=False, anchor="y2" if has_lost else "y"),
        yaxis=_axis("calls", rangemode="tozero", domain=[0.36 if has_lost else 0, 1],
                    tickformat=",d"),
    )  # fmt: skip
    if lost is not None:
        data.append(
            {
                "type": "scatter", "x": axis, "y": lost, "yaxis": "y2", "name": lost_name,
                "mode": "lines" if is_area else "lines+markers", "cliponaxis": False,
                "line": {"color": "var(--lost)", "width": 1.8}, "connectgaps": False,
                "hovertemplate": "%{y:.1f}%",
            }
        )  # fmt: skip
        layout["yaxis2"] = _axis(
            "lost, % of calls", domain=[0, 0.27], ticksuffix="%", rangemode="tozero", nticks=4
        )
    return {"data": data, "layout": layout}


def _framed(
    chart: Chart, days: Sequence[Day], zone: Zone, gaps: Sequence[Span], shift: timedelta
) -> Chart:
    """The chart with its whole range, the gaps shaded, and buttons for parts of a long history.

    ``shift`` is by how much the chart's days begin before midnight.
    """
    layout = chart["layout"]
    first, last = (datetime(d.year, d.month, d.day) for d in (days[0].date, days[-1].date + DAY))
    layout["xaxis"]["range"] = [str(first - shift), str(last - shift)]
    layout["shapes"] = [_shade(gap, zone, shift) for gap in gaps]
    if len(days) > _FEW_DAYS:
        layout["xaxis"] |= {"rangeselector": _buttons(len(days)), "fixedrange": False}
        layout["dragmode"] = "zoom"
        layout["margin"]["t"] = 44
    return chart


def _noon(day: date) -> str:
    return f"{day} 12:00"


def _ticks(days: int) -> Chart:
    return {"dtick": 86_400_000, "tickformat": "%-d %b"} if days <= _WEEK else {}


def _stacked(
    axis: Sequence[str], counts: Sequence[float], name: str, colour: str, *, is_area: bool
) -> Chart:
    shared = {"x": axis, "y": counts, "name": name, "hovertemplate": "%{y:,.1~f}"}
    if not is_area:
        return {**shared, "type": "bar", "marker": {"color": colour}}
    return {
        **shared, "type": "scatter", "mode": "lines", "stackgroup": "calls", "fillcolor": colour,
        "line": {"width": 0, "shape": "hvh", "color": colour},
    }  # fmt: skip


def _lost_shares(days: Sequence[DayCalls], width: int) -> list[float | None]:
    """Lost calls of the last ``width`` days in percent, ``None`` where there were no calls."""
    shares: list[float | None] = []
    for end in range(1, len(days) + 1):
        last = days[max(0, end - width) : end]
        calls = sum(day.total for day in last)
        shares.append(round(100 * sum(day.lost for day in last) / calls, 2) if calls else None)
    return shares


def _shade(gap: Span, zone: Zone, shift: timedelta) -> Chart:
    """A gap's place behind the calls."""
    start, end = (str(zone.local(moment) - shift) for moment in (gap.start, gap.end))
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1,
        "fillcolor": "var(--gap)", "opacity": 0.35, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip


def _buttons(days: int) -> Chart:
    steps = [(1, "month", "1 month"), (3, "month", "3 months"), (1, "year", "1 year")]
    shown = steps if days > 366 else steps[:2]
    return {
        "buttons": [
            *({"count": count, "step": step, "stepmode": "backward", "label": label}
              for count, step, label in shown),
            {"step": "all", "label": "all"},
        ],
        "bgcolor": "var(--cell)", "activecolor": "var(--loaded)", "borderwidth": 0,
        "font": {"size": 12, "color": "var(--ink)"}, "x": 0, "y": 1.03, "yanchor": "bottom",
    }  # fmt: skip


def loads(latest: Sequence[Load], zone: Zone) -> Chart:
    """Calls and calls a second of each load, oldest first."""
    shown = list(reversed(latest))
    places = list(range(len(shown)))
    texts = [
        f"<b>{moment_text(load.finished_at, zone)}</b><br>{number(load.rows)} calls in"
        f" {number(load.seconds, 1)} s<br>{number(load.points)} points"
        for load in shown
    ]
    rates = [None if load.rate is None else round(load.rate, 1) for load in shown]
    middle, half = (len(shown) - 1) / 2, max(len(shown), _FEWEST_PLACES) / 2
    ticks = places[:: max(1, -(-len(shown) // _MOST_TICKS))]
    moments = [zone.local(shown[place].finished_at) for place in ticks]
    return {
        "data": [
            {"type": "bar", "x": places, "y": [load.rows for load in shown], "name": "calls",
             "marker": {"color": "var(--in)"}, "text": texts, "textposition": "none",
             "hovertemplate": "%{text}<extra></extra>"},
            {"type": "scatter", "x": places, "y": rates, "yaxis": "y2", "name": "calls a second",
             "mode": "markers", "marker": {"color": "var(--equal)", "size": 6}, "text": texts,
             "hovertemplate": "<b>%{y:,.0f} calls a second</b><br>%{text}<extra></extra>"},
        ],
        "layout": _layout(
            height=360, margin={"l": 64, "r": 12, "t": 12, "b": 48}, showlegend=False,
            bargap=0.25,
            xaxis=_axis(
                "load, by the time at which it was read", anchor="y2", showgrid=False,
                range=[middle - half, middle + half], tickvals=ticks,
                ticktext=[f"{m.day} {m:%b}<br>{m:%H:%M}" for m in moments], tickangle=0,
            ),
            yaxis=_axis("calls", domain=[0.5, 1], rangemode="tozero", tickformat=",d"),
            yaxis2=_axis("calls a second", domain=[0, 0.4], rangemode="tozero", tickformat=",d"),
        ),
    }  # fmt: skip
