"""The overview as one HTML file that needs no network: figures, charts, tables.

The page's look, and the script that draws the charts, are in ``page.html``; plotly's script is
embedded once, compressed. What was found out is written without secrets.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from gzip import compress
from html import escape
from importlib.resources import files
from string import Template

from ..errors import MissingExtra
from ..localtime.intervals import Span
from ..localtime.zones import Zone
from ..recordings.holdings import Holdings
from ..secrecy.scrubbing import scrubbed
from .calendar import STATES, calendar
from .charts import calls_a_day, calls_by_week, is_long, loads
from .coverage import Day, Extent, days_of, extent_of, gaps
from .loads import Load
from .look import Chart, day_text, moment_text, number
from .markup import MOST_ROWS, chart, command, section, table, tile
from .questions import MOST_LOADS, Facts

_INSTANT = timedelta(microseconds=1)


def page_of(facts: Facts, place: str, made_at: datetime, options: str = "") -> str:
    """The whole file about the warehouse that ``place`` names.

    ``options`` lead a command of ours to that warehouse.

    Raises:
        MissingExtra: plotly is not installed.
    """
    plotly = _plotly()
    page = _Page(facts, options)
    texts = {
        "place": escape(place),
        "made_at": moment_text(made_at, facts.zone),
        "zone": page.zone(),
        "tiles": "\n".join(page.tiles()),
        "sections": "\n".join((page.coverage(), page.calls(), page.loads())),
        "charts": _json(page.charts),
    }
    template = Template(files(__package__).joinpath("page.html").read_text("utf-8"))
    # a short secret may well be in two million letters by chance: the script has none, and stays
    return template.substitute(
        {name: scrubbed(text) for name, text in texts.items()}, plotly=plotly
    )


def _plotly() -> str:
    """The script, in gzip and base64: less than half as long."""
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415 - an optional package
    except ImportError:
        raise MissingExtra("overview", "the command") from None
    return b64encode(compress(get_plotlyjs().encode(), compresslevel=6, mtime=0)).decode()


def _json(charts: Mapping[str, Chart]) -> str:
    """JSON that can stand in a script element: nothing in it ends that."""
    text = json.dumps(charts, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


class _Page:
    """The parts of the page that follow from the facts."""

    def __init__(self, facts: Facts, options: str) -> None:
        self._facts, self._zone = facts, facts.zone
        self._options = options
        self._gaps = gaps(facts.spans)

    @cached_property
    def _days(self) -> list[Day]:
        """Every day with its state, oldest first: of what was read, of calls and differences."""
        facts, verdicts = self._facts, self._facts.verdicts or {}
        moments = [moment for span in facts.spans for moment in (span.start, span.end - _INSTANT)]
        moments += [moment for moment in (facts.first, facts.last) if moment]
        seen = [self._zone.local(moment).date() for moment in moments]
        seen += [day for day, verdict in verdicts.items() if not verdict.is_equal]
        if not seen:
            return []
        return days_of(min(seen), max(seen), self._zone, facts.spans, facts.reads, verdicts)

    @cached_property
    def charts(self) -> dict[str, Chart]:
        """The charts, by the id of the element that each is drawn in."""
        facts, days = self._facts, self._days
        charts = {}
        if facts.spans:
            charts["calendar"] = calendar(days, facts.days, self._zone)
        if facts.calls:
            about = (days, facts.days, self._zone, self._gaps)
            charts["daily"] = calls_a_day(*about, has_lost=facts.has_lost)
            if is_long(days):
                charts["weekly"] = calls_by_week(*about, has_lost=facts.has_lost)
        if facts.loads:
            charts["loads"] = loads(facts.loads, self._zone)
        return charts

    def zone(self) -> str:
        """The zone of the page's days, in words."""
        name = escape(self._zone.name)
        if self._facts.is_zone_known:
            return f"Days and times are those of {name}."
        return (
            f"Days and times are in {name}, as the warehouse does not tell the account's zone yet:"
            " the next sync notes it, or name it with <code>--timezone</code>."
        )

    def tiles(self) -> Iterable[str]:
        """The headline figures."""
        facts = self._facts
        yield tile("Calls", number(facts.calls), f"in {_counted(facts.load_count, 'load')}")
        yield self._moment_tile("First call", facts.first)
        yield self._moment_tile("Last call", facts.last)
        if facts.has_trail:
            extent = extent_of(self._days)
            yield tile("Days loaded", f"{number(extent.whole)} whole", _rest_text(extent))
        yield self._verified_tile()
        if facts.has_trail:
            count = len(self._gaps)
            yield tile("Gaps", number(count), *(("listed below", "bad") if count else ("none",)))
        if facts.recordings is not None:
            yield self._recordings_tile(facts.recordings)
        yield self._moment_tile("Last load", facts.loads[0].finished_at if facts.loads else None)

    def _moment_tile(self, name: str, moment: datetime | None) -> str:
        if moment is None:
            return tile(name, "–", "none yet")
        local = self._zone.local(moment)
        return tile(name, day_text(local.date()), f"{local:%H:%M}")

    def _recordings_tile(self, found: Holdings) -> str:
        stored = f"{number(found.stored)} stored"
        if not found.waiting:
            return tile("Recordings", stored, "none pending", "good")
        note = f"{number(found.waiting)} pending"
        if found.gone_at is not None:
            note += f", from {moment_text(found.gone_at, self._zone)} on they will be gone"
        return tile("Recordings", stored, note)

    def _verified_tile(self) -> str:
        verdicts = self._facts.verdicts
        if not verdicts:
            return tile("Days verified", "0", "none yet")
        different = sum(not verdict.is_equal for verdict in verdicts.values())
        note = (f"{number(different)} differ", "bad") if different else ("all equal", "good")
        return tile("Days verified", number(len(verdicts)), *note)

    def coverage(self) -> str:
        """The calendar with its key, the gaps and the differences in words."""
        title = "What is loaded"
        if not self._facts.has_trail:
            return section(
                title,
                "Not known: the dataset has no table <code>sync_windows</code>, which says what"
                " was read.",
            )
        if not self._facts.spans:
            return section(title, "Nothing has been read yet.")
        key = "".join(
            f'<li><i style="background:{colour}"></i>{escape(state.value)}</li>'
            for state, colour in STATES.items()
        )
        return section(
            title,
            "Each cell is a day. Point at one to see its calls, and when it was read and verified.",
            f'<ul class="key">{key}</ul>',
            chart("calendar", "Calendar of the days that are loaded"),
            f"<p>{self._extent()}</p>",
            self._gap_table(),
            self._difference_table(),
        )

    def _extent(self) -> str:
        extent, count = extent_of(self._days), len(self._gaps)
        days = f"{_counted(extent.whole, 'day')} whole, {_rest_text(extent)}"
        if not count:
            return f"{days}. No gaps: everything from the first to the last moment loaded was read."
        return f"{days}. {_counted(count, 'gap')}."

    def _gap_table(self) -> str:
        if not self._gaps:
            return ""
        rows = [_gap_row(gap, self._zone, self._options) for gap in self._gaps]
        return table("Gaps", ("from", "to", "length", "to load it"), rows)

    def _difference_table(self) -> str:
        verdicts = sorted((self._facts.verdicts or {}).items(), reverse=True)
        differing = [(day, found) for day, found in verdicts if not found.is_equal]
        rows = [
            (
                day_text(day), number(found.source_calls), number(found.warehouse_calls),
                number(found.missing), number(found.surplus), number(found.changed),
                moment_text(found.verified_at, self._zone),
                command("verify --repair", self._options, day, day),
            )
            for day, found in differing
        ]  # fmt: skip
        if not rows:
            return ""
        heads = ("day", "source", "warehouse", "missing", "surplus", "changed", "verified",
                 "to repair it")  # fmt: skip
        shown = table("Days that differ from the source", heads, rows)
        if any(found.surplus for _, found in differing):
            shown += "<p>Surplus calls stay, unless <code>--prune</code> is added.</p>"
        return shown

    def calls(self) -> str:
        """Calls a day, and the share of lost ones."""
        if not self._facts.calls:
            return section("Calls a day", "There are no calls in the warehouse yet.")
        words = "Incoming and outgoing calls"
        words += ", and how many of them were lost." if self._facts.has_lost else "."
        if self._gaps:
            words += " Shaded: not loaded."
        if "weekly" not in self.charts:
            return section("Calls a day", words, chart("daily", "Calls a day by direction"))
        return section(
            "Calls a day", words,
            '<div class="switch"><button data-chart="weekly" aria-pressed="true">by week</button>'
            '<button data-chart="daily" aria-pressed="false">by day</button></div>',
            chart("weekly", "Calls a day by direction, mean of each week"),
            chart("daily", "Calls a day by direction", is_shown=False),
        )  # fmt: skip

    def loads(self) -> str:
        """Chart and table of the latest loads."""
        facts = self._facts
        if not facts.loads:
            return section("Loads", "No load has left a record.")
        words = "What each load was and brought, and how fast it was read."
        if facts.load_count > MOST_LOADS:
            words += f" The latest {MOST_LOADS} of {number(facts.load_count)}."
        heads = (
            "read at",
            "what",
            "calls",
            "windows",
            "requests",
            "points",
            "seconds",
            "calls a second",
        )
        rows = [_load_row(load, self._zone) for load in facts.loads[:MOST_ROWS]]
        return section(
            "Loads", words, chart("loads", "Calls and speed of each load"),
            table("Latest loads", heads, rows),
        )  # fmt: skip


