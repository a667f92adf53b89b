"""The part of a checkup that asks the API: who we are, what we may read, points, clock and zone.

It costs two points a customer; with a login, which begins and ends a session, four; and some more
where the API refuses fields without naming them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from ..api.account import AccountInfo
from ..api.client import DataApi
from ..errors import (
    LACKING,
    DayPointsSpent,
    FieldComponentDisabled,
    MinutePointsSpent,
    NotADataApi,
    RetriableError,
    UisError,
    UnknownTimezone,
)
from ..localtime.zones import Zone
from ..progress import duration
from ..reports.fields import Report
from ..source.claiming import UNTOLD
from ..source.connection import Connection
from ..source.parameters import Configured
from ..warehouse.owners import Owner
from .deep_lookback import deep_line
from .lines import Line, failed, ok, warning
from .newest import AHEAD, Newest, newest_record
from .other_reports import left_out, other_report

ACCOUNT, API, CLOCK, FIELDS, NEXT, POINTS, REPORT, ZONE = (
    "account", "api", "clock", "fields", "next_sync", "points", "report", "zone",
)  # fmt: skip

_ATTEMPTS = 2
_TOLERATED = timedelta(minutes=2)
_FEW = 0.2
"""Share of a day's points below which it is said that few are left."""


class ApiCheck:
    """Checks the API as a sync with these settings would meet it.

    Args:
        connection: one of those that are configured.
        starts: where the next sync begins to read each report (an instant), ``None`` if nobody
            knows.
        suspects: fields that syncs were refused, by report.
        deep: how far back the next sync reads each report, where that is further than always.
    """

    def __init__(
        self,
        configured: Configured,
        connection: Connection,
        starts: Mapping[str, datetime | None],
        suspects: Mapping[str, Collection[str]],
        deep: Mapping[str, datetime],
    ) -> None:
        self._deep = deep
        # the reserve is for loads; and a checkup must not wait until tomorrow
        self._settings = replace(
            configured.settings,
            request_attempts=min(_ATTEMPTS, configured.settings.request_attempts),
            reserve_day=0.0,
            reserve_minute=0.0,
            wait_for_day=False,
        )
        self._configured = configured
        self._asked_of, *self._others = configured.reports
        self._connection = connection
        self._host = urlsplit(connection.url).hostname
        self._starts = starts
        self._suspects = suspects
        self.points = 0
        self.account: AccountInfo | None = None
        self._needed = 0
        self._known_zone: Zone | None = None

    def lines(self) -> list[Line]:
        """All lines about the API; what needs something that failed is left out."""
        with self._connection.open(self._settings) as api:
            found = list(self._asked(api))
            checks = {line.check for line in found}
            if API not in checks:
                found += [self._reached(api), self._clock(api)]
                if POINTS not in checks:
                    found.append(self._left(api))
        self.points = api.governor.points
        return found

    @property
    def owner(self) -> Owner:
        """Whose calls are read, after :meth:`lines`."""
        app_id = None if self.account is None else self.account.app_id
        return replace(self._connection.owner, app_id=app_id)

    def _asked(self, api: DataApi) -> Iterator[Line]:
        """What two requests tell; it ends with the first failure."""
        account: AccountInfo | None = None
        try:
            account = self.account = api.account()
            zone_name = account.zone_name if self._settings.timezone else account.timezone
            times = f", times in {zone_name}" if zone_name else ""
            yield ok(ACCOUNT, f"{account.name} ({account.app_id}){times}")
        except UNTOLD as error:
            if self._settings.timezone is None:
                hint = f"{error.hint} Or set SOURCES__UIS__TIMEZONE: a sync asks no more of it."
                yield replace(failed(ACCOUNT, error), hint=hint)
                return
            yield warning(
                ACCOUNT,
                f"the account does not tell its name and zone: {error.message}",
                "Nothing has to be done, as SOURCES__UIS__TIMEZONE is set.",
            )
        except UisError as error:
            yield failed(_check_of(error, ACCOUNT), error)
            return
        try:
            name = self._settings.timezone or (account.timezone if account else "")
            zone = self._known_zone = Zone(name)
        except UisError as error:
            yield failed(ZONE, error)
            return
        yield from self._report(api, account if account and account.zone_name else None, zone)

    def _report(self, api: DataApi, account: AccountInfo | None, zone: Zone) -> Iterator[Line]:
        asked, now = self._asked_of, self._now(api)
        try:
            end = self._settings.end(zone)
        except UisError as error:
            yield failed(NEXT, error)
            return
        till = zone.local(now) if end is None else min(zone.local(now), zone.latest_local(end))
        start, first = self._begin(asked.report, zone, till)
        try:
            newest = newest_record(
                api, asked.report, asked.asked, first, till if end else till + AHEAD,
                asked.filter, self._suspects.get(asked.report.table, ()),
            )  # fmt: skip
        except LACKING as error:
            if not self._others:
                yield failed(REPORT, error)
                return
            yield left_out(REPORT, asked.report, error)
            yield from self._rest(api, zone, till)
            return
        except UisError as error:
            yield failed(_check_of(error, REPORT), error)
            return
        self._needed = (newest.total or 0) // self._settings.page_size + 1
        yield ok(REPORT, f"{asked.report.method} can be read")
        yield from self._fields(newest)
        yield self._zone(zone, account, newest, now, first)
        yield self._next(zone, newest, start, first, "the present" if end is None else f"{till}")
        yield from self._rest(api, zone, till)

    def _rest(self, api: DataApi, zone: Zone, till: datetime) -> Iterator[Line]:
        """What is told of reports beside the first one, and of late changes."""
        yield from self._deep_lookback(api, zone)
        for other in self._others:
            _, first = self._begin(other.report, zone, till)
            suspects = self._suspects.get(other.report.table, ())
            yield from other_report(api, REPORT, other, first, till, suspects)

    def _deep_lookback(self, api: DataApi, zone: Zone) -> Iterator[Line]:
        for asked in (self._asked_of, *self._others):
            start, back = (each.get(asked.report.table) for each in (self._starts, self._deep))
            if start is not None and back is not None:
                bounds = zone.local(back), zone.local(start)
                yield from deep_line(api, NEXT, asked, self._configured.settings, *bounds)

    def _begin(self, report: Report, zone: Zone, till: datetime) -> tuple[datetime, datetime]:
        """Where the next sync begins to read a report; and the local time from which on a record of
        it is looked for."""
        start = self._starts.get(report.table) or self._settings.first_start(zone)
        furthest = till - report.longest_window + timedelta(days=2)
        return start, min(till, max(zone.earliest_local(start), furthest))

    def _reached(self, api: DataApi) -> Line:
        if api.deprecation is not None:
            return warning(
                API,
                f"{self._host} answers, but {api.deprecation}",
                "It will stop some day: update with pip install --upgrade dlt-uis.",
            )
        return ok(API, f"{self._host} answers")

    def _now(self, api: DataApi) -> datetime:
        """The present by the API's clock: a wrong one of ours is not to look like a wrong zone."""
        offset = api.clock_offset or timedelta(0)
        present = self._settings.clock()
        return present if abs(offset) <= _TOLERATED else present + offset

    def _fields(self, newest: Newest) -> Iterator[Line]:
        if not newest.refused:
            yield ok(FIELDS, f"all {len(self._asked_of.asked)} fields can be read")
        for components, names in _by_component(newest).items():
            fields, excluded = ", ".join(names), json.dumps(names)
            hint = (
                "A sync leaves them out. To be rid of this message, set"
                f" SOURCES__UIS__EXCLUDE_FIELDS='{excluded}'"
            )
            if components is None:
                yield warning(FIELDS, f"the API does not know {fields}", f"{hint}.")
            else:
                yield warning(
                    FIELDS,
                    f"{fields} can't be read: the component {components} of the account is off",
                    f"{hint}. To have them, ask the provider for the component {components}.",
                )

    def _at(self, instant: datetime) -> str:
        """An instant, in the account's zone as soon as that is known."""
        zone = self._known_zone or Zone("UTC")
        return f"{zone.local(instant):%Y-%m-%d %H:%M} ({zone.name})"

    def _left(self, api: DataApi) -> Line:
        day = api.governor.day
        if day is None:
            return ok(POINTS, "the API does not tell how many points are left")
        reserve = int(day.limit * self._configured.settings.reserve_day)
        left = f"{day.remaining:,} of {day.limit:,} points left today"
        if day.remaining <= reserve:
            zone = self._known_zone.name if self._known_zone else "UTC"
            error = DayPointsSpent(day.latest, zone)
            line = failed(POINTS, error)
            return replace(line, message=f"{left}, {reserve:,} of them reserved: {error.message}")
        if day.remaining - reserve < max(self._needed, _FEW * day.limit):
            return warning(
                POINTS,
                f"{left}, {reserve:,} of them reserved; the next sync takes about {self._needed:,}",
                f"They are whole again at {self._at(day.latest)}. Other integrations of"
                " the account spend them, too.",
            )
        return ok(POINTS, left)

    def _clock(self, api: DataApi) -> Line:
        offset = api.clock_offset
        if offset is None:
            return ok(CLOCK, "the API does not tell its time")
        if abs(offset) <= _TOLERATED:
            return ok(CLOCK, "this machine's clock agrees with the API's")
        away = "behind" if offset > timedelta(0) else "ahead of"
        return warning(
            CLOCK,
            f"this machine's clock is {_words(abs(offset))} {away} the API's",
            "Set it, best by NTP: a sync reads up to the present, as this machine has it.",
        )

    def _zone(
        self,
        zone: Zone,
        account: AccountInfo | None,
        newest: Newest,
        now: datetime,
        first: datetime,
    ) -> Line:
        hint = (
            "Set SOURCES__UIS__TIMEZONE to the zone that the API's times are in, or remove it:"
            " then the account's own is taken."
        )
        record = self._asked_of.report.records.removesuffix("s")
        began = None if newest.started is None else zone.instant(newest.started)
        if began is not None and began > now + _TOLERATED:
            return warning(
                ZONE,
                f"times are read as {zone.name}, but then the newest {record} begins in"
                f" {_words(began - now)}: probably it is another zone{_named(account, zone)}",
                hint,
            )
        apart = _apart(zone, account, now)
        if apart:
            return warning(
                ZONE,
                f"times are read as {zone.name}, {_words(abs(apart))} from the account's own zone"
                f"{_named(account, zone)}",
                hint,
            )
        if began is None:
            return ok(ZONE, f"{zone.name}; no {record} since {first:%Y-%m-%d} to compare it with")
        return ok(ZONE, f"{zone.name}; the newest {record} began {_words(now - began)} ago")

    def _next(
        self, zone: Zone, newest: Newest, start: datetime, first: datetime, till: str
    ) -> Line:
        is_part = first > zone.earliest_local(start)
        records = self._asked_of.report.records
        told = f"the API does not tell how many {records}"
        if newest.total is not None:
            told = f"{'more than' if is_part else 'about'} {newest.total:,} {records}"
        begin = f"{zone.local(start):%Y-%m-%d %H:%M} ({zone.name})"
        return ok(NEXT, f"reads from {begin} to {till}: {told}")


