"""From a page of a report to the tables of the warehouse: Arrow in, Arrow out.

The report's own table takes the scalars. Each array becomes rows of a child table of its own, with
the record's key and cursor. A record whose array is empty gets one row that is marked as deleted:
the merge takes the record's rows out of the warehouse and does not put that row in, so that
elements which vanished at the source vanish from the warehouse too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ..decoding.arrays import mapped, numbers, whole
from ..decoding.shape import EXACT, REPLACED, Shape
from ..localtime.windows import Window
from ..localtime.zones import Zone
from ..reading.reader import WindowReport
from ..reports.fields import NAIVE_TIME, TIMESTAMP, VALUE, Child, Listing, Report
from ..reports.own_names import (
    ADOPTIONS,
    APP_ID,
    BRAND,
    CREDENTIAL,
    DELETED,
    LOAD_ID,
    OWNER_COLUMNS,
    PURPOSE,
    REPORT,
    USER_ID,
)

WINDOW_COLUMNS: Mapping[str, tuple[pa.DataType, str]] = {
    "window_start": (TIMESTAMP, "Start of the window that was read, inclusive."),
    "window_end": (TIMESTAMP, "End of the window that was read, exclusive."),
    "total_items": (
        pa.int64(),
        "Records in the window, as the API promised them; if not, those that came.",
    ),
    "rows": (pa.int64(), "Records in the window that were received."),
    "requests": (pa.int64(), "Requests that the window took."),
    "points": (pa.int64(), "Points that the window cost."),
    "started_at": (TIMESTAMP, "When reading the window began."),
    "finished_at": (TIMESTAMP, "When reading the window ended."),
    "timezone": (pa.string(), "Zone (IANA name) in which the window's records were read."),
    "short": (pa.int64(), "Records that the API promised and does not return; 0 as a rule."),
    "refused": (pa.int64(), "Records that were kept out: their id or start can't be read."),
    APP_ID: (pa.int64(), "Account that was read (get.account); null where the API does not tell."),
    USER_ID: (pa.int64(), "Customer that was read, of an agent's; a setting of user_id."),
    BRAND: (pa.string(), "Brand of the account; a setting of brand."),
    CREDENTIAL: (pa.string(), "Fingerprint (SHA-256) of the API's address and the token or login."),
    ADOPTIONS: (pa.int64(), "How often another account had taken the tables over (--adopt)."),
    REPORT: (pa.string(), "Report that the window was read of, by the name of its table."),
    PURPOSE: (
        pa.string(),
        "What it was read for: late sales, if only records with those were asked for; else null.",
    ),
}
"""Columns of ``sync_windows``: type and meaning."""

WINDOW_OPTIONAL = frozenset(
    ("timezone", "short", "refused", APP_ID, USER_ID, BRAND, CREDENTIAL, ADOPTIONS, REPORT, PURPOSE)
)
"""Columns of ``sync_windows`` that rows of earlier versions lack."""


def owned(calls: pa.Table, owner: Mapping[str, int | None] | None) -> pa.Table:
    """The page with its owner's columns, if customers are to be told apart."""
    for name, value in (owner or {}).items():
        ids = pa.repeat(pa.scalar(value, pa.int64()), len(calls))
        calls = calls.append_column(name, ids)
    return calls


def to_instants(records: pa.Table, listing: Listing, zone: Zone) -> pa.Table:
    """Turns every naive time of a page, nested ones too, into an instant (UTC).

    Times that came with an offset are instants already, in a column beside their own. Key and
    cursor are marked as never null, else dlt's incremental would copy each page twice to
    look for calls without a cursor.
    """
    columns = {name: whole(records[name]) for name in records.column_names if name != REPLACED}
    return _keyed(pa.table(_all_instants(columns, zone)), listing.carried)


def _all_instants(columns: Mapping[str, pa.Array], zone: Zone) -> dict[str, pa.Array]:
    found = {}
    for name, column in columns.items():
        if not name.endswith(EXACT):
            found[name] = _instants(column, zone)
            exact = columns.get(name + EXACT)
            if exact is not None:
                found[name] = pc.coalesce(exact, found[name])
    return found


def _instants(column: pa.Array, zone: Zone) -> pa.Array:
    type_ = column.type
    if type_ == NAIVE_TIME:
        return zone.to_utc(column)
    if pa.types.is_list(type_) and pa.types.is_struct(type_.value_type):
        return mapped(column, lambda elements: _instants(elements, zone))
    if pa.types.is_struct(type_):
        names = [field.name for field in type_]
        columns = _all_instants(dict(zip(names, column.flatten(), strict=True)), zone)
        return pa.StructArray.from_arrays(
            list(columns.values()),
            names=list(columns),
            mask=column.is_null() if column.null_count else None,
        )
    return column


def replaced_in(calls: pa.Table) -> int:
    """How many texts of a page's calls were repaired."""
    if REPLACED not in calls.column_names:
        return 0
    return int(pc.sum(calls[REPLACED]).as_py() or 0)


