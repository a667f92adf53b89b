"""The dlt source: ``calls_report`` with its cursor, and the tables that hang on it."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ParamSpec

import dlt
import pyarrow as pa
from dlt.common.configuration import known_sections, with_config
from dlt.common.schema import Schema
from dlt.common.schema.typing import TColumnSchema, TTableSchemaColumns
from dlt.common.storages.load_package import load_package_state
from dlt.common.typing import TSecretStrValue
from dlt.destinations.adapters import bigquery_adapter
from dlt.extract.resource import DltResource

from .auth import Auth, auth_of
from .brands import url_of
from .calls_report import CALLS_REPORT
from .client import DataApi, RetryPolicy
from .columns import child_columns, report_columns, window_columns
from .extraction import Extraction
from .fields import Array, Type
from .merging import MERGE, Instructions, merged_by, merges, warn_where_nothing_merges
from .points import Governor, shared_governor
from .postgres import ingest_by_row_groups
from .privacy import Privacy, keep_filter_out_of_trace
from .progress import current_progress
from .selection import FieldSelection
from .settings import Settings, utc_now
from .shape import VALUE
from .stored import adds_nothing, current_columns
from .tables import (
    CALL_ID,
    CALL_START,
    DELETED,
    LOAD_ID,
    POSITION,
    SYNC_WINDOWS,
    Item,
    calls_table,
    child_table,
    page_of,
    windows_table,
)

SOURCE = "uis"
CURSOR = CALLS_REPORT.cursor

_FORMAT: Any = "parquet"
"""Said aloud because dlt would send Arrow to Postgres as CSV, in which empty text becomes null."""

_OWN_COLUMNS = frozenset((CALL_ID, CALL_START, POSITION, DELETED, VALUE, LOAD_ID, "_dlt_id"))
_FIRST_START = "first_start"
_Parameters = ParamSpec("_Parameters")


@dataclass(frozen=True)
class Connection:
    """How to reach the API; opened anew for each run."""

    url: str
    auth: Auth
    user_id: int | None

    def open(self, settings: Settings) -> DataApi:
        governor = shared_governor() or Governor(
            clock=settings.clock,
            sleep=settings.sleep,
            reserve_minute=settings.reserve_minute,
            reserve_day=settings.reserve_day,
            wait_for_day=settings.wait_for_day,
        )
        return DataApi(
            self.url,
            self.auth,
            user_id=self.user_id,
            governor=governor,
            retry=RetryPolicy(attempts=settings.request_attempts),
            clock=settings.clock,
        )


@dataclass(frozen=True)
class Configured:
    """The parameters of ``uis_source``, checked: what is read, and from where."""

    connection: Connection
    settings: Settings
    start_time: dlt.sources.incremental[datetime] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields that are asked for."""
        settings = self.settings
        dropped = settings.privacy.dropped
        return FieldSelection(CALLS_REPORT, settings.fields, settings.exclude_fields, dropped).names


