"""Backfill: years of calls in chunks, each a load package of its own, that survives everything.

A backfill is a pipeline beside the sync's, in the same dataset: its state (which chunks are done)
and its staging tables are its own, so that a sync may run meanwhile and the cursor stays what it
was. Chunks are read oldest first. A chunk's mark travels in the chunk's own load package, so that
it is done exactly if its calls are in the warehouse.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dlt

from ..api.client import DataApi
from ..api.points import sharing
from ..decoding.names import Names
from ..errors import InvalidSetting
from ..localtime.intervals import from_state, merged, to_state, without
from ..localtime.ranges import Range
from ..localtime.windows import LONGEST, Window, floor_to_second
from ..localtime.zones import Zone
from ..progress import Progress, Rate, in_words
from ..reading.counting import Estimate, expected
from ..reading.reader import Reader
from ..reports.calls import CALLS_REPORT
from ..reports.own_names import SOURCE
from ..runner.bereft import forget_what_is_gone
from ..runner.job import dlt_errors_translated, run
from ..runner.siblings import sibling_pipeline
from ..runner.state import restore, resume, stored_cursor
from ..source.claiming import Place, claim, place_of
from ..source.cursor import suspects_of
from ..source.extraction import Extraction
from ..source.owners import Owner
from ..source.resources import Configured, chunk_source, configured, known_columns, uis_source
from ..source.settings import Settings
from ..source.short_windows import ShortWindows
from ..tables.rows import Item
from ..warehouse.columns import look_at, stored_columns
from .chunks import CHUNK_CALLS, CHUNK_DAYS, next_chunk, plan

logger = logging.getLogger(__name__)

_STATE = "backfill"
_FILL = 0.97
"""How much of a page is new: pages that are read side by side overlap a little."""

_SURE = 0.7
"""Of the calls that the day's points allow, how many a chunk is to have: it may have more, as the
density in it is only that of months. A chunk that the points end in is read again."""

_SECONDS_PER_CALL, _SECONDS_PER_CHUNK = 2e-4, 1.0
"""What they cost beyond the wait for the API; only for the estimate of a dry run."""


@dataclass(frozen=True)
class Forecast:
    """What a backfill would take: calls, requests (each costs a point), chunks, seconds.

    ``days`` is how many days' points it needs, ``None`` if the API does not tell the budget.
    """

    window: Window | None
    calls: int
    chunks: int
    requests: int
    seconds: float
    days: int | None


@dataclass(frozen=True)
class Backfilled:
    """What a backfill did: the window asked for (local), chunks and calls read, the rest as of a
    sync. ``done_before`` tells that an earlier run had finished all of it."""

    window: Window | None
    chunks: int
    calls: int
    requests: int
    seconds: float
    day_points_left: int | None
    done_before: bool
    short: int = 0
    replaced: int = 0
    refused: int = 0


@dataclass(frozen=True)
class _Chunk:
    """A chunk that is being read; what :func:`.source.resources.chunk_source` needs.

    ``then`` is called when all its calls are there, while they are still to be loaded.
    """

    extraction: Extraction
    settings: Settings
    fields: Sequence[str]
    window: Window
    reader: Reader
    key: str
    read_from: datetime
    forgotten: Window | None
    then: Callable[[], None]

    def pages(self) -> Iterator[Item]:
        yield from self.extraction.pages_of(self.reader)
        self.then()

    def remember(self, state: dict[str, Any]) -> None:
        """Marks as done what will not change any more: calls do for the days of the lookback."""
        marks = state.setdefault(_STATE, {})
        known = from_state(marks.get(self.key, []))
        if self.forgotten:
            known = [part for each in known for part in without(each, [self.forgotten])]
        settled = floor_to_second(
            self.extraction.zone.earliest_local(self.read_from - self.settings.lookback)
        )
        if self.window.start < settled:
            known.append(Window(self.window.start, min(self.window.end, settled)))
        marks[self.key] = to_state(merged(known))


class _Ahead:
    """Chunks one after the other, the next one being read while the last one is loaded.

    How far it is read ahead is bounded by the reader's queue, and so is its memory.
    """

    def __init__(self, chunks: Iterator[_Chunk]) -> None:
        self._chunks = chunks
        self._next: _Chunk | None = None
        self._taken: _Chunk | None = None

    def __enter__(self) -> _Ahead:
        return self

    def __exit__(self, *_: object) -> None:
        for chunk in (self._taken, self._next):
            if chunk is not None:
                chunk.reader.close()

    def start(self) -> None:
        """Starts reading the next chunk."""
        self._next = next(self._chunks, None)
        if self._next is not None:
            self._next.reader.start()

    def take(self) -> _Chunk | None:
        """The next chunk, started or not; ``None`` after the last one."""
        self._taken, self._next = self._next or next(self._chunks, None), None
        return self._taken


class Backfill:
    """Reads a range of calls into a pipeline's dataset, chunk by chunk.

    Args:
        pipeline: the sync's; the backfill runs beside it.
        start: where to begin, a date or a time in the account's zone.
        end: where to end; a date is included, a time is not.
        chunk_calls: about how many calls a load package may have.
        chunk_days: how long a chunk may be.
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
        chunk_calls: int = CHUNK_CALLS,
        chunk_days: float = CHUNK_DAYS,
        progress: Progress | None = None,
        source: Mapping[str, Any] | None = None,
    ) -> None:
        if chunk_calls < 1:
            raise InvalidSetting("chunk_calls", "at least 1")
        if chunk_days <= 0:
            raise InvalidSetting("chunk_days", "more than 0")
        self._sync = pipeline
        self._given = dict(source or {})
        with dlt_errors_translated(pipeline):
            self._configured: Configured = configured(**self._given)
        self._settings = self._configured.settings
        self._connection = self._configured.connection("a backfill")
        self._range_asked = Range(start, end)
        self._chunk_calls = chunk_calls
        self._longest = timedelta(days=min(chunk_days, LONGEST / timedelta(days=1)))
        self._progress = progress or Progress()

    def run(self, *, restart: bool = False) -> Backfilled:
        """Reads what is not done yet; ``restart`` forgets what was done of this range.

        Raises:
            DayPointsSpent: the day's points are spent; the next run goes on.
            UisError: see :func:`.runner.job.run`. Finished chunks are kept.
        """
        began, present = time.monotonic(), self._settings.clock()
        pipeline = sibling_pipeline(self._sync)
        with dlt_errors_translated(pipeline):
            resume(pipeline)
            columns, comparison = look_at(pipeline)
            forget_what_is_gone(pipeline, comparison, of_backfill=True)
            place = place_of(pipeline, columns=columns)
        with self._connection.open(self._settings) as api:
            owner = self._claimed(api, place)
            zone, window = self._range(api)
            if window is None:
                return Backfilled(None, 0, 0, 0, 0.0, None, True)
            key = self._key(zone, owner)
            covered = [] if restart else _covered(pipeline, key)
            left = list(without(window, covered))
            estimates = self._estimates(api, zone, left)
            self._progress.foreseen(
                sum(estimate.calls for estimate in estimates),
                zone.instant(window.start),
                zone.instant(window.end),
            )
            with _Ahead(self._chunks(api, pipeline, zone, key, estimates, left, owner)) as ahead:
                chunks, rate = 0, Rate()
                while (chunk := ahead.take()) is not None:
                    forgotten = window if restart and not chunks else None
                    chunk = replace(chunk, forgotten=forgotten, then=ahead.start)
                    self._read(pipeline, chunk, api, rate)
                    chunks += 1
        with sharing(api.governor):
            self._leave_cursor(zone, window, present)
        counts = self._progress.snapshot()
        return Backfilled(
            window, chunks, counts.calls, counts.requests, time.monotonic() - began,
            counts.day_points_left, done_before=not left,
            short=counts.short, replaced=counts.replaced, refused=counts.refused,
        )  # fmt: skip

    def forecast(self) -> Forecast:
        """What :meth:`run` would take, by asking the API for totals only."""
        pipeline = sibling_pipeline(self._sync)
        with dlt_errors_translated(pipeline):
            restore(pipeline)
            place = place_of(pipeline)
        with self._connection.open(self._settings) as api:
            owner = self._claimed(api, place)
            zone, window = self._range(api)
            if window is None:
                return Forecast(None, 0, 0, 0, 0.0, None)
            left = list(without(window, _covered(pipeline, self._key(zone, owner))))
            began = time.monotonic()
            estimates = self._estimates(api, zone, left)
            latency = (time.monotonic() - began) / max(1, len(estimates))
            calls = sum(estimate.calls for estimate in estimates)
            chunks = list(plan(left, estimates, calls=self._chunk_calls, longest=self._longest))
            size = self._settings.page_size * _FILL
            pages = (math.ceil(expected(chunk, estimates) / size) for chunk in chunks)
            requests = len(estimates) + sum(max(1, count) for count in pages)
            waiting = requests * latency / self._settings.parallel_windows
            a_day = api.governor.day_budget
            return Forecast(
                window, calls, len(chunks), requests,
                waiting + calls * _SECONDS_PER_CALL + len(chunks) * _SECONDS_PER_CHUNK,
                None if a_day is None else -(-requests // max(1, a_day)),
            )  # fmt: skip

    def _range(self, api: DataApi) -> tuple[Zone, Window | None]:
        zone = Zone(self._settings.timezone or api.account().timezone)
        return zone, self._range_asked.window(zone, self._settings.clock())

    def _claimed(self, api: DataApi, place: Place | None) -> Owner:
        (owner,) = claim([self._connection], [api], self._settings, place)
        return owner

    def _key(self, zone: Zone, owner: Owner) -> str:
        """Stands for what is read of a call: another choice of fields is another backfill."""
        settings, user = self._settings, self._connection.user_id
        customer = [user] if self._connection.tells_owner else user
        what = [zone.name, customer, settings.filter, sorted(self._configured.fields)]
        if settings.privacy.is_on:
            # a secret one, so that nobody can try which phone number the filter names
            what.append(settings.privacy.fingerprint)
        if owner.adoptions:
            # what was done of another account's calls is not done of this one's
            what.append({"adoptions": owner.adoptions})
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]

    def _estimates(self, api: DataApi, zone: Zone, left: Sequence[Window]) -> list[Estimate]:
        """Totals of what is left, a point for each 88 days; 0 where the API does not tell any."""
        extraction = self._extraction(api, zone, Names(CALLS_REPORT), self._progress)
        pieces = [piece for gap in left for piece in gap.pieces()]
        return [Estimate(piece, extraction.total(piece) or 0) for piece in pieces]

    def _next(self, api: DataApi, rest: Window, estimates: Sequence[Estimate]) -> Window:
        """The next chunk: as large as was asked for, and as the day's points allow."""
        calls, points = self._chunk_calls, api.governor.day_available
        if points is not None and not api.governor.waits_for_day:
            calls = min(calls, max(1, int(max(1, points - 1) * self._settings.page_size * _SURE)))
        return next_chunk(rest, estimates, calls=calls, longest=self._longest)

    def _chunks(
        self,
        api: DataApi,
        pipeline: dlt.Pipeline,
        zone: Zone,
        key: str,
        estimates: Sequence[Estimate],
        left: Sequence[Window],
        owner: Owner,
    ) -> Iterator[_Chunk]:
        """The chunks of what is left, oldest first, each cut when it is its turn."""
        names = Names(CALLS_REPORT, pipeline.destination_client().schema.naming)
        extraction = self._extraction(
            api, zone, names, self._progress, owner, ShortWindows(pipeline, owner=owner)
        )
        for gap in left:
            rest: Window | None = gap
            while rest is not None:
                window = self._next(api, rest, estimates)
                extraction.know(known_columns(stored_columns(pipeline)))
                calls = round(expected(window, estimates))
                reader = extraction.reader([window], {window: calls} if calls else {})
                yield _Chunk(
                    extraction, self._settings, self._configured.fields, window, reader,
                    key, self._settings.clock(), None, lambda: None,
                )  # fmt: skip
                rest = Window(window.end, rest.end) if window.end < rest.end else None

    def _extraction(
        self,
        api: DataApi,
        zone: Zone,
        names: Names,
        progress: Progress,
        owner: Owner | None = None,
        short_windows: ShortWindows | None = None,
    ) -> Extraction:
        connection = self._connection
        customer = connection.user_id if connection.tells_owner else None
        return Extraction(
            api, CALLS_REPORT, self._settings,
            names=names, progress=progress, zone=zone, owner=owner, short_windows=short_windows,
            suspects=suspects_of(self._sync.state, customer),
        )  # fmt: skip

    def _read(self, pipeline: dlt.Pipeline, chunk: _Chunk, api: DataApi, rate: Rate) -> None:
        # what was received may be of the next chunk already
        before = self._loaded()
        summary = run(pipeline, lambda: chunk_source(chunk), self._progress, compacts=False)
        loaded = self._loaded()
        self._progress.points_left(api.governor.day_remaining)
        now = replace(self._progress.snapshot(), calls=loaded)
        logger.info(
            "chunk %s: %d calls in %.1f s; %s",
            chunk.window, loaded - before, summary.seconds, in_words(now, rate),
            extra={"calls": loaded - before, "seconds": round(summary.seconds, 3)},
        )  # fmt: skip

    def _loaded(self) -> int:
        return self._progress.rows().get(CALLS_REPORT.table, 0)

    def _leave_cursor(self, zone: Zone, window: Window, present: datetime) -> None:
        """A backfill that reached the present spares the first sync from reading it all again.

        Only where no sync has a cursor yet, and where the first one would not begin earlier. The
        sync itself does it: it begins where the backfill's calls may still change.
        """
        start = present - self._settings.lookback
        if zone.instant(window.end) < start:
            return
        with dlt_errors_translated(self._sync):
            cursor = stored_cursor(self._sync)
        first = self._settings.first_start(zone)
        if cursor is not None or zone.instant(window.start) > first:
            return
        given = {**self._given, "start_date": start.astimezone(UTC).isoformat(), "end_date": None}
        run(self._sync, lambda: uis_source(**given), Progress())


def _covered(pipeline: dlt.Pipeline, key: str) -> list[Window]:
    sources: Mapping[str, Any] = pipeline.state.get("sources", {})
    return from_state(sources.get(SOURCE, {}).get(_STATE, {}).get(key, []))
