"""Which recordings the warehouse tells of, and which of them are still to be stored, in SQL.

It is asked twice: how many there are in each hour, and then, some hours at a time, which ones. So
memory does not follow the history, and DuckDB's file is open for moments only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from dlt.destinations.sql_client import SqlClientBase

from ..reports.own_names import APP_ID, RECORDINGS, USER_ID
from ..reports.recordings import KINDS, RECORDING_FIELDS, RecordingField
from ..warehouse.slices import slice_of
from .recording import KEY, Recording, Status

REFUSED_OFTEN = 10
"""How often a recording that was refused is asked for; then only if somebody says so."""

_HOUR = timedelta(hours=1)
_SECONDS = int(_HOUR.total_seconds())
_START = datetime(1970, 1, 1, tzinfo=UTC)
_EVER = (_START, datetime(9999, 12, 31, tzinfo=UTC))

Span: TypeAlias = tuple[datetime, datetime]
"""Instants from which on and before which calls began."""

TABLES = tuple(
    dict.fromkeys(
        name
        for field in RECORDING_FIELDS
        for name in (field.table, field.child_table)
        if name is not None
    )
)
"""Tables that tell of recordings."""


@dataclass(frozen=True)
class Hour:
    """How many recordings of a kind an hour has; of its calls, the ``first`` one began then."""

    start: datetime
    kind: str
    count: int
    first: datetime

    @property
    def end(self) -> datetime:
        return self.start + _HOUR


class Wanted:
    """Asks a warehouse for the recordings that are still to be stored.

    Args:
        sql: a connection, in whose dialect questions are put.
        columns: of the tables that are there, the ledger's too.
        again: whether those are wanted as well that are gone, or were refused often.
    """

    def __init__(
        self,
        sql: SqlClientBase[Any],
        columns: Mapping[str, Collection[str]],
        *,
        again: bool = False,
    ) -> None:
        self._sql = sql
        self._columns = columns
        self._again = again
        self._name = sql.escape_column_name
        self.owned = {APP_ID, USER_ID} <= {*columns.get(RECORDING_FIELDS[0].table, ())}

    def fields(self) -> Iterator[RecordingField]:
        """The fields that the warehouse has."""
        owner = {APP_ID, USER_ID} if self.owned else set()
        for field in RECORDING_FIELDS:
            needed = {field.table: {field.call, "id", "start_time", *owner}}
            if field.child_table is None:
                needed[field.table].add(field.name)
            else:
                needed[field.child_table] = {field.child_key, "value", *owner}
            if all(names <= {*self._columns.get(table, ())} for table, names in needed.items()):
                yield field

    def hours(self, kinds: Collection[str], span: Span) -> list[Hour]:
        """How many there are in the hours that have any, oldest first."""
        start = self._name("start_time")
        query = (
            f"{self._told(kinds)} SELECT {slice_of(self._sql, f't.{start}', _SECONDS)} AS part,"
            f" t.kind, COUNT(*), MIN({slice_of(self._sql, f't.{start}', 1)})"
            f" FROM told AS t {self._open()} GROUP BY 1, 2 ORDER BY 1, 2"
        )
        rows = self._rows(query, kinds, span)
        return [
            Hour(_START + int(part) * _HOUR, kind, int(count), moment_of(first))
            for part, kind, count, first in rows
        ]

    def recordings(self, kinds: Collection[str], span: Span) -> list[Recording]:
        """Those of a span, in the order in which their calls began."""
        ledger = self._columns.get(RECORDINGS, ())
        attempts = f"l.{self._name('attempts')}" if "attempts" in ledger else "0"
        first = "0"
        if "first_tried_at" in ledger:
            first = slice_of(self._sql, f"l.{self._name('first_tried_at')}", 1)
        query = f"{self._select(kinds, attempts, first)} {self._open()} ORDER BY 6, 1, 2, 3"
        return [self._recording(row) for row in self._rows(query, kinds, span)]

    def of_calls(self, call_ids: Sequence[int]) -> list[Recording]:
        """All that are told of calls, whatever the ledger says."""
        some = ", ".join(str(int(each)) for each in call_ids)
        query = f"{self._select(KINDS, '0', '0')} WHERE t.call_id IN ({some})"
        return [self._recording(row) for row in self._rows(query, KINDS, _EVER)]

    def _select(self, kinds: Collection[str], attempts: str, first: str) -> str:
        owner = "t.app_id, t.user_id" if self.owned else "0, 0"
        start = slice_of(self._sql, f"t.{self._name('start_time')}", 1)
        return (
            f"{self._told(kinds)} SELECT t.call_id, t.kind, t.record_id, t.link, t.communication,"
            f" {start}, {attempts}, {first}, {owner} FROM told AS t"
        )

    def _recording(self, row: Sequence[Any]) -> Recording:
        call, kind, record, link, communication, start, attempts, first, app, user = row
        return Recording(
            call_id=int(call),
            kind=kind,
            record_id=record,
            link=link,
            communication=int(communication),
            start=moment_of(start),
            app_id=_number(app) if self.owned else None,
            user_id=_number(user) if self.owned else None,
            attempts=int(attempts or 0),
            first_tried_at=moment_of(first) if first else None,
        )

    def _rows(self, query: str, kinds: Collection[str], span: Span) -> Sequence[Sequence[Any]]:
        parts = [field for field in self.fields() if field.kind in kinds]
        if not parts:
            return ()
        return self._sql.execute_sql(query, *(span * len(parts))) or ()

    def _told(self, kinds: Collection[str]) -> str:
        """All that reports tell of, each recording once, as the table ``told``."""
        parts = (self._part(field) for field in self.fields() if field.kind in kinds)
        owner, of_app = (", user_id", ", MIN(app_id) AS app_id") if self.owned else ("", "")
        return (
            f"WITH parts AS ({' UNION ALL '.join(parts)}), told AS (SELECT call_id, kind,"
            f" record_id{owner}, MIN(link) AS link, MIN(communication) AS communication,"
            f" MIN(start_time) AS {self._name('start_time')}{of_app} FROM parts"
            f" WHERE record_id <> '' GROUP BY call_id, kind, record_id{owner})"
        )

    def _part(self, field: RecordingField) -> str:
        """What a field tells of; takes a span."""
        name, place = self._name, self._sql.make_qualified_table_name
        call, start = f"g.{name(field.call)}", f"g.{name('start_time')}"
        communication = call
        if field.communication in self._columns[field.table]:
            communication = f"COALESCE(g.{name(field.communication)}, {call})"
        value, joined = f"g.{name(field.name)}", ""
        if field.child_table is not None:
            value = f"r.{name('value')}"
            joined = (
                f" JOIN {place(field.child_table)} AS r ON r.{name(field.child_key)} ="
                f" g.{name('id')}{self._same_owner('r', 'g')}"
            )
        owner = f", g.{name(APP_ID)}, g.{name(USER_ID)}" if self.owned else ""
        return (
            f"SELECT {call} AS call_id, '{field.kind}' AS kind, {_last_part(value)} AS record_id,"
            f" {value} AS link, {communication} AS communication, {start} AS start_time{owner}"
            f" FROM {place(field.table)} AS g{joined} WHERE {start} >= %s AND {start} < %s"
            f" AND {value} <> '' AND {call} IS NOT NULL{self._unless_told(field, value, call)}"
        )

    def _unless_told(self, field: RecordingField, value: str, call: str) -> str:
        """The condition that the call itself does not name the same recording."""
        told = next(
            other
            for other in RECORDING_FIELDS
            if (other.kind, other.name) == (field.kind, field.name)
        )
        if told is field or told not in self.fields() or told.child_table is None:
            return ""
        name, place = self._name, self._sql.make_qualified_table_name
        return (
            f" AND NOT EXISTS (SELECT 1 FROM {place(told.child_table)} AS o"
            f" WHERE o.{name(told.child_key)} = {call} AND o.{name('value')} = {value}"
            f"{self._same_owner('o', 'g')})"
        )

    def _open(self) -> str:
        """What leaves out those that nothing is left to do for, by the ledger ``l``."""
        ledger = self._columns.get(RECORDINGS)
        if ledger is None:
            return ""
        name = self._name
        place = self._sql.make_qualified_table_name(RECORDINGS)
        status = f"l.{name('status')}"
        wanted = [f"{status} IS NULL", f"{status} = '{Status.PENDING}'"]
        if self._again:
            wanted.append(f"{status} IN ('{Status.GONE}', '{Status.REFUSED}')")
        elif "attempts" in ledger:
            seldom = f"COALESCE(l.{name('attempts')}, 0) < {REFUSED_OFTEN}"
            wanted.append(f"({status} = '{Status.REFUSED}' AND {seldom})")
        key = " AND ".join(f"l.{name(each)} = t.{each}" for each in KEY)
        return (
            f"LEFT JOIN {place} AS l ON {key}{self._same_owner('l', 't')}"
            f" WHERE ({' OR '.join(wanted)}) AND NOT EXISTS (SELECT 1 FROM {place} AS f"
            f" WHERE f.{name('call_id')} = t.call_id{self._same_owner('f', 't')}"
            f" AND f.{name('status')} = '{Status.FORGOTTEN}')"
        )

    def _same_owner(self, one: str, other: str) -> str:
        if not self.owned:
            return ""
        return f" AND {one}.{self._name(USER_ID)} = {other}.{self._name(USER_ID)}"


def _last_part(link: str) -> str:
    """The last part of a link's path, or an id as it is, as SQL."""
    path = f"regexp_replace({link}, '[?#].*$', '')"
    return f"regexp_replace(regexp_replace({path}, '/+$', ''), '^.*/', '')"