def configure(
    access_token: TSecretStrValue | None = None,
    login: str | None = None,
    password: TSecretStrValue | None = None,
    brand: str = "uis",
    api_url: str | None = None,
    user_id: int | None = None,
    timezone: str | None = None,
    start_date: str | None = None,
    end_date: str | None = None,
    lookback_days: float = 3.0,
    fields: list[str] | None = None,
    exclude_fields: list[str] | None = None,
    filter: dict[str, Any] | None = None,  # noqa: A002 - the API's name
    parallel_windows: int = 4,
    page_size: int = 10_000,
    request_attempts: int = 8,
    reserve_minute: float = 0.1,
    reserve_day: float = 0.1,
    wait_for_day: bool = False,
    privacy: dict[str, Any] | None = None,
    privacy_key: TSecretStrValue | None = None,
    start_time: dlt.sources.incremental[datetime] | None = None,
    clock: Any = utc_now,
    sleep: Any = time.sleep,
) -> Configured:
    """Calls of a UIS, CoMagic, CallGear or Novofon account (``get.calls_report``).

    Resources: ``calls``, a ``calls__…`` table for each array of a call, and ``sync_windows``; all
    hang on ``calls_report``, which holds the cursor and is not loaded itself. Every parameter can
    come from dlt's configuration, in the section ``[sources.uis]`` or as ``SOURCES__UIS__…``.

    Args:
        access_token: key made in the account's administration; or give login and password.
        login: of a user of the account who may use the Data API.
        password: of that user.
        brand: ``uis``, ``comagic``, ``callgear`` or ``novofon``; decides the API's address.
        api_url: address of the API, instead of the brand's.
        user_id: the customer to read; an agent's (partner's) token needs it.
        timezone: IANA name of the zone that the API's times are in; the account's by default.
        start_date: where the first sync begins: a date or a time in the account's zone, 30 days
            ago by default. Later syncs begin at the cursor.
        end_date: where reading ends, a date (that day included) or a time in the account's zone.
            With it the calls from ``start_date`` on are read once, and the cursor stays as it is.
        lookback_days: how many days before the cursor each sync reads again. Calls end, get
            tags, sales, ratings and transcripts after they began; what changes later than this
            is not seen. At least 1/24.
        fields: names of the fields to ask for instead of all documented ones; undocumented
            fields are possible. ``id`` and ``start_time`` always come along.
        exclude_fields: names of fields not to ask for.
        filter: a filter in the API's syntax, passed through.
        parallel_windows: how many requests may be under way at once.
        page_size: calls in a request, at most 10,000. Memory follows it.
        request_attempts: how often a request is sent that fails in a way that may pass, with
            growing waits in between (8 attempts take about a minute).
        reserve_minute: share (0 to 1) of the minute's points that is left to the account's other
            integrations.
        reserve_day: the same of the day's points.
        wait_for_day: sleep until the day resets when its points are spent, instead of failing.
        privacy: what becomes of personal data before anything is written: ``keep``, ``drop`` or
            ``pseudonymise`` by field, such as ``contact_phone_number`` or
            ``employees.employee_full_name``, or by group, such as ``phone_numbers``.
        privacy_key: the secret of the pseudonyms, a random text of at least 32 characters.
        start_time: the cursor, if you want to set its initial or end value yourself. With an
            ``end_value`` the calls before it are read and the stored cursor stays as it is.
        clock: returns the present instant; for tests.
        sleep: waits so many seconds; for tests.

    Raises:
        ConfigurationError: a setting is missing or wrong; the message names it.
    """
    settings = Settings(
        timezone=timezone,
        start_date=start_date,
        end_date=end_date,
        lookback_days=lookback_days,
        fields=fields,
        exclude_fields=exclude_fields,
        filter=filter,
        parallel_windows=parallel_windows,
        page_size=page_size,
        request_attempts=request_attempts,
        reserve_minute=reserve_minute,
        reserve_day=reserve_day,
        wait_for_day=wait_for_day,
        privacy=Privacy(CALLS_REPORT, privacy, privacy_key),
        sleep=sleep,
        clock=clock,
    )
    connection = Connection(
        api_url or url_of(brand), auth_of(access_token, login, password), user_id
    )
    if settings.privacy.is_on:
        keep_filter_out_of_trace()
    configured = Configured(connection, settings, start_time)
    _ = configured.fields  # names a field that can't be excluded before anything is asked
    return configured


