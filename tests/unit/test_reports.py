"""What holds for the table of each report, and for all of them together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from dlt.common.libs.pyarrow import py_arrow_to_table_schema_columns
from dlt.common.schema.typing import TTableSchemaColumns

from dlt_uis.api.brands import BRANDS
from dlt_uis.decoding.decoder import Decoder
from dlt_uis.decoding.shape import shape_of
from dlt_uis.reports import REPORTS, VARIANTS, of_brand
from dlt_uis.reports.fields import PART, VALUE, Array, Child, Field, Report, Type
from dlt_uis.reports.own_names import DELETED, POSITION, SYNC_WINDOWS, VERIFIED_DAYS
from dlt_uis.source.reference_data import LISTS
from dlt_uis.tables.columns import child_columns, report_columns
from dlt_uis.tables.rows import child_table, empty_page, report_table, to_instants
from dlt_uis.warehouse.indexes import wanted_indexes

from .test_decoding import ZONE, body

LONGEST_NAME = 63
"""Characters of a name on Postgres, which cuts longer ones off."""

EVERY = pytest.mark.parametrize(
    "report", VARIANTS, ids=lambda report: f"{report.table} by {report.key[0]}"
)

CONTRACT = {
    "calls": ("get.calls_report", ("id",), "start_time"),
    "call_legs": ("get.call_legs_report", ("id",), "start_time"),
    "financial_call_legs": (
        "get.financial_call_legs_report", ("call_session_id", "leg_id"), "start_time",
    ),
    "communications": ("get.communications_report", ("id",), "date_time"),
    "chats": ("get.chats_report", ("id",), "date_time"),
    "chat_messages": ("get.chat_messages_report", ("id",), "date_time"),
    "offline_messages": ("get.offline_messages_report", ("id",), "date_time"),
    "goals": ("get.goals_report", ("communication_id", "id", "date_time"), "date_time"),
    "visitor_sessions": ("get.visitor_sessions_report", ("id",), "date_time"),
    "employee_stat": ("get.employee_stat", ("date", "id"), "date"),
    "campaign_daily_stat": ("get.campaign_daily_stat", ("site_id", "date", "position"), "date"),
}  # fmt: skip
"""What users' queries and settings lean on."""


def test_reports_keep_their_names_keys_and_cursors() -> None:
    found = {name: (each.method, each.key, each.cursor) for name, each in REPORTS.items()}
    assert found == CONTRACT
    assert [*found] == [*CONTRACT]


def test_only_what_the_api_allows_is_asked_of_it() -> None:
    """What can't be sorted by is cut into windows, and a crowded second read by other means."""
    sortable = {name for name, report in REPORTS.items() if report.is_sortable}
    assert REPORTS.keys() - sortable == {"goals", "visitor_sessions", "employee_stat"}
    ranged = {report.ranged for report in REPORTS.values() if report.key != ("id",)}
    assert ranged == {None, "leg_id"}
    assert REPORTS["visitor_sessions"].ranged is None
    days = {name: report.longest_window.days for name, report in REPORTS.items()}
    assert (days.pop("chat_messages"), days.pop("campaign_daily_stat")) == (29, 89)
    assert {*days.values()} == {88}


def test_messages_without_an_id_are_replaced_by_chat() -> None:
    """On Novofon; the tables have the same columns for all brands."""
    ours = REPORTS["chat_messages"]
    theirs = of_brand(ours, "novofon")
    assert (theirs.key, theirs.replaced_by) == (("chat_id", POSITION), ("chat_id",))
    assert all(of_brand(ours, brand) is ours for brand in ("uis", "comagic", "callgear", None))
    told = [report_columns(each, each.names) for each in (ours, theirs)]
    assert told[0].keys() == told[1].keys() - {DELETED}
    assert [each["id"]["nullable"] for each in told] == [False, True]
    assert [each[POSITION]["nullable"] for each in told] == [True, False]
    indexed = {index.columns for index in wanted_indexes() if index.table == ours.table}
    assert {ours.key, theirs.key} < indexed


def described(report: Report) -> Iterator[Field | Array]:
    yield from report.scalars
    for child in report.children:
        yield child.array
        yield from child.array.items


@EVERY
def test_key_and_cursor_are_there_and_can_be_relied_on(report: Report) -> None:
    cursor = report.scalar(report.cursor)
    assert cursor is not None and cursor.type in (Type.TIMESTAMP, Type.DATE)
    key = [report.scalar(name) for name in report.key]
    types = {field.type for field in key if field is not None}
    assert None not in key and types <= {Type.BIGINT, Type.DATE, Type.TIMESTAMP}
    if report.ranged is not None:
        ranged = report.scalar(report.ranged)
        assert ranged is not None and ranged.filterable and ranged.type is Type.BIGINT
    assert {*report.days} <= {*report.key}
    for brand in BRANDS:
        if of_brand(report, brand) == report:
            assert not {*report.required} & {*report.lacking(brand)}


@EVERY
def test_each_name_stands_once(report: Report) -> None:
    own = [*(field.name for field in report.scalars), *(array.name for array in report.arrays)]
    assert len(own) == len(set(own))
    assert not {*own} & {*report.objects}
    for child in report.children:
        names = [
            *child.carried, *child.positions, DELETED,
            *(item.name for item in child.array.items), *(each.name for each in child.array.arrays),
        ]  # fmt: skip
        assert len(names) == len(set(names)), child.table


