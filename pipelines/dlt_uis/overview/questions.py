"""What ``dlt-uis overview`` asks of the warehouse, in SQL that every destination understands.

Calls are counted by local day in the warehouse, so that what is fetched follows the number of days
and loads. What dialects spell differently is in :data:`_DIALECTS`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dlt
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.schema.typing import PIPELINE_STATE_TABLE_NAME
from dlt.destinations.exceptions import DatabaseUndefinedRelation
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.destinations.sql_client import SqlClientBase, WithSchemas

from ..errors import ColumnMissing, ConfigurationError, NothingLoaded
from ..localtime.intervals import Span
from ..localtime.zones import Zone
from ..recordings.holdings import Holdings, holdings
from ..recordings.settings import configured
from ..recordings.wanted import TABLES
from ..reports import DEFAULT_REPORT, REPORTS
from ..reports.fields import Report
from ..reports.own_names import LOAD_ID, RECORDINGS, REPORT, SYNC_WINDOWS, VERIFIED_DAYS
from ..runner.job import dlt_errors_translated
from ..views.dataset import Dataset
from ..views.looking import callback_minutes, path_of
from ..warehouse.kinds import kind_of
from ..warehouse.last_account import last_account
from ..warehouse.report_column import of_report
from .business import Business, ask_business
from .coverage import Verdict, gaps
from .loads import Kinds, Load, Noted

_REPORT = DEFAULT_REPORT
"""Most questions are about calls: their directions, and which ones were lost."""

MOST_LOADS = 200
"""How many of the latest loads are fetched."""

_NO_TABLE = (DatabaseUndefinedRelation, DestinationUndefinedEntity)
"""How dlt says it: of a database, of a folder of files."""

_UNKNOWN_ZONE = Zone("UTC")

_SPEED = {"threads": "RESET threads", "memory_limit": "SET memory_limit = '512MB'"}

_READ_BY_VIEWS = ("calls", "calls__attributes", "calls__employees")
"""Tables of the views that are asked about."""


@dataclass(frozen=True)
class _Dialect:
    """Expressions that differ: the local day of an instant, and of the last one before it."""

    day: str = "CAST({instant} AT TIME ZONE '{zone}' AS DATE)"
    day_before: str = "CAST(({instant} - INTERVAL '1' SECOND) AT TIME ZONE '{zone}' AS DATE)"


_COMMON = _Dialect()
_DIALECTS: Mapping[str, _Dialect] = {
    "bigquery": _Dialect(
        day="DATE({instant}, '{zone}')",
        day_before="DATE(TIMESTAMP_SUB({instant}, INTERVAL 1 SECOND), '{zone}')",
    ),
}
"""The dialects that do not spell it as DuckDB and Postgres do."""

_TOTALS = "SELECT count(*), min({cursor}), max({cursor}) FROM {calls}"
_SPANS = """
SELECT min(window_start), max(window_end)
FROM (
    SELECT window_start, window_end,
        sum(begins) OVER (ORDER BY window_start, window_end ROWS UNBOUNDED PRECEDING) AS island
    FROM (
        SELECT window_start, window_end,
            CASE WHEN window_start <= max(window_end) OVER (
                ORDER BY window_start, window_end ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) THEN 0 ELSE 1 END AS begins
        FROM {windows} WHERE {of_windows}
    ) AS marked
) AS numbered
GROUP BY island
"""
_READS = """
SELECT {first_day}, {last_day}, max(finished_at) FROM {windows} WHERE {of_windows} GROUP BY 1, 2
"""
_LOADS = """
SELECT _dlt_load_id, min(started_at), max(finished_at), sum({rows}), count(*), sum(requests),
    sum(points), min(window_start), max(window_end)
