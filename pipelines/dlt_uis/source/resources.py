"""The dlt source: ``calls_report`` with its cursor, and the tables that hang on it."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec

import dlt
import pyarrow as pa
from dlt.common.configuration import known_sections, with_config
from dlt.common.schema import Schema
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.common.storages.exceptions import CurrentLoadPackageStateNotAvailable
from dlt.common.storages.load_package import load_package_state
from dlt.common.typing import TSecretStrValue
from dlt.destinations.impl.bigquery.bigquery_adapter import bigquery_adapter
from dlt.extract.resource import DltResource

from ..api.auth import auth_of
from ..api.brands import brand_of, url_of
from ..decoding.names import Names, StoredColumns, TableNames, stored_columns_of
from ..errors import CursorRefused, OneCustomerOnly
from ..privacy.pages import Privacy, keep_filter_out_of_trace
from ..progress import current_progress
from ..reports.calls import CALLS_REPORT
from ..reports.fields import Array
from ..reports.own_names import (
    CALL_ID,
    CALL_START,
    DELETED,
    LOAD_ID,
    POSITION,
    REPORT,
    SOURCE,
    SYNC_WINDOWS,
    USER_ID,
)
from ..tables.columns import child_columns, report_columns, window_columns
from ..tables.merging import MERGE, Instructions, merges, replaces_by, warn_where_nothing_merges
from ..tables.rows import Item, calls_table, child_table, page_of, windows_table
from ..warehouse.columns import (
    adds_nothing,
    current_columns,
    hosts_pipeline,
    with_names,
)
from ..warehouse.standing import remember_standing
from .connection import Connection
from .empty_tables import FORMAT, EmptyTable
from .limiting import UisSource
from .overrides import table_of
from .reference_data import LISTS, reference_resources
from .report_resource import customers_resource, report_resource
from .settings import Settings, lists_of, user_ids_of, utc_now
from .turns import in_turns

_Parameters = ParamSpec("_Parameters")


@dataclass(frozen=True)
class Configured:
    """The parameters of ``uis_source``, checked: what is read, and from where."""

    connections: tuple[Connection, ...]
    settings: Settings
    start_time: dlt.sources.incremental[datetime] | None = None

    def connection(self, what: str) -> Connection:
        """The only connection, for ``what`` reads one customer.

        Raises:
            OneCustomerOnly: there are several.
        """
        if len(self.connections) > 1:
            raise OneCustomerOnly(what)
        return self.connections[0]

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields that the tables have."""
        return self.settings.selection(CALLS_REPORT).wanted

    @property
    def asked(self) -> tuple[str, ...]:
        """Names of those that are asked for: the brand may not know all of them."""
        return self.settings.selection(CALLS_REPORT).names


