"""The part of the overview about the business: figures, charts and tables for each period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from . import business_charts
from .business import Business, Employee, Period
from .look import Chart
from .markup import bar, card, chart, period_of, ranked, tile, two
from .texts import Texts

_NAMES = {7: "7 days", 30: "30 days", 90: "90 days", 365: "year"}
_SHOWN_FIRST = 30


class BusinessPart:
    """The HTML, and the charts by the id of the element that each is drawn in."""

    def __init__(self, business: Business, t: Texts) -> None:
        self._business, self._t = business, t
        lengths = [period.days for period in business.periods]
        self._first = _SHOWN_FIRST if _SHOWN_FIRST in lengths else lengths[-1]
        self.charts: dict[str, Chart] = {}

    def switch(self) -> str:
        """Buttons for the periods; none where there is one only."""
        if len(self._business.periods) < 2:
            return ""
        buttons = "".join(
            f'<button data-period="{period.days}" aria-pressed="{self._is_first(period)}">'
            f"{self._t(_NAMES[period.days])}</button>"
            for period in self._business.periods
        )
        return f'<div class="switch periods">{buttons}</div>'

    def _is_first(self, period: Period) -> str:
        return "true" if period.days == self._first else "false"

    def html(self) -> str:
        return "".join(
            period_of(period.days, "".join(self._period(period)),
                      is_shown=period.days == self._first)
            for period in self._business.periods
        )  # fmt: skip

    def _period(self, period: Period) -> Iterator[str]:
        t = self._t
        days = t("{first} – {last}", first=t.day(period.first), last=t.day(period.last))
        yield f'<p class="days">{days}</p>'
        yield f'<dl class="tiles">{"".join(self._tiles(period))}</dl>'
        by_week = business_charts.is_by_week(period)
        yield self._chart_card(
            "service", period, business_charts.service(period, t),
            "Answered and missed calls",
            "Incoming calls of each week." if by_week else "Incoming calls of each day.",
        )  # fmt: skip
        yield two(*filter(None, (self._hours(period), self._fates(period))))
        yield self._chart_card(
            "waits", period, business_charts.waits(period, t), "How long callers wait",
            "Seconds, answered or not: half of the calls waited no longer, nine of ten no longer.",
        )  # fmt: skip
        yield two(*filter(None, (self._campaigns(period), self._employees(period))))

    # -- figures ----------------------------------------------------------------------------------

    def _tiles(self, period: Period) -> Iterator[str]:
        t, incoming, missed = self._t, period.total("incoming"), period.total("missed")
        before, before_missed = period.before or (0, 0)
        yield tile(t("Incoming calls"), t.number(incoming), self._change(period, incoming, before))
        soon = t.percent(_share(period.total("soon"), incoming))
        yield tile(
            t("Answered"), t.percent(_share(period.total("answered"), incoming)),
            t("{share} within 20 s", share=soon),
        )  # fmt: skip
        kind = "" if not before_missed else "bad" if missed > before_missed else "good"
        yield tile(t("Missed"), t.number(missed), self._change(period, missed, before_missed), kind)
        yield from self._fate_tiles(period)
        median, p90 = period.wait
        told = t("nine of ten within {seconds}", seconds=t.seconds(p90))
        yield tile(t("Median wait"), t.seconds(median), told)
        if period.deals is not None:
            count, amount = period.deals
            told = t("{amount} in all", amount=t.number(float(amount)))
            yield tile(t("Deals"), t.number(count), told)

    def _change(self, period: Period, count: int, before: int) -> str:
        if not before:
            return self._t("nothing before")
        change = count / before - 1
        sign = "+" if change >= 0 else "−"
        told = f"{sign}{self._t.percent(abs(change))}"
        return self._t("{change} vs the {days} days before", change=told, days=period.days)

    def _fate_tiles(self, period: Period) -> Iterator[str]:
        t = self._t
        if not period.fates:
            return
        all_missed = sum(period.fates.values())
        (_, soon, _), *_, (_, nobody, _) = business_charts.fates(period, self._business, t)
        told = t("Called back in {minutes} min", minutes=self._business.callback_minutes)
        for name, count, kind in ((told, soon, ""), (t("Nobody called back"), nobody, "bad")):
            share = t.percent(_share(count, all_missed))
            yield tile(name, t.number(count), t("{share} of missed", share=share), kind)

    # -- cards ------------------------------------------------------------------------------------

    def _chart_card(self, name: str, period: Period, drawn: Chart, title: str, words: str) -> str:
        id_ = f"{name}-{period.days}"
        self.charts[id_] = drawn
        return card(self._t(title), self._t(words), chart(id_, self._t(title)))

    def _hours(self, period: Period) -> str:
        if not period.hours:
            return ""
        return self._chart_card(
            "hours", period, business_charts.hours(period, self._t), "When calls are missed",
            "Share of incoming calls that nobody answered: the darker, the more. Few calls are"
            " pale.",
        )  # fmt: skip

    def _fates(self, period: Period) -> str:
        if not period.fates:
            return ""
        fates = business_charts.fates(period, self._business, self._t)
        total = sum(count for _, count, _ in fates)
        rows = [
            (escape(name), self._t.number(count), self._t.percent(_share(count, total)))
            for name, count, _ in fates
        ]
        parts = [(_share(count, total) or 0, colour) for _, count, colour in fates]
        colours = [colour for *_, colour in fates]
        return card(
            self._t("What became of missed calls"),
            self._t("The next talk with the same number, within seven days."),
            bar(parts),
            ranked((), rows, colours=colours),
        )

    def _campaigns(self, period: Period) -> str:
        t = self._t
        if not period.campaigns:
            return ""
        heads = ("campaign", "calls", "target", "missed", "deals", "revenue")
        most = max(each.calls for each in period.campaigns)
        rows = [
            (escape(each.name or t("none")), t.number(each.calls), *map(self._count, (
                each.target, each.missed, each.deals, each.revenue)))
            for each in period.campaigns
        ]  # fmt: skip
        widths = [each.calls / most if most else 0 for each in period.campaigns]
        return card(
            t("Where calls come from"), t("Campaigns with the most calls."),
            ranked([t(head) for head in heads], rows, widths),
        )  # fmt: skip

    def _employees(self, period: Period) -> str:
        t = self._t
        if not period.employees:
            return ""
        heads = ("employee", "offered", "answered", "share", "talk")
        most = max(each.offered for each in period.employees)
        rows = [self._employee(each) for each in period.employees]
        widths = [each.offered / most if most else 0 for each in period.employees]
        return card(
            t("Who answers"),
            t("Incoming calls that came to an employee, and how many they picked up."),
            ranked([t(head) for head in heads], rows, widths),
        )

    def _employee(self, employee: Employee) -> Sequence[str]:
        t = self._t
        return (
            escape(employee.name), t.number(employee.offered), t.number(employee.answered),
            t.percent(employee.share), t.seconds(employee.talk),
        )  # fmt: skip

    def _count(self, count: object) -> str:
        return "–" if count is None else self._t.number(float(str(count)))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