FROM {windows} WHERE {of_windows}
GROUP BY _dlt_load_id ORDER BY 3 DESC NULLS LAST, 1 DESC LIMIT {most}
"""
_NOTED = """
SELECT states._dlt_load_id, states.pipeline_name, min(window_start)
FROM {states} AS states JOIN {windows} AS windows ON windows._dlt_load_id = states._dlt_load_id
WHERE {of_windows} GROUP BY 1, 2
"""
_LAST_READ = "SELECT max(finished_at) FROM {windows} WHERE {of_windows}"
_REPORTS = "SELECT DISTINCT {report} FROM {windows} WHERE {report} IS NOT NULL"
_LOAD_COUNT = "SELECT count(DISTINCT _dlt_load_id) FROM {windows} WHERE {of_windows}"
_TRAIL = {
    "window_start", "window_end", "rows", "requests", "points", "started_at", "finished_at",
    "_dlt_load_id",
}  # fmt: skip
_FOUND = (
    "source_calls", "warehouse_calls", "missing", "surplus", "changed", "is_compared", "is_equal",
)  # fmt: skip
_VERDICTS = f"""
SELECT day, {", ".join(_FOUND)}, verified_at FROM {{verified}} WHERE {{of_days}}
ORDER BY verified_at
"""


@dataclass
class DayCalls:
    """Calls of a local day: by direction (``in``, ``out`` or empty), and how many were lost."""

    by_direction: dict[str, int] = field(default_factory=dict)
    lost: int = 0

    @property
    def total(self) -> int:
        return sum(self.by_direction.values())


@dataclass(frozen=True)
class OtherReport:
    """What is loaded of a report that is not the page's own: ``first`` and ``last`` are the days of
    its records, ``differing`` those that were verified and are not equal."""

    name: str
    rows: int
    first: date | None
    last: date | None
    read_at: datetime | None
    gaps: Sequence[Span]
    verified: int
    differing: Sequence[date]


@dataclass(frozen=True)
class Facts:
    """All answers. Instants are UTC, days those of ``zone``; loads come latest first.

    ``spans`` are the instants that were read; ``reads`` when ranges of days last were. ``verdicts``
    is ``None`` if nobody has verified yet, as are ``recordings`` if none was ever asked for;
    ``has_trail`` is false without ``sync_windows``, ``has_lost`` where the field was not loaded.
    """

    zone: Zone
    is_zone_known: bool
    calls: int
    first: datetime | None
    last: datetime | None
    days: Mapping[date, DayCalls]
    spans: Sequence[Span]
    reads: Sequence[tuple[date, date, datetime]]
    loads: Sequence[Load]
    load_count: int
    verdicts: Mapping[date, Verdict] | None
    has_trail: bool
    has_lost: bool
    business: Business | None = None
    recordings: Holdings | None = None
    others: Sequence[OtherReport] = ()


def ask(pipeline: dlt.Pipeline, zone: Zone | None = None) -> Facts:
    """Asks the warehouse of a pipeline; days are those of ``zone``, the account's by default.

    Raises:
        NothingLoaded: there are no calls tables yet.
        UisError: the warehouse can't be reached.
    """
    with dlt_errors_translated(pipeline):
        client = pipeline.sql_client()
        if isinstance(client, WithSchemas):  # files: their schema says which tables there are
            pipeline.sync_destination()
            client = pipeline.sql_client()
        _read_only(pipeline, client)
        with client:
            _at_full_speed(client)
            return _Questions(client, pipeline.dataset_name, pipeline.pipeline_name).facts(zone)


def _read_only(pipeline: dlt.Pipeline, client: SqlClientBase[Any]) -> None:
    """DuckDB would make the file that it does not find."""
    credentials = getattr(client, "credentials", None)
    if kind_of(pipeline) == "duckdb" and isinstance(credentials, DuckDbCredentials):
        if not Path(credentials.database).exists():
            raise NothingLoaded(pipeline.dataset_name)
        credentials.read_only = True


def _at_full_speed(client: SqlClientBase[Any]) -> None:
    """Lets DuckDB have all cores, and more memory than a load may take, unless the user says how
    much: a year of a million calls is asked about in half the time."""
    credentials = getattr(client, "credentials", None)
    if isinstance(credentials, DuckDbCredentials) and not credentials.external_conn():
        given = credentials.global_config or {}
        for name, statement in _SPEED.items():
            if name not in given:
                client.execute_sql(statement)


class _Questions:
    """The questions about a report, in the dialect of one warehouse."""

    def __init__(
        self, client: SqlClientBase[Any], dataset: str, pipeline: str, report: Report = _REPORT
    ) -> None:
        self._client, self._dataset, self._pipeline = client, dataset, pipeline
        self._report = report
        dialect = client.capabilities.sqlglot_dialect or ""
        self._dialect = _DIALECTS.get(str(dialect), _COMMON)
        self._names = {
            "calls": client.make_qualified_table_name(report.table),
            "windows": client.make_qualified_table_name(SYNC_WINDOWS),
            "states": client.make_qualified_table_name(PIPELINE_STATE_TABLE_NAME),
            "verified": client.make_qualified_table_name(VERIFIED_DAYS),
            "cursor": client.escape_column_name(report.cursor),
            "report": client.escape_column_name(REPORT),
            # a keyword of BigQuery
            "rows": client.escape_column_name("rows"),
        }

    def facts(self, zone: Zone | None) -> Facts:
        columns = self._columns("calls")
        if columns is None:
            raise NothingLoaded(self._dataset)
        if _REPORT.cursor not in columns:
            raise ColumnMissing(f"{self._dataset}.{_REPORT.table}.{_REPORT.cursor}")
        trail = self._columns("windows")
        self._name_windows(trail or ())
        if trail is not None and not {*trail} >= _TRAIL:
            trail = None  # until the next sync makes anew what it lacks
        known = zone or self._zone(trail or ())
        zone = known or _UNKNOWN_ZONE
        (calls, first, last), *_ = self._rows(_TOTALS)
        has_trail = trail is not None
        return Facts(
            zone=zone,
            is_zone_known=known is not None,
            calls=calls,
            first=_utc(first),
            last=_utc(last),
            days=self._days(zone, columns),
            spans=self._spans() if has_trail else [],
            reads=self._reads(zone) if has_trail else [],
            loads=self._loads() if has_trail else [],
            load_count=self._rows(_LOAD_COUNT)[0][0] if has_trail else 0,
            verdicts=self._verdicts(),
            has_trail=has_trail,
            has_lost="is_lost" in columns,
            business=self._business(zone, _utc(first), _utc(last)),
            recordings=self._recordings(),
            others=self._others(zone, trail or ()),
        )

    def _name_windows(self, trail: Sequence[str]) -> None:
        self._names["of_windows"] = of_report(self._client, self._report, trail)

    def _others(self, zone: Zone, trail: Sequence[str]) -> list[OtherReport]:
        """What is loaded of other reports, in their order."""
        read = {name for (name,) in self._rows(_REPORTS)} if REPORT in trail else set()
        others = [
            _Questions(self._client, self._dataset, self._pipeline, report)
            for name, report in REPORTS.items()
            if name in read - {_REPORT.table}
        ]
        return [each._as_other(zone, trail) for each in others if each._has_cursor()]

    def _has_cursor(self) -> bool:
        """Whether the report's table is there, with the column that most questions are about."""
        return self._report.cursor in (self._columns("calls") or ())

    def _as_other(self, zone: Zone, trail: Sequence[str]) -> OtherReport:
        self._name_windows(trail)
        (rows, first, last), *_ = self._rows(_TOTALS)
        ((read_at,),) = self._rows(_LAST_READ)
        verdicts = self._verdicts() or {}
        return OtherReport(
            self._report.table, rows, _local_day(first, zone), _local_day(last, zone),
            _utc(read_at), gaps(self._spans()), len(verdicts),
            sorted(day for day, found in verdicts.items() if not found.is_equal),
        )  # fmt: skip

    def _rows(self, question: str, **given: Any) -> list[tuple[Any, ...]]:
        with self._client.execute_query(question.format(**self._names, **given)) as cursor:
            return list(cursor.fetchall())

    def _full(self, question: str, **given: Any) -> list[tuple[Any, ...]]:
        """Without rows that lack a value: those of before a column was made anew do."""
        return [row for row in self._rows(question, **given) if None not in row]

    def _columns(self, name: str) -> Sequence[str] | None:
        return self._columns_at(self._names[name])

    def _columns_of(self, table: str) -> Sequence[str] | None:
        return self._columns_at(self._client.make_qualified_table_name(table))

    def _columns_at(self, place: str) -> Sequence[str] | None:
        """Names of a table's columns, ``None`` if there is no such table."""
        question = f"SELECT * FROM {place} WHERE 1 = 0"
        with suppress(*_NO_TABLE), self._client.execute_query(question) as cursor:
            return [str(column[0]).lower() for column in cursor.description]
        return None

    def _zone(self, trail: Sequence[str]) -> Zone | None:
        """The account's zone, as of the newest window that tells it."""
        name = last_account(self._client, trail).zone
        return Zone(name) if name else None

    def _business(
        self, zone: Zone, first: datetime | None, last: datetime | None
    ) -> Business | None:
        """What is asked of the views; nothing of files, which hold calls more than once."""
        if first is None or last is None or isinstance(self._client, WithSchemas):
            return None
        columns = {name: self._columns_of(name) or () for name in _READ_BY_VIEWS}
        dataset = Dataset(
            str(self._client.capabilities.sqlglot_dialect),
            path_of(self._client),
            {name: frozenset(found) for name, found in columns.items() if found},
            zone.name,
            callback_minutes=callback_minutes(),
        )
        return ask_business(self._client, dataset, zone, first, last)

    def _day(self, expression: str, instant: str, zone: Zone) -> str:
        # a zone's name is in the system's database of zones: it is no danger in SQL
        return expression.format(instant=instant, zone=zone.name)

    def _days(self, zone: Zone, columns: Sequence[str]) -> dict[date, DayCalls]:
        asked = [self._day(self._dialect.day, self._names["cursor"], zone)]
        asked += ["direction"] if "direction" in columns else []
        keys = ", ".join(str(number + 1) for number in range(len(asked)))
        lost = "sum(CASE WHEN is_lost THEN 1 ELSE 0 END)" if "is_lost" in columns else "0"
        question = f"SELECT {', '.join(asked)}, count(*), {lost} FROM {{calls}} GROUP BY {keys}"
        days: dict[date, DayCalls] = {}
        for day, *direction, calls, lost_calls in self._rows(question):
            if day is None:
                continue  # the column of calls' start was made anew
            found = days.setdefault(day, DayCalls())
            found.by_direction[(direction or [""])[0] or ""] = calls
            found.lost += int(lost_calls)
        return days

    def _spans(self) -> list[Span]:
        return [Span(_instant(start), _instant(end)) for start, end in self._full(_SPANS)]

    def _reads(self, zone: Zone) -> list[tuple[date, date, datetime]]:
        first = self._day(self._dialect.day, "window_start", zone)
        last = self._day(self._dialect.day_before, "window_end", zone)
        rows = self._full(_READS, first_day=first, last_day=last)
        return [(start, end, _instant(moment)) for start, end, moment in rows]

    def _loads(self) -> list[Load]:
        kinds, loads = Kinds(self._noted(), self._pipeline), []
        for id_, began, ended, *counts, first, last in self._full(_LOADS, most=MOST_LOADS):
            started = _instant(began)
            kind = kinds.of(id_, _instant(first), _instant(last), started)
            loads.append(Load(id_, kind, started, _instant(ended), *map(int, counts)))
        return loads

    def _noted(self) -> list[Noted]:
        if not {*(self._columns("states") or ())} >= {LOAD_ID, "pipeline_name"}:
            return []
        return [Noted(id_, name, _instant(start)) for id_, name, start in self._full(_NOTED)]

    def _recordings(self) -> Holdings | None:
        for table in (RECORDINGS, *TABLES):
            self._names[table] = self._client.make_qualified_table_name(table)
        if self._columns(RECORDINGS) is None:
            return None
        columns = {table: self._columns(table) or () for table in (RECORDINGS, *TABLES)}
        with suppress(ConfigurationError):
            settings = configured()
            return holdings(self._client, columns, settings.clock(), settings.kept)
        return None

    def _verdicts(self) -> dict[date, Verdict] | None:
        columns = self._columns("verified")
        if columns is None or not {"day", *_FOUND, "verified_at"} <= {*columns}:
            return None
        self._names["of_days"] = of_report(self._client, self._report, columns)
        return {
            day: Verdict(**dict(zip(_FOUND, found, strict=True)), verified_at=_instant(moment))
            for day, *found, moment in self._full(_VERDICTS)
        }


def _instant(value: datetime) -> datetime:
    """A time of the warehouse in UTC; one without a zone is in UTC already."""
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else _instant(value)


def _local_day(value: datetime | date | None, zone: Zone) -> date | None:
    """The day of a record, whose cursor is a time, or a date already."""
    return zone.local(_instant(value)).date() if isinstance(value, datetime) else value
