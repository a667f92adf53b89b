"""A simulated API that can't be asked for an order: what it gives comes as it pleases."""

from __future__ import annotations

import random
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dlt_uis.api.envelope import Refused
from dlt_uis.api.slots import Slot, Slots
from dlt_uis.localtime.windows import SECOND, Window
from dlt_uis.reading.paging import Listener, Page, Request
from dlt_uis.reading.reader import FetchInSlot, WindowReport
from dlt_uis.reports.fields import Field, Report, Type

from .fake_api import T0, Call, FakeApi, read

RANGED = Report(
    "get.visits", "visits", "visit", ("id",),
    (
        Field("id", Type.BIGINT, "The visit.", filterable=True),
        Field("start_time", Type.TIMESTAMP, "When it began."),
    ),
    cursor="start_time",
)  # fmt: skip
"""Records that can be asked for by ranges of their ids."""

PLAIN = replace(RANGED, scalars=(Field("id", Type.BIGINT, ""), RANGED.scalars[1]))
"""Records that can't."""

OF_PARTS = replace(
    RANGED, key=("visit_id", "name", "start_time"),
    scalars=(Field("visit_id", Type.BIGINT, ""), Field("name", Type.TEXT, ""), *RANGED.scalars),
)  # fmt: skip
"""Records that only several columns tell apart."""

REPORTS = {"ranged": RANGED, "plain": PLAIN, "of parts": OF_PARTS}

Order = Callable[[list[Call], random.Random, int], list[Call]]
"""Puts calls in the order of time into another one, by chance and the size of a page."""


def _shuffled(calls: list[Call], rng: random.Random, _: int) -> list[Call]:
    return rng.sample(calls, len(calls))


def _in_time(calls: list[Call], rng: random.Random, _: int) -> list[Call]:
    return sorted(_shuffled(calls, rng, 0), key=lambda call: call[0])


def _samples(calls: list[Call], rng: random.Random, page: int) -> list[Call]:
    mixed = _shuffled(calls, rng, page)
    return [call for at in range(0, len(mixed), page) for call in sorted(mixed[at : at + page])]