def configure(
    access_token: TSecretStrValue | None = None,
    login: str | None = None,
    password: TSecretStrValue | None = None,
    brand: str = "uis",
    api_url: str | None = None,
    user_id: Any = None,
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
    request_timeout: float = 300.0,
    reserve_minute: float = 0.1,
    reserve_day: float = 0.1,
    wait_for_day: bool = False,
    strict_totals: bool = False,
    privacy: dict[str, Any] | None = None,
    privacy_key: TSecretStrValue | None = None,
    reference_data: Any = None,
    adopt: bool = False,
    start_time: dlt.sources.incremental[datetime] | None = None,
    clock: Any = utc_now,
    sleep: Any = time.sleep,
) -> Configured:
    """Calls of a UIS, CoMagic, CallGear or Novofon account (``get.calls_report``).

    Resources: ``calls``, a ``calls__…`` table for each array of a call, and ``sync_windows``; all
    hang on ``calls_report``, which holds the cursor and is not loaded itself. ``tags``,
    ``employees``, ``sites``, ``campaigns``, ``scenarios`` and ``virtual_numbers`` are there to be
    selected. Every parameter can come from dlt's configuration, in the section ``[sources.uis]``
    or as ``SOURCES__UIS__…``.

    Args:
        access_token: key made in the account's administration; or give login and password.
        login: of a user of the account who may use the Data API.
        password: of that user.
        brand: ``uis``, ``comagic``, ``callgear`` or ``novofon``; decides the API's address, and
            which fields are asked for by default: those that its documentation lists.
        api_url: address of the API, instead of the brand's.
        user_id: the customer to read; an agent's (partner's) token needs it. With a list of them
            each is read from a cursor of its own, and rows tell ``app_id`` and ``user_id``.
        timezone: IANA name of the zone that the API's times are in; the account's by default.
        start_date: where the first sync begins: a date or a time in the account's zone, 30 days
            ago by default. Later syncs begin at the cursor.
        end_date: where reading ends, a date (that day included) or a time in the account's zone.
            With it the calls from ``start_date`` on are read once, and the cursor stays as it is.
        lookback_days: how many days before the cursor each sync reads again. Calls end, get
            tags, sales, ratings and transcripts after they began; what changes later than this
            is not seen. At least 1/24.
        fields: names of the fields to ask for instead of all that the brand documents; undocumented
            fields are possible. ``id`` and ``start_time`` always come along.
        exclude_fields: names of fields not to ask for.
        filter: a filter in the API's syntax, passed through.
        parallel_windows: how many requests may be under way at once.
        page_size: calls in a request, at most 10,000. Memory follows it.
        request_attempts: how often a request is sent that fails in a way that may pass, with
            growing waits in between (8 attempts take about a minute).
        request_timeout: seconds that one attempt may take in all, from connecting to the last byte
            of its answer. A page that does not come in time is tried with half as many calls.
        reserve_minute: share (0 to 1) of the minute's points that is left to the account's other
            integrations.
        reserve_day: the same of the day's points.
        wait_for_day: sleep until the day resets when its points are spent, instead of failing.
        strict_totals: fail where the API returns fewer calls than it promises (``total_items``),
            also when it is asked again. Else all that it returns is loaded, with a warning, and
            ``short`` in ``sync_windows`` tells how many are lacking.
        privacy: what becomes of personal data before anything is written: ``keep``, ``drop`` or
            ``pseudonymise`` by field, such as ``contact_phone_number`` or
            ``employees.employee_full_name``, or by group, such as ``phone_numbers``.
        privacy_key: the secret of the pseudonyms, a random text of at least 32 characters.
        reference_data: true for all lists of reference data, or names of some; each costs a point
            a sync.
        adopt: take over tables that hold another account's calls, which are refused otherwise.
            Reading begins anew then, and from then on the other account is refused.
        start_time: the cursor, if you want to set its initial or end value yourself, or have a
            scheduler set them. With an ``end_value`` the calls before it are read and the stored
            cursor stays as it is. Not together with a list of customers.
        clock: returns the present instant; for tests.
        sleep: waits so many seconds; for tests.

    Raises:
        ConfigurationError: a setting is missing or wrong; the message names it.
    """
    url = api_url or url_of(brand)
    brand = brand_of(url, brand)
    settings = Settings(
        brand=brand,
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
        request_timeout=request_timeout,
        reserve_minute=reserve_minute,
        reserve_day=reserve_day,
        wait_for_day=wait_for_day,
        strict_totals=strict_totals,
        privacy=Privacy(CALLS_REPORT, privacy, privacy_key),
        reference_data=lists_of(reference_data, LISTS),
        adopt=adopt,
        sleep=sleep,
        clock=clock,
    )
    auth = auth_of(access_token, login, password)
    customers = user_ids_of(user_id)
    if isinstance(customers, tuple):
        if start_time is not None:
            raise CursorRefused("user_id is a list: set start_date and end_date instead")
        connections = tuple(
            Connection(url, auth, each, brand=brand, tells_owner=True) for each in customers
        )
    else:
        connections = (Connection(url, auth, customers, brand=brand),)
    if settings.privacy.is_on:
        keep_filter_out_of_trace()
    configured = Configured(connections, settings, start_time)
    _ = configured.fields  # names a field that can't be excluded before anything is asked
    return configured