def moment_of(seconds: int) -> datetime:
    """The instant so many seconds after the beginning of 1970."""
    return _START + timedelta(seconds=int(seconds))


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def in_order(
    hours: Sequence[Hour], kept_since: datetime | None, within: Span | None, most: int
) -> Iterator[Span]:
    """Spans in the order in which recordings are to be fetched: what will be deleted first.

    Args:
        hours: that have any, oldest first.
        kept_since: the beginning of the hour from which on recordings of calls are kept, as far as
            that is known: those before are tried last.
        within: spans end where this one does.
        most: about how many recordings a span may have.
    """
    if within is None:
        return
    for is_late in (False, True):
        some = [hour for hour in hours if is_too_late(hour.start, kept_since) is is_late]
        for start, end in _spans(some, most):
            yield max(start, within[0]), min(end, within[1])


def is_too_late(start: datetime, kept_since: datetime | None) -> bool:
    """Whether the recordings of an hour, or of a call, are deleted by now, as far as is known."""
    return kept_since is not None and start < kept_since


def hour_of(moment: datetime) -> datetime:
    """The beginning of the hour that an instant is in."""
    return _START + (moment - _START) // _HOUR * _HOUR


def _spans(hours: Sequence[Hour], most: int) -> Iterator[Span]:
    begin, end, count = None, None, 0
    for hour in hours:
        # an hour has an entry for each kind: it is not to be cut
        if begin is not None and end is not None and hour.start >= end and count >= most:
            yield begin, end
            begin, count = None, 0
        begin, end, count = begin or hour.start, hour.end, count + hour.count
    if begin is not None and end is not None:
        yield begin, end
