"""The dlt source: for each report a hidden resource with its cursor, and the tables of it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, ParamSpec, Protocol

import dlt
import pyarrow as pa
from dlt.destinations.impl.bigquery.bigquery_adapter import bigquery_adapter
from dlt.extract.reference import SourceFactory
from dlt.extract.resource import DltResource

from ..decoding.names import Names, StoredColumns, TableNames, stored_columns_of
from ..reports.fields import Child, Report
from ..reports.own_names import DELETED, LOAD_ID, OWNER_COLUMNS, SOURCE, USER_ID
from ..tables.columns import child_columns, report_columns
from ..tables.merging import MERGE, Instructions, merges, replaces_by, warn_where_nothing_merges
from ..tables.rows import Item, Notice, child_table, page_of, report_table
from ..warehouse.asked_standing import remember_standing
from ..warehouse.columns import adds_nothing
from ..warehouse.run import current_run
from .changes import TableChanges
from .empty_tables import FORMAT, EmptyTable
from .extraction import Extraction
from .limiting import UisSource
from .list_settings import ListSettings
from .list_tables import list_tables
from .load_ids import load_id
from .parameters import Configured, configure
from .reading_order import ReadingOrder
from .reference_data import RESOURCE, ReferenceData
from .report_resource import customers_resource, report_resource
from .settings import ReportSettings
from .stored_tables import stored_tables
from .turns import in_turns
from .window_log import WindowLog, windows_resource

_Parameters = ParamSpec("_Parameters")

CLICKHOUSE_PARTITION = "x-clickhouse-partition"
"""dlt's hint of a table: the expression that ClickHouse partitions it by."""