def _check_of(error: UisError, check: str) -> str:
    """The check that an error of a request belongs to."""
    if isinstance(error, DayPointsSpent | MinutePointsSpent):
        return POINTS
    return API if isinstance(error, RetriableError | NotADataApi) else check


def _by_component(newest: Newest) -> Mapping[str | None, list[str]]:
    """Names of refused fields, by the components that they need; ``None``: they are unknown."""
    grouped: dict[str | None, list[str]] = {}
    for error in newest.refused:
        off = isinstance(error, FieldComponentDisabled)
        components = ", ".join(error.components) or ("(unnamed)" if off else None)
        grouped.setdefault(components, []).append(error.field or "")
    return grouped


def _apart(zone: Zone, account: AccountInfo | None, now: datetime) -> timedelta:
    """How far the clocks of a zone are ahead of the account's."""
    try:
        own = Zone(account.timezone) if account else zone
    except UnknownTimezone:
        own = zone
    return zone.local(now) - own.local(now)


def _named(account: AccountInfo | None, zone: Zone) -> str:
    is_told = account is not None and account.timezone != zone.name
    return f" (the account says {account.timezone})" if is_told and account else ""


def _words(span: timedelta) -> str:
    if span >= timedelta(days=2):
        return f"{span.days} days"
    return duration(max(0.0, span.total_seconds()))
