"""The overview's charts of calls and of loads, as plotly reads them: ``data`` and ``layout``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from ..localtime.intervals import Span
from ..localtime.zones import Zone
from .coverage import DAY, Day
from .loads import Load
from .look import Chart, axis, layout
from .questions import DayCalls
from .texts import Texts

_DIRECTIONS = {
    "in": ("incoming", "var(--in)"),
    "out": ("outgoing", "var(--out)"),
    "": ("unknown direction", "var(--muted)"),
}

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


def calls_a_day(
    days: Sequence[Day], calls: Mapping[date, DayCalls], zone: Zone, gaps: Sequence[Span],
    t: Texts, *, has_lost: bool,
) -> Chart:  # fmt: skip
    """Calls a day, stacked by direction, and below them the share of lost ones.

    Where there are many days, that share is of the seven days up to each.
    """
    places = [str(day.date) for day in days]
    found = [calls.get(day.date, DayCalls()) for day in days]
    counts = {
        direction: [each.by_direction.get(direction, 0) for each in found]
        for direction in _DIRECTIONS
    }
    width = _WEEK if len(days) > _SMOOTHED_FROM else 1
    lost = _where_read(days, calls, _lost_shares(found, width)) if has_lost else None
    name = t("lost, last 7 days" if width > 1 else "lost")
    chart = _calls(places, counts, lost, name, t, is_area=len(days) > _FEW_DAYS)
    frame = chart["layout"]
    frame["yaxis"]["title"]["text"] = t("calls a day")
    frame["xaxis"] |= {"hoverformat": "%a, %-d %b %Y", **_ticks(len(days))}
    return _framed(chart, days, zone, gaps, timedelta(hours=12), t)


def calls_by_week(
    days: Sequence[Day], calls: Mapping[date, DayCalls], zone: Zone, gaps: Sequence[Span],
    t: Texts, *, has_lost: bool,
) -> Chart:  # fmt: skip
    """As :func:`calls_a_day`, but the mean of each week's days: calm enough for years."""
    weeks: dict[date, list[Day]] = defaultdict(list)
    for day in days:
        weeks[day.date - day.date.weekday() * DAY].append(day)
    # the middle of each week: steps change halfway between two points
    places = [_noon(monday + 3 * DAY) for monday in weeks]
    found = [_counted(week, calls) for week in weeks.values()]
    counts = {direction: [_mean(week, direction) for week in found] for direction in _DIRECTIONS}
    sums = [DayCalls({"": sum(d.total for d in week)}, sum(d.lost for d in week)) for week in found]
    lost = _lost_shares(sums, 1) if has_lost else None
    chart = _calls(places, counts, lost, t("lost"), t, is_area=True)
    frame = chart["layout"]
    frame["yaxis"]["title"]["text"] = t("calls a day, mean of a week")
    frame["xaxis"]["hoverformat"] = t("week around {day}", day="%-d %b %Y")
    return _framed(chart, days, zone, gaps, timedelta(0), t)


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
    places: Sequence[str],
    counts: Mapping[str, Sequence[float]],
    lost: Sequence[float | None] | None,
    lost_name: str,
    t: Texts,
    *,
    is_area: bool,
) -> Chart:
    """The two panels; ``lost`` are percents, ``None`` if they are not known."""
    data = [
        _stacked(places, counts[direction], t(name), colour, is_area=is_area)
        for direction, (name, colour) in _DIRECTIONS.items()
        if any(counts[direction])
    ]
    has_lost = lost is not None
    frame = layout(
        t, height=440 if has_lost else 320,
        margin={"l": 64, "r": 12, "t": 12, "b": 64},
        barmode="stack", bargap=0.25, hovermode="x unified",
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -0.1, "yanchor": "top",
                "traceorder": "normal"},
        xaxis=axis(type="date", showgrid=False, anchor="y2" if has_lost else "y"),
        yaxis=axis(t("calls"), rangemode="tozero", domain=[0.36 if has_lost else 0, 1]),
    )  # fmt: skip
    if lost is not None:
        data.append(
            {
                "type": "scatter", "x": places, "y": lost, "yaxis": "y2", "name": lost_name,
                "mode": "lines" if is_area else "lines+markers", "cliponaxis": False,
                "line": {"color": "var(--lost)", "width": 1.8}, "connectgaps": False,
                "hovertemplate": "%{y:.1f}%",
            }
        )  # fmt: skip
        frame["yaxis2"] = axis(
            t("lost, % of calls"), domain=[0, 0.27], ticksuffix="%", rangemode="tozero", nticks=4
        )
    return {"data": data, "layout": frame}


