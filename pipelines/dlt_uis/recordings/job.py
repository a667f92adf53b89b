"""Recordings are stored as files: those that the warehouse tells of, and that are not stored yet.

The main thread asks the warehouse what is wanted and merges the ledger, a few moments at a time;
threads fetch meanwhile, each a recording at a time (:mod:`.lanes`). A run that is killed goes on
from ledger and journal.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import dlt

from ..api.retrying import RetryPolicy
from ..errors import (
    InvalidArgument,
    RecordingsNotLoaded,
    RecordingsProtected,
    RecordingsUnreachable,
)
from ..localtime.ranges import Range
from ..localtime.zones import Zone
from ..progress import Progress
from ..reports.own_names import RECORDINGS, SYNC_WINDOWS
from ..reports.recordings import KINDS, RECORDING_FIELDS, WHOLE_CALL
from ..runner.leftovers import drop
from ..runner.siblings import sibling_pipeline
from ..warehouse.asked_standing import home_of
from .accounts import Accounts, accounts_of
from .asking import asked, connected
from .fetching import Fetcher
from .journal import Journal
from .lanes import Lane, Lanes
from .loading import Ledger, patiently
from .outcome import Forecast, Stored
from .paths import Paths, template_of
from .quiet import quiet_libraries
from .recording import Recording
from .settings import Settings, configured
from .storing import Store
from .wanted import Hour, Span, Wanted, hour_of, in_order
from .workers import Workers

logger = logging.getLogger(__name__)

WORKERS = 4
MOST_WORKERS = 32

_UNKNOWN_ZONE = Zone("UTC")
_FIRST, _LAST = date(1970, 1, 2), date(9998, 12, 31)
_PAGE = 5_000
"""About how many recordings are read from the warehouse at once."""


@dataclass(frozen=True)
class _Ground:
    """What a run needs to know of the warehouse."""

    accounts: Accounts
    kinds: Sequence[str]
    owned: bool
    home: str
    span: Span | None


class Recordings:
    """Stores the recordings of a pipeline's dataset.

    Args:
        pipeline: the sync's; the ledger is merged beside it.
        to: a folder, or an address that dlt's filesystem reaches, such as ``s3://bucket/folder``.
        start: of calls from this day or time on, in the account's zone; from the first one.
        end: of calls up to this day, which is included, or time, which is not; up to now.
        kinds: of recordings; all by default.
        workers: how many are fetched at once.
        path: template of a file's path below ``to``, see :mod:`.paths`.
        again: ask for those that are gone, or were refused often, once more.
        settings: those of ``[sources.uis]`` that count here; the rest comes from dlt's
            configuration.

    Raises:
        ConfigurationError: a setting or argument is missing or wrong; the message names it.
    """

    def __init__(
        self,
        pipeline: dlt.Pipeline,
        to: str | Path,
        *,
        start: str | date | None = None,
        end: str | date | None = None,
        kinds: Collection[str] = KINDS,
        workers: int = WORKERS,
        path: str | None = None,
        again: bool = False,
        progress: Progress | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        if not kinds or not {*kinds} <= {*KINDS}:
            raise InvalidArgument("kinds", f"one or several of {', '.join(KINDS)}")
        if not 1 <= workers <= MOST_WORKERS:
            raise InvalidArgument("workers", f"a number from 1 to {MOST_WORKERS}")
        self._pipeline = pipeline
        self._to = str(to)
        self._range = Range(start or _FIRST, end or _LAST)
        self._template = path
        self._workers = workers
        self._again = again
        self._progress = progress or Progress()
        self._settings = configured(settings)
        self._kinds = _unprotected(kinds, self._settings)

    def forecast(self) -> Forecast:
        """What a run would have to do; nothing is fetched.

        Raises:
            UisError: see :meth:`run`.
        """
        ground = self._ground()
        counts = dict.fromkeys(ground.kinds, 0)
        hours = self._hours(ground)
        for hour in hours:
            counts[hour.kind] += hour.count
        first = min((hour.first for hour in hours), default=None)
        return Forecast(counts, first, ground.accounts.any_zone)

    def run(self) -> Stored:
        """Stores what is not stored yet, first what will be deleted first.

        Raises:
            NothingLoaded, RecordingsNotLoaded: the warehouse tells of no recordings.
            StoreUnusable, StoreFailed, NoSpace: files can't be stored.
            UisError: the warehouse can't be reached, or refuses.
        """
        began = time.monotonic()
        ground = self._ground()
        owned = ground.owned
        paths = Paths(self._template or template_of(owned=owned), ground.accounts.zone_of,
                      owned=owned)  # fmt: skip
        store = Store(self._to)
        store.prepare()
        beside = sibling_pipeline(self._pipeline, RECORDINGS)
        drop(beside)
        journal = Journal(Path(beside.working_dir), ground.home)
        ledger = Ledger(beside, journal, self._settings.sleep, owned=owned)
        ledger.add(journal.of_earlier_run())
        ledger.load()
        hours = self._hours(ground)
        done = Stored(store.place, wanted=sum(hour.count for hour in hours))
        lanes = self._lanes(ground, hours)
        fetcher = partial(self._fetcher, ground, store, paths)
        self._fill(lanes)
        with quiet_libraries(), Workers(lanes, fetcher, journal, self._workers) as workers:
            self._go_on(lanes, workers, ledger, done)
        ledger.load()
        store.tidy()
        done.seconds = time.monotonic() - began
        done.unreachable = lanes.unreachable()
        return done

    def _ground(self) -> _Ground:
        settings = self._settings
        with connected(self._pipeline) as (client, columns):
            wanted = Wanted(client.sql_client, columns)
            told = {field.kind for field in wanted.fields()}
            accounts = accounts_of(
                client.sql_client,
                columns.get(SYNC_WINDOWS, ()),
                settings.zone or _UNKNOWN_ZONE,
                settings.brand,
                owned=wanted.owned,
            )
            home = home_of(client, self._pipeline)
        zone = accounts.any_zone
        self._progress.in_zone(zone.name)
        window = self._range.window(zone, settings.clock())
        span = None
        if window is not None:
            span = zone.instant(window.start), zone.instant(window.end)
        return _Ground(accounts, self._told_of(told), wanted.owned, home, span)

    def _told_of(self, told: Collection[str]) -> Sequence[str]:
        """The kinds that are asked for, of those that the warehouse tells of."""
        lacking = [
            field.name
            for field in RECORDING_FIELDS
            if field.kind in self._kinds and field.kind not in told
        ]
        names = list(dict.fromkeys(lacking))
        kinds = [kind for kind in self._kinds if kind in told]
        if not kinds:
            raise RecordingsNotLoaded(self._pipeline.dataset_name, names)
        if names:
            logger.warning("not in the warehouse, and so not stored: %s", ", ".join(names))
        return kinds

    def _hours(self, ground: _Ground) -> list[Hour]:
        if ground.span is None:
            return []
        with asked(self._pipeline, again=self._again) as wanted:
            hours = wanted.hours(ground.kinds, ground.span)
        if hours:
            total = sum(hour.count for hour in hours)
            self._progress.foreseen(total, hours[0].start, hours[-1].end)
        return hours

    def _lanes(self, ground: _Ground, hours: Sequence[Hour]) -> Lanes:
        """One for parts of calls and one for whole calls: they have hosts of their own."""
        kept = self._settings.kept
        since = None if kept is None else hour_of(self._settings.clock() - kept)
        whole = [kind for kind in ground.kinds if kind == WHOLE_CALL]
        parts = [kind for kind in ground.kinds if kind != WHOLE_CALL]
        lanes = [
            Lane(kinds, in_order([h for h in hours if h.kind in kinds], since, ground.span, _PAGE))
            for kinds in (parts, whole)
        ]
        return Lanes(lanes, self._workers, since)

    def _fetcher(self, ground: _Ground, store: Store, paths: Paths) -> Fetcher:
        settings = self._settings
        return Fetcher(
            settings.hosts,
            ground.accounts.brand_of,
            store,
            paths,
            RetryPolicy(attempts=settings.attempts, longest_wait=8.0),
            settings.timeout,
            settings.clock,
            settings.sleep,
        )

    def _go_on(self, lanes: Lanes, workers: Workers, ledger: Ledger, done: Stored) -> None:
        """Reads what is wanted, and merges the ledger, until all threads have ended."""
        while workers.are_running:
            self._fill(lanes)
            for verdict in workers.results():
                done.add(verdict)
                self._progress.received(1)
                self._progress.answered(verdict.file.bytes if verdict.file else 0)
                self._progress.loaded(RECORDINGS, 1)
                ledger.add([verdict.as_row()])
            if ledger.is_due:
                ledger.load()

    def _fill(self, lanes: Lanes) -> None:
        while hungry := lanes.hungry():
            for lane in hungry:
                lanes.fill(lane, self._next_page(lane))

    def _next_page(self, lane: Lane) -> Sequence[Recording] | None:
        span = next(lane.spans, None)
        if span is None:
            return None

        def read() -> Sequence[Recording]:
            with asked(self._pipeline, again=self._again) as wanted:
                return wanted.recordings(lane.kinds, span)

        return patiently(read, self._settings.sleep)


def _unprotected(kinds: Collection[str], settings: Settings) -> Sequence[str]:
    """Those of the kinds whose fields the warehouse has as they are."""
    protected = {
        field.kind: field.name
        for field in RECORDING_FIELDS
        if field.kind in kinds and settings.is_protected(field.name)
    }
    left = [kind for kind in KINDS if kind in kinds and kind not in protected]
    if not left:
        raise RecordingsProtected(list(protected.values()))
    if protected:
        logger.warning("protected by the setting privacy, and so not stored: %s",
                       ", ".join(protected.values()))  # fmt: skip
    return left


def store_recordings(
    pipeline: dlt.Pipeline,
    to: str | Path,
    *,
    start: str | date | None = None,
    end: str | date | None = None,
    kinds: Collection[str] = KINDS,
    workers: int = WORKERS,
    path: str | None = None,
    again: bool = False,
    settings: Mapping[str, Any] | None = None,
) -> Stored:
    """Stores recordings that are not stored yet; the arguments are those of :class:`Recordings`.

    Raises:
        RecordingsUnreachable: no more of them could be had; what was stored is in the ledger.
        UisError: see :class:`Recordings` and its :meth:`~Recordings.run`.
    """
    job = Recordings(
        pipeline, to, start=start, end=end, kinds=kinds, workers=workers, path=path, again=again,
        settings=settings,
    )  # fmt: skip
    done = job.run()
    if done.unreachable is not None:
        raise RecordingsUnreachable(done.unreachable)
    return done