def _source(
    configure: Callable[_Parameters, Configured], *, offers_lists: bool
) -> SourceFactory[_Parameters, UisSource]:
    """The source, with the parameters and words of ``configure``.

    Args:
        offers_lists: lists that the settings do not name are there to be selected.
    """

    @functools.wraps(configure)
    def resources(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> Sequence[DltResource]:
        configured = configure(*args, **kwargs)
        owned, log = configured.tells_owner, WindowLog()
        reports = [asked.report for asked in configured.reports]
        order = ReadingOrder(
            reports, configured.connections, configured.settings, log, last=RESOURCE
        )
        made: list[DltResource] = []
        for asked in configured.reports:
            names = Names(asked.report)
            reading = _report_resource(configured, order, asked, names)
            made += _with_tables(reading, asked, names, owned=owned)
        lists = configured.lists if offers_lists else configured.named_lists
        return [*made, windows_resource(log, owned=owned), *_lists(configured, lists, order)]

    # dlt looks for the names of types where a function stands: these stand with its parameters
    signature = inspect.signature(configure, eval_str=True)
    resources.__signature__ = signature.replace(  # type: ignore[attr-defined]
        return_annotation=Sequence[DltResource]
    )
    return dlt.source(
        resources, name=SOURCE, section=SOURCE, max_table_nesting=0, _impl_cls=UisSource
    )


def _lists(
    configured: Configured, lists: Sequence[ListSettings], order: ReadingOrder
) -> Iterator[DltResource]:
    """What reads lists, and their tables; selected are those that the settings name."""
    settings = configured.settings
    names = {asked.listing.table: Names(asked.listing) for asked in lists}
    reading = ReferenceData(lists, names, configured.connections, settings).resource(order)
    yield reading
    for asked in lists:
        listing = asked.listing
        yield from list_tables(
            reading, asked, names[listing.table],
            owned=configured.tells_owner and not listing.of_agent,
            selected=listing.table in settings.reference_data,
        )  # fmt: skip


uis_source = _source(configure, offers_lists=True)

command_source = _source(configure, offers_lists=False)
"""The same for commands, where nobody selects a list by hand. The resources of those that are not
named would be 3 % of a sync that finds nothing new."""


class Chunk(Protocol):
    """What a backfill or a repair reads at once, with settings of its own."""

    @property
    def extraction(self) -> Extraction: ...

    def pages(self) -> Generator[Item, None, None]:
        """What the tables are made from."""

    def remember(self, state: dict[str, Any]) -> None:
        """Notes in the state of the source, which travels with the rows, what is done by them."""


@dlt.source(name=SOURCE, section=SOURCE, max_table_nesting=0)
def chunk_source(chunk: Chunk) -> Sequence[DltResource]:
    """The same tables for a chunk of a backfill or a repair; it leaves the cursor alone."""

    extraction, log = chunk.extraction, WindowLog()
    report, owned = extraction.report, extraction.is_owned

    def items() -> Generator[Item, None, None]:
        for item in chunk.pages():
            if isinstance(item, Notice) and item.window:
                log.note(item)
            else:
                yield item
            del item  # so that it is not held while the next one is waited for

    def pages() -> Iterator[Item | None]:
        log.is_over = False
        remember_standing()
        yield from in_turns(items(), report.tables)
        chunk.remember(dlt.current.source_state())
        log.is_over = True

    reading = dlt.resource(pages, name=report.resource, selected=False)
    tables = _with_tables(reading, extraction.asked, extraction.names, owned=owned)
    return [*tables, windows_resource(log, owned=owned)]


def _with_tables(
    reading: DltResource, asked: ReportSettings, names: Names, *, owned: bool
) -> Sequence[DltResource]:
    return [
        reading,
        _table_resource(reading, asked, names.of(), owned=owned),
        *(
            _child_resource(reading, asked, child, names.of(child.name), owned=owned)
            for child in asked.report.children
            if child.top.asked in asked.wanted
        ),
    ]


def _report_resource(
    configured: Configured, order: ReadingOrder, asked: ReportSettings, names: Names
) -> DltResource:
    settings = configured.settings

    def current_names() -> Names:
        names.know(_known(asked.report), dlt.current.source_schema().naming)
        return names

    if configured.tells_owner or asked.report.is_of_days:
        return customers_resource(order, asked, settings, current_names)
    return report_resource(order, asked, settings, configured.start_time, current_names)


def _known(report: Report) -> StoredColumns:
    """Columns beyond the documented fields that this source, or another one, has added."""
    described, there = stored_tables(report.tables)
    return stored_columns_of(report, {**described, **there})


def _table_resource(
    reading: DltResource, asked: ReportSettings, names: TableNames, *, owned: bool
) -> DltResource:
    report, wanted = asked.report, asked.wanted
    replaced_by = _key(*report.replaced_by, owned=owned)
    merge = Instructions(replaced_by, report.cursor, names, is_date=report.is_of_days)
    empty = EmptyTable()
    known = {*(field.name for field in report.scalars), LOAD_ID, DELETED, *OWNER_COLUMNS}
    changes = TableChanges(report.table, known, told=asked.tell_changes)

    def records(item: Item) -> Any:
        # not the one below: what the user's hints are set on is a copy of it
        current = dlt.current.resource()
        warn_where_nothing_merges(item, current)
        rows, hints = empty.sent(_rows(item), item)
        return merge.attached(rows, item, current, hints)

    def _rows(item: Item) -> pa.Table | None:
        page = page_of(item)
        if page is None:
            return None
        rows = report_table(page, report, load_id())
        marks = rows.num_rows - rows[DELETED].null_count if DELETED in rows.column_names else 0
        current_run().progress.loaded(report.table, rows.num_rows - marks)
        changes.note(rows)
        return None if adds_nothing(report.table, rows) else rows

    resource: DltResource = dlt.transformer(
        records,
        data_from=reading,
        name=report.table,
        write_disposition=MERGE,
        file_format=FORMAT,
        primary_key=_key(*report.key, owned=owned),
        merge_key=replaced_by if report.days else (),
        columns=report_columns(report, wanted, owned=owned),
    )
    return _partitioned(replaces_by(resource, *replaced_by), report.cursor, report.key)


def _child_resource(
    reading: DltResource, asked: ReportSettings, child: Child, names: TableNames, *, owned: bool
) -> DltResource:
    report = asked.report
    replaced_by = _key(*child.replaced_by, owned=owned)
    merge = Instructions(replaced_by, report.child_cursor, names, is_date=report.is_of_days)
    empty = EmptyTable()
    columns = child_columns(child, owned=owned)
    changes = TableChanges(child.table, columns, told=asked.tell_changes)

    def elements(item: Item) -> Any:
        current = dlt.current.resource()
        rows, hints = empty.sent(_rows(item, current), item)
        return merge.attached(rows, item, current, hints)

    def _rows(item: Item, current: DltResource) -> pa.Table | None:
        page = page_of(item)
        if page is None:
            return None
        rows = child_table(page, child, load_id(), tombstones=merges(current))
        if rows is None or adds_nothing(current.name, rows):
            return None
        changes.note(rows)
        current_run().progress.loaded(current.name, rows[DELETED].null_count)
        return rows

    record = _key(*report.key, owned=owned)
    of_record = _key(*map(report.child_column, report.key), owned=owned)
    resource: DltResource = dlt.transformer(
        elements,
        data_from=reading,
        name=child.table,
        write_disposition=MERGE,
        file_format=FORMAT,
        # the merge deletes by record, so that vanished elements go, and takes each position once,
        # even if a job that was killed after its commit is run again
        primary_key=_key(*child.key, owned=owned),
        merge_key=replaced_by,
        columns=columns,
        references=[
            {
                "columns": list(of_record),
                "referenced_table": report.table,
                "referenced_columns": list(record),
            }
        ],
    )
    return _partitioned(
        replaces_by(resource, *replaced_by), report.child_cursor, of_record[: len(report.key)]
    )


def _partitioned(resource: DltResource, time: str, key: Sequence[str]) -> DltResource:
    """The resource, whose rows lie by time and key where a warehouse can do that: by days on
    BigQuery, by months on ClickHouse. dlt's common hint would make a partition of each second."""
    resource.apply_hints(additional_table_hints={CLICKHOUSE_PARTITION: f"toYYYYMM({time})"})
    # BigQuery clusters by four columns at most
    cluster = [each for each in key if each != time][:4]
    adapted: DltResource = bigquery_adapter(resource, partition=time, cluster=cluster)
    return adapted


def _key(*columns: str, owned: bool) -> tuple[str, ...]:
    """A key; among several customers nothing says that ids are unique."""
    return (*columns, USER_ID) if owned else columns