@EVERY
def test_everything_is_described_in_one_sentence(report: Report) -> None:
    for each in described(report):
        assert re.fullmatch(r"[A-Z].*[^.]\.", each.description), each.name
        assert ". " not in each.description, each.name
        assert len(each.values) == len(set(each.values)), each.name
        assert {*each.lacking} < {*BRANDS}, each.name


@EVERY
def test_an_array_has_what_its_kind_needs(report: Report) -> None:
    for child in report.children:
        if child.array.dictionary:
            assert len(child.array.items) == 2
        if child.array.arrays:
            assert child.array.noun


def test_tables_and_nouns_are_told_apart() -> None:
    tables = [table for report in REPORTS.values() for table in report.tables]
    tables += [*LISTS, SYNC_WINDOWS, VERIFIED_DAYS]
    assert len(tables) == len(set(tables))
    for names in ("noun", "method", "resource"):
        assert len({getattr(report, names) for report in REPORTS.values()}) == len(REPORTS), names


def test_names_are_short_enough_for_postgres() -> None:
    """It cuts longer ones off, without a word, and two may become one."""
    for report in REPORTS.values():
        names = [*report.tables, *(column.field.name for column in report.columns)]
        names += [name for child in report.children for name in (*child.carried, *child.positions)]
        assert [name for name in names if len(name) > LONGEST_NAME] == []
    for owned in (False, True):
        indexes = [index.name for index in wanted_indexes(owned=owned)]
        assert len(indexes) == len(set(indexes))
        assert [name for name in indexes if len(name) > LONGEST_NAME] == []


@EVERY
def test_the_warehouse_is_told_of_the_columns_that_come(report: Report) -> None:
    page = empty_page(report, shape_of(report))
    assert_told(report_columns(report, report.names), report_table(page, report, "1"))
    for child in report.children:
        rows = child_table(page, child, "1", tombstones=True)
        assert rows is not None, child.table
        assert_told(child_columns(child), rows)


def assert_told(columns: TTableSchemaColumns, rows: pa.Table) -> None:
    came = py_arrow_to_table_schema_columns(rows.schema)
    assert came.keys() == columns.keys() - ({DELETED} - came.keys())
    for name, hints in came.items():
        assert hints["data_type"] == columns[name]["data_type"], name
        assert hints.get("nullable", True) == columns[name].get("nullable", True), name


@EVERY
def test_every_field_of_an_answer_comes_to_its_column(report: Report) -> None:
    record = {field.name: sent(field) for field in report.scalars if not field.inside}
    record |= {array.name: elements(array) for array in report.arrays if not array.inside}
    for each in report:
        if each.inside:
            value = elements(each) if isinstance(each, Array) else sent(each)
            record.setdefault(each.inside, {})[each.name.removeprefix(each.inside + PART)] = value
    answered = {name: record[name] for name in report.names}
    page = Decoder(report, ZONE).decode(body(answered), report.names).data
    assert page is not None and page.num_rows == 1
    for field in report.scalars:
        if field.of_request:
            page = page.append_column(field.name, pa.array([expected(field)], field.type.column))
    page = to_instants(page, report, ZONE)
    (row,) = report_table(page, report, "1").to_pylist()
    for field in report.scalars:
        assert row[field.name] == expected(field), field.name
    for child in report.children:
        assert_elements(page, child)


def assert_elements(page: pa.Table, child: Child) -> None:
    table = child_table(page, child, "1", tombstones=True)
    assert table is not None
    rows = table.to_pylist()
    depth = len(child.path)
    places = [tuple(row[name] for name in child.positions) for row in rows]
    assert places == [tuple(map(int, f"{number:0{depth}b}")) for number in range(2**depth)]
    for row in rows:
        for name, column in zip(child.listing.carried, child.carried, strict=True):
            field = child.listing.scalar(name)
            assert field is not None and row[column] == expected(field)
        if child.array.dictionary:
            assert list(row.values())[len(child.carried) + 1 :][:2] == [f"key{row[POSITION]}", 7]
        elif not child.array.is_of_objects:
            assert row[VALUE] == f"text{row[POSITION]}"
        for item in () if child.array.dictionary else child.array.items:
            assert row[item.name] == expected(item), item.name


_VALUES: dict[Type, tuple[Any, Any]] = {
    Type.BIGINT: (2**53 + 1, 2**53 + 1),
    Type.TEXT: ("текст", "текст"),
    Type.BOOL: (True, True),
    Type.TIMESTAMP: ("2026-03-01 10:00:00", datetime(2026, 3, 1, 7, tzinfo=UTC)),
    Type.DATE: ("2026-03-01", date(2026, 3, 1)),
    Type.DECIMAL: (12.55, Decimal("12.55")),
}


def sent(field: Field) -> Any:
    """A value as the API writes it."""
    return _VALUES[field.type][0]


def expected(field: Field) -> Any:
    """The same as a warehouse has it."""
    return _VALUES[field.type][1]


def elements(array: Array) -> Any:
    """Two elements of an array as the API writes them."""
    if array.dictionary:
        return {"key0": 7, "key1": 7}
    if not array.is_of_objects:
        return ["text0", "text1"]
    items = {item.name: sent(item) for item in array.items}
    return [items | {inner.name: elements(inner) for inner in array.arrays}] * 2