def report_table(page: pa.Table, listing: Listing, load_id: str) -> pa.Table:
    """The rows of the report's own table: all scalars of the page, and ``_dlt_load_id``."""
    scalars = [field.name for field in page.schema if not pa.types.is_list(field.type)]
    keys = {*listing.carried, USER_ID}
    return _stamped(_keyed(page.select(scalars), keys), load_id)


def child_table(page: pa.Table, child: Child, load_id: str, *, tombstones: bool) -> pa.Table | None:
    """The rows of a child table, ``None`` if the page does not have its array.

    Columns: the record's key and cursor (of calls: ``call_id``, int64, and ``call_start_time``,
    timestamp[us, UTC]), ``position`` (int64, from 0) and before it those of the elements that it is
    in, the element's fields or ``value``, ``_deleted`` (bool; with ``tombstones`` true in one row
    for each record without elements, else null; not where the table is replaced as a whole), the
    owner's columns if the page has them, ``_dlt_load_id``.
    """
    found = _elements(page, child)
    if found is None:
        return None
    elements, records, positions = found
    schema = _child_schema(page.schema, child, elements.type)
    if not page.num_rows:
        return _stamped(schema.empty_table(), load_id)
    owner = [name for name in OWNER_COLUMNS if name in page.column_names]
    columns = [
        *(whole(page[name]).take(records) for name in child.listing.carried),
        *positions,
        *(values for _, values in _scalars_of(elements)),
        *([pa.nulls(len(elements), pa.bool_())] if DELETED in schema.names else ()),
        *(whole(page[name]).take(records) for name in owner),
    ]
    rows = pa.Table.from_arrays(columns, schema=schema)
    if tombstones:
        rows = pa.concat_tables([rows, _tombstones(page, child, records, schema)])
    return _stamped(rows, load_id)


def _elements(page: pa.Table, child: Child) -> tuple[pa.Array, pa.Array, list[pa.Array]] | None:
    """The elements of a child table, to which record of the page each belongs, and its places."""
    if child.top.name not in page.column_names:
        return None
    lists = whole(page[child.top.name])
    records = pc.list_parent_indices(lists).cast(pa.int64())
    positions = [_positions(lists, records)]
    elements = lists.flatten()
    for array in child.path[1:]:
        place = elements.type.get_field_index(array.name)
        if place < 0:
            return None
        lists = elements.flatten()[place]
        outer = pc.list_parent_indices(lists).cast(pa.int64())
        positions = [*(each.take(outer) for each in positions), _positions(lists, outer)]
        records, elements = records.take(outer), lists.flatten()
    return elements, records, positions


def _scalars_of(elements: pa.Array) -> list[tuple[pa.Field, pa.Array]]:
    """The columns of elements, but for arrays in them, which have tables of their own."""
    if not pa.types.is_struct(elements.type):
        return [(pa.field(VALUE, elements.type), elements)]
    columns = zip(elements.type, elements.flatten(), strict=True)
    return [(field, values) for field, values in columns if not pa.types.is_list(field.type)]


def _child_schema(page: pa.Schema, child: Child, element: pa.DataType) -> pa.Schema:
    carried = zip(child.carried, child.listing.carried, strict=True)
    owner = [page.field(name) for name in OWNER_COLUMNS if name in page.names]
    is_merged = bool(child.replaced_by or owner)
    fields = [
        *(pa.field(column, page.field(name).type) for column, name in carried),
        *(pa.field(name, pa.int64()) for name in child.positions),
        *(field for field, _ in _scalars_of(pa.nulls(0, element))),
        *([pa.field(DELETED, pa.bool_())] if is_merged else ()),
        *owner,
    ]
    return _with_keys(fields, {*child.carried, *child.positions, USER_ID})


