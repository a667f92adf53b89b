"""Reference data: lists that ids in reports point to, read and replaced as a whole.

A hidden resource reads them when all reports were read, each at most once in ``reference_hours``:
when that was is kept in its state. A list that is not read keeps its rows.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract.resource import DltResource

from ..decoding.decoder import Decoder
from ..decoding.names import Names, stored_columns_of
from ..decoding.shape import shape_of
from ..errors import (
    LACKING,
    ApiError,
    DayPointsSpent,
    FieldUnavailable,
    RequestRefused,
    RetriableError,
    UisError,
)
from ..reading.fetching import ReportPages
from ..reading.whole import EVERYTHING, Whole, read_whole
from ..reports.fields import Listing
from ..tables.rows import list_page, replaced_in, to_instants
from ..warehouse.owners import Owner
from ..warehouse.run import current_run, running
from .connection import Connection
from .list_settings import ListSettings
from .reading_order import ReadingOrder
from .refusal_memory import RefusalMemory, digest_of
from .session import Customer, Session
from .settings import Settings
from .stored_tables import stored_tables

logger = logging.getLogger(__name__)

RESOURCE = "reference_data"
"""Name of the hidden resource."""

LEFT_OUT_FOR = (*LACKING, RequestRefused, FieldUnavailable, ApiError)
"""What a list is left out for: it is not to keep reports from being loaded."""

_READ = "read"
_FAILED_HOURS = 1.0
"""After so many hours a list is asked for again that failed in a way that may pass."""

_MOST_FAILURES = 2
"""How many lists in a row may fail so until no more are asked for: each was tried several times."""


@dataclass(frozen=True)
class ListRows:
    """All rows of a list, of an account or customer. The first item of a load has none yet."""

    listing: Listing | None = None
    page: pa.Table | None = None


@dataclass
class _LeftOut:
    """What the account may not read: lists, with the reasons, and fields of others."""

    lists: dict[str, str]
    fields: list[str] = field(default_factory=list)

    def note_fields(self, listing: Listing, names: Collection[str]) -> None:
        told = sorted(set(names).difference(listing.unsure))
        self.fields += [f"{listing.table}.{name}" for name in told]

    def warn(self) -> None:
        """Says it once of all."""
        by_reason: dict[str, list[str]] = {}
        for name, why in self.lists.items():
            by_reason.setdefault(why, []).append(name)
        told = [f"{', '.join(names)} ({why})" for why, names in by_reason.items()]
        if self.fields:
            told.append(f"the fields {', '.join(dict.fromkeys(self.fields))} (refused)")
        if told:
            logger.warning("left out of the reference data: %s", "; ".join(told))


@dataclass(frozen=True)
class _Due:
    """A list that is to be read, of one of the connections."""

    asked: ListSettings
    number: int
    memory: RefusalMemory
    digest: str
    now: datetime

    def note(self, **more: Any) -> None:
        """It was read, or refused, or failed; it is not asked for again for some hours."""
        done = {"at": self.now.isoformat(), "asked": self.digest, "is_loaded": False}
        self.memory.note(_READ, {**done, **more})


class ReferenceData:
    """Reads lists.

    Args:
        names: of their columns, by list; they are told what the tables have.
    """

    def __init__(
        self,
        lists: Sequence[ListSettings],
        names: Mapping[str, Names],
        connections: Sequence[Connection],
        settings: Settings,
    ) -> None:
        self._lists = lists
        self._names = names
        self._connections = connections
        self._settings = settings

    def resource(self, order: ReadingOrder) -> DltResource:
        """The hidden resource that the tables hang on."""
        items = partial(self._items, order)
        return dlt.resource(lambda: order.read_last(items), name=RESOURCE, selected=False)

    def _items(self, order: ReadingOrder, opened: Callable[[], Session]) -> Iterator[ListRows]:
        yield ListRows()
        # where points run out, the one that was left comes first the next time
        all_due = sorted(self._due(), key=lambda due: str(due.memory.recall(_READ).get("at", "")))
        if all_due:
            yield from self._read(all_due, order, opened())

    def _read(
        self, all_due: Sequence[_Due], order: ReadingOrder, session: Session
    ) -> Iterator[ListRows]:
        left_out, failures = _LeftOut(dict(self._unreadable())), 0
        for due in all_due:
            listing = due.asked.listing
            try:
                page = self._page(due, session, left_out)
            except LEFT_OUT_FOR as error:
                left_out.lists[listing.table] = _why(listing, error)
                due.note()
            except RetriableError as error:
                left_out.lists[listing.table] = error.message
                due.note(hours=_FAILED_HOURS)
                failures += 1
                if failures == _MOST_FAILURES:
                    break
            except DayPointsSpent as error:
                order.out_of_points(error, "lists of reference data")
                break
            else:
                order.has_read, failures = True, 0
                if page is not None:
                    due.note(is_loaded=True)
                    yield ListRows(listing, page)
        left_out.warn()

    def _unreadable(self) -> Iterator[tuple[str, str]]:
        """Lists of all that can't be had, whatever the API says."""
        known = {asked.listing.table for asked in self._lists}
        for name in self._settings.reference_data:
            if name not in known:
                yield name, "privacy drops what its rows are told apart by"

    # -- what is due ----------------------------------------------------------------------------

    def _due(self) -> Iterator[_Due]:
        selected = dlt.current.source().resources.selected
        lists = [each for each in self._lists if selected.keys() & {*each.listing.tables}]
        described, there = stored_tables(name for each in lists for name in each.listing.tables)
        known, naming = there or described, dlt.current.source_schema().naming
        state, now = dlt.current.resource_state(), self._settings.clock()
        for asked in lists:
            listing = asked.listing
            self._names[listing.table].know(stored_columns_of(listing, known), naming)
            is_there = known.keys() >= selected.keys() & {*listing.tables}
            for number, connection in enumerate(self._asked_by(listing)):
                customer = connection.user_id if connection.tells_owner else None
                memory = RefusalMemory(state.setdefault(listing.table, {}), now, customer)
                due = _Due(asked, number, memory, _digest(asked, connection), now)
                if self._is_due(due, is_there=is_there):
                    yield due

    def _is_due(self, due: _Due, *, is_there: bool) -> bool:
        done = due.memory.recall(_READ)
        if done.get("asked") != due.digest or (done["is_loaded"] and not is_there):
            return True
        # a time to come is that of a clock that was wrong
        age = due.now - datetime.fromisoformat(done["at"])
        hours = min(self._settings.reference_hours, done.get("hours", math.inf))
        return not timedelta(0) <= age < timedelta(hours=hours)

    def _asked_by(self, listing: Listing) -> Sequence[Connection]:
        if listing.of_agent:
            # it is the same whichever customer is asked for
            return [replace(self._connections[0], user_id=None, tells_owner=False)]
        return self._connections

    # -- reading --------------------------------------------------------------------------------

    @contextmanager
    def _customer(self, due: _Due, session: Session) -> Iterator[Customer]:
        if not due.asked.listing.of_agent:
            yield session.customers[due.number]
            return
        first = session.customers[0]
        (connection,) = self._asked_by(due.asked.listing)
        with running(governor=first.api.governor), connection.open(self._settings) as api:
            yield Customer(connection, api, Owner(), first.zone)

    def _page(self, due: _Due, session: Session, left_out: _LeftOut) -> pa.Table | None:
        """The rows of a list as they are loaded; none if what it has is to stay."""
        asked, listing = due.asked, due.asked.listing
        names = self._names[listing.table]
        with self._customer(due, session) as customer:
            whole = self._whole(due, session, customer, left_out)
        if self._keeps(listing, whole):
            return None
        current_run().progress.replaced(replaced_in(whole.rows))
        rows = asked.privacy.protected(to_instants(whole.rows, listing, customer.zone), names)
        shape = shape_of(listing)
        wanted = shape.without(shape.names.difference(asked.wanted))
        return list_page(rows, listing, wanted, customer.owner.of_calls)

    def _whole(self, due: _Due, session: Session, customer: Customer, left_out: _LeftOut) -> Whole:
        listing, memory = due.asked.listing, due.memory
        selection = due.asked.selection(memory.left_out, memory.suspects)
        decoder = Decoder(listing, customer.zone, self._names[listing.table])
        pages = ReportPages(
            customer.api, listing, selection, decoder, current_run().progress,
            page_size=session.page_size, sorts=False,
        )  # fmt: skip
        whole = read_whole(pages.fetch, EVERYTHING, listing.key)
        memory.keep(selection.found)
        left_out.note_fields(listing, {*due.asked.selection().names}.difference(selection.names))
        return whole

    def _keeps(self, listing: Listing, whole: Whole) -> bool:
        """Whether a list stays as it is, as too few rows came; says what did not."""
        if current_run().progress.refused(len(whole.refused)):
            logger.warning("kept out of %s: %s", listing.table, whole.refused[0].told)
        if not whole.short:
            return False
        strict, came = self._settings.strict_totals, whole.rows.num_rows
        logger.warning(
            "%s: the API promised %d rows and returned %d, twice: %s",
            listing.method, whole.promised, came,
            "the table stays as it is" if strict else "all that it returns is loaded",
        )  # fmt: skip
        return strict


def _digest(asked: ListSettings, connection: Connection) -> str:
    """Stands for whose list it is, and for what of it is loaded how."""
    paths = (column.path for column in asked.listing.columns)
    whose = (connection.owner.credential or "", asked.privacy.fingerprint or "")
    return digest_of([*whose, *asked.wanted, *paths])


def _why(listing: Listing, error: UisError) -> str:
    if not listing.unlocked_by or isinstance(error, RequestRefused | FieldUnavailable):
        return error.message
    return f"it takes {listing.unlocked_by}"
