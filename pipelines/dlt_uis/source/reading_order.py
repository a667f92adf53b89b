"""Reports are read one after another, over the same connections and of the same points.

dlt asks all resources for items in turns; one whose turn has not come gives ``None``, which lets
the others go first.

A report that the account may not read is skipped, if others are read. When the day's points are
spent, the report that is being read ends without moving its cursor, and the next run begins with
it; what was read of others is loaded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from copy import deepcopy
from typing import Any, TypeVar

import dlt

from ..errors import LACKING, DayPointsSpent, ReportsRefused, UisError
from ..reports.fields import Report
from ..tables.rows import Item, Notice
from ..warehouse.run import current_run
from .connection import Connection
from .session import Session, opened
from .settings import Settings
from .turns import in_turns
from .window_log import WindowLog

logger = logging.getLogger(__name__)

Pages = Callable[[Callable[[], Session]], Generator[Item, None, None]]
"""Reads a report, with what it gets when it opens the session."""

_Item = TypeVar("_Item")

_FIRST = "read_first"


class ReadingOrder:
    """Whose turn it is, in one run of a source after the other.

    Args:
        reports: in the order in which they are read.
        log: gets the windows that were read.
        last: name of the resource that is read when all reports were.

    Attributes:
        has_read: something was read as a whole, which is worth loading.
    """

    def __init__(
        self,
        reports: Sequence[Report],
        connections: Sequence[Connection],
        settings: Settings,
        log: WindowLog,
        last: str,
    ) -> None:
        self._reports = reports
        self._last = last
        self._connections = connections
        self._settings = settings
        self._log = log
        self._stack = ExitStack()
        self._session: Session | None = None
        self._entered: set[str] = set()
        self._waiting: list[str] = []
        self._all: tuple[str, ...] = ()
        self.has_read = False
        self._has_ended = False
        self._refused: dict[str, UisError] = {}

    def read(self, report: Report, pages: Pages) -> Iterator[Item | None]:
        """The items of a report, when its turn has come."""
        yield from self._in_turn(
            report.resource, lambda: in_turns(self._read(report, pages), report.tables)
        )

    def read_last(
        self, read: Callable[[Callable[[], Session]], Iterator[_Item]]
    ) -> Iterator[_Item | None]:
        """The items of what is read when all reports were."""
        yield from self._in_turn(self._last, lambda: read(self._opened))

    def _in_turn(
        self, resource: str, items: Callable[[], Iterator[_Item]]
    ) -> Iterator[_Item | None]:
        self._enter(resource)
        try:
            while self._waiting[0] != resource:
                yield None
            yield from items()
        finally:
            self._leave(resource)

    def _enter(self, resource: str) -> None:
        if not self._waiting or resource in self._entered:
            # the source is run anew; of a run that failed some may not have left
            self._begin()
        self._entered.add(resource)

    def _begin(self) -> None:
        extracted = {resource.name for resource in dlt.current.source().resources.extracted}
        names = [each.resource for each in self._reports if each.resource in extracted]
        first = dlt.current.source_state().get(_FIRST)
        self._all = tuple(sorted(names, key=lambda name: name != first))
        self._waiting = [*self._all, *extracted.intersection([self._last])]
        self._entered, self._refused = set(), {}
        self.has_read, self._has_ended = False, False
        self._log.is_over = False
        self._log.taken()
        read = [each for each in self._reports if each.resource in names]
        current_run().progress.reads(read[0].records if len(read) == 1 else "records")

    def _leave(self, resource: str) -> None:
        if resource in self._waiting:
            self._waiting.remove(resource)
        if not self._waiting:
            self._log.is_over = True
            self._session = None
            self._stack.close()

    def _opened(self) -> Session:
        if self._session is None:
            self._session = opened(self._stack, self._connections, self._settings)
        return self._session

    def _read(self, report: Report, pages: Pages) -> Generator[Item, None, None]:
        """All of a report, or as much as may be read of it."""
        state = dlt.current.resource_state()
        before = deepcopy(state)
        has_begun = False
        try:
            for item in self._noted(self._awaited(pages(self._opened))):
                has_begun = True
                yield item
                del item  # so that it is not held while the next one is waited for
        except LACKING as error:
            if has_begun or len(self._all) == 1:
                raise
            self._skip(report, error)
            _restore(state, before)
        except DayPointsSpent as error:
            self._end(report, error)
            _restore(state, before)
        else:
            self.has_read = True
            _forget_first(report)
            governor = self._opened().customers[0].api.governor
            current_run().progress.points_left(governor.day_remaining)
            if current_run().columns is not None:
                # our own command loads what is whole, and waits then
                governor.waits_for_day = False

    def _awaited(self, items: Generator[Item, None, None]) -> Iterator[Item]:
        """The items; where there are several reports the first one, by which tables are made, only
        when it is known that the report may be read."""
        if len(self._all) == 1:
            yield from items
            return
        ahead = [item for item in (next(items, None), next(items, None)) if item is not None]
        while ahead:
            # a page is not held while the next one is waited for
            yield ahead.pop(0)
        yield from items

    def _noted(self, items: Iterator[Item]) -> Iterator[Item]:
        """The items but those of windows, which go to the log."""
        for item in items:
            if isinstance(item, Notice) and item.window:
                self._log.note(item)
            else:
                yield item
            del item

    def _skip(self, report: Report, error: UisError) -> None:
        self._refused[report.table] = error
        if len(self._refused) == len(self._all):
            raise ReportsRefused(list(self._refused), error.message) from error
        current_run().progress.skipped(report.table)
        logger.warning("%s are left out: %s.%s", report.records, error.message, report.takes)

    def _end(self, report: Report, error: DayPointsSpent) -> None:
        """Has the next run begin with a report whose reading is cut short."""
        if not self._has_ended:
            dlt.current.source_state()[_FIRST] = report.resource
        self.out_of_points(error, report.records)

    def out_of_points(self, error: DayPointsSpent, records: str) -> None:
        """What is being read is cut short; what was read of others is loaded.

        Raises:
            DayPointsSpent: ``error``, if nothing was.
        """
        if not (self.has_read or self._has_ended):
            raise error
        if not self._has_ended:
            self._has_ended = True
            progress = current_run().progress
            progress.ran_out_of_points(error)
            logger.warning(
                "%s: %s are not read to their end. The next run begins with them.",
                error.told_in(progress.snapshot().zone).message, records,
            )  # fmt: skip


def _restore(state: Any, before: Any) -> None:
    state.clear()
    state.update(before)


def _forget_first(report: Report) -> None:
    state = dlt.current.source_state()
    if state.get(_FIRST) == report.resource:
        del state[_FIRST]
