"""Verification: whether the warehouse has what the source has, day by day; and repair.

Days are counted, or read on both sides and compared in every value; a day whose counts differ is
always read. What was found is kept in the table ``verified_days``. All of it happens in a pipeline
beside the sync's, so that the sync's cursor stays what it is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

import dlt

from ..api.client import DataApi
from ..decoding.names import Names, stored_columns_of
from ..errors import DayPointsSpent, InvalidArgument, NotVerifiable, OneCustomerOnly
from ..localtime.ranges import Range
from ..localtime.zones import Zone
from ..progress import Progress
from ..reading.counting import Counter
from ..reports.fields import Report, Way
from ..reports.own_names import VERIFIED_DAYS
from ..runner.job import dlt_errors_translated, run
from ..runner.leftovers import drop
from ..runner.siblings import sibling_pipeline
from ..runner.state import stored_cursor
from ..source.claiming import claim, place_of
from ..source.cursor import suspects_of
from ..source.extraction import Extraction
from ..source.parameters import configured
from ..source.short_windows import ShortWindows
from ..warehouse.owners import Owner
from ..warehouse.report_column import complete_report
from .checking import Checker
from .days import Day, days_of
from .findings import DayFound, Verified
from .repairing import Repairer
from .stored_rows import Warehouse
from .verification import Sample, Verification
from .verified_days import verified_days_source

logger = logging.getLogger(__name__)


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
            raise InvalidArgument("sample", "all, none, or a number of days")
        self._sync = pipeline
        with dlt_errors_translated(pipeline):
            found = configured(**dict(source or {}))
        self._settings = found.settings
        self._asked = found.report("verify")
        self._report = self._asked.report
        if self._report.way is Way.CHATS:
            raise NotVerifiable(self._report.records)
        self._connection = found.connection("verify")
        if self._connection.tells_owner:
            raise OneCustomerOnly("verify")
        self._range = Range(start, end)
        self._sample = sample
        self._seed = seed
        self._watched = progress

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
        progress = self._watched or Progress()
        progress.reads(self._report.records)
        self._asked.warn_of_misspelt()
        with dlt_errors_translated(self._sync):
            cursor = stored_cursor(self._sync, self._report)
        settled = (cursor or now) - self._settings.lookback
        pipeline = sibling_pipeline(self._sync, "verify")
        # what a repair that was cut short had read may be stale by now
        drop(pipeline)
        warehouse = self._warehouse(pipeline)
        with dlt_errors_translated(pipeline):
            complete_report(pipeline, VERIFIED_DAYS, key="day")
            place = place_of(pipeline)
        with self._connection.open(self._settings) as api:
            (owner,) = claim([self._connection], [api], self._settings, place, adopt=False)
            zone = self._settings.zone(api)
            progress.in_zone(zone.name)
            window = self._range.window(zone, now)
            extraction = self._extraction(api, pipeline, warehouse, zone, owner, progress)
            counter = Counter(extraction.asking_totals(), self._settings.parallel_windows)
            checker = Checker(extraction, warehouse, counter, progress, settled=settled)
            found = Verification(checker, progress, api.governor, self._sync.collector)
            try:
                if window is not None:
                    days = days_of(window, zone.latest_local(now))
                    found.compare(days, sample=self._sample, seed=self._seed)
                    if repair:
                        found.repair(
                            Repairer(pipeline, extraction, warehouse, checker, progress),
                            prune=prune,
                        )
            except DayPointsSpent:
                _record(pipeline, self._report, found.days, now)
                raise
            finally:
                progress.points(api.governor.points, left=api.governor.day_remaining)
        _record(pipeline, self._report, found.days, now)
        return Verified(
            window, zone.name, _in_order(found.days), _in_order(found.before), found.pruned,
            found.seed, api.governor.points, api.governor.day_remaining, time.monotonic() - began,
        )  # fmt: skip

    def _warehouse(self, pipeline: dlt.Pipeline) -> Warehouse:
        warehouse = Warehouse(pipeline, self._report)
        if lacks := warehouse.lacks(self._asked.wanted):
            logger.warning(
                "not in the warehouse, and so not compared: %s. The next sync makes it anew, and"
                " tells the command that fills it.",
                ", ".join(lacks),
            )
        return warehouse

    def _extraction(
        self,
        api: DataApi,
        pipeline: dlt.Pipeline,
        warehouse: Warehouse,
        zone: Zone,
        owner: Owner,
        progress: Progress,
    ) -> Extraction:
        names = Names(self._report, warehouse.naming)
        names.know(stored_columns_of(self._report, warehouse.columns))
        return Extraction(
            api, self._asked, self._settings, names=names,
            progress=progress, zone=zone, owner=owner,
            short_windows=ShortWindows(pipeline, self._report, owner=owner),
            suspects=suspects_of(self._sync.state, self._report),
        )  # fmt: skip


def _record(
    pipeline: dlt.Pipeline, report: Report, days: Mapping[Day, DayFound], at: datetime
) -> None:
    whole = [found for day, found in sorted(days.items()) if day.is_whole]
    if whole:
        run(pipeline, partial(verified_days_source, report, whole, at), Progress())


def _in_order(found: Mapping[Day, DayFound]) -> tuple[DayFound, ...]:
    return tuple(each for _, each in sorted(found.items()))
