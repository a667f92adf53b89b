"""How far a run is: counted by the reading threads, shown by whoever watches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .errors import DayPointsSpent


@dataclass(frozen=True)
class Snapshot:
    """Counts of one moment, and what is read: calls from ``start`` to ``end`` (instants).

    ``calls_expected`` is the API's ``total_items`` over the windows that have answered so far,
    ``windows_expected`` how many windows there are, ``windows_known`` how many have answered.
    ``new`` is how many of them began after the newest one that was loaded before, where that is
    known. ``zone`` is the account's, as soon as that is known.
    ``short`` is how many calls were promised and do not come, ``replaced`` how many texts were
    repaired, ``refused`` how many records were kept out. ``new_columns`` are columns that a table
    did not have, ``variants`` values that do not fit their own column; ``lost_fields`` can't be
    read any more, ``gained_fields`` can again; ``absent_fields`` are not sent any more,
    ``returned_fields`` are again. ``skipped_reports`` may not be read at all. ``what`` is what
    records are called.
    """

    calls: int = 0
    new: int | None = None
    calls_expected: int = 0
    windows_expected: int = 0
    windows_known: int = 0
    requests: int = 0
    bytes: int = 0
    start: datetime | None = None
    end: datetime | None = None
    zone: str | None = None
    day_points_left: int | None = None
    points: int = 0
    short: int = 0
    replaced: int = 0
    refused: int = 0
    variants: int = 0
    new_columns: tuple[str, ...] = ()
    lost_fields: tuple[str, ...] = ()
    gained_fields: tuple[str, ...] = ()
    skipped_reports: tuple[str, ...] = ()
    what: str = "calls"
    absent_fields: tuple[str, ...] = ()
    returned_fields: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """Share of the calls that have come, ``None`` until every window has answered."""
        if not self.windows_expected or self.windows_known < self.windows_expected:
            return None
        return min(1.0, self.calls / self.calls_expected) if self.calls_expected else 1.0


def since(before: Snapshot, now: Snapshot) -> Snapshot:
    """What has been counted between two moments of a run."""
    counts = ("calls", "requests", "bytes", "short", "replaced", "refused")
    return replace(now, **{each: getattr(now, each) - getattr(before, each) for each in counts})


@dataclass(frozen=True)
class Merged:
    """Rows that were merged into a table: of records that had none there, in the place of others,
    and those that were there already, which are left alone."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Merged) -> Merged:
        new, changed = self.new + other.new, self.changed + other.changed
        return Merged(new, changed, self.unchanged + other.unchanged)


