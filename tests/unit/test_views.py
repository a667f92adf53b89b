"""The views' definitions hold together, and their SQL is what it was in each dialect."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp, parse_one

from dlt_uis.reports import REPORTS
from dlt_uis.reports.fields import Field, Type
from dlt_uis.views.dataset import Dataset
from dlt_uis.views.definitions import VIEWS
from dlt_uis.views.dialects import DIALECTS
from dlt_uis.views.inputs import INPUTS
from dlt_uis.views.presence import NAMES
from dlt_uis.views.view import View
from dlt_uis.views.writing import query_of, written
from tests.docs.views import SNAPSHOTS, snapshot_of, whole

LOCK = Path(__file__).parents[2] / "requirements" / "dev.txt"

TYPES = {
    Type.BIGINT: "BIGINT",
    Type.TEXT: "TEXT",
    Type.BOOL: "BOOLEAN",
    Type.TIMESTAMP: "TIMESTAMPTZ",
    Type.DECIMAL: "DECIMAL(38, 9)",
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_sql_is_what_it_was(dialect: str) -> None:
    """Whoever changes a view sees what becomes of it."""
    locked = re.search(r"^sqlglot==(\S+)", LOCK.read_text("utf-8"), re.MULTILINE)
    assert locked is not None
    if version("sqlglot") != locked[1]:
        pytest.skip("another sqlglot says the same in other words")
    kept = SNAPSHOTS.joinpath(f"{dialect}.sql").read_text("utf-8")
    assert kept == snapshot_of(dialect), "run make docs"


def test_a_sync_knows_the_names_of_all_views() -> None:
    assert tuple(VIEWS) == NAMES


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_view_says_what_it_means(view: View) -> None:
    assert view.meaning.endswith(".")
    names = [column.name for column in view.columns]
    assert len(names) == len({*names})
    assert "start_time" in names
    for column in view.columns:
        assert re.fullmatch(r"[A-Za-z].*\.", column.meaning), column


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_what_a_view_needs_is_an_input(view: View) -> None:
    needs = [*view.needs, *view.any_of, *(each for column in view.columns for each in column.needs)]
    for needed in needs:
        table, _, column = needed.partition(".")
        assert column in INPUTS[table].columns, needed


def test_inputs_have_the_types_of_the_reports() -> None:
    for report in REPORTS.values():
        if report.table in INPUTS:
            assert INPUTS[report.table].times == report.cursor
            assert_typed(report.table, {field.name: field for field in report.scalars})
        for child in report.children:
            if child.table in INPUTS:
                assert INPUTS[child.table].times == report.child_cursor
                assert_typed(child.table, {item.name: item for item in child.array.items})


def assert_typed(table: str, fields: dict[str, Field]) -> None:
    keys = {"call_id", "position", "value", "user_id"}
    for name, type_ in INPUTS[table].columns.items():
        if name not in keys:
            assert type_ == TYPES[fields[name].type], f"{table}.{name}"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_columns_are_listed_in_their_order_whatever_is_loaded(dialect: str, view: View) -> None:
    for columns in (whole(), {table: {each.times} for table, each in INPUTS.items()}):
        tree: Any = parse_one(
            query_of(view, Dataset(dialect, ("uis_data",), columns)), read=dialect
        )
        assert [each.alias for each in tree.selects] == [column.name for column in view.columns]
        assert not list(tree.find_all(exp.Star))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_not_loaded_is_null(dialect: str) -> None:
    columns = {**whole(), "calls": whole()["calls"] - {"utm_source", "sale_cost"}}
    del columns["calls__attributes"]
    text = query_of(VIEWS["call_facts"], Dataset(dialect, ("uis_data",), columns))
    tree: Any = parse_one(text, read=dialect)
    by_name = {each.alias: each for each in tree.selects}
    assert isinstance(by_name["is_target"].this.this, exp.Null)
    assert isinstance(by_name["is_sale"].this.this, exp.Null)
    assert "calls__attributes" not in text
    assert not isinstance(by_name["utm_source"].this.this, exp.Null), "eq_utm_source is there"


def test_a_view_whose_tables_are_not_loaded_is_left_out() -> None:
    dataset = Dataset("duckdb", ("uis_data",), {"calls": {"id", "start_time"}})
    lacking = {name: dataset.lacking(view) for name, view in VIEWS.items()}
    assert lacking["call_facts"] == []
    assert lacking["missed_calls"] == ["calls.direction", "calls.is_lost"]
    assert lacking["employees_by_day"] == ["calls__employees"]
    assert lacking["legs_by_employee"] == ["call_legs"]
    assert lacking["communications_by_day"] == ["chats", "offline_messages", "communications"]


def test_customers_are_told_apart_where_there_are_several() -> None:
    columns = {table: each | {"user_id"} for table, each in whole().items()}
    text = query_of(VIEWS["missed_calls"], Dataset("postgres", ("uis_data",), columns))
    assert '"n"."user_id" = "m"."user_id"' in text
    alone = query_of(VIEWS["missed_calls"], Dataset("postgres", ("uis_data",), whole()))
    assert '"n"."user_id"' not in alone


def test_a_question_reads_no_more_than_it_asks_for() -> None:
    """A view that reads another one has of it what it needs, and so has a question."""
    question = "SELECT count(c.id) AS calls FROM call_facts AS c WHERE c.is_missed"
    text = written(question, Dataset("duckdb", ("uis_data",), whole()))
    assert "utm_" not in text
    assert "calls__tags" not in text
