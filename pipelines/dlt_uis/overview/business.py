"""What ``dlt-uis overview`` asks about the business: of the views, also where none is made.

The questions are about periods that end with the day of the latest call, each within the next: one
query answers for all, by how far back a call is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from dlt.destinations.sql_client import SqlClientBase

from ..localtime.zones import Zone
from ..views.dataset import Dataset
from ..views.definitions import VIEWS
from ..views.writing import written

PERIODS = (7, 30, 90, 365)
"""Days of each period."""

MOST_ROWS = 8
"""Campaigns, and employees, that are shown of a period."""

_DAY = timedelta(days=1)

_DAYS = """
SELECT s.date AS date, s.incoming AS incoming, s.answered AS answered, s.missed AS missed,
    s.answered_within_20s AS soon, s.median_wait_seconds AS median, s.p90_wait_seconds AS p90
FROM service_by_day AS s WHERE s.start_time >= {since} AND s.start_time < {until}
"""
_WAITS = """
SELECT nearest_rank(c.wait_seconds, 0.5) AS median, nearest_rank(c.wait_seconds, 0.9) AS p90
FROM call_facts AS c
WHERE c.direction = 'in' AND c.start_time >= {since} AND c.start_time < {until}
"""
_HOURS = """
SELECT {period} AS period, x.weekday AS weekday, x.hour AS hour, count(x.is_missed) AS incoming,
    count(CASE WHEN x.is_missed THEN 1 END) AS missed
FROM (
    SELECT c.start_time AS start_time, c.weekday AS weekday, c.hour AS hour,
        c.is_missed AS is_missed
    FROM call_facts AS c
    WHERE c.direction = 'in' AND c.start_time >= {since} AND c.start_time < {until}
) AS x
GROUP BY {period}, x.weekday, x.hour
"""
_FATES = """
SELECT {period} AS period, x.outcome AS outcome, x.is_within_sla AS is_soon, count(x.id) AS calls
FROM missed_calls AS x WHERE x.start_time >= {since} AND x.start_time < {until}
GROUP BY {period}, x.outcome, x.is_within_sla
"""
_CAMPAIGNS = """
SELECT {period} AS period, x.campaign AS campaign, CAST(sum(x.calls) AS BIGINT) AS calls,
    CAST(sum(x.target_calls) AS BIGINT) AS target, CAST(sum(x.missed) AS BIGINT) AS missed,
    CAST(sum(x.sales) AS BIGINT) AS deals, sum(x.revenue) AS revenue
FROM sources_by_day AS x WHERE x.start_time >= {since} AND x.start_time < {until}
GROUP BY {period}, x.campaign
"""
_EMPLOYEES = """
SELECT {period} AS period, x.employee_id AS id, max(x.employee) AS name,
    CAST(sum(x.offered) AS BIGINT) AS offered, CAST(sum(x.answered) AS BIGINT) AS answered,
    CAST(sum(x.talk_seconds) AS BIGINT) AS talk
FROM employees_by_day AS x WHERE x.start_time >= {since} AND x.start_time < {until}
GROUP BY {period}, x.employee_id
"""


@dataclass(frozen=True)
class Day:
    """A local day: incoming calls, those that were answered, missed, answered within 20 s, and the
    seconds that half, and nine of ten, waited at most."""

    date: date
    incoming: int
    answered: int
    missed: int
    soon: int
    median: int | None
    p90: int | None


@dataclass(frozen=True)
class Campaign:
    """A campaign's calls; ``None`` for what is not loaded."""

    name: str | None
    calls: int
    target: int | None
    missed: int | None
    deals: int | None
    revenue: Decimal | None


@dataclass(frozen=True)
class Employee:
    """Incoming calls that came to an employee, those that they picked up, and seconds of talk."""

    name: str
    offered: int
    answered: int
    talk: int | None

    @property
    def share(self) -> float | None:
        return self.answered / self.offered if self.offered else None


@dataclass
class Period:
    """So many ``days``, up to ``last``.

    Attributes:
        before: incoming and missed calls of as many days before; ``None`` if they are not loaded.
        hours: incoming and missed calls by weekday (1 is Monday) and hour.
        fates: missed calls by outcome, and whether it came within the minutes that are set.
        deals: how many, and their amount.
        wait: seconds that half of the incoming calls waited at most, and nine of ten.
    """

    days: int
    last: date
    service: list[Day]
    before: tuple[int, int] | None
    wait: tuple[int | None, int | None] = (None, None)
    hours: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    fates: dict[tuple[str, bool], int] = field(default_factory=dict)
    deals: tuple[int, Decimal] | None = None
    campaigns: list[Campaign] = field(default_factory=list)
    employees: list[Employee] = field(default_factory=list)

    @property
    def first(self) -> date:
        return self.last - (self.days - 1) * _DAY

    def total(self, name: str) -> int:
        """The sum of a count of :class:`Day`."""
        return sum(getattr(day, name) for day in self.service)


@dataclass(frozen=True)
class Business:
    """The periods that the history reaches into, and within how many minutes missed calls are to be
    called back."""

    periods: Sequence[Period]
    callback_minutes: int


def ask_business(
    sql: SqlClientBase[Any], dataset: Dataset, zone: Zone, first: datetime, last: datetime
) -> Business | None:
    """Asks about the periods up to the day of the ``last`` call; the ``first`` one is the oldest.

    Args:
        dataset: whose zone is ``zone``.

    Returns:
        ``None`` where it is not loaded which calls came in, and were lost.
    """
    if any(map(dataset.lacks, ("calls.id", "calls.direction", "calls.is_lost"))):
        return None
    return _Asking(sql, dataset, zone, first, last).business()