def _framed(
    chart: Chart, days: Sequence[Day], zone: Zone, gaps: Sequence[Span], shift: timedelta, t: Texts
) -> Chart:
    """The chart with its whole range, the gaps shaded, and buttons for parts of a long history.

    ``shift`` is by how much the chart's days begin before midnight.
    """
    frame = chart["layout"]
    first, last = (datetime(d.year, d.month, d.day) for d in (days[0].date, days[-1].date + DAY))
    frame["xaxis"]["range"] = [str(first - shift), str(last - shift)]
    frame["shapes"] = [_shade(gap, zone, shift) for gap in gaps]
    if len(days) > _FEW_DAYS:
        frame["xaxis"] |= {"rangeselector": _buttons(len(days), t), "fixedrange": False}
        frame["dragmode"] = "zoom"
        frame["margin"]["t"] = 44
    return chart


def _noon(day: date) -> str:
    return f"{day} 12:00"


def _ticks(days: int) -> Chart:
    return {"dtick": 86_400_000, "tickformat": "%-d %b"} if days <= _WEEK else {}


def _stacked(
    places: Sequence[str], counts: Sequence[float], name: str, colour: str, *, is_area: bool
) -> Chart:
    shared = {"x": places, "y": counts, "name": name, "hovertemplate": "%{y:,.1~f}"}
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


def _where_read(
    days: Sequence[Day], calls: Mapping[date, DayCalls], shares: Sequence[float | None]
) -> Sequence[float | None]:
    """The shares, ``None`` where a day was not read: the mean of a week knows of days before it."""
    if not any(day.share for day in days):
        return shares  # nothing tells what was read
    return [
        share if day.share or day.date in calls else None
        for day, share in zip(days, shares, strict=True)
    ]


def _shade(gap: Span, zone: Zone, shift: timedelta) -> Chart:
    """A gap's place behind the calls."""
    start, end = (str(zone.local(moment) - shift) for moment in (gap.start, gap.end))
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1,
        "fillcolor": "var(--gap)", "opacity": 0.35, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip


def _buttons(days: int, t: Texts) -> Chart:
    steps = [(1, "month", "1 month"), (3, "month", "3 months"), (1, "year", "1 year")]
    shown = steps if days > 366 else steps[:2]
    return {
        "buttons": [
            *({"count": count, "step": step, "stepmode": "backward", "label": t(label)}
              for count, step, label in shown),
            {"step": "all", "label": t("all")},
        ],
        "bgcolor": "var(--cell)", "activecolor": "var(--loaded)", "borderwidth": 0,
        "font": {"size": 12, "color": "var(--ink)"}, "x": 0, "y": 1.03, "yanchor": "bottom",
    }  # fmt: skip


def loads(latest: Sequence[Load], zone: Zone, t: Texts) -> Chart:
    """Calls and calls a second of each load, oldest first."""
    shown = list(reversed(latest))
    places = list(range(len(shown)))
    texts = [
        "<br>".join(
            (
                f"<b>{t.moment(load.finished_at, zone)}</b>",
                t(load.kind.value),
                t(
                    "{count} calls in {seconds} s",
                    count=t.number(load.rows),
                    seconds=t.number(load.seconds, 1),
                ),
                t("{count} points", count=t.number(load.points)),
            )
        )
        for load in shown
    ]
    rates = [None if load.rate is None else round(load.rate, 1) for load in shown]
    middle, half = (len(shown) - 1) / 2, max(len(shown), _FEWEST_PLACES) / 2
    ticks = places[:: max(1, -(-len(shown) // _MOST_TICKS))]
    moments = [zone.local(shown[place].finished_at) for place in ticks]
    labels = [f"{m.day} {t.months[m.month - 1]}<br>{m:%H:%M}" for m in moments]
    a_second = t("calls a second")
    return {
        "data": [
            {"type": "bar", "x": places, "y": [load.rows for load in shown], "name": t("calls"),
             "marker": {"color": "var(--in)"}, "text": texts, "textposition": "none",
             "hovertemplate": "%{text}<extra></extra>"},
            {"type": "scatter", "x": places, "y": rates, "yaxis": "y2", "name": a_second,
             "mode": "markers", "marker": {"color": "var(--equal)", "size": 6}, "text": texts,
             "hovertemplate": f"<b>%{{y:,.0f}} {a_second}</b><br>%{{text}}<extra></extra>"},
        ],
        "layout": layout(
            t, height=360, margin={"l": 64, "r": 12, "t": 12, "b": 48}, showlegend=False,
            bargap=0.25,
            xaxis=axis(
                t("load, by the time at which it was read"), anchor="y2", showgrid=False,
                range=[middle - half, middle + half], tickvals=ticks,
                ticktext=labels, tickangle=0,
            ),
            yaxis=axis(t("calls"), domain=[0.5, 1], rangemode="tozero"),
            yaxis2=axis(a_second, domain=[0, 0.4], rangemode="tozero"),
        ),
    }  # fmt: skip
