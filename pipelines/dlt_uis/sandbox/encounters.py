"""What visitors do on the sites and in messengers besides calling, and when.

An encounter is a visit, or a chat in a messenger, which has none. Chats, forms and goals happen in
it. As with calls, everything follows from the seed and the day.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from .campaigns import CALLERS, CAMPAIGNS
from .clockwork import midnight
from .days import CONTACTS_A_DAY, HOURS, WEEKDAYS, Call, first_contact
from .people import mix
from .stories import caller_of, story_of

DeedKind = Literal["chat", "offline_message", "goal", "tech_offline_message"]


class Deed(NamedTuple):
    """What a visitor does: so many seconds after the encounter began, for so long.

    A technical message is one that tests a form: it is no communication.
    """

    kind: DeedKind
    after: int
    length: int

    @property
    def is_communication(self) -> bool:
        return self.kind != "tech_offline_message"


@dataclass(frozen=True)
class Encounter:
    """A template of encounters: ``length`` is that of the visit, in seconds."""

    number: int
    campaign: int
    deeds: tuple[Deed, ...]
    length: int
    is_visit: bool

    @property
    def end(self) -> int:
        """Seconds until all of it is over."""
        return max(self.length, *(deed.after + deed.length for deed in self.deeds), 0)


@dataclass(frozen=True)
class _Kind:
    """Encounters of a kind: ``share`` is of 1,000, ``templates`` how many different ones."""

    deeds: tuple[DeedKind, ...]
    share: int
    templates: int
    is_visit: bool = True


_KINDS = (
    _Kind((), 785, 120),
    _Kind(("chat",), 55, 90),
    _Kind(("chat",), 20, 40, is_visit=False),
    _Kind(("offline_message",), 50, 60),
    _Kind(("goal",), 65, 70),
    _Kind(("goal", "chat"), 8, 20),
    _Kind(("goal", "offline_message"), 7, 20),
    _Kind(("tech_offline_message",), 10, 12),
)
_NOTHING, _CHAT, _FORM, _GOAL = 0, 1, 3, 4
"""Places of the kinds that are added by hand."""

_FROM_SITE = tuple(place for place in CALLERS if CAMPAIGNS[place].from_site)
_FROM_STREET = next(place for place, each in enumerate(CAMPAIGNS) if not each.from_site)
_LONGEST_DEED, _LONGEST_VISIT = 900, 1_500


def _encounters() -> tuple[tuple[Encounter, ...], ...]:
    rng = random.Random("encounters")
    pools: list[tuple[Encounter, ...]] = []
    number = 0
    for kind in _KINDS:
        numbers = range(number, number + kind.templates)
        pools.append(tuple(_encounter(rng, kind, each) for each in numbers))
        number += kind.templates
    return tuple(pools)


def _encounter(rng: random.Random, kind: _Kind, number: int) -> Encounter:
    campaign = _FROM_SITE[number % len(_FROM_SITE)] if kind.is_visit else _FROM_STREET
    deeds = []
    for place, deed in enumerate(kind.deeds):
        after = 0 if not kind.is_visit else rng.randint(5, 200) + 200 * place
        length = 0 if deed != "chat" else rng.randint(20, _LONGEST_DEED)
        deeds.append(Deed(deed, after, length))
    length = 0 if not kind.is_visit else rng.randint(15, _LONGEST_VISIT)
    least = max((each.after + each.length for each in deeds), default=0)
    return Encounter(number, campaign, tuple(deeds), max(length, least), kind.is_visit)


_POOLS = _encounters()
ENCOUNTERS = tuple(each for pool in _POOLS for each in pool)
"""All templates, by number."""

# -- numbers --------------------------------------------------------------------------------------

_FIRST_ID = 600_000_000_000
_FIRST_ADDED_ID = 900_000_000_000


def communication_in(encounter: int, place: int) -> int:
    """The ``communication_id`` of a deed of an encounter."""
    return (encounter - 590_000_000_000) * 2 + place


def detail_in(encounter: int, place: int) -> int:
    """The id that a chat or a message has in its own report."""
    return (encounter - 500_000_000_000) * 2 + place


# -- days -----------------------------------------------------------------------------------------

_A_CALL = 1.24
"""Encounters, to each call."""

_SAME_PEOPLE = 0.3
"""The share of encounters with those who call, too."""

_VISITS = (1, 1, 1, 1, 2, 2, 3, 5)


class EncounterDays:
    """The encounters of an account's days.

    Args:
        average: calls a day.
    """

    def __init__(self, seed: int, zone: ZoneInfo, average: float) -> None:
        self._seed = seed
        self._zone = zone
        self._average = average * _A_CALL
        self._next_added = _FIRST_ADDED_ID

    def encounters(self, day: date) -> Iterator[Call]:
        """Those of a local day, in no order: start (UTC epoch seconds), id, story."""
        rng = random.Random(f"{self._seed}:{day.isoformat()}:encounters")
        count = round(self._average * WEEKDAYS[day.weekday()] * rng.uniform(0.9, 1.1))
        start = midnight(day, self._zone)
        length = midnight(day + timedelta(days=1), self._zone) - start
        first_id = _FIRST_ID + (day.toordinal() - 730_000) * 4_000_000
        ids = rng.sample(range(first_id, first_id + 3 * count + 1), count)
        pools = rng.choices(_POOLS, [kind.share for kind in _KINDS], k=count)
        hours = rng.choices(range(24), HOURS, k=count)
        seconds = [hour * 3_600 + int(rng.random() * 3_600) for hour in hours]
        # many come in one second, as robots do
        size = min(rng.randint(3, 40), count // 4)
        seconds[:size] = [rng.randrange(8 * 3_600, 20 * 3_600)] * size
        new = first_contact(self._seed, day.toordinal())
        for place, (id_, second, pool) in enumerate(zip(ids, seconds, pools, strict=True)):
            is_caller = rng.random() < _SAME_PEOPLE
            contact = new + (rng.randrange(count) if is_caller else CONTACTS_A_DAY // 2 + place)
            caller = caller_of(contact, rng.choice(_VISITS))
            story = story_of(caller, pool[int(rng.random() * len(pool))].number)
            yield start + min(second, length - 1), id_, story

    def added(self, kind: DeedKind | None, at: int, count: int) -> list[Call]:
        """So many encounters that begin at an instant: visits, or in which one thing is done."""
        place = {None: _NOTHING, "chat": _CHAT, "offline_message": _FORM, "goal": _GOAL}[kind]
        pool = _POOLS[place]
        ids = range(self._next_added, self._next_added + count)
        self._next_added += count
        day = (at // 86_400) + date(1970, 1, 1).toordinal()
        made = []
        for id_ in ids:
            encounter = pool[mix(id_) % len(pool)]
            contact = first_contact(self._seed, day) + mix(id_, 1) % CONTACTS_A_DAY
            after = encounter.deeds[0].after if kind else 0
            made.append((at - after, id_, story_of(caller_of(contact, 1), encounter.number)))
        return made
