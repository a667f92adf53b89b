"""The cursor: where reading begins and ends, and what is remembered of it.

Pages come in no order of time. So the cursor counts only once all of them have come, and an order
of rows that a caller declares is not made use of.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dlt
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import CursorRefused, InvalidSetting
from ..localtime.moments import moment_of
from ..localtime.windows import SECOND
from ..localtime.zones import Zone
from ..reports import DEFAULT_REPORT, REPORTS
from ..reports.fields import Report, Way
from ..reports.own_names import SOURCE
from .absent_fields import ABSENT_FIELDS
from .day_cursor import LAST_START
from .refusal_memory import LEFT_OUT, REFUSED_FIELDS, suspects_in
from .settings import Settings

logger = logging.getLogger(__name__)

Cursor = dlt.sources.incremental[datetime]

_FIRST_START = "first_start"
_CUSTOMERS = "customers"
_ADOPTIONS = "adoptions"
SALES_AT, DEEP_AT, DEEP_TRIED = "late_sales_at", "deep_lookback_at", "deep_lookback_tried"
"""When late changes were asked for last, see :mod:`.late_changes`."""


def completed(given: Cursor | None, report: Report, lookback: timedelta) -> Cursor:
    """The cursor that a caller passes in, with what it has to have; ours if there is none.

    It looks back as ``lookback_days`` say, unless it has a lag of its own. Its values may be times,
    dates or text; those without an offset are in UTC, as dlt has it.

    Raises:
        CursorRefused: it is of another field, goes back in time, or its values are no times.
    """
    field = report.cursor
    given = given or dlt.sources.incremental(field)
    if given.cursor_path not in (None, field):
        raise CursorRefused(
            f"its field is {given.cursor_path}, and {report.records} are read by {field}"
        )
    if given.last_value_func is not max:
        raise CursorRefused("its last_value_func is not max")
    return dlt.sources.incremental[datetime](
        field,
        initial_value=_value(field, given.initial_value),
        end_value=_value(field, given.end_value),
        allow_external_schedulers=given.allow_external_schedulers,
        range_end=given.range_end,
        lag=given.lag or lookback.total_seconds(),
        primary_key=(),
    )


def _value(field: str, given: Any) -> datetime | None:
    try:
        moment = moment_of(field, given)
    except InvalidSetting:
        moment = None
    if moment is None and given is not None:
        raise CursorRefused("a value is neither a date nor a time, or of no year from 1900 to 9998")
    return None if moment is None else as_instant(moment)


def check(cursor: Cursor, report: Report) -> None:
    """Refuses a cursor that was set on the resource itself and would lose or miss calls.

    Raises:
        CursorRefused: it has no lag, declares an order, or its values are no times.
    """
    if cursor.cursor_path != report.cursor or cursor.row_order is not None:
        raise CursorRefused("it is of another field, or declares an order of rows")
    if cursor.end_value is None and not cursor.lag:
        raise CursorRefused("it has no lag, so that changed calls would not be seen")
    for value in (cursor.start_value, cursor.end_value):
        if value is not None and not isinstance(value, datetime):
            raise CursorRefused("a value is no time")


def bounds(cursor: Cursor | None, settings: Settings, zone: Zone) -> tuple[datetime, datetime]:
    """The instants between which calls are to be read, the end exclusive and never in the future.

    Without a cursor yet, reading begins where the first sync began, even if that one found no call
    and ``start_date`` ("30 days ago") has moved on since.
    """
    now = settings.clock()
    if cursor is None:
        end = settings.end(zone)
        return settings.first_start(zone), min(now, end) if end else now
    end = now
    if cursor.end_value is not None:
        beyond = SECOND if cursor.range_end == "closed" else timedelta()
        end = min(now, as_instant(cursor.end_value) + beyond)
    if cursor.start_value is not None:
        return as_instant(cursor.start_value), end
    return _first_start(dlt.current.resource_state(), settings, zone), end


def _first_start(state: dict[str, Any], settings: Settings, zone: Zone) -> datetime:
    first = state.setdefault(_FIRST_START, settings.first_start(zone).isoformat())
    return datetime.fromisoformat(first)


def as_instant(moment: datetime | date) -> datetime:
    """A cursor's value as an instant; one without a zone is in UTC, as dlt has it."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def newest_loaded(cursor: Cursor | None) -> datetime | None:
    """When the newest call began that was loaded before (UTC), by dlt's bound cursor; ``None`` if
    none was."""
    if cursor is None or cursor.start_value == cursor.initial_value:
        return None
    last = cursor.get_state()["last_value"]
    return None if last is None else as_instant(last)


