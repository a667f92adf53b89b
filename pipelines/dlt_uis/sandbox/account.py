"""A made-up account: its calls, how they change, and the truth about them."""

from __future__ import annotations

import json
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ..reports import DEFAULT_REPORT
from . import reference
from .clockwork import Clockwork, local_of, text_of
from .days import Call, Days
from .durations import LONGEST_CALL
from .rendering import Renderer

UNLISTED = "utm_referrer"
"""A field that no page of the documentation lists, but that comagic-data-api-sdk asks for."""

_TIME = "%Y-%m-%d %H:%M:%S"


class Account:
    """An account with made-up calls, deterministic from ``seed``, that lives as time passes.

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
        self._zone = ZoneInfo(timezone)
        self._days = Days(seed, self._zone, max(1.0, calls / days) if days else 0.0)
        self._fixed_now = now
        self._renderer = Renderer(DEFAULT_REPORT, seed)
        self._changes: dict[int, dict[str, Any]] = {}
        self._extra: dict[str, tuple[Callable[[int], Any], bool]] = {}
        self._ended: dict[int, int] = {}
        self._endless: set[int] = set()
        self._always: set[int] = set()
        self._removed: set[int] = set()
        self._next_id = 9_000_000_001
        self._lists: dict[str, list[dict[str, Any]]] = {}
        self._index: dict[int, int] = {}
        self._make(calls, days)

    # -- time -----------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The account's present (UTC)."""
        return self._fixed_now or datetime.now(UTC)

    def set_now(self, now: datetime) -> None:
        with self.lock:
            self._fixed_now = now.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        self.set_now(self.now() + by)

    def local(self, moment: datetime) -> datetime:
        """The local time (naive) of an instant."""
        return moment.astimezone(self._zone).replace(tzinfo=None)

    # -- making ---------------------------------------------------------------------------------

    def _make(self, calls: int, days: int) -> None:
        now = int(self.now().timestamp())
        today = self.local(self.now()).date()
        start = now - (days * 3 + 10) * 86_400
        self.clockwork = Clockwork(self._zone, start, now)
        self._made_until = today
        self.starts: array[int] = array("q")
        self.ids: array[int] = array("q")
        self.stories: array[int] = array("q")
        self.locals: array[int] = array("q")
        made: list[Call] = []
        day, ended = today, 0
        while ended < calls:
            for call in self._days.calls(day):
                made.append(call)
                ended += call[0] <= now - LONGEST_CALL or self._natural_end(*call) <= now
            day -= timedelta(days=1)
        made.sort()
        # the oldest go, so that exactly as many as asked for have ended
        surplus = ended - calls
        self._put(made[surplus:])

    def _put(self, calls: Sequence[Call]) -> None:
        """Adds calls, all in the order of local time."""
        rows = list(zip(self.locals, self.starts, self.ids, self.stories, strict=True))
        rows += [(self.clockwork.local(utc), utc, id_, story) for utc, id_, story in calls]
        rows.sort()
        self.locals, self.starts, self.ids, self.stories = (
            array("q", (row[column] for row in rows)) for column in range(4)
        )
        self._index = {}
        self.version += 1

    def live(self) -> None:
        """Makes the calls of days that have begun since."""
        with self.lock:
            today = self.local(self.now()).date()
            while self._made_until < today:
                self._made_until += timedelta(days=1)
                self._put(list(self._days.calls(self._made_until)))

    # -- reading --------------------------------------------------------------------------------

    def between(self, start: int, end: int) -> range:
        """Indices of the calls from one local second to another, both included."""
        return range(bisect_left(self.locals, start), bisect_right(self.locals, end))

    def visible(self, indices: range, *, include_ongoing: bool) -> Sequence[int]:
        """Those of ``indices`` that the API shows now."""
        now = int(self.now().timestamp())
        safe = self.clockwork.local(now) - LONGEST_CALL - 3 * 3_600
        cut = min(max(bisect_left(self.locals, safe), indices.start), indices.stop)
        old: Sequence[int] = range(indices.start, cut)
        special = self._removed | self._endless
        if special:
            old = [i for i in old if self.ids[i] not in special or self._shown(i, now, True)]
            old = [i for i in old if include_ongoing or not self._is_ongoing(i, now)]
        recent = [i for i in range(cut, indices.stop) if self._shown(i, now, include_ongoing)]
        return [*old, *recent] if recent or special else old

    def _shown(self, index: int, now: int, include_ongoing: bool) -> bool:
        id_ = self.ids[index]
        if id_ in self._removed:
            return False
        if id_ in self._always:
            return True
        if self.starts[index] > now:
            return False
        return include_ongoing or not self._is_ongoing(index, now)

    def _is_ongoing(self, index: int, now: int) -> bool:
        id_ = self.ids[index]
        if id_ in self._endless:
            return True
        return id_ not in self._always and self._end(index) > now

    def _end(self, index: int) -> int:
        start, id_ = self.starts[index], self.ids[index]
        ended = self._ended.get(id_)
        return self._natural_end(start, id_, self.stories[index]) if ended is None else ended

    def _natural_end(self, start: int, id_: int, story: int) -> int:
        return start + self._renderer.durations(id_, story).total

    def encoded(self, index: int) -> bytes:
        """The JSON of a call with all documented fields, and those that come unasked."""
        id_ = self.ids[index]
        now = int(self.now().timestamp())
        finish = None if self._is_ongoing(index, now) else self._end(index)
        text = self._renderer.render(
            id_, self.stories[index], self.starts[index], finish, self.clockwork.text
        )
        changes = self._changes.get(id_, {})
        unasked = {
            name: of(id_) for name, (of, asked_only) in self._extra.items() if not asked_only
        }
        if not changes and not unasked:
            return text
        call = json.loads(text, parse_float=Decimal)
        return _dumps({**call, **unasked, **changes})

    def decoded(self, index: int) -> dict[str, Any]:
        """A call as the API's JSON gives it, all fields, numbers exact."""
        call: dict[str, Any] = json.loads(self.encoded(index), parse_float=Decimal)
        id_ = self.ids[index]
        asked_only = {name: of(id_) for name, (of, only) in self._extra.items() if only}
        unlisted = {UNLISTED: call["referrer"] if call["utm_source"] else None}
        return {**unlisted, **asked_only, **call}

    @property
    def extra_fields(self) -> frozenset[str]:
        """Undocumented fields that the API has by now."""
        return frozenset((*self._extra, UNLISTED))

    @property
    def unasked_fields(self) -> frozenset[str]:
        """Undocumented fields that come whether asked for or not."""
        return frozenset(name for name, (_, asked_only) in self._extra.items() if not asked_only)

    def truth(self, *, include_ongoing: bool = False) -> list[dict[str, Any]]:
        """Every call that the API shows now, all fields, by start and id."""
        with self.lock:
            indices = self._all_visible(include_ongoing)
            return [self.decoded(index) for index in indices]

    def truth_ids(self) -> list[int]:
        """Ids of every call that the API shows now."""
        with self.lock:
            return [self.ids[index] for index in self._all_visible(False)]

    def count(self) -> int:
        with self.lock:
            return len(self._all_visible(False))

    def _all_visible(self, include_ongoing: bool) -> Sequence[int]:
        self.live()
        return self.visible(range(len(self.ids)), include_ongoing=include_ongoing)

    def instant_of(self, id_: int) -> datetime:
        """When a call really began (UTC)."""
        with self.lock:
            return datetime.fromtimestamp(self.starts[self._index_of(id_)], UTC)

    # -- changing -------------------------------------------------------------------------------

    def add_call(self, start: datetime, *, ongoing: bool = False, **fields: Any) -> int:
        """A call that began at an instant; it has ended unless ``ongoing``. Returns its id."""
        (id_,) = self.add_calls(start, 1)
        with self.lock:
            if ongoing:
                self._always.discard(id_)
                self._endless.add(id_)
            if fields:
                self.update(id_, **fields)
        return id_

    def add_calls(self, start: datetime, count: int) -> list[int]:
        """Calls that began in the same second and have ended. Returns their ids."""
        with self.lock:
            ids = list(range(self._next_id, self._next_id + count))
            self._next_id += count
            self._always.update(ids)
            second = int(start.timestamp())
            local = self.clockwork.local(second)
            self._put([(second, id_, self._days.added(id_, local)) for id_ in ids])
            return ids

    def move_call(self, id_: int, start: datetime) -> None:
        """A call that has ended is said to have begun at another instant."""
        with self.lock:
            index = self._index_of(id_)
            story = self.stories[index]
            for column in (self.locals, self.starts, self.ids, self.stories):
                del column[index]
            self._always.add(id_)
            self._put([(int(start.timestamp()), id_, story)])

    def end_call(self, id_: int) -> None:
        """An ongoing call ends now."""
        with self.lock:
            self._endless.discard(id_)
            self._always.add(id_)
            now = int(self.now().timestamp())
            self._ended[id_] = max(now, self.starts[self._index_of(id_)] + 1)
            self.version += 1

    def tag(self, id_: int, name: str) -> None:
        """Somebody puts a tag on a call, now."""
        tag = {
            "tag_id": 5_000 + sum(name.encode()),
            "tag_name": name,
            "tag_type": "manual",
            "tag_change_time": self._text(self.now()),
            "tag_user_id": 78,
            "tag_user_login": "анна@example.ru",
            "tag_employee_id": None,
            "tag_employee_full_name": None,
        }
        self.update(id_, tags=[*self.call(id_)["tags"], tag])

    def untag(self, id_: int, name: str | None = None) -> None:
        """Takes a tag off a call, or all of them."""
        tags = self.call(id_)["tags"]
        self.update(id_, tags=[tag for tag in tags if name and tag["tag_name"] != name])

    def sell(self, id_: int, cost: Decimal, date: datetime | None = None) -> None:
        """A call leads to a deal."""
        self.update(id_, sale_cost=cost, sale_date=self._text(date or self.now()))

    def rate(self, id_: int, rating: int) -> None:
        self.update(id_, last_answered_employee_rating=rating)

    def recognise(self, id_: int, phrases: Sequence[str]) -> None:
        """The transcript of a call is there."""
        start = datetime.strptime(self.call(id_)["start_time"], _TIME)
        self.update(
            id_,
            recognized_text=[
                {
                    "id": id_ * 100 + number,
                    "phrase": phrase,
                    "start_time": (start + timedelta(seconds=3 * number)).strftime(_TIME),
                    "is_operator": number % 2 == 0,
                    "edited_phrase": None,
                }
                for number, phrase in enumerate(phrases)
            ],
        )

    def update(self, id_: int, **fields: Any) -> None:
        """Sets fields of a call to any JSON values, of the wrong type too."""
        with self.lock:
            self._index_of(id_)
            self._changes[id_] = {**self._changes.get(id_, {}), **fields}
            self.version += 1

    def remove(self, id_: int) -> None:
        with self.lock:
            self._removed.add(id_)
            self.version += 1

    def add_field(
        self, name: str, value_of: Callable[[int], Any], *, asked_only: bool = False
    ) -> None:
        """The API grows a field: sent with every call, or only if it is asked for by name."""
        with self.lock:
            self._extra[name] = (value_of, asked_only)
            self.version += 1

    def call(self, id_: int) -> dict[str, Any]:
        """A call as the API's JSON gives it now."""
        with self.lock:
            return self.decoded(self._index_of(id_))

    def _index_of(self, id_: int) -> int:
        if len(self._index) != len(self.ids):
            self._index = {known: i for i, known in enumerate(self.ids)}
        return self._index[id_]

    def _text(self, moment: datetime) -> str:
        local = self.local(moment) if moment.tzinfo else moment
        return text_of(local_of(local)).decode()

    def listed(self, method: str) -> list[dict[str, Any]]:
        """The rows of a list, such as ``get.tags``; to be changed in place."""
        with self.lock:
            return self._lists.setdefault(method, reference.LISTS[method]())


def _dumps(call: dict[str, Any]) -> bytes:
    return json.dumps(call, ensure_ascii=False, default=_number).encode()


def _number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value))
