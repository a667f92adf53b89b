"""A simulated API for the tests of reading, and what comes of a window that is read from it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from dlt_uis.api.slots import Slot, Slots
from dlt_uis.localtime.windows import Window
from dlt_uis.progress import Progress
from dlt_uis.reading.paging import LARGEST_PAGE, Listener, Page, Request
from dlt_uis.reading.reader import Batch, FetchInSlot, Reader, WindowReport
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.reports.fields import Report

T0 = datetime(2026, 1, 1)
Call = tuple[datetime, int]


class FakeApi:
    """Answers requests for calls, in the ways that the documentation leaves open.

    Args:
        page: how many calls it gives at once; from the requests ``slower_at`` on half as many, as
            it is asked for fewer where pages do not come in time.
        lose: how many answers lack a call.
        lie: how many calls more it promises than there are.
        tells: whether it tells of full pages before they are decoded, and ``wild`` if wrongly.
        capped: whether it is asked for more calls than it gives at once.
        totals: what it promises, of the calls that match and those on the page.
    """

    def __init__(
        self,
        calls: list[Call],
        page: int,
        *,
        inclusive_from: bool = True,
        inclusive_till: bool = True,
        lose: int = 0,
        lie: int = 0,
        tells: bool = False,
        wild: bool = False,
        capped: bool = False,
        slower_at: Collection[int] = (),
        totals: Callable[[int, int], int | None] | None = None,
    ) -> None:
        self.calls = calls
        self.page = page
        self.inclusive_from = inclusive_from
        self.inclusive_till = inclusive_till
        self.lose = lose
        self.lie = lie
        self.tells = tells
        self.wild = wild
        self.limit = LARGEST_PAGE if capped else page
        self.slower_at = slower_at
        self.totals = totals or (lambda matching, _: matching + self.lie)
        self.requests = 0
        self._rng = random.Random(1)
        self._lock = threading.Lock()

    def fetch(
        self, request: Request, listener: Listener | None = None, slot: Slot | None = None
    ) -> Page:
        with slot.sending() if slot else nullcontext(), self._lock:
            if self.requests in self.slower_at:
                self.page = self.limit = max(1, self.page // 2)
            size, limit = self.page, self.limit
            self.requests += 1
            matching = [call for call in self.calls if self._matches(call, request)]
            page = self._in_order(matching, request)[request.offset :][:size]
            total = self.totals(len(matching), len(page))
            if self.lose and len(page) > 2:
                self.lose -= 1
                del page[len(page) // 2]
        if listener and self.tells and total is not None and len(page) == size:
            listener.told(request, self._rng.randrange(200) if self.wild else total)
        table = pa.table(
            {
                "id": pa.array([id_ for _, id_ in page], pa.int64()),
                "start_time": pa.array([start for start, _ in page], pa.timestamp("us")),
            }
        )
        return Page(CALLS_REPORT, table, total, limit)

    def _in_order(self, matching: list[Call], request: Request) -> list[Call]:
        """The calls as they come: those of one second in another order each time."""
        self._rng.shuffle(matching)
        return sorted(matching, key=lambda call: call[0], reverse=request.descending)

    def _matches(self, call: Call, request: Request) -> bool:
        start, id_ = call
        return (
            (start > request.date_from or (self.inclusive_from and start == request.date_from))
            and (start < request.date_till or (self.inclusive_till and start == request.date_till))
            and (request.id_above is None or id_ > request.id_above)
            and (request.id_below is None or id_ < request.id_below)
            and id_ not in request.id_not_in
        )


def reader_of(
    fetch: FetchInSlot,
    windows: Sequence[Window],
    slots: Slots | int,
    report: Report,
    **options: Any,
) -> Reader:
    return Reader(
        report,
        fetch,
        windows,
        slots=Slots(slots) if isinstance(slots, int) else slots,
        clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        progress=Progress(),
        shape=lambda calls: calls,
        **options,
    )


def read(
    fetch: FetchInSlot,
    window: Window | Sequence[Window],
    slots: Slots | int = 1,
    report: Report = CALLS_REPORT,
    **options: Any,
) -> tuple[list[int], list[WindowReport]]:
    windows = [window] if isinstance(window, Window) else window
    ids: list[int] = []
    reports = []
    for item in reader_of(fetch, windows, slots, report, **options):
        if isinstance(item, Batch):
            ids += item.calls["id"].to_pylist()
        else:
            reports.append(item)
    return ids, reports