@contextmanager
def kept_if_cut_short() -> Iterator[None]:
    """Where the reading inside the ``with`` block is ended early, the cursor stays what it was.

    ``add_limit`` does it. Older calls may be missing then, which the next sync has to read.
    """
    state = dlt.current.resource_state()
    before = deepcopy(state)
    try:
        yield
    except GeneratorExit:
        state.clear()
        state.update(before)
        logger.info("reading was ended early: the cursor stays where it was")
        raise


def leave_other_account(adoptions: int, cursor: Cursor | None = None) -> None:
    """Begins anew where the tables were taken over from another account since the last reading.

    Its cursor would keep older calls of this one from being read.

    Args:
        adoptions: how often the tables were taken over, with this time.
        cursor: dlt's own, bound already; customers have cursors in the state.
    """
    state = dlt.current.resource_state()
    if state.get(_ADOPTIONS, 0) == adoptions:
        return
    logger.info("the tables were another account's: reading begins anew")
    state[_ADOPTIONS] = adoptions
    for name in (
        _FIRST_START,
        _CUSTOMERS,
        REFUSED_FIELDS,
        LEFT_OUT,
        ABSENT_FIELDS,
        SALES_AT,
        DEEP_AT,
        DEEP_TRIED,
    ):
        state.pop(name, None)
    if cursor is not None:
        first = cursor.initial_value
        # dlt has bound the cursor to this state already
        known = cursor.get_state()
        known["last_value"] = known["start_value"] = cursor.start_value = first
        known["unique_hashes"] = []


def customer_state(state: dict[str, Any], user_id: int | None) -> dict[str, Any]:
    """The part of the report's state that is one customer's."""
    found: dict[str, Any] = state.setdefault(_CUSTOMERS, {}).setdefault(str(user_id), {})
    return found


class CustomerCursor:
    """The cursor of one of several customers, kept in the state of the report's resource."""

    def __init__(self, state: dict[str, Any], report: Report, user_id: int) -> None:
        self._report = report
        self._state = customer_state(state, user_id)
        self._latest: datetime | None = None

    def start(self, settings: Settings, zone: Zone) -> datetime:
        """The instant from which on calls are to be read; a new customer's own beginning."""
        last = _last(self._report, self._state)
        if last is None:
            return _first_start(self._state, settings, zone)
        return last - settings.lookback

    @property
    def has_loaded(self) -> bool:
        """Whether a record of the customer was loaded before."""
        return _last(self._report, self._state) is not None

    def saw(self, calls: pa.Table) -> None:
        """Takes note of the latest call of a page."""
        latest: datetime = as_instant(pc.max(calls[self._report.cursor]).as_py())
        self._latest = max(latest, self._latest or latest)

    def advance(self, now: datetime) -> None:
        """All calls have come: the next reading goes on from the latest one, never back."""
        if self._latest is not None:
            known = self._state.get(LAST_START)
            latest = min(self._latest, now)
            latest = max(latest, datetime.fromisoformat(known)) if known else latest
            self._state[LAST_START] = latest.isoformat()


def cursor_of(
    pipeline: dlt.Pipeline, source: str = SOURCE, report: Report = DEFAULT_REPORT
) -> datetime | None:
    """The cursor (UTC) of a pipeline's syncs, ``None`` if none has loaded a record yet.

    Of several customers it is the earliest one. ``source`` is the name that the source was given
    by ``clone``.
    """
    return cursor_in(pipeline.state, report, source)


