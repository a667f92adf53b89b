"""The part of the overview about the data: what is loaded and verified, gaps, calls, loads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from html import escape

from ..localtime.intervals import Span
from ..recordings.holdings import Holdings
from .calendar import STATES, calendar
from .charts import calls_a_day, calls_by_week, is_long, loads
from .coverage import Day, Extent, days_of, extent_of, gaps
from .loads import Load
from .look import Chart
from .markup import MOST_ROWS, chart, command, section, table, tile
from .questions import MOST_LOADS, Facts, OtherReport
from .texts import Texts

_INSTANT = timedelta(microseconds=1)


class DataPart:
    """The HTML, and the charts.

    Args:
        options: lead a command of ours to the warehouse.
    """

    def __init__(self, facts: Facts, options: str, t: Texts) -> None:
        self._facts, self._zone, self._t = facts, facts.zone, t
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
            charts["calendar"] = calendar(days, facts.days, self._zone, self._t)
        if facts.calls:
            about = (days, facts.days, self._zone, self._gaps, self._t)
            charts["daily"] = calls_a_day(*about, has_lost=facts.has_lost)
            if is_long(days):
                charts["weekly"] = calls_by_week(*about, has_lost=facts.has_lost)
        if facts.loads:
            charts["loads"] = loads(facts.loads, self._zone, self._t)
        return charts

    def tiles(self) -> Iterable[str]:
        """The headline figures."""
        facts, t = self._facts, self._t
        loads_text = t("in {loads}", loads=t.counted(facts.load_count, "load"))
        yield tile(t("Calls"), t.number(facts.calls), loads_text)
        yield self._moment_tile("First call", facts.first)
        yield self._moment_tile("Last call", facts.last)
        if facts.has_trail:
            extent = extent_of(self._days)
            whole = t("{count} whole", count=t.number(extent.whole))
            yield tile(t("Days loaded"), whole, self._rest_text(extent))
        yield self._verified_tile()
        if facts.has_trail:
            count = len(self._gaps)
            note = (t("listed below"), "bad") if count else (t("none"),)
            yield tile(t("Gaps"), t.number(count), *note)
        if facts.recordings is not None:
            yield self._recordings_tile(facts.recordings)
        yield self._moment_tile("Last load", facts.loads[0].finished_at if facts.loads else None)

    def _moment_tile(self, name: str, moment: datetime | None) -> str:
        if moment is None:
            return tile(self._t(name), "–", self._t("none yet"))
        local = self._zone.local(moment)
        return tile(self._t(name), self._t.day(local.date()), f"{local:%H:%M}")

    def _recordings_tile(self, found: Holdings) -> str:
        t = self._t
        stored = t("{count} stored", count=t.number(found.stored))
        if not found.waiting:
            return tile(t("Recordings"), stored, t("none pending"), "good")
        note = t("{count} pending", count=t.number(found.waiting))
        if found.gone_at is not None:
            when = t.moment(found.gone_at, self._zone)
            note += t(", from {when} on they will be gone", when=when)
        return tile(t("Recordings"), stored, note)

    def _verified_tile(self) -> str:
        verdicts, t = self._facts.verdicts, self._t
        if not verdicts:
            return tile(t("Days verified"), "0", t("none yet"))
        different = sum(not verdict.is_equal for verdict in verdicts.values())
        differ = t("{count} differ", count=t.number(different))
        note = (differ, "bad") if different else (t("all equal"), "good")
        return tile(t("Days verified"), t.number(len(verdicts)), *note)

    def coverage(self) -> str:
        """The calendar with its key, the gaps and the differences in words."""
        t = self._t
        title = t("What is loaded")
        if not self._facts.has_trail:
            words = t("Not known: the dataset has no table {table}, which says what was read.",
                      table="<code>sync_windows</code>")  # fmt: skip
            return section(title, words)
        if not self._facts.spans:
            return section(title, t("Nothing has been read yet."))
        key = "".join(
            f'<li><i style="background:{colour}"></i>{escape(t(state.value))}</li>'
            for state, colour in STATES.items()
        )
        return section(
            title,
            t(
                "Each cell is a day. Point at one to see its calls, and when it was read and"
                " verified."
            ),
            f'<ul class="key">{key}</ul>',
            chart("calendar", t("Calendar of the days that are loaded")),
            f"<p>{self._extent()}</p>",
            self._gap_table(),
            self._difference_table(),
        )

    def _extent(self) -> str:
        t, extent, count = self._t, extent_of(self._days), len(self._gaps)
        days = t("{days} whole, {rest}", days=t.counted(extent.whole, "day"),
                 rest=self._rest_text(extent))  # fmt: skip
        if not count:
            return t("{days}. No gaps: everything from the first to the last moment loaded was"
                     " read.", days=days)  # fmt: skip
        return f"{days}. {t.counted(count, 'gap')}."

    def _rest_text(self, extent: Extent) -> str:
        """The days beside those that were read whole."""
        t, partial = self._t, extent.partial
        parts = [t("{count} partial", count=t.number(partial)) if partial else t("none partial")]
        if extent.missing:
            parts.append(t("{count} not loaded", count=t.number(extent.missing)))
        return ", ".join(parts)

    def _gap_table(self) -> str:
        if not self._gaps:
            return ""
        heads = [self._t(head) for head in ("from", "to", "length", "to load it")]
        rows = [self._gap_row(gap) for gap in self._gaps]
        return table(self._t("Gaps"), heads, rows, self._t)

    def _difference_table(self) -> str:
        t, verdicts = self._t, sorted((self._facts.verdicts or {}).items(), reverse=True)
        differing = [(day, found) for day, found in verdicts if not found.is_equal]
        rows = [
            (
                t.day(day), t.number(found.source_calls), t.number(found.warehouse_calls),
                t.number(found.missing), t.number(found.surplus), t.number(found.changed),
                t.moment(found.verified_at, self._zone),
                command("verify --repair", self._options, day, day),
            )
            for day, found in differing
        ]  # fmt: skip
        if not rows:
            return ""
        heads = ("day", "source", "warehouse", "missing", "surplus", "changed", "verified",
                 "to repair it")  # fmt: skip
        title = t("Days that differ from the source")
        shown = table(title, [t(head) for head in heads], rows, t)
        if any(found.surplus for _, found in differing):
            option = "<code>--prune</code>"
            told = t("Surplus calls stay, unless {option} is added.", option=option)
            shown += f"<p>{told}</p>"
        return shown

    def calls(self) -> str:
        """Calls a day, and the share of lost ones."""
        t, title = self._t, self._t("Calls a day")
        if not self._facts.calls:
            return section(title, t("There are no calls in the warehouse yet."))
        lost = "Incoming and outgoing calls, and how many of them were lost."
        words = t(lost if self._facts.has_lost else "Incoming and outgoing calls.")
        if self._gaps:
            words += f" {t('Shaded: not loaded.')}"
        label = t("Calls a day by direction")
        if "weekly" not in self.charts:
            return section(title, words, chart("daily", label))
        return section(
            title, words,
            '<div class="switch"><button data-chart="weekly" aria-pressed="true">'
            f'{t("by week")}</button><button data-chart="daily" aria-pressed="false">'
            f'{t("by day")}</button></div>',
            chart("weekly", t("Calls a day by direction, mean of each week")),
            chart("daily", label, is_shown=False),
        )  # fmt: skip

    def loads(self) -> str:
        """Chart and table of the latest loads."""
        facts, t = self._facts, self._t
        if not facts.loads:
            return section(t("Loads"), t("No load has left a record."))
        words = t("What each load was and brought, and how fast it was read.")
        if facts.load_count > MOST_LOADS:
            count = t.number(facts.load_count)
            words += " " + t("The latest {most} of {count}.", most=MOST_LOADS, count=count)
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
        rows = [self._load_row(load) for load in facts.loads[:MOST_ROWS]]
        return section(
            t("Loads"), words, chart("loads", t("Calls and speed of each load")),
            table(t("Latest loads"), [t(head) for head in heads], rows, t),
        )  # fmt: skip

    def others(self) -> str:
        """What is loaded of other reports; empty if there are none."""
        facts, t = self._facts, self._t
        if not facts.others:
            return ""
        heads = ("report", "rows", "from", "to", "gaps", "days that differ", "read at", "to do")
        rows = [self._other_row(other) for other in facts.others]
        words = t("What else is loaded from the API. Days are those of its records.")
        shown = table(t("Each report"), [t(head) for head in heads], rows, t)
        return section(t("Other reports"), words, shown)

    def _other_row(self, other: OtherReport) -> Sequence[str]:
        t, differing = self._t, other.differing
        days = ["–" if day is None else t.day(day) for day in (other.first, other.last)]
        read_at = "–" if other.read_at is None else t.moment(other.read_at, self._zone)
        return (
            escape(other.name), t.number(other.rows), *days,
            t.number(len(other.gaps)), t.number(len(differing)) if other.verified else "–",
            read_at, self._remedy(other),
        )  # fmt: skip

    def _remedy(self, other: OtherReport) -> str:
        """The command that loads what is missing, or repairs what differs."""
        options = f"--reports {other.name} {self._options}".strip()
        if other.gaps:
            first, last = other.gaps[0], other.gaps[-1]
            days = (self._zone.local(each).date() for each in (first.start, last.end - _INSTANT))
            return command("backfill", options, *days)
        if other.differing:
            return command("verify --repair", options, other.differing[0], other.differing[-1])
        return "–"

    def _gap_row(self, gap: Span) -> Sequence[str]:
        t, zone = self._t, self._zone
        start, end = zone.local(gap.start), zone.local(gap.end - _INSTANT)
        return (
            t.moment(gap.start, zone),
            t.moment(gap.end, zone),
            self._length(gap.end - gap.start),
            command("backfill", self._options, start.date(), end.date()),
        )

    def _load_row(self, load: Load) -> Sequence[str]:
        t = self._t
        counts = (load.rows, load.windows, load.requests, load.points)
        rate = "–" if load.rate is None else t.number(load.rate)
        return (
            t.moment(load.finished_at, self._zone), t(load.kind.value), *map(t.number, counts),
            t.number(load.seconds, 1), rate,
        )  # fmt: skip

    def _length(self, length: timedelta) -> str:
        t = self._t
        hours, minutes = divmod(length.seconds // 60, 60)
        named = [t.counted(length.days, "day")] if length.days else []
        rest = {"h": hours, "min": minutes}
        named += [f"{t.number(count)} {t(unit)}" for unit, count in rest.items() if count]
        return " ".join(named) or t("{count} s", count=length.seconds)