def _nearly(calls: list[Call], _: random.Random, page: int) -> list[Call]:
    late = {call: at + call[1] % (page // 4 + 1) for at, call in enumerate(calls)}
    return sorted(calls, key=late.__getitem__)


def _blocks(calls: list[Call], _: random.Random, page: int) -> list[Call]:
    size = page // 3 + 1
    blocks = [calls[at : at + size] for at in range(0, len(calls), size)]
    return [call for block in sorted(blocks, key=lambda block: block[0][1]) for call in block]


ORDERS: dict[str, Order] = {
    "by chance": _shuffled,
    "by id": lambda calls, *_: sorted(calls, key=lambda call: call[1] * 618_033_989 % 2**31),
    "by time": _in_time,
    "back in time": lambda *given: _in_time(*given)[::-1],
    "nearly by time": _nearly,
    "nearly back": lambda *given: _nearly(*given)[::-1],
    "blocks": _blocks,
    "samples in order": _samples,
}
ORDERS["another each time"] = lambda calls, rng, page: rng.choice(
    [order for name, order in ORDERS.items() if name != "another each time"]
)(calls, rng, page)

UNSTABLE = {"by chance", "by time", "back in time", "samples in order", "another each time"}
"""Orders in which records of one second come otherwise with each request."""


class UnsortedApi(FakeApi):
    """As :class:`FakeApi`.

    Args:
        order: one of :data:`ORDERS`.
        report: whose records it gives.
        loses_at: the requests whose answers lack a record.
        doubles_at: the requests whose answers bear a record twice.
        refused: ids of records that can't be read.

    Attributes:
        before_answer: is called with the number of each request, and may change the calls.
    """

    def __init__(
        self,
        calls: list[Call],
        page: int,
        *,
        order: str,
        report: Report = RANGED,
        loses_at: Collection[int] = (),
        doubles_at: Collection[int] = (),
        refused: Collection[int] = (),
        seed: int = 1,
        **options: Any,
    ) -> None:
        super().__init__(calls, page, **options)
        self._rng = random.Random(seed)
        self.order = order
        self.report = report
        self.loses_at = loses_at
        self.doubles_at = doubles_at
        self.refused = refused
        self.before_answer: Callable[[int], None] = lambda _: None
        self._answers = 0
        self._answering = threading.Lock()

    def _in_order(self, matching: list[Call], _: Request) -> list[Call]:
        return ORDERS[self.order](sorted(matching), self._rng, self.page)

    def fetch(
        self, request: Request, listener: Listener | None = None, slot: Slot | None = None
    ) -> Page:
        with self._answering:
            number, self._answers = self._answers, self._answers + 1
            self.before_answer(number)
        page = super().fetch(request, listener, slot)
        calls = page.calls
        if number in self.loses_at and len(calls) > 2:
            calls = pa.concat_tables([calls[:1], calls[2:]])
        if number in self.doubles_at and len(calls) > 2:
            calls = pa.concat_tables([calls[:1], calls])[: page.limit]
        is_bad = pc.is_in(calls["id"], value_set=pa.array(self.refused, pa.int64()))
        bad = [Refused(f"{id_}", "") for id_ in calls["id"].filter(is_bad).to_pylist()]
        return Page(
            self.report, _with_keys(calls.filter(pc.invert(is_bad))), page.total, page.limit, bad
        )


def _with_keys(calls: pa.Table) -> pa.Table:
    """With the columns of :data:`OF_PARTS`, of which none is a key by itself."""
    halves = pc.divide(calls["id"], 2)
    rest = pc.subtract(calls["id"], pc.multiply(halves, 2))
    return calls.append_column("visit_id", halves).append_column("name", rest.cast(pa.string()))


class Traffic:
    """A month of records, as many as wanted, in the ``order`` of ``chance``, ``time``, or ``back``.

    Args:
        lie: how many records more are promised than there are.
        padding: how many bytes each record has beside.
    """

    report = RANGED
    window = Window(T0, T0 + timedelta(days=30))

    def __init__(
        self, records: int, page: int, order: str, *, lie: int = 0, padding: int = 0
    ) -> None:
        self._rng = random.Random(records)
        hours = [(day, hour) for day in range(30) for hour in range(24)]
        weights = [_WEEK[day % 7] * _DAY[hour // 3] for day, hour in hours]
        chosen = self._rng.choices(hours, weights, k=records)
        self._seconds = sorted(
            (24 * day + hour) * 3600 + self._rng.randrange(3600) for day, hour in chosen
        )
        self._page = page
        self._order = order
        self._lie = lie
        self._padding = " " * padding
        self.requests = 0

    def fetch(self, request: Request, _: object = None, slot: Slot | None = None) -> Page:
        with slot.sending() if slot else nullcontext():
            self.requests += 1
            first = bisect_left(self._seconds, (request.date_from - T0) // SECOND)
            end = bisect_right(self._seconds, (request.date_till - T0) // SECOND)
            total = end - first
            rows: Sequence[int] = range(total)[request.offset :][: self._page]
            if self._order == "chance":
                rows = self._rng.sample(range(total), len(rows))
            places = [end - 1 - row if self._order == "back" else first + row for row in rows]
        starts = [T0 + self._seconds[place] * SECOND for place in places]
        table = {
            "id": pa.array(places, pa.int64()),
            "start_time": pa.array(starts, pa.timestamp("us")),
            "padding": pa.array([self._padding] * len(places)),
        }
        return Page(self.report, pa.table(table), total + self._lie, self._page)


_WEEK = (1.0, 1.1, 1.05, 1.0, 0.95, 0.35, 0.25)
_DAY = (0.1, 0.1, 0.3, 1.4, 2.2, 2.0, 1.2, 0.4)


def read_parts(
    api: UnsortedApi | Traffic,
    windows: Window | Sequence[Window],
    slots: Slots | int = 1,
    *,
    fetch: FetchInSlot | None = None,
    **options: Any,
) -> tuple[list[int], list[WindowReport]]:
    """The ids that come, sorted, and what is said of the windows.

    Args:
        fetch: asks the API, in its own way.
    """
    asked = fetch or api.fetch
    ids, reports = read(asked, windows, slots, api.report, in_order=False, **options)
    return sorted(ids), reports