def cursors_of(pipeline: dlt.Pipeline) -> Mapping[str, datetime]:
    """The cursors (UTC) of all reports that a pipeline's syncs have loaded a record of, by name."""
    state = pipeline.state
    found = {name: cursor_in(state, report) for name, report in REPORTS.items()}
    return {name: cursor for name, cursor in found.items() if cursor is not None}


def cursor_in(state: Mapping[str, Any], report: Report, source: str = SOURCE) -> datetime | None:
    """The same, as a pipeline's state has it."""
    known = _state_of(report, state, source)
    if customers := known.get(_CUSTOMERS):
        lasts = [_last(report, each) for each in customers.values()]
        told = [last for last in lasts if last is not None]
        return min(told) if len(told) == len(lasts) else None
    return _last(report, known)


def has_cursor(state: Mapping[str, Any], report: Report) -> bool:
    """Whether a record was loaded by a sync, of any customer, as a pipeline's state has it."""
    known = _state_of(report, state, SOURCE)
    parts = (known, *known.get(_CUSTOMERS, {}).values())
    return any(_last(report, part) is not None for part in parts)


def next_start_in(
    state: Mapping[str, Any],
    report: Report,
    lookback: timedelta,
    customer: int | None = None,
    adoptions: int | None = None,
) -> datetime | None:
    """Where the next sync begins to read (UTC), as a pipeline's state has it.

    ``None`` before the first sync: then it is for the settings to say.

    Args:
        customer: one of a list of them, which has a cursor of its own.
        adoptions: how often the tables were taken over by now, if that is known.
    """
    known = _state_of(report, state, SOURCE)
    if adoptions not in (None, known.get(_ADOPTIONS, 0)):
        return None
    if customer is not None:
        known = known.get(_CUSTOMERS, {}).get(str(customer), {})
    last, first = _last(report, known), known.get(_FIRST_START)
    if last is not None:
        return last - lookback
    return None if first is None else datetime.fromisoformat(first)


def deep_start_in(
    state: Mapping[str, Any],
    report: Report,
    settings: Settings,
    start: datetime | None,
    customer: int | None = None,
) -> datetime | None:
    """How far back (UTC) the next sync reads as its deep lookback, ``None`` if it does not.

    Args:
        start: where it begins to read anyway; ``None`` before the first sync.
    """
    known = _state_of(report, state, SOURCE)
    if customer is not None:
        known = known.get(_CUSTOMERS, {}).get(str(customer), {})
    due = is_due(known, DEEP_AT, settings.deep_lookback_hours, settings.clock())
    if start is None or not due or report.way is not Way.WINDOWS:
        return None
    back = start + settings.lookback - timedelta(days=settings.deep_lookback_days)
    return back if back < start else None


def is_due(state: Mapping[str, Any], name: str, hours: float, now: datetime) -> bool:
    """Whether something that is done at most once in so many hours is to be done; 0 is never."""
    if not hours:
        return False
    done = state.get(name)
    # a time to come is that of a clock that was wrong
    age = None if done is None else now - datetime.fromisoformat(done)
    return age is None or age < timedelta(0) or age >= timedelta(hours=hours)


def done_chunks(report: Report) -> str:
    """Name, in the state of the source, of what a backfill keeps of the chunks that are done."""
    # the first one was there before there were other reports
    return "backfill" if report is DEFAULT_REPORT else f"{report.table}_backfill"


def suspects_of(
    state: Mapping[str, Any], report: Report, customer: int | None = None
) -> Collection[str]:
    """Fields that syncs were refused, as a pipeline's state has it; ``customer`` as above."""
    return suspects_in(_state_of(report, state, SOURCE), customer)


def _state_of(report: Report, state: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    """The state of the report's resource, in that of a pipeline."""
    resources = state.get("sources", {}).get(source, {}).get("resources", {})
    found: Mapping[str, Any] = resources.get(report.resource, {})
    return found


def _last(report: Report, state: Mapping[str, Any]) -> datetime | None:
    """The cursor in the state of the report, or of one of its customers."""
    last = state.get(LAST_START)
    if last is not None:
        return datetime.fromisoformat(last)
    value: datetime | None = state.get("incremental", {}).get(report.cursor, {}).get("last_value")
    return None if value is None else as_instant(value)