def _gap_row(gap: Span, zone: Zone, options: str) -> Sequence[str]:
    start, end = zone.local(gap.start), zone.local(gap.end - _INSTANT)
    return (
        moment_text(gap.start, zone),
        moment_text(gap.end, zone),
        _length(gap.end - gap.start),
        command("backfill", options, start.date(), end.date()),
    )


def _load_row(load: Load, zone: Zone) -> Sequence[str]:
    counts = (load.rows, load.windows, load.requests, load.points)
    rate = "–" if load.rate is None else number(load.rate)
    return (
        moment_text(load.finished_at, zone), load.kind.value, *map(number, counts),
        number(load.seconds, 1), rate,
    )  # fmt: skip


def _counted(count: int, what: str) -> str:
    return f"{number(count)} {what}" if count == 1 else f"{number(count)} {what}s"


def _rest_text(extent: Extent) -> str:
    """The days beside those that were read whole."""
    partial = f"{number(extent.partial)} partial" if extent.partial else "none partial"
    return partial + (f", {number(extent.missing)} not loaded" if extent.missing else "")


def _length(length: timedelta) -> str:
    hours, minutes = divmod(length.seconds // 60, 60)
    parts = {"day" if length.days == 1 else "days": length.days, "h": hours, "min": minutes}
    named = [f"{number(count)} {unit}" for unit, count in parts.items() if count]
    return " ".join(named) or f"{length.seconds} s"
