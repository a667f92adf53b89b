"""Verification: whether the warehouse has what the source has, day by day; and repair.

Days are counted, or read on both sides and compared in every value; a day whose counts differ is
always read. What was found is kept in the table ``verified_days``. All of it happens in a pipeline
beside the sync's, so that the sync's cursor stays what it is.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

import dlt

from ..api.client import DataApi
from ..api.points import Governor
from ..decoding.names import Names
from ..errors import DayPointsSpent, InvalidSetting, OneCustomerOnly
from ..localtime.ranges import Range
from ..localtime.windows import Window
from ..localtime.zones import Zone
from ..progress import Progress
from ..reading.counting import Counter
from ..reports.calls import CALLS_REPORT
from ..runner.job import dlt_errors_translated, run
from ..runner.leftovers import drop
from ..runner.siblings import sibling_pipeline
from ..runner.state import stored_cursor
from ..source.claiming import claim, place_of
from ..source.cursor import suspects_of
from ..source.extraction import Extraction
from ..source.owners import Owner
from ..source.resources import configured, known_columns
from ..source.short_windows import ShortWindows
from .checking import Checker, Compared
from .days import Day, days_of
from .findings import DayFound, Verified
from .repairing import Mender
from .stored_rows import Warehouse
from .verified_days import verified_days_source

logger = logging.getLogger(__name__)

SAMPLE_CALLS = 100_000
"""Ranges with at most so many calls are compared in full by default, else days worth so many."""

Sample = int | str | None
"""``"all"``, ``"none"``, a number of days, or ``None`` for the default."""


class Verify:
    """Compares the source with a pipeline's dataset, over a range of days.

    Args:
        pipeline: the sync's; the verification runs beside it.
        start: where to begin, a date or a time in the account's zone.
        end: where to end; a date is included, a time is not.
        sample: which days are compared in every value, beyond those whose counts differ.
        seed: chooses the random days of a sample.
        source: parameters of ``uis_source``; the rest comes from dlt's configuration.

    Raises:
        ConfigurationError: a setting is missing or wrong; the message names it.
    """

    def __init__(
        self,
        pipeline: dlt.Pipeline,
        start: str | date,
        end: str | date,
        *,
        sample: Sample = None,
        seed: int | None = None,
        progress: Progress | None = None,
        source: Mapping[str, Any] | None = None,
    ) -> None:
        if not (sample in (None, "all", "none") or (isinstance(sample, int) and sample >= 0)):
            raise InvalidSetting("sample", "all, none, or a number of days")
        self._sync = pipeline
        with dlt_errors_translated(pipeline):
            self._configured = configured(**dict(source or {}))
        self._settings = self._configured.settings
        self._connection = self._configured.connection("verify")
        if self._connection.tells_owner:
            raise OneCustomerOnly("verify")
        self._range = Range(start, end)
        self._sample = sample
        self._seed = seed
        self._progress = progress or Progress()
        self._found: dict[Day, DayFound] = {}
        self._before: dict[Day, DayFound] = {}
        self._drawn: int | None = None
        self._pruned = 0
        self._governor: Governor | None = None

    @property
    def points(self) -> int:
        """Points that the verification has cost so far."""
        return 0 if self._governor is None else self._governor.points

    def run(self, *, repair: bool = False, prune: bool = False) -> Verified:
        """Compares; with ``repair`` reads differing days again, merges them, and compares again.

        Args:
            prune: a repair also removes calls that only the warehouse has.

        Raises:
            NothingLoaded: the warehouse has no table of calls.
            DayPointsSpent: the day's points are spent; what was found until then is recorded.
            UisError: see :func:`.runner.job.run`.
        """
        began, now = time.monotonic(), self._settings.clock()
        with dlt_errors_translated(self._sync):
            cursor = stored_cursor(self._sync)
        settled = (cursor or now) - self._settings.lookback
        pipeline = sibling_pipeline(self._sync, "verify")
        # what a repair that was cut short had read may be stale by now
        drop(pipeline)
        warehouse = Warehouse(pipeline)
        with dlt_errors_translated(pipeline):
            place = place_of(pipeline)
        if lacks := warehouse.lacks(self._configured.fields):
            logger.warning(
                "not in the warehouse, and so not compared: %s. The next sync makes it anew, and"
                " tells the command that fills it.",
                ", ".join(lacks),
            )
        with self._connection.open(self._settings) as api:
            self._governor = api.governor
            (owner,) = claim([self._connection], [api], self._settings, place, adopt=False)
            zone = Zone(self._settings.timezone or api.account().timezone)
            window = self._range.window(zone, now)
            if window is not None:
                extraction = self._extraction(api, pipeline, warehouse, zone, owner)
                counter = Counter(extraction.asking_totals(), self._settings.parallel_windows)
                checker = Checker(extraction, warehouse, counter, self._progress, settled=settled)
                mender = Mender(
                    pipeline, extraction, warehouse, checker,
                    self._configured.fields, self._progress,
                )  # fmt: skip
                try:
                    self._compare(checker, days_of(window, zone.latest_local(now)))
                    if repair:
                        self._mend(mender, checker, prune=prune)
                except DayPointsSpent:
                    self._record(pipeline, now)
                    raise
                finally:
                    self._progress.points_left(api.governor.day_remaining)
        self._record(pipeline, now)
        return Verified(
            window, zone.name, _in_order(self._found), _in_order(self._before), self._pruned,
            self._drawn, self.points, api.governor.day_remaining, time.monotonic() - began,
        )  # fmt: skip

    def _extraction(
        self, api: DataApi, pipeline: dlt.Pipeline, warehouse: Warehouse, zone: Zone, owner: Owner
    ) -> Extraction:
        names = Names(CALLS_REPORT, warehouse.naming)
        names.know(known_columns(warehouse.columns))
        return Extraction(
            api, CALLS_REPORT, self._settings, names=names,
            progress=self._progress, zone=zone, owner=owner,
            short_windows=ShortWindows(pipeline, owner=owner),
            suspects=suspects_of(self._sync.state),
        )  # fmt: skip

    def _compare(self, checker: Checker, days: Sequence[Day]) -> None:
        """Counts days, and compares those of the sample and those whose counts differ."""
        window = Window(days[0].window.start, days[-1].window.end)
        total = checker.survey(window)
        self._progress.foreseen(total, *checker.spans([window])[0])
        chosen = self._chosen(checker, days, total)
        others = [day for day in days if day not in chosen]
        with self._sync.collector("comparing"):
            self._take(checker.compared([day for day in days if day in chosen]))
        with self._sync.collector("counting"):
            counted = zip(others, checker.counted(others), strict=True)
            # one by one: what was found before the points are spent is kept
            self._found |= ((day, found) for day, found in counted if found is not None)
        with self._sync.collector("comparing"):
            doubtful = [
                day for day in others if day not in self._found or not self._found[day].is_equal
            ]
            self._take(checker.compared(doubtful))

    def _mend(self, mender: Mender, checker: Checker, *, prune: bool) -> None:
        """Repairs the days that differ, and compares them again."""
        differing = [day for day, found in sorted(self._found.items()) if not found.is_equal]
        if not differing:
            return
        self._before = dict(self._found)
        rows = sum(found.source_calls for found in self._found.values() if not found.is_equal)
        span = Window(differing[0].window.start, differing[-1].window.end)
        self._progress.foreseen(2 * rows, *checker.spans([span])[0])
        mender.merge(differing)
        with self._sync.collector("comparing"):
            self._take(map(partial(mender.remove, prune=prune), checker.compared(differing)))
        self._pruned = mender.pruned

    def _take(self, compared: Iterable[Compared]) -> None:
        assert self._governor is not None
        for each in compared:
            self._found |= zip(each.days, each.found, strict=True)
            self._progress.points_left(self._governor.day_remaining)
            # the next days are read now: these must not stay in memory meanwhile
            del each

    def _chosen(self, checker: Checker, days: Sequence[Day], total: int) -> set[Day]:
        """The days of the sample."""
        sample = self._sample
        if sample == "all" or not checker.can_count or (sample is None and total <= SAMPLE_CALLS):
            return set(days)
        if sample == "none":
            return set()
        self._drawn = random.SystemRandom().randrange(10**6) if self._seed is None else self._seed
        shuffled = random.Random(self._drawn).sample(days, len(days))
        if isinstance(sample, int):
            return set(shuffled[:sample])
        chosen: set[Day] = set()
        calls = 0.0
        for day in shuffled:
            if calls < SAMPLE_CALLS:
                chosen.add(day)
                calls += checker.expected(day)
        return chosen

    def _record(self, pipeline: dlt.Pipeline, at: datetime) -> None:
        whole = [found for day, found in sorted(self._found.items()) if day.is_whole]
        if whole:
            run(pipeline, lambda: verified_days_source(whole, at), Progress())


def _in_order(found: Mapping[Day, DayFound]) -> tuple[DayFound, ...]:
    return tuple(each for _, each in sorted(found.items()))
