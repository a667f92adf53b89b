"""What each site's campaigns brought and cost on each day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from ...reports.fields import Report
from ..advertisements import advertisement, engine_of
from ..campaigns import CAMPAIGNS, FIRST_CAMPAIGN_ID, FIRST_SOURCE_ID, SOURCES
from ..catalog import FIRST_SITE_ID, SEARCHES, SITES
from ..clockwork import Clock, date_of, start_of
from ..people import mix
from ..query import Query
from .base import Archive, Record, Records
from .communications import Communications
from .form import Form
from .made import Made
from .sums import Row, Rows
from .visits import Visits

_A_DAY = 86_400
_A_ROW = 100_000
_FIRST_ADDED = 50_000


class _Key(NamedTuple):
    """What a row is about: a local day and site, and by their places the campaign, the source and
    the words that were searched for, if any."""

    day: int
    site: int
    campaign: int
    source: int
    term: int | None

    @property
    def number(self) -> int:
        """The number of the row."""
        place = (self.campaign * 100 + self.source) * 10
        place += len(SEARCHES) if self.term is None else self.term
        return (self.day * len(SITES) + self.site) * _A_ROW + place


@dataclass
class _Brought:
    """Visits and communications by their places among those records."""

    visits: list[int] = field(default_factory=list)
    communications: list[int] = field(default_factory=list)


class CampaignStat(Archive):
    """A row for each campaign, source and keyword of a site and day: visits and communications of
    the site count on the day on which they began. Some keywords are shown, and nobody clicks.

    Rows that are added are of an advertisement that nobody clicks at either.

    Args:
        first_day: the account's first.
    """

    def __init__(
        self,
        report: Report,
        clock: Clock,
        first_day: date,
        visits: Visits,
        communications: Communications,
    ) -> None:
        super().__init__(report, clock)
        self._form = Form(report)
        self._first_day = first_day
        self._visits = visits
        self._communications = communications
        self._added: Counter[int] = Counter()

    def asked(self, query: Query) -> tuple[Records, Sequence[int]]:
        # a row is of the second in which its day begins
        first, last = -(-query.window[0] // _A_DAY), query.window[1] // _A_DAY
        has_list = "communications" in {*query.fields, *query.filters_by}
        site = query.options["site_id"] - FIRST_SITE_ID
        return self._table(self._rows(int(first), int(last), [site], has_list=has_list))

    def everything(self) -> tuple[Records, Sequence[int]]:
        first = start_of(self._first_day)
        for records in (self._visits, self._communications):
            records.live()
            first = min([first, *records.locals[:1]])
        last = start_of(self.clock.today())
        rows = self._rows(first // _A_DAY, last // _A_DAY, range(len(SITES)), has_list=True)
        return self._table(rows)

    def _table(self, rows: Iterator[Row]) -> tuple[Records, Sequence[int]]:
        table = Rows(self.report, self.edits, rows)
        return table, range(len(table.ids))

    def _rows(
        self, first: int, last: int, sites: Sequence[int], *, has_list: bool
    ) -> Iterator[Row]:
        """Of the days from one to another, counted from 1970."""
        last = min(last, start_of(self.clock.today()) // _A_DAY)
        for key, brought in self._brought(first, last, sites).items():
            record = self._record(key, brought, has_list=has_list)
            yield Row(key.day * _A_DAY, key.number, record)
        if 0 in sites:
            yield from (
                row for day in self._added if first <= day <= last for row in self._new(day)
            )

    def _new(self, day: int) -> Iterator[Row]:
        """The rows that were added by hand."""
        for place in range(self._added[day]):
            number = day * len(SITES) * _A_ROW + _FIRST_ADDED + place
            key = _Key(day, 0, 0, 0, place % len(SEARCHES))
            record = self._record(key, _Brought(), has_list=False)
            yield Row(day * _A_DAY, number, {**record, "current_banner_name": f"Новое {place}"})

    def _brought(self, first: int, last: int, sites: Sequence[int]) -> Mapping[_Key, _Brought]:
        """What came of everything that was shown."""
        brought: dict[_Key, _Brought] = defaultdict(_Brought)
        for day in range(max(first, start_of(self._first_day) // _A_DAY), last + 1):
            for site in sites:
                brought |= {shown: _Brought() for shown in _shown(day, site)}
        ids = [FIRST_SITE_ID + site for site in sites]
        for records in (self._visits, self._communications):
            records.live()
            window = records.between(first * _A_DAY, (last + 1) * _A_DAY - 1)
            for index in records.visible(window):
                made = records.made(index)
                if made.values["site_id"] in ids:
                    found = brought[_key(records.locals[index] // _A_DAY, made)]
                    of_kind = found.visits if records is self._visits else found.communications
                    of_kind.append(index)
        return brought

    def _record(self, key: _Key, brought: _Brought, *, has_list: bool) -> Record:
        kinds = Counter(self._communications.kind(index) for index in brought.communications)
        listed = brought.communications if has_list else ()
        return self._form.filled(
            {
                **_of_key(key),
                **_money(key, len(brought.visits)),
                "visits_count": len(brought.visits),
                "calls_count": kinds["call"],
                "chats_count": kinds["chat"],
                "goals_count": kinds["goal"],
                "offline_messages_count": kinds["offline_message"],
                "communications_count": kinds.total(),
                "favorites_count": kinds.total() // 10,
                "session_ids": [self._visits.ids[index] for index in brought.visits],
                "communications": [self._mentioned(index) for index in listed],
            },
        )

    def _mentioned(self, index: int) -> Record:
        communication = self._communications.decoded(index)
        return {**communication, "communication_id": communication["id"]}

    def record(self, number: int) -> Record:
        day = number // _A_ROW // len(SITES)
        rows = self._rows(day, day, range(len(SITES)), has_list=True)
        return Rows(self.report, self.edits, rows).record(number)

    def add(self, at: int, count: int) -> list[int]:
        day = self.clock.local(at) // _A_DAY
        before = self._added[day]
        self._added[day] += count
        first = day * len(SITES) * _A_ROW + _FIRST_ADDED
        return list(range(first + before, first + before + count))


_TERMS: Mapping[str | None, int] = {term: place for place, term in enumerate(SEARCHES)}


def _key(day: int, made: Made) -> _Key:
    """What a visit or communication of a site counts for."""
    values = made.values
    return _Key(
        day,
        values["site_id"] - FIRST_SITE_ID,
        made.story.sketch.campaign,
        values["source_id"] - FIRST_SOURCE_ID,
        _TERMS.get(values["utm_term"]),
    )


def _shown(day: int, site: int) -> Iterator[_Key]:
    """Advertisements that are shown on a day, whether somebody clicks at them or not."""
    for campaign, each in enumerate(CAMPAIGNS):
        for term in range(len(SEARCHES)):
            key = _Key(day, site, campaign, each.sources[0], term)
            if engine_of(campaign) is not None and mix(key.number, 13) % 3 == 0:
                yield key


def _of_key(key: _Key) -> Mapping[str, Any]:
    campaign, source = CAMPAIGNS[key.campaign], SOURCES[key.source]
    term = None if key.term is None else SEARCHES[key.term]
    known = advertisement(key.campaign, term)
    return {
        **known,
        "date": date_of(key.day * _A_DAY).isoformat(),
        "site_id": FIRST_SITE_ID + key.site,
        "site_domain_name": SITES[key.site],
        "campaign_id": FIRST_CAMPAIGN_ID + key.campaign,
        # the documentation calls these so in its example
        "campain_id": FIRST_CAMPAIGN_ID + key.campaign,
        "banner_id": known.get("current_banner_id"),
        "banner_name": known.get("current_banner_name"),
        "campaign_name": campaign.name,
        "engine": engine_of(key.campaign),
        "source_id": FIRST_SOURCE_ID + key.source,
        "source_name": source.name,
    }


def _money(key: _Key, clicks: int) -> Mapping[str, Any]:
    """What it cost; the sum comes as text."""
    if engine_of(key.campaign) is None:
        return {}
    drawn = mix(key.number, 14)
    cost = clicks * (1_500 + drawn % 9_000)
    return {
        "shows_count": clicks * 17 + 1 + drawn % 90,
        "clicks_count": clicks,
        "cost_sum": f"{cost // 100}.{cost % 100:02}",
        "daily_budget": 1_500.5 if key.campaign % 2 else None,
        "weekly_budget": None if key.campaign % 2 else 9_000,
        "currency": "RUB",
    }