def _source(
    configure: Callable[_Parameters, Configured],
) -> Callable[_Parameters, Sequence[DltResource]]:
    """The function that makes the resources, with the parameters and words of ``configure``."""

    @functools.wraps(configure)
    def resources(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> Sequence[DltResource]:
        configured = configure(*args, **kwargs)
        owned = configured.connections[0].tells_owner
        names = Names(CALLS_REPORT)
        report = _report_resource(configured, names)
        return [
            *_with_tables(report, configured.fields, names, owned=owned),
            *reference_resources(configured.connections, configured.settings),
        ]

    resources.__annotations__["return"] = Sequence[DltResource]
    return resources


uis_source = dlt.source(
    _source(configure), name=SOURCE, section=SOURCE, max_table_nesting=0, _impl_cls=UisSource
)


def configured(**given: Any) -> Configured:
    """What ``uis_source`` would read with these parameters and dlt's configuration."""
    resolved = with_config(configure, sections=(known_sections.SOURCES, SOURCE))
    return resolved(**given)


@dlt.source(name=SOURCE, section=SOURCE, max_table_nesting=0)
def chunk_source(chunk: Any) -> Sequence[DltResource]:
    """The same tables for a chunk of a backfill or a repair; it leaves the cursor alone."""

    def calls_report() -> Iterator[Item | None]:
        remember_standing()
        yield from in_turns(chunk.pages())
        chunk.remember(dlt.current.source_state())

    report = dlt.resource(calls_report, name=REPORT, selected=False)
    extraction = chunk.extraction
    return _with_tables(report, chunk.fields, extraction.names, owned=extraction.is_owned)


def _with_tables(
    report: DltResource, asked: Sequence[str], names: Names, *, owned: bool
) -> Sequence[DltResource]:
    return [
        report,
        _calls_resource(report, asked, names.of(), owned=owned),
        *(
            _child_resource(report, array, names.of(array.name), owned=owned)
            for array in CALLS_REPORT.arrays
            if array.name in asked
        ),
        _windows_resource(report, owned=owned),
    ]


def _report_resource(configured: Configured, names: Names) -> DltResource:
    settings, connections = configured.settings, configured.connections

    def current_names() -> Names:
        names.know(_known(), dlt.current.source_schema().naming)
        return names

    if connections[0].tells_owner:
        return customers_resource(connections, settings, current_names)
    return report_resource(connections[0], settings, configured.start_time, current_names)


def _known() -> StoredColumns:
    """Columns beyond the documented fields that this source, or another one, has added.

    It is asked for when reading begins, so where the warehouse stands then is remembered here, too.
    """
    resources = dlt.current.source().resources
    tables = {name: table_of(resources[name]) for name in CALLS_REPORT.tables if name in resources}
    ours = columns_of(dlt.current.source_schema())
    with hosts_pipeline() as host:
        remember_standing(host)
        theirs = current_columns(host, tuple(tables.values()))
    found = {**ours, **{name: with_names(theirs[name], ours.get(name, {})) for name in theirs}}
    return known_columns(
        {name: found[table] for name, table in tables.items() if table in found},
    )


def columns_of(schema: Schema) -> Mapping[str, TTableSchemaColumns]:
    """Columns by table, as a schema has them."""
    return {name: table["columns"] for name, table in schema.tables.items()}


def known_columns(tables: Mapping[str, TTableSchemaColumns]) -> StoredColumns:
    """Columns that earlier runs have added to the tables, with their types and names."""
    return stored_columns_of(CALLS_REPORT, tables)


def _calls_resource(
    report: DltResource, asked: Sequence[str], names: TableNames, *, owned: bool
) -> DltResource:
    key = _key(CALLS_REPORT.key, owned=owned)
    merge, empty = Instructions(key, CALLS_REPORT.cursor, names), EmptyTable()

    def calls(item: Item) -> Any:
        # not the one below: what the user's hints are set on is a copy of it
        current = dlt.current.resource()
        warn_where_nothing_merges(item, current)
        rows, hints = empty.sent(_rows(item), item)
        return merge.attached(rows, item, current, hints)

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
        file_format=FORMAT,
        primary_key=key,
        columns=report_columns(CALLS_REPORT, asked, owned=owned),
    )
    return bigquery_adapter(replaces_by(resource, *key), cluster=[CALLS_REPORT.key])


def _child_resource(
    report: DltResource, array: Array, names: TableNames, *, owned: bool
) -> DltResource:
    key = _key(CALL_ID, owned=owned)
    merge, empty = Instructions(key, CALL_START, names), EmptyTable()

    def elements(item: Item) -> Any:
        current = dlt.current.resource()
        rows, hints = empty.sent(_rows(item, current), item)
        return merge.attached(rows, item, current, hints)

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
        file_format=FORMAT,
        # the merge deletes by call, so that vanished elements go, and takes each position once,
        # even if a job that was killed after its commit is run again
        primary_key=(*key, POSITION),
        merge_key=key,
        columns=child_columns(array, owned=owned),
        references=[
            {
                "columns": list(key),
                "referenced_table": CALLS_REPORT.table,
                "referenced_columns": list(_key(CALLS_REPORT.key, owned=owned)),
            }
        ],
    )
    return bigquery_adapter(replaces_by(resource, *key), cluster=[CALL_ID])


def _windows_resource(report: DltResource, *, owned: bool) -> DltResource:
    def windows(item: Item) -> pa.Table | None:
        rows = windows_table(item, load_id())
        return None if rows is None or adds_nothing(SYNC_WINDOWS, rows) else rows

    resource: DltResource = dlt.transformer(
        windows,
        data_from=report,
        name=SYNC_WINDOWS,
        write_disposition=MERGE,
        file_format=FORMAT,
        primary_key=_key(LOAD_ID, "window_start", owned=owned),
        columns=window_columns(owned=owned),
    )
    return replaces_by(resource, LOAD_ID)


def _key(*columns: str, owned: bool) -> tuple[str, ...]:
    """A key; among several customers nothing says that ids are unique."""
    return (*columns, USER_ID) if owned else columns


def load_id() -> str:
    """Id of the load package that is being extracted; none where rows are only looked at."""
    try:
        return load_package_state()["load_id"]
    except CurrentLoadPackageStateNotAvailable:
        return ""