class _Asking:
    def __init__(
        self, sql: SqlClientBase[Any], dataset: Dataset, zone: Zone, first: datetime, last: datetime
    ) -> None:
        self._sql, self._dataset, self._zone = sql, dataset, zone
        self._first, self._last = zone.local(first).date(), zone.local(last).date()
        reach = (self._last - self._first).days + 1
        # the first one that holds all is the last one
        self._lengths = [
            days for days, less in zip(PERIODS, (0, *PERIODS), strict=False) if less < reach
        ]

    def business(self) -> Business:
        service = self._service()
        periods = [self._period(days, service) for days in self._lengths]
        for each in periods:
            each.wait = self._wait(each)
        self._add_hours(periods)
        if self._can_read("missed_calls", "calls.contact_phone_number"):
            self._add_fates(periods)
        self._add_campaigns(periods)
        if self._can_read("employees_by_day", "calls__employees.is_answered"):
            self._add_employees(periods)
        return Business(periods, self._dataset.callback_minutes)

    def _can_read(self, view: str, *columns: str) -> bool:
        lacking = [*self._dataset.lacking(VIEWS[view]), *filter(self._dataset.lacks, columns)]
        return not lacking

    # -- asking -----------------------------------------------------------------------------------

    def _rows(self, question: str, days: int, period: str = "") -> Iterator[tuple[Any, ...]]:
        since = self._instant(self._last - (days - 1) * _DAY)
        until = self._instant(self._last + _DAY)
        text = written(question.format(since=since, until=until, period=period), self._dataset)
        with self._sql.execute_query(text) as cursor:
            yield from (tuple(row) for row in cursor.fetchall())

    def _by_period(self, question: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Rows with each period that they are of."""
        shortest, *longer = self._lengths
        cases = " ".join(
            f"WHEN x.start_time >= {self._instant(self._last - (days - 1) * _DAY)} THEN {days}"
            for days in (shortest, *longer[:-1])
        )
        longest = self._lengths[-1]
        period = f"CASE {cases} ELSE {longest} END"
        for least, *values in self._rows(question, longest, period):
            yield from ((days, tuple(values)) for days in self._lengths if days >= least)

    def _instant(self, day: date) -> str:
        moment = self._zone.instant(datetime(day.year, day.month, day.day))
        return f"CAST('{moment:%Y-%m-%d %H:%M:%S}+00:00' AS TIMESTAMPTZ)"

    # -- answers ----------------------------------------------------------------------------------

    def _service(self) -> Mapping[date, Day]:
        days = (Day(row[0], *(each or 0 for each in row[1:5]), *row[5:])
                for row in self._rows(_DAYS, 2 * self._lengths[-1]))  # fmt: skip
        return {day.date: day for day in days}

    def _period(self, days: int, service: Mapping[date, Day]) -> Period:
        first = self._last - (days - 1) * _DAY
        before = [service[day] for day in _dates(first - days * _DAY, days) if day in service]
        is_known = self._first <= first - days * _DAY
        sums = (sum(day.incoming for day in before), sum(day.missed for day in before))
        mine = [service.get(day) or Day(day, 0, 0, 0, 0, None, None) for day in _dates(first, days)]
        return Period(days, self._last, mine, sums if is_known else None)

    def _wait(self, period: Period) -> tuple[int | None, int | None]:
        ((median, p90),) = self._rows(_WAITS, period.days)
        return median, p90

    def _add_hours(self, periods: Sequence[Period]) -> None:
        for days, (weekday, hour, incoming, missed) in self._by_period(_HOURS):
            hours = _of(periods, days).hours
            so_far = hours.get((weekday, hour), (0, 0))
            hours[weekday, hour] = (so_far[0] + incoming, so_far[1] + missed)

    def _add_fates(self, periods: Sequence[Period]) -> None:
        for days, (outcome, is_soon, calls) in self._by_period(_FATES):
            fates = _of(periods, days).fates
            fates[outcome, is_soon] = fates.get((outcome, is_soon), 0) + calls

    def _add_campaigns(self, periods: Sequence[Period]) -> None:
        sums: dict[tuple[int, str | None], list[Any]] = defaultdict(lambda: [None] * 5)
        for days, (name, *counts) in self._by_period(_CAMPAIGNS):
            sums[days, name] = _added(sums[days, name], counts)
        for period in periods:
            found = [Campaign(name, *counts) for (days, name), counts in sums.items()
                     if days == period.days]  # fmt: skip
            if any(each.deals is not None for each in found):
                period.deals = (
                    sum(each.deals or 0 for each in found),
                    sum((each.revenue or Decimal(0) for each in found), Decimal(0)),
                )
            period.campaigns = sorted(found, key=lambda each: -each.calls)[:MOST_ROWS]

    def _add_employees(self, periods: Sequence[Period]) -> None:
        names: dict[int, str] = {}
        sums: dict[tuple[int, int], list[Any]] = defaultdict(lambda: [None] * 3)
        for days, (id_, name, *counts) in self._by_period(_EMPLOYEES):
            names[id_] = name or str(id_)
            sums[days, id_] = _added(sums[days, id_], counts)
        for period in periods:
            found = [Employee(names[id_], *counts) for (days, id_), counts in sums.items()
                     if days == period.days]  # fmt: skip
            period.employees = sorted(found, key=lambda each: -each.offered)[:MOST_ROWS]


def _of(periods: Iterable[Period], days: int) -> Period:
    return next(each for each in periods if each.days == days)


def _added(one: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    """Sums of counts; ``None`` where a count is not known at all."""
    return [b if a is None else a if b is None else a + b for a, b in zip(one, other, strict=True)]


def _dates(first: date, days: int) -> Iterator[date]:
    return (first + number * _DAY for number in range(days))
