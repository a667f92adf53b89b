"""Local time of an account's zone, fast: epoch seconds to local seconds to the API's text."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = 86_400
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=1)
def _clock_texts() -> list[bytes]:
    return [
        b" %02d:%02d:%02d" % (second // 3600, second // 60 % 60, second % 60)
        for second in range(_DAY)
    ]


@lru_cache(maxsize=4096)
def _date_text(day: int) -> bytes:
    return date.fromordinal(day + _EPOCH_ORDINAL).isoformat().encode()


def text_of(local: int) -> bytes:
    """Local seconds (as if they were UTC epoch seconds) as ``YYYY-MM-DD hh:mm:ss``."""
    day, second = divmod(local, _DAY)
    return _date_text(day) + _clock_texts()[second]


def local_of(moment: datetime) -> int:
    """Local seconds of a naive local time."""
    return int(moment.replace(tzinfo=UTC).timestamp())


def date_of(local: int) -> date:
    """The day of a local second."""
    return date.fromordinal(local // _DAY + _EPOCH_ORDINAL)


def start_of(day: date) -> int:
    """The first local second of a day."""
    return (day.toordinal() - _EPOCH_ORDINAL) * _DAY


class Clockwork:
    """Offsets of a zone; looked up once for each change of the clock."""

    def __init__(self, zone: ZoneInfo, start: int, end: int) -> None:
        self._zone = zone
        self._starts = [start]
        self._offsets = [self._offset(start)]
        self._known_until = start
        self._extend(end)

    def _offset(self, utc: int) -> int:
        offset = datetime.fromtimestamp(utc, self._zone).utcoffset()
        assert offset is not None
        return int(offset / timedelta(seconds=1))

    def _extend(self, end: int) -> None:
        while self._known_until < end:
            before, after = self._known_until, self._known_until + _DAY
            offset = self._offset(after)
            if offset != self._offsets[-1]:
                while after - before > 1:
                    middle = (before + after) // 2
                    same = self._offset(middle) == self._offsets[-1]
                    before, after = (middle, after) if same else (before, middle)
                self._starts.append(after)
                self._offsets.append(offset)
            self._known_until += _DAY

    def text(self, utc: int) -> bytes:
        """The local time at an instant, as the API writes it."""
        return text_of(self.local(utc))

    def local(self, utc: int) -> int:
        """Local seconds at an instant (UTC epoch seconds)."""
        if utc < self._starts[0]:
            return utc + self._offset(utc)
        self._extend(utc)
        return utc + self._offsets[bisect_right(self._starts, utc) - 1]


class Clock:
    """An account's present, the real one or a fixed one, and its local time.

    Args:
        days: how far back times are asked for mostly.
    """

    def __init__(self, timezone: str, now: datetime | None, days: int) -> None:
        self.zone = ZoneInfo(timezone)
        self._fixed = now
        second = self.second()
        self._work = Clockwork(self.zone, second - (days * 3 + 10) * _DAY, second)
        self.text = self._work.text
        self.local = self._work.local

    def now(self) -> datetime:
        return self._fixed or datetime.now(UTC)

    def fix(self, now: datetime) -> None:
        self._fixed = now.astimezone(UTC)

    def second(self) -> int:
        """The present in UTC epoch seconds."""
        return int(self.now().timestamp())

    def naive(self, moment: datetime) -> datetime:
        """The local time of an instant."""
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def today(self) -> date:
        return self.naive(self.now()).date()

    def midnight(self, day: date) -> int:
        """When a local day begins, in UTC epoch seconds."""
        return midnight(day, self.zone)


def midnight(day: date, zone: ZoneInfo) -> int:
    """When a day begins in a zone, in UTC epoch seconds."""
    return int(datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC).timestamp())