def _positions(lists: pa.ListArray, parents: pa.Array) -> pa.Array:
    """Each element's index within its own list."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).cast(pa.int64())
    starts = pc.subtract(pc.cumulative_sum(lengths), lengths)
    return pc.subtract(numbers(len(parents)), starts.take(parents))


def _tombstones(page: pa.Table, child: Child, records: pa.Array, schema: pa.Schema) -> pa.Table:
    """Rows for the records that have no elements."""
    has_some = pc.is_in(numbers(page.num_rows), value_set=records)
    owner = [name for name in OWNER_COLUMNS if name in page.column_names]
    carried = child.listing.carried
    without = page.select([*carried, *owner]).filter(pc.invert(has_some))
    nothing = pa.repeat(pa.scalar(0, pa.int64()), len(without))
    given: dict[str, Any] = {
        **dict(zip(child.carried, (without[name] for name in carried), strict=True)),
        **dict.fromkeys(child.positions, nothing),
        DELETED: pa.repeat(pa.scalar(True), len(without)),
        **{name: without[name] for name in owner},
    }
    return pa.table(
        [given.get(field.name, pa.nulls(len(without), field.type)) for field in schema],
        schema=schema,
    )


def list_page(
    page: pa.Table, listing: Listing, shape: Shape, owner: Mapping[str, int | None] | None
) -> pa.Table:
    """All records of a list, with all fields of a shape; and with the owner's columns, if customers
    are told apart.

    A customer's list makes way for the one that comes, also where that has no records: then there
    is one that is marked as deleted.
    """
    names = empty_page(listing, shape).schema
    for field in names:
        if field.name not in page.column_names:
            page = page.append_column(field, pa.nulls(page.num_rows, field.type))
    documented = names.names
    page = page.select([*documented, *(n for n in page.column_names if n not in documented)])
    if owner is None:
        return page
    page = page.append_column(DELETED, pa.nulls(page.num_rows, pa.bool_()))
    if not page.num_rows:
        nothing = {name: _ZEROS[page.schema.field(name).type] for name in listing.key}
        mark = pa.Table.from_pylist([{**nothing, DELETED: True}], schema=page.schema)
        page = pa.concat_tables([page, mark])
    return owned(page, owner)


_ZEROS: Mapping[pa.DataType, Any] = {pa.int64(): 0, pa.string(): ""}


def _stamped(rows: pa.Table, load_id: str) -> pa.Table:
    stamp = pa.repeat(pa.scalar(load_id, pa.string()), len(rows))
    return rows.append_column(pa.field(LOAD_ID, pa.string(), nullable=False), stamp)


def _keyed(rows: pa.Table, keys: Collection[str]) -> pa.Table:
    """Marks ``keys`` as never null, as the warehouse's columns are."""
    return pa.Table.from_arrays(rows.columns, schema=_with_keys(rows.schema, keys))


def _with_keys(fields: Iterable[pa.Field], keys: Collection[str]) -> pa.Schema:
    return pa.schema([field.with_nullable(field.name not in keys) for field in fields])


class Notice(list[Any]):
    """An item without calls: an empty page, and maybe the report of a window that was read.

    The first one tells the ``span``, in local time, that all calls to come lie in; with the last
    one, which ``is_last``, all has come.

    It is an empty list because dlt's incremental lets those pass untouched; an empty Arrow table
    would upset a cursor that has a lag.
    """

    def __init__(
        self,
        page: pa.Table,
        window: Mapping[str, Any] | None = None,
        *,
        span: Window | None = None,
        is_last: bool = False,
    ) -> None:
        super().__init__()
        self.page = page
        self.window = window
        self.span = span
        self.is_last = is_last


Item: TypeAlias = pa.Table | Notice
"""What the report's resource yields: a page of calls, or a notice."""


def page_of(item: Item) -> pa.Table | None:
    """The page of an item; the first notice's has no calls, but all columns.

    ``None`` for the notice of a window, which brings the tables nothing.
    """
    if isinstance(item, Notice):
        return None if item.window else item.page
    return item


def window_notice(
    page: pa.Table,
    report: Report,
    read: WindowReport,
    zone: Zone,
    owner: Mapping[str, Any] | None = None,
    purpose: str | None = None,
) -> Notice:
    """A notice of a report's window that was read to its end; ``owner`` says whose calls it has."""
    return Notice(
        page,
        {
            "window_start": zone.instant(read.window.start),
            "window_end": zone.instant(read.window.end),
            "total_items": read.promised,
            "rows": read.received,
            "requests": read.requests,
            "points": read.requests,
            "started_at": read.started_at,
            "finished_at": read.finished_at,
            "timezone": zone.name,
            "short": read.short,
            "refused": read.refused,
            **(owner or {}),
            REPORT: report.table,
            PURPOSE: purpose,
        },
    )


def window_rows(windows: Sequence[Notice], load_id: str, *, owned: bool) -> pa.Table:
    """The rows of ``sync_windows`` that notices of windows bring.

    Args:
        owned: the customer is a part of the key.
    """
    optional = WINDOW_OPTIONAL - {USER_ID} if owned else WINDOW_OPTIONAL
    schema = pa.schema([pa.field(n, t, n in optional) for n, (t, _) in WINDOW_COLUMNS.items()])
    rows = [dict(each.window or {}) for each in windows]
    return _stamped(pa.Table.from_pylist(rows, schema=schema), load_id)


def empty_page(listing: Listing, shape: Shape) -> pa.Table:
    """A page of the given shape without records, times as instants."""
    of_request = [field for field in listing.scalars if field.of_request]
    fields = [
        *(pa.field(each.name, each.type.column) for each in of_request),
        *(pa.field(each.name, _column_type(each.type)) for each in shape.record),
    ]
    if listing.replaced_by not in ((), listing.key):
        fields.append(pa.field(DELETED, pa.bool_()))
    return _with_keys(fields, listing.carried).empty_table()


def _column_type(type_: pa.DataType) -> pa.DataType:
    if type_ == NAIVE_TIME:
        return TIMESTAMP
    if pa.types.is_list(type_):
        return pa.list_(_column_type(type_.value_type))
    if pa.types.is_struct(type_):
        return pa.struct([pa.field(f.name, _column_type(f.type)) for f in type_])
    return type_