def _source(
    configure: Callable[_Parameters, Configured],
) -> Callable[_Parameters, Sequence[DltResource]]:
    """The function that makes the resources, with the parameters and words of ``configure``."""

    @functools.wraps(configure)
    def resources(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> Sequence[DltResource]:
        configured = configure(*args, **kwargs)
        return _with_tables(_report_resource(configured), configured.fields)

    resources.__annotations__["return"] = Sequence[DltResource]
    return resources


uis_source = dlt.source(_source(configure), name=SOURCE, section=SOURCE, max_table_nesting=0)

configured = with_config(configure, sections=(known_sections.SOURCES, SOURCE))
"""What ``uis_source`` would read with these parameters and dlt's configuration."""


@dlt.source(name=SOURCE, section=SOURCE, max_table_nesting=0)
def chunk_source(chunk: Any) -> Sequence[DltResource]:
    """The same tables for a chunk of a backfill or a repair; it leaves the cursor alone."""

    def calls_report() -> Iterator[Item]:
        yield from chunk.pages()
        chunk.remember(dlt.current.source_state())

    report = dlt.resource(calls_report, name="calls_report", selected=False)
    return _with_tables(report, chunk.fields)


def _with_tables(report: DltResource, asked: Sequence[str]) -> Sequence[DltResource]:
    ingest_by_row_groups()
    children = [
        _child_resource(report, array) for array in CALLS_REPORT.arrays if array.name in asked
    ]
    return [report, _calls_resource(report, asked), *children, _windows_resource(report)]


def _report_resource(configured: Configured) -> DltResource:
    connection, settings = configured.connection, configured.settings

    def pages(cursor: dlt.sources.incremental[datetime] | None) -> Iterator[Item]:
        progress = current_progress()
        known = known_columns({**columns_of(dlt.current.source_schema()), **current_columns()})
        with connection.open(settings) as api:
            extraction = Extraction(
                api,
                CALLS_REPORT,
                settings,
                known=known,
                progress=progress,
            )
            yield from extraction.pages(*_range(cursor, extraction, settings))
            progress.points_left(api.governor.day_remaining)

    if settings.end_date is not None and configured.start_time is None:
        return dlt.resource(lambda: pages(None), name="calls_report", selected=False)

    cursor = configured.start_time or dlt.sources.incremental[datetime](
        CURSOR, lag=settings.lookback.total_seconds(), primary_key=()
    )

    def calls_report(start_time: dlt.sources.incremental[datetime] = cursor) -> Iterator[Item]:
        yield from pages(start_time)

    return dlt.resource(calls_report, name="calls_report", selected=False)


def _range(
    cursor: dlt.sources.incremental[datetime] | None, extraction: Extraction, settings: Settings
) -> tuple[datetime, datetime]:
    """The instants between which calls are to be read, the end exclusive and never in the future.

    Without a cursor yet, reading begins where the first sync began, even if that one found no call
    and ``start_date`` ("30 days ago") has moved on since.
    """
    now = settings.clock()
    if cursor is None:
        end = settings.end(extraction.zone)
        return settings.first_start(extraction.zone), min(now, end) if end else now
    end = now if cursor.end_value is None else min(now, _instant(cursor.end_value))
    if cursor.start_value is not None:
        return _instant(cursor.start_value), end
    state = dlt.current.resource_state()
    first = state.setdefault(_FIRST_START, settings.first_start(extraction.zone).isoformat())
    return datetime.fromisoformat(first), end


def _instant(moment: datetime) -> datetime:
    """A cursor's value as an instant; one without a zone is in UTC, as dlt has it."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def cursor_of(pipeline: dlt.Pipeline) -> datetime | None:
    """The cursor (UTC) of a pipeline's syncs, ``None`` if none has loaded a call yet."""
    return cursor_in(pipeline.state)


def cursor_in(state: Mapping[str, Any]) -> datetime | None:
    """The cursor (UTC) that a pipeline's state holds."""
    incremental = _report_state(state).get("incremental", {}).get(CURSOR, {})
    value: datetime | None = incremental.get("last_value")
    return None if value is None else _instant(value)


def first_start_in(state: Mapping[str, Any]) -> datetime | None:
    """Where the first sync began (UTC), if one has run that found no call."""
    first: str | None = _report_state(state).get(_FIRST_START)
    return None if first is None else datetime.fromisoformat(first)


def _report_state(state: Mapping[str, Any]) -> Mapping[str, Any]:
    resources = state.get("sources", {}).get(SOURCE, {}).get("resources", {})
    report: Mapping[str, Any] = resources.get("calls_report", {})
    return report


def columns_of(schema: Schema) -> Mapping[str, TTableSchemaColumns]:
    """Columns by table, as a schema has them."""
    return {name: table["columns"] for name, table in schema.tables.items()}


def known_columns(
    tables: Mapping[str, TTableSchemaColumns],
) -> Mapping[str, Mapping[str, Type]]:
    """Columns that earlier runs have added to the tables, with their types."""
    documented = {name: set(_documented_columns(name)) for name in CALLS_REPORT.tables}
    return {
        name: {
            column: Type(hints["data_type"])
            for column, hints in tables[name].items()
            if column not in documented[name] and _is_a_field(column, hints)
        }
        for name in CALLS_REPORT.tables
        if name in tables
    }


def _is_a_field(column: str, hints: TColumnSchema) -> bool:
    types = {type_.value for type_ in Type}
    return column not in _OWN_COLUMNS and hints.get("data_type") in types


def _documented_columns(table: str) -> Iterator[str]:
    if table == CALLS_REPORT.table:
        yield from CALLS_REPORT.names
    for array in CALLS_REPORT.arrays:
        if table == CALLS_REPORT.child_table(array):
            yield from (item.name for item in array.items)


def _calls_resource(report: DltResource, asked: Sequence[str]) -> DltResource:
    merge = Instructions(CALLS_REPORT.key, CALLS_REPORT.cursor)

    def calls(item: Item) -> Any:
        # not the one below: what the user's hints are set on is a copy of it
        current = dlt.current.resource()
        warn_where_nothing_merges(item, current)
        return merge.attached(_rows(item), item, current)

    def _rows(item: Item) -> pa.Table | None:
        page = page_of(item)
        if page is None:
            return None
        current_progress().loaded(CALLS_REPORT.table, page.num_rows)
        rows = calls_table(page, load_id())
        return None if adds_nothing(CALLS_REPORT.table, rows) else rows

    resource: DltResource = dlt.transformer(
        calls,
        data_from=report,
        name=CALLS_REPORT.table,
        write_disposition=MERGE,
        file_format=_FORMAT,
        primary_key=CALLS_REPORT.key,
        columns=report_columns(CALLS_REPORT, asked),
    )
    return bigquery_adapter(merged_by(resource, CALLS_REPORT.key), cluster=[CALLS_REPORT.key])


def _child_resource(report: DltResource, array: Array) -> DltResource:
    merge = Instructions(CALL_ID, CALL_START)

    def elements(item: Item) -> Any:
        current = dlt.current.resource()
        return merge.attached(_rows(item, current), item, current)

    def _rows(item: Item, current: DltResource) -> pa.Table | None:
        page = page_of(item)
        if page is None:
            return None
        rows = child_table(page, array, load_id(), tombstones=merges(current))
        if rows is None or adds_nothing(current.name, rows):
            return None
        current_progress().loaded(current.name, rows[DELETED].null_count)
        return rows

    resource: DltResource = dlt.transformer(
        elements,
        data_from=report,
        name=CALLS_REPORT.child_table(array),
        write_disposition=MERGE,
        file_format=_FORMAT,
        # the merge deletes by call, so that vanished elements go, and takes each position once,
        # even if a job that was killed after its commit is run again
        primary_key=(CALL_ID, POSITION),
        merge_key=CALL_ID,
        columns=child_columns(array),
        references=[
            {
                "columns": [CALL_ID],
                "referenced_table": CALLS_REPORT.table,
                "referenced_columns": [CALLS_REPORT.key],
            }
        ],
    )
    return bigquery_adapter(merged_by(resource, CALL_ID), cluster=[CALL_ID])


def _windows_resource(report: DltResource) -> DltResource:
    def windows(item: Item) -> pa.Table | None:
        rows = windows_table(item, load_id())
        return None if rows is None or adds_nothing(SYNC_WINDOWS, rows) else rows

    resource: DltResource = dlt.transformer(
        windows,
        data_from=report,
        name=SYNC_WINDOWS,
        write_disposition=MERGE,
        file_format=_FORMAT,
        primary_key=(LOAD_ID, "window_start"),
        columns=window_columns(),
    )
    return merged_by(resource, LOAD_ID)


def load_id() -> str:
    """Id of the load package that is being extracted."""
    return load_package_state()["load_id"]
