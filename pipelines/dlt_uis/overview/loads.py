"""Loads, and what each was: a sync, a backfill or a repair.

All of them leave the same rows. Which pipeline a load was of stands in dlt's table of states, but
only where the load changed the state: a repair hardly ever does, nor a sync that finds no new call,
nor a backfill that is run again. Of those without such a row a sync is told by its windows. It
reads up to the present, from the latest call less the days of the lookback: at an odd second, where
others begin with a day or an hour. Nothing tells a backfill from a repair then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a load was, in words."""

    SYNC = "sync"
    BACKFILL = "backfill"
    REPAIR = "repair"
    EITHER = "backfill or repair"
    UNKNOWN = "not known"


_BESIDE = {"_backfill": Kind.BACKFILL, "_verify": Kind.REPAIR}
"""Ends of the names of pipelines beside the sync's."""

_PRESENT = timedelta(hours=1)
"""A window that ends so shortly before it is read ends at the present: some requests come first."""

_ROUND = timedelta(minutes=15)
"""Days and hours of every zone begin at such a time of UTC."""


@dataclass(frozen=True)
class Load:
    """A load package, from ``sync_windows``. ``seconds`` is the time that reading it took."""

    id: str
    kind: Kind
    started_at: datetime
    finished_at: datetime
    rows: int
    windows: int
    requests: int
    points: int

    @property
    def seconds(self) -> float:
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def rate(self) -> float | None:
        """Calls a second, ``None`` if it took no time that could be measured."""
        return self.rows / self.seconds if self.seconds else None


class Noted(NamedTuple):
    """A load that changed the state of a pipeline; ``start`` is where it began to read."""

    load_id: str
    pipeline: str
    start: datetime


class Kinds:
    """Tells what loads were.

    Args:
        noted: all loads that changed a state; none where the table of states is missing.
        sync: name of a pipeline that is a sync's, whatever it ends in.
    """

    def __init__(self, noted: Iterable[Noted], sync: str) -> None:
        loads = list(noted)
        self._known = {load.load_id: _named(load.pipeline, sync) for load in loads}
        syncs = [load for load in loads if self._known[load.load_id] is Kind.SYNC]
        self._starts = {load.start for load in syncs}
        # ids are times. Of plain files dlt keeps only the newest states: before them all is open
        self._since = min((load.load_id for load in syncs), default=None)

    def of(self, load_id: str, start: datetime, end: datetime, started_at: datetime) -> Kind:
        """What a load was that began at ``started_at`` to read from ``start`` to ``end``."""
        if load_id in self._known:
            return self._known[load_id]
        if end < started_at - _PRESENT:
            return Kind.EITHER
        if self._since is None or load_id < self._since:
            return Kind.UNKNOWN
        # without any call yet, each sync begins where the first one began, maybe with a day
        if start in self._starts or start.timestamp() % _ROUND.total_seconds():
            return Kind.SYNC
        return Kind.EITHER


def _named(pipeline: str, sync: str) -> Kind:
    if pipeline == sync:
        return Kind.SYNC
    ends = (kind for end, kind in _BESIDE.items() if pipeline.endswith(end))
    return next(ends, Kind.SYNC)
