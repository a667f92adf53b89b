"""A made-up account: its records, how they change, and the truth about them."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from ..reports import DEFAULT_REPORT
from .additions import manual_tag, transcript
from .clockwork import Clock, local_of, text_of
from .lists import LISTS
from .lists.contacts import AddressBook
from .records.all import archives
from .records.base import Archive, Records
from .records.calls import Calls
from .stories import read
from .switches import Brand

_CALLS = DEFAULT_REPORT.table
_CONTACTS, _GROUPS = "get.contacts", "get.group_contacts"

_RATINGS = {
    "calls": "last_answered_employee_rating",
    "call_legs": "employee_rating",
    "chats": "employee_raiting",
}


class Account:
    """An account with made-up records, deterministic from ``seed``, that lives as time passes.

    Each report has its records, consistent with those of others: legs are those of calls, and so
    on. They are told by numbers: by their ids, those of legs' charges by that of the leg, those of
    goals by that of the communication; rows of sums have numbers of our own
    (:meth:`truth_ids`). What is changed by hand of a call, chat, message or goal shows in its
    communication, too; otherwise only the record itself changes.

    Args:
        calls: how many calls have ended by now.
        days: over how many days up to now they are spread, about.
        seed: another seed, another account, with an ``app_id`` of its own.
        timezone: the account's zone (IANA name), in which all its times are written.
        now: fixes the clock, which then moves only by :meth:`set_now` and :meth:`advance`;
            without it the real clock runs, new calls come and calls that go on end.

    Threads may share it.
    """

    name = "ООО «Песочница»"

    def __init__(
        self,
        calls: int = 5_000,
        days: int = 60,
        seed: int = 1,
        timezone: str = "Europe/Moscow",
        now: datetime | None = None,
    ) -> None:
        self.app_id = 4710 + seed
        self.timezone = timezone
        self.lock = threading.RLock()
        self.version = 0
        self.clock = Clock(timezone, now, days)
        self._seed = seed
        self._average = max(1.0, calls / days) if days else 0.0
        self._calls = Calls(DEFAULT_REPORT, self.clock, seed, calls, self._average)
        self._lists: dict[str, list[dict[str, Any]]] = {}

    @cached_property
    def _archives(self) -> Mapping[str, Archive]:
        return archives(self.clock, self._seed, self._calls, self._average)

    # -- time -----------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The account's present (UTC)."""
        return self.clock.now()

    def set_now(self, now: datetime) -> None:
        with self.lock:
            self.clock.fix(now)

    def advance(self, by: timedelta) -> None:
        self.set_now(self.now() + by)

    def local(self, moment: datetime) -> datetime:
        """The local time (naive) of an instant."""
        return self.clock.naive(moment)

    # -- reading --------------------------------------------------------------------------------

    def archive(self, report: str = _CALLS) -> Archive:
        """All that there is of a report, by its name.

        Raises:
            KeyError: there is no such report.
        """
        with self.lock:
            return self._calls if report == _CALLS else self._archives[report]

    def truth(
        self, report: str = _CALLS, *, include_ongoing: bool = False, brand: Brand = "uis"
    ) -> list[dict[str, Any]]:
        """Every record that the API shows now, all fields, by time and number; rows of sums for
        each day by itself. Fields that the brand lacks are null."""
        with self.lock:
            records, indices = self._shown(report, include_ongoing=include_ongoing)
            lacking = dict.fromkeys(records.report.lacking(brand))
            return [{**records.decoded(index), **lacking} for index in indices]

    def truth_ids(self, report: str = _CALLS) -> list[int]:
        """Numbers of every record that the API shows now, in the same order."""
        with self.lock:
            records, indices = self._shown(report)
            return [records.ids[index] for index in indices]

    def count(self, report: str = _CALLS) -> int:
        with self.lock:
            return len(self._shown(report)[1])

    def _shown(
        self, report: str, *, include_ongoing: bool = False
    ) -> tuple[Records, Sequence[int]]:
        archive = self.archive(report)
        if not include_ongoing:
            return archive.everything()
        self._calls.live()
        everything = range(len(self._calls.ids))
        return self._calls, self._calls.visible(everything, include_ongoing=True)

    @property
    def ids(self) -> array[int]:
        """Ids of all calls, those that are to come among them."""
        return self._calls.ids

    def instant_of(self, id_: int) -> datetime:
        """When a call really began (UTC)."""
        with self.lock:
            origins = self._calls.origins
            return datetime.fromtimestamp(origins.starts[origins.index_of(id_)], UTC)

    # -- changing -------------------------------------------------------------------------------

    def add(self, report: str, at: datetime, count: int = 1, **fields: Any) -> list[int]:
        """So many records of a report that are of the same second, with all that goes with them:
        legs come with calls, messages with chats, chats with visits. Returns their numbers."""
        with self.lock:
            archive = self.archive(report)
            numbers = archive.add(int(at.timestamp()), count)
            for number in numbers if fields else ():
                archive.edits.change(number, fields)
            self.version += 1
            return numbers

    def update(self, id_: int, *, report: str = _CALLS, **fields: Any) -> None:
        """Sets fields of a record to any JSON values, of the wrong type too."""
        with self.lock:
            archive = self.archive(report)
            archive.check(id_)
            archive.edits.change(id_, fields)
            self.version += 1

    def remove(self, id_: int, report: str = _CALLS) -> None:
        """A record is gone; with a call all that came of it."""
        with self.lock:
            self.archive(report).edits.remove(id_)
            self.version += 1

    def tag(self, id_: int, name: str, report: str = _CALLS) -> None:
        """Somebody puts a tag on a record, now."""
        tags = self.record(id_, report)["tags"]
        tag = manual_tag(name, self._text(self.now()))
        self.update(id_, report=report, tags=[*tags, tag])

    def untag(self, id_: int, name: str | None = None, report: str = _CALLS) -> None:
        """Takes a tag off a record, or all of them."""
        tags = self.record(id_, report)["tags"]
        kept = [tag for tag in tags if name and tag["tag_name"] != name]
        self.update(id_, report=report, tags=kept)

    def sell(
        self, id_: int, cost: Decimal, date: datetime | None = None, report: str = _CALLS
    ) -> None:
        """A record leads to a deal."""
        sold = {"sale_cost": cost, "sale_date": self._text(date or self.now())}
        self.update(id_, report=report, **sold)

    def rate(self, id_: int, rating: int, report: str = _CALLS) -> None:
        """Somebody rates the employee of a call, a leg or a chat."""
        self.update(id_, report=report, **{_RATINGS[report]: rating})

    def add_field(
        self,
        name: str,
        value_of: Callable[[int], Any],
        *,
        asked_only: bool = False,
        report: str = _CALLS,
    ) -> None:
        """The API grows a field: sent with every record, or only if it is asked for by name."""
        with self.lock:
            self.archive(report).edits.add_field(name, value_of, asked_only=asked_only)
            self.version += 1

    def record(self, id_: int, report: str = _CALLS) -> dict[str, Any]:
        """A record as the API's JSON gives it now, shown or not."""
        with self.lock:
            return self.archive(report).record(id_)

    # -- calls ----------------------------------------------------------------------------------

    def call(self, id_: int) -> dict[str, Any]:
        """A call as the API's JSON gives it now."""
        return self.record(id_)

    def add_call(self, start: datetime, *, ongoing: bool = False, **fields: Any) -> int:
        """A call that began at an instant; it has ended unless ``ongoing``. Returns its id."""
        with self.lock:
            (id_,) = self.add(_CALLS, start, **fields)
            if ongoing:
                self._calls.let_go_on(id_)
        return id_

    def add_calls(self, start: datetime, count: int) -> list[int]:
        """Calls that began in the same second and have ended. Returns their ids."""
        return self.add(_CALLS, start, count)

    def move_call(self, id_: int, start: datetime) -> None:
        """A call that has ended is said to have begun at another instant."""
        with self.lock:
            self._calls.move(id_, int(start.timestamp()))
            self.version += 1

    def end_call(self, id_: int) -> None:
        """An ongoing call ends now."""
        with self.lock:
            self._calls.let_end(id_)
            self.version += 1

    def recognise(self, id_: int, phrases: Sequence[str]) -> None:
        """The transcript of a call is there."""
        call = self.call(id_)
        self.update(id_, recognized_text=transcript(id_, call["start_time"], phrases))

    def _text(self, moment: datetime) -> str:
        local = self.local(moment) if moment.tzinfo else moment
        return text_of(local_of(local)).decode()

    # -- lists ----------------------------------------------------------------------------------

    def listed(self, method: str) -> list[dict[str, Any]]:
        """The rows of a list, such as ``get.tags``; to be changed in place."""
        with self.lock:
            if method in (_CONTACTS, _GROUPS):
                self._calls.live()
                callers = {read(story)[1] for story in self._calls.origins.stories}
                self._address_book.note(callers)
            return self._rows(method)

    def _rows(self, method: str) -> list[dict[str, Any]]:
        if method not in self._lists:
            self._lists[method] = LISTS[method]()
        return self._lists[method]

    @cached_property
    def _address_book(self) -> AddressBook:
        return AddressBook(self._rows(_CONTACTS), self._rows(_GROUPS))
