"""Local time of an account's zone, fast: epoch seconds to local seconds to the API's text."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
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
