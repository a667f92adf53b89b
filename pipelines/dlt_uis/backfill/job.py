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
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import dlt

from ..api.client import DataApi
from ..decoding.names import Names, stored_columns_of
from ..errors import InvalidArgument
from ..localtime.intervals import from_state, merged, to_state, without
from ..localtime.ranges import Range
from ..localtime.windows import Window, floor_to_second
from ..localtime.zones import Zone
from ..progress import Progress, Rate, in_words, since
from ..reading.counting import Estimate, expected
from ..reading.reader import WindowReader
from ..reports.own_names import SOURCE
from ..runner.bereft import forget_what_is_gone
from ..runner.job import dlt_errors_translated, run
from ..runner.siblings import sibling_pipeline
from ..runner.state import restore, resume, stored_cursor
from ..source.claiming import claim, place_of
from ..source.cursor import done_chunks, suspects_of
from ..source.extraction import Extraction
from ..source.parameters import configured
from ..source.resources import chunk_source, uis_source
from ..source.short_windows import ShortWindows
from ..tables.rows import Item
from ..warehouse.columns import look_at, stored_columns
from ..warehouse.owners import Owner, Place
from ..warehouse.run import running
from .chunks import CHUNK_CALLS, plan

logger = logging.getLogger(__name__)

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
    ``window`` is in local time of the ``zone``.
    """

    zone: str
    window: Window | None
    calls: int
    chunks: int
    requests: int
    seconds: float
    days: int | None

    def as_json(self) -> dict[str, Any]:
        window = self.window
        bounds = (None, None) if window is None else (window.start, window.end)
        start, end = (each and each.isoformat() for each in bounds)
        return {**asdict(self), "window": {"from": start, "to": end}}


@dataclass(frozen=True)
class Backfilled:
    """What a backfill did: the window asked for (local time of the ``zone``), chunks and calls
    read, the rest as of a sync. ``done_before`` tells that an earlier run had finished all."""

    zone: str
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
class _Rest:
    """What a backfill has to read.

    ``key`` stands for it in the state; ``forgotten`` is a range whose chunks are read again though
    they were done; ``left`` is what is to be read, with about so many records (``estimates``).
    """

    zone: Zone
    window: Window
    owner: Owner
    key: str
    forgotten: Window | None
    left: Sequence[Window]
    estimates: Sequence[Estimate]

    @property
    def expected(self) -> int:
        return sum(estimate.calls for estimate in self.estimates)


@dataclass(frozen=True)
class _Chunk:
    """A chunk that is being read; what :func:`.source.resources.chunk_source` needs."""

    extraction: Extraction
    reader: WindowReader
    window: Window
    key: str
    forgotten: Window | None
    settled: datetime
    """The local time from which on its records may still change."""

    def pages(self) -> Generator[Item, None, None]:
        yield from self.extraction.pages_of(self.reader)

    def remember(self, state: dict[str, Any]) -> None:
        """Marks as done what will not change any more: calls do for the days of the lookback."""
        marks = state.setdefault(done_chunks(self.extraction.report), {})
        known = from_state(marks.get(self.key, []))
        if self.forgotten:
            known = [part for each in known for part in without(each, [self.forgotten])]
        if self.window.start < self.settled:
            known.append(Window(self.window.start, min(self.window.end, self.settled)))
        marks[self.key] = to_state(merged(known))


class _Ahead:
    """Chunks one after the other, of which the next one may be read while one is loaded.

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

    def start_next(self) -> None:
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
        chunk_days: how long a chunk may be, if there is to be a limit.
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
        chunk_days: float | None = None,
        progress: Progress | None = None,
        source: Mapping[str, Any] | None = None,
    ) -> None:
        if chunk_calls < 1:
            raise InvalidArgument("chunk_calls", "a number, at least 1")
        if chunk_days is not None and chunk_days <= 0:
            raise InvalidArgument("chunk_days", "a number of days, more than 0")
        self._sync = pipeline
        self._given = dict(source or {})
        with dlt_errors_translated(pipeline):
            found = configured(**self._given)
        self._settings = found.settings
        self._asked = found.report("a backfill")
        self._report = self._asked.report
        self._connection = found.connection("a backfill")
        self._range_asked = Range(start, end)
        self._chunk_calls = chunk_calls
        self._longest = _days(chunk_days)
        self._watched = progress

    def run(self, *, restart: bool = False) -> Backfilled:
        """Reads what is not done yet; ``restart`` forgets what was done of this range.

        Raises:
            DayPointsSpent: the day's points are spent; the next run goes on.
            UisError: see :func:`.runner.job.run`. Finished chunks are kept.
        """
        began, present = time.monotonic(), self._settings.clock()
        progress = self._watched or Progress()
        before = progress.snapshot()
        progress.reads(self._report.records)
        self._asked.warn_of_misspelt()
        pipeline = sibling_pipeline(self._sync)
        with dlt_errors_translated(pipeline):
            resume(pipeline)
            columns, comparison = look_at(pipeline)
            forget_what_is_gone(pipeline, comparison, of_backfill=True)
            place = place_of(pipeline, columns=columns)
        with self._connection.open(self._settings) as api:
            rest = self._rest(api, pipeline, place, progress, restart=restart)
            if rest is None:
                return Backfilled("", None, 0, 0, 0, 0.0, None, True)
            progress.foreseen(
                rest.expected, rest.zone.instant(rest.window.start),
                rest.zone.instant(rest.window.end),
            )  # fmt: skip
            chunks = self._load(rest, api, pipeline, progress)
        with running(governor=api.governor):
            self._leave_cursor(rest.zone, rest.window, present)
        counts = since(before, progress.snapshot())
        return Backfilled(
            rest.zone.name,
            rest.window, chunks, counts.calls, counts.requests, time.monotonic() - began,
            counts.day_points_left, done_before=not rest.left,
            short=counts.short, replaced=counts.replaced, refused=counts.refused,
        )  # fmt: skip

    def forecast(self) -> Forecast:
        """What :meth:`run` would take, by asking the API for totals only."""
        progress = self._watched or Progress()
        pipeline = sibling_pipeline(self._sync)
        with dlt_errors_translated(pipeline):
            restore(pipeline)
            place = place_of(pipeline)
        with self._connection.open(self._settings) as api:
            began = time.monotonic()
            rest = self._rest(api, pipeline, place, progress)
            if rest is None:
                return Forecast("", None, 0, 0, 0, 0.0, None)
            latency = (time.monotonic() - began) / max(1, len(rest.estimates))
            chunks = list(self._plan(rest, lambda: self._chunk_calls))
            size = self._settings.page_size * _FILL
            pages = (math.ceil(expected(chunk, rest.estimates) / size) for chunk in chunks)
            requests = len(rest.estimates) + sum(max(1, count) for count in pages)
            waiting = requests * latency / self._settings.parallel_windows
            working = rest.expected * _SECONDS_PER_CALL + len(chunks) * _SECONDS_PER_CHUNK
            a_day = api.governor.day_budget
            return Forecast(
                rest.zone.name, rest.window, rest.expected, len(chunks), requests,
                waiting + working, None if a_day is None else -(-requests // max(1, a_day)),
            )  # fmt: skip

    def _rest(
        self,
        api: DataApi,
        pipeline: dlt.Pipeline,
        place: Place | None,
        progress: Progress,
        *,
        restart: bool = False,
    ) -> _Rest | None:
        """What is to be read; ``None`` if nothing of the range has begun.

        It costs a point for each 88 days that are left.
        """
        (owner,) = claim([self._connection], [api], self._settings, place)
        zone = self._settings.zone(api)
        progress.in_zone(zone.name)
        window = self._range_asked.window(zone, self._settings.clock())
        if window is None:
            return None
        key = self._key(zone, owner)
        covered = [] if restart else self._covered(pipeline, key)
        left = list(without(window, covered))
        extraction = self._extraction(api, Names(self._report), progress, zone=zone)
        longest = self._report.longest_window
        pieces = [piece for gap in left for piece in gap.pieces(longest)]
        # 0 where the API does not tell any total
        estimates = [Estimate(piece, extraction.total(piece) or 0) for piece in pieces]
        forgotten = window if restart else None
        return _Rest(zone, window, owner, key, forgotten, left, estimates)

    def _key(self, zone: Zone, owner: Owner) -> str:
        """Stands for what is read of a record: another choice of fields is another backfill."""
        asked, user = self._asked, self._connection.user_id
        customer = [user] if self._connection.tells_owner else user
        what = [zone.name, customer, asked.filter, sorted(asked.wanted)]
        if asked.privacy.is_on:
            # a secret one, so that nobody can try which phone number the filter names
            what.append(asked.privacy.fingerprint)
        if owner.adoptions:
            # what was done of another account's calls is not done of this one's
            what.append({"adoptions": owner.adoptions})
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]

    def _covered(self, pipeline: dlt.Pipeline, key: str) -> list[Window]:
        sources: Mapping[str, Any] = pipeline.state.get("sources", {})
        marks = sources.get(SOURCE, {}).get(done_chunks(self._report), {})
        return from_state(marks.get(key, []))

    def _load(self, rest: _Rest, api: DataApi, pipeline: dlt.Pipeline, progress: Progress) -> int:
        """Reads and loads what is left, chunk by chunk; returns how many chunks that were."""
        done, rate = 0, Rate.begun()
        loaded = progress.rows().get(self._report.table, 0)
        with _Ahead(self._chunks(rest, api, pipeline, progress)) as ahead:
            while (chunk := ahead.take()) is not None:
                # when all its pages have come, the next one is read, while this one is loaded
                summary = run(
                    pipeline, partial(chunk_source, chunk), progress,
                    when_read=ahead.start_next, compacts=False,
                )  # fmt: skip
                progress.points_left(api.governor.day_remaining)
                # what was received may be of the next chunk already
                before, loaded = loaded, progress.rows().get(self._report.table, 0)
                logger.info(
                    "chunk %s (%s): %d %s in %.1f s; %s",
                    chunk.window, rest.zone.name, loaded - before, self._report.records,
                    summary.seconds,
                    in_words(replace(progress.snapshot(), calls=loaded), rate),
                    extra={"calls": loaded - before, "seconds": round(summary.seconds, 3)},
                )  # fmt: skip
                done += 1
        return done

    def _chunks(
        self, rest: _Rest, api: DataApi, pipeline: dlt.Pipeline, progress: Progress
    ) -> Iterator[_Chunk]:
        """The chunks of what is left, oldest first, each cut when it is its turn."""
        extraction = self._extraction(
            api,
            Names(self._report, pipeline.destination_client().schema.naming),
            progress,
            zone=rest.zone,
            owner=rest.owner,
            short_windows=ShortWindows(pipeline, self._report, owner=rest.owner),
        )
        forgotten = rest.forgotten
        for window in self._plan(rest, partial(self._affordable, api)):
            extraction.know(stored_columns_of(self._report, stored_columns(pipeline)))
            pieces = window.pieces(self._report.longest_window)
            calls = {piece: round(expected(piece, rest.estimates)) for piece in pieces}
            changing = self._settings.clock() - self._settings.lookback
            yield _Chunk(
                extraction,
                extraction.reader(list(calls), calls if any(calls.values()) else {}),
                window,
                rest.key,
                forgotten,
                floor_to_second(rest.zone.earliest_local(changing)),
            )
            forgotten = None

    def _plan(self, rest: _Rest, calls: Callable[[], int]) -> Iterator[Window]:
        return plan(rest.left, rest.estimates, calls=calls, longest=self._longest)

    def _affordable(self, api: DataApi) -> int:
        """How many calls the next chunk may have, as asked for and as the day's points allow."""
        points = api.governor.day_available
        if points is None or api.governor.waits_for_day:
            return self._chunk_calls
        allowed = int(max(1, points - 1) * self._settings.page_size * _SURE)
        return min(self._chunk_calls, max(1, allowed))

    def _extraction(
        self,
        api: DataApi,
        names: Names,
        progress: Progress,
        *,
        zone: Zone,
        owner: Owner | None = None,
        short_windows: ShortWindows | None = None,
    ) -> Extraction:
        connection = self._connection
        customer = connection.user_id if connection.tells_owner else None
        return Extraction(
            api, self._asked, self._settings,
            names=names, progress=progress, zone=zone, owner=owner, short_windows=short_windows,
            suspects=suspects_of(self._sync.state, self._report, customer),
        )  # fmt: skip

    def _leave_cursor(self, zone: Zone, window: Window, present: datetime) -> None:
        """A backfill that reached the present spares the first sync from reading it all again.

        Only where no sync has a cursor yet, and where the first one would not begin earlier. The
        sync itself does it: it begins where the backfill's calls may still change.
        """
        start = present - self._settings.lookback
        if zone.instant(window.end) < start:
            return
        with dlt_errors_translated(self._sync):
            cursor = stored_cursor(self._sync, self._report)
        first = self._settings.first_start(zone)
        if cursor is not None or zone.instant(window.start) > first:
            return
        given = {**self._given, "start_date": start.astimezone(UTC).isoformat(), "end_date": None}
        run(self._sync, partial(uis_source, **given), Progress())


def _days(count: float | None) -> timedelta | None:
    """So many days, ``None`` for more than there ever were."""
    try:
        return None if count is None else timedelta(days=count)
    except OverflowError:
        return None
    except ValueError:
        raise InvalidArgument("chunk_days", "a number of days, more than 0") from None