class Progress:
    """Counts that threads add to; :meth:`snapshot` reads them all at one moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = Snapshot()
        self._rows: dict[str, int] = {}
        self._spent: DayPointsSpent | None = None
        self._merged: dict[str, Merged] = {}
        self._is_foreseen = False

    def _add(self, **counts: int) -> None:
        with self._lock:
            sums = {name: getattr(self._now, name) + count for name, count in counts.items()}
            self._now = replace(self._now, **sums)

    def _set(self, **values: Any) -> None:
        with self._lock:
            self._now = replace(self._now, **values)

    def in_zone(self, zone: str) -> None:
        """The account's zone (IANA name): what is shown of the run is in it."""
        self._set(zone=zone)

    def planned(self, start: datetime, end: datetime, windows: int) -> None:
        """What will be read: calls between two instants, in so many windows."""
        self._add(windows_expected=windows)
        self._set(start=start, end=end)

    def newer(self, calls: int) -> None:
        """Calls that began after the newest one that was loaded before."""
        with self._lock:
            self._now = replace(self._now, new=(self._now.new or 0) + calls)

    def foreseen(self, calls: int, start: datetime, end: datetime) -> None:
        """What a backfill expects in all, whatever its windows will promise one by one."""
        self._is_foreseen = True
        self._add(windows_expected=1, windows_known=1, calls_expected=calls)
        self._set(start=start, end=end)

    def promised(self, calls: int) -> None:
        if not self._is_foreseen:
            self._add(calls_expected=calls, windows_known=1)

    def received(self, calls: int) -> None:
        self._add(calls=calls)

    def came_short(self, calls: int) -> bool:
        """Calls that were promised and do not come; true if they are the first ones."""
        with self._lock:
            before = self._now.short
            self._now = replace(self._now, short=before + calls)
            return not before

    def answered(self, size: int) -> None:
        self._add(requests=1, bytes=size)

    def replaced(self, texts: int) -> None:
        """Texts of calls that had characters which no warehouse can hold."""
        if texts:
            self._add(replaced=texts)

    def refused(self, records: int) -> bool:
        """Records of a window that were kept out; returns whether they are the run's first."""
        with self._lock:
            before = self._now.refused
            self._now = replace(self._now, refused=before + records)
        return not before and records > 0

    def found_column(self, column: str) -> bool:
        """A column that its table did not have; returns whether it was not met before."""
        with self._lock:
            is_new = column not in self._now.new_columns
            if is_new:
                columns = (*self._now.new_columns, column)
                self._now = replace(self._now, new_columns=columns)
            return is_new

    def found_variants(self, values: int) -> None:
        """Values that do not fit their own column."""
        if values:
            self._add(variants=values)

    def changed(self, **fields: Sequence[str]) -> None:
        """Fields that can't be read any more, say; an account's other customers may have told."""
        with self._lock:
            told: dict[str, Any] = {
                what: tuple(dict.fromkeys((*getattr(self._now, what), *names)))
                for what, names in fields.items()
            }
            self._now = replace(self._now, **told)

    def skipped(self, report: str) -> None:
        """A report that the account may not read."""
        with self._lock:
            now = self._now
            self._now = replace(now, skipped_reports=(*now.skipped_reports, report))

    def ran_out_of_points(self, error: DayPointsSpent) -> None:
        """A report was not read to its end; ``error`` is to be raised when the rest is loaded."""
        with self._lock:
            self._spent = error

    def taken_error(self) -> DayPointsSpent | None:
        """Why a report was not read to its end, if one was not; told once."""
        with self._lock:
            spent, self._spent = self._spent, None
            return spent

    def reads(self, what: str) -> None:
        """What records are called: ``calls``, or ``records`` of several reports."""
        self._set(what=what)

    def loaded(self, table: str, rows: int) -> None:
        """Rows that go into a table of the warehouse."""
        with self._lock:
            self._rows[table] = self._rows.get(table, 0) + rows

    def rows(self) -> dict[str, int]:
        """Rows so far, by table."""
        with self._lock:
            return dict(self._rows)

    def merged_into(self, table: str, rows: Merged) -> None:
        """Rows that a table of the warehouse has taken, or had."""
        with self._lock:
            self._merged[table] = self._merged.get(table, Merged()) + rows

    def merged(self) -> dict[str, Merged]:
        """The same so far, by table; none where the destination does not tell."""
        with self._lock:
            return dict(self._merged)

    def points_left(self, day: int | None) -> None:
        self._set(day_points_left=day)

    def points(self, spent: int, *, left: int | None) -> None:
        """Points that a part of the run has cost, and how many of the day's are left."""
        self._add(points=spent)
        self._set(day_points_left=left)

    def snapshot(self) -> Snapshot:
        with self._lock:
            return self._now


_SURE_AFTER = 5.0
"""Seconds of calls that come, before it is said how long the rest will take: the first answers are
slow, and tell nothing of the others."""


class Rate:
    """Calls a second and time left, from the counts since the first calls came."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: float | None = None
        self._first = 0

    @classmethod
    def begun(cls) -> Rate:
        """One that counts from now on."""
        rate = cls()
        rate._began = rate._clock()
        return rate

    def measure(self, now: Snapshot) -> tuple[float, float | None]:
        """Calls a second so far, and seconds left (``None`` while nobody can know)."""
        if not now.calls:
            return 0.0, None
        if self._began is None:
            self._began, self._first = self._clock(), now.calls
        elapsed = self._clock() - self._began
        rate = (now.calls - self._first) / elapsed if elapsed > 0 else 0.0
        if now.share is None or not rate or elapsed < _SURE_AFTER:
            return rate, None
        return rate, max(0, now.calls_expected - now.calls) / rate


def in_words(now: Snapshot, rate: Rate) -> str:
    """Calls done of calls expected, rate, points and time left.

    What is expected is told when all windows have answered: it would grow with each of them.
    """
    speed, left = rate.measure(now)
    is_known = now.share is not None and now.calls_expected > 0
    share = "" if now.share is None else f"{now.share:.0%}, "
    of = f" of {now.calls_expected:,}" if is_known else ""
    eta = "" if left is None else f", {duration(left)} left"
    points = "" if now.day_points_left is None else f", {now.day_points_left:,} points left"
    # what can be missed comes last: a narrow terminal cuts it off
    return f"{share}{now.calls:,}{of} {now.what}{eta}, {speed:,.0f} {now.what}/s{points}"


def duration(seconds: float) -> str:
    """Seconds in words."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
