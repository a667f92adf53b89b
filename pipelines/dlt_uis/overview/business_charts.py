"""The overview's charts about the business, as plotly reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from ..views.definitions.missed_calls import CALLED_AGAIN, CALLED_BACK, NOBODY
from .business import Business, Day, Period
from .look import Chart, axis, layout
from .texts import Texts

_BY_WEEK_FROM = 120
"""With more days, the calls of each would look like a comb."""

_DARKEST = 0.5
"""From this share of missed calls on, a cell is as dark as can be."""

_ENOUGH = 5
"""A cell of fewer calls is paler: one that was missed is no pattern."""

_NARROW = {"l": 40, "r": 8, "t": 8, "b": 32}


def is_by_week(period: Period) -> bool:
    """Whether the calls of a period are drawn by week."""
    return period.days >= _BY_WEEK_FROM


def service(period: Period, t: Texts) -> Chart:
    """Answered and missed calls, one on top of the other."""
    places, counts = _by_week(period.service) if is_by_week(period) else _by_day(period.service)
    shown = {"answered": "var(--answered)", "missed": "var(--missed)"}
    return {
        "data": [
            {"type": "bar", "x": places, "y": counts[name], "name": t(name),
             "marker": {"color": colour}, "hovertemplate": "%{y:,}"}
            for name, colour in shown.items()
        ],
        "layout": layout(
            t, height=260, margin={**_NARROW, "b": 58}, barmode="stack", bargap=0.22,
            hovermode="x unified",
            legend={"orientation": "h", "x": 0, "y": -0.13, "yanchor": "top",
                    "traceorder": "normal"},
            xaxis=_days_axis(period), yaxis=axis(rangemode="tozero", nticks=5),
        ),
    }  # fmt: skip


def _by_day(days: Sequence[Day]) -> tuple[list[str], Mapping[str, list[int]]]:
    return [str(day.date) for day in days], {
        "answered": [day.answered for day in days],
        "missed": [day.missed for day in days],
    }


def _by_week(days: Sequence[Day]) -> tuple[list[str], Mapping[str, list[int]]]:
    sums: dict[date, list[int]] = {}
    for day in days:
        monday = day.date - timedelta(days=day.date.weekday())
        answered, missed = sums.get(monday, [0, 0])
        sums[monday] = [answered + day.answered, missed + day.missed]
    return [str(monday) for monday in sums], {
        "answered": [answered for answered, _ in sums.values()],
        "missed": [missed for _, missed in sums.values()],
    }


def _days_axis(period: Period) -> Chart:
    ticks: Chart = {"nticks": 7, "tickformat": "%-d %b"}
    if period.days <= 7:
        ticks = {"dtick": 86_400_000, "tickformat": "%a %-d"}
    return axis(type="date", showgrid=False, hoverformat="%a, %-d %b %Y", **ticks)


def hours(period: Period, t: Texts) -> Chart:
    """A cell for each weekday and hour: the darker, the more of its calls were missed; one of few
    calls is pale."""
    cells: list[list[float | None]] = []
    texts: list[list[str]] = []
    for weekday, name in enumerate(t.weekdays, start=1):
        cells.append([])
        texts.append([])
        for hour in range(24):
            incoming, missed = period.hours.get((weekday, hour), (0, 0))
            share = missed / incoming if incoming else None
            weight = min(1, incoming / _ENOUGH)
            cells[-1].append(None if share is None else round(share * weight, 4))
            of = t("{missed} of {incoming} calls", missed=t.number(missed),
                   incoming=t.number(incoming))  # fmt: skip
            told = t("{share} missed", share=t.percent(share))
            texts[-1].append(f"<b>{name}, {hour}:00–{hour + 1}:00</b><br>{told}<br>{of}")
    return {
        "data": [
            {"type": "heatmap", "z": cells, "text": texts, "xgap": 2, "ygap": 2, "zmin": 0,
             "zmax": _DARKEST, "showscale": False, "hoverongaps": False,
             "hovertemplate": "%{text}<extra></extra>",
             "colorscale": [[0, "var(--cell)"], [0.5, "var(--warm)"], [1, "var(--missed)"]]}
        ],
        "layout": layout(
            t, height=250, margin={"l": 34, "r": 4, "t": 4, "b": 28},
            xaxis=axis(showgrid=False, showline=False, ticks="", tickvals=list(range(0, 24, 3)),
                       range=[-0.5, 23.5]),
            yaxis=axis(showgrid=False, showline=False, ticks="", tickvals=list(range(7)),
                       ticktext=t.weekdays, range=[6.5, -0.5]),
        ),
    }  # fmt: skip


def waits(period: Period, t: Texts) -> Chart:
    """What half of the calls, and nine of ten, waited at most, day by day."""
    places = [str(day.date) for day in period.service]
    lines = {
        "nine of ten": ([day.p90 for day in period.service], "var(--warm)"),
        "half of the calls": ([day.median for day in period.service], "var(--answered)"),
    }
    return {
        "data": [
            {"type": "scatter", "x": places, "y": values, "name": t(name),
             "mode": "lines" if period.days > 31 else "lines+markers",
             "line": {"color": colour, "width": 2}, "marker": {"size": 5}, "connectgaps": True,
             "hovertemplate": f"%{{y}} {t('seconds')}"}
            for name, (values, colour) in lines.items()
        ],
        "layout": layout(
            t, height=250, margin={**_NARROW, "b": 58}, hovermode="x unified",
            legend={"orientation": "h", "x": 0, "y": -0.15, "yanchor": "top"},
            xaxis=_days_axis(period), yaxis=axis(rangemode="tozero", nticks=5),
        ),
    }  # fmt: skip


def fates(period: Period, business: Business, t: Texts) -> Sequence[tuple[str, int, str]]:
    """What became of missed calls: name, how many, and colour."""
    found = period.fates
    minutes = business.callback_minutes
    return (
        (t("called back within {minutes} min", minutes=minutes),
         found.get((CALLED_BACK, True), 0), "var(--good)"),
        (t("called back later"), found.get((CALLED_BACK, False), 0), "var(--answered)"),
        (t("called again, and was answered"),
         sum(found.get((CALLED_AGAIN, is_soon), 0) for is_soon in (True, False)), "var(--warm)"),
        (t("nobody called back"), found.get((NOBODY, False), 0), "var(--missed)"),
    )  # fmt: skip
