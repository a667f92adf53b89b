"""What is asked of a warehouse is SQL of its own dialect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import dlt
import pytest
import sqlglot

from dlt_uis.localtime.zones import Zone
from dlt_uis.overview.loads import Kind, Kinds, Noted
from dlt_uis.overview.questions import _TRAIL, _Questions
from dlt_uis.verify.verified_days import VERIFIED_COLUMNS

MOMENT = datetime(2026, 3, 4, tzinfo=UTC)


class Warehouse:
    """Has all tables, and one row for every question; keeps the questions."""

    def __init__(self, destination: Any) -> None:
        self.capabilities = destination.capabilities()
        self.questions: list[str] = []

    def make_qualified_table_name(self, name: str) -> str:
        return f"{self.escape_column_name('uis_data')}.{self.escape_column_name(name)}"

    def escape_column_name(self, name: str) -> str:
        escaped: str = self.capabilities.escape_identifier(name)
        return escaped

    @contextmanager
    def execute_query(self, question: str) -> Iterator[Any]:
        self.questions.append(question)
        columns = (
            "direction", "is_lost", "timezone", "start_time", "pipeline_name", "report", *_TRAIL,
            *VERIFIED_COLUMNS,
        )  # fmt: skip
        yield SimpleNamespace(
            description=[(name,) for name in columns], fetchall=lambda: self._rows(question)
        )

    def execute_sql(self, question: str) -> list[tuple[Any, ...]]:
        self.questions.append(question)
        return []

    def _rows(self, question: str) -> list[tuple[Any, ...]]:
        """Nothing, but what there is in any case; and another report is loaded."""
        if "SELECT DISTINCT" in question:
            return [("call_legs",)]
        if question.startswith("SELECT max"):
            return [(None,)]
        return [(0, None, None)] if "count" in question and "GROUP BY" not in question else []


@pytest.mark.parametrize("name", ["duckdb", "postgres", "bigquery"])
def test_every_question_is_in_the_grammar_of_the_dialect(name: str) -> None:
    warehouse = Warehouse(getattr(dlt.destinations, name)())
    _Questions(cast(Any, warehouse), "uis_data", "uis").facts(None)
    assert len(warehouse.questions) >= 11
    assert any("call_legs" in question for question in warehouse.questions)
    for question in warehouse.questions:
        sqlglot.parse_one(question, dialect=name)


def test_bigquery_has_its_own_words_for_local_days_and_names() -> None:
    warehouse = Warehouse(dlt.destinations.bigquery())
    _Questions(cast(Any, warehouse), "uis_data", "uis").facts(Zone("Europe/Moscow"))
    asked = "\n".join(warehouse.questions)
    assert "AT TIME ZONE" not in asked
    assert "DATE(`start_time`, 'Europe/Moscow')" in asked
    assert "sum(`rows`)" in asked, "rows is a keyword there"


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ODD = MOMENT - 3 * DAY + timedelta(hours=5, minutes=1, seconds=7)
NOTED = [
    Noted("1.5", "uis", MOMENT - 30 * DAY),
    Noted("2.5", "uis_backfill", MOMENT - 60 * DAY),
    Noted("3.5", "uis_verify", MOMENT - 9 * DAY),
    Noted("4.5", "other", ODD),
]


@pytest.mark.parametrize(
    ("load_id", "kind"),
    [("1.5", Kind.SYNC), ("2.5", Kind.BACKFILL), ("3.5", Kind.REPAIR), ("4.5", Kind.SYNC)],
)
def test_a_load_that_changed_a_state_was_what_its_pipeline_is(load_id: str, kind: Kind) -> None:
    assert Kinds(NOTED, "uis").of(load_id, MOMENT - DAY, MOMENT, MOMENT) is kind


@pytest.mark.parametrize(
    ("start", "end", "kind"),
    [
        (ODD, MOMENT, Kind.SYNC),
        (ODD + DAY, MOMENT - timedelta(minutes=2), Kind.SYNC),
        # no call yet: it begins where the first one did
        (MOMENT - 30 * DAY, MOMENT, Kind.SYNC),
        # days up to today; days of the past; with a time
        (MOMENT - 2 * DAY, MOMENT, Kind.EITHER),
        (MOMENT - 2 * DAY - 5.5 * HOUR, MOMENT, Kind.EITHER),
        (MOMENT - 9 * DAY, MOMENT - 8 * DAY, Kind.EITHER),
        (ODD, MOMENT - 2 * HOUR, Kind.EITHER),
    ],
)
def test_of_others_a_sync_is_told_by_where_it_begins_and_ends(
    start: datetime, end: datetime, kind: Kind
) -> None:
    assert Kinds(NOTED, "uis").of("9.5", start, end, MOMENT) is kind


@pytest.mark.parametrize(("load_id", "noted"), [("9.5", []), ("9.5", NOTED[1:3]), ("0.5", NOTED)])
def test_where_no_state_can_tell_no_load_is_called_a_sync(load_id: str, noted: list[Noted]) -> None:
    """The table is missing, no sync is in it, or those of so long ago were deleted."""
    kinds = Kinds(noted, "uis")
    assert kinds.of(load_id, ODD, MOMENT, MOMENT) is Kind.UNKNOWN
    assert kinds.of(load_id, ODD, MOMENT - DAY, MOMENT) is Kind.EITHER


def test_a_syncs_pipeline_may_be_named_like_one_beside_it() -> None:
    noted = [Noted("1.5", "daily_backfill", MOMENT), Noted("2.5", "daily_backfill_verify", MOMENT)]
    kinds = Kinds(noted, "daily_backfill")
    assert kinds.of("1.5", MOMENT, MOMENT, MOMENT) is Kind.SYNC
    assert kinds.of("2.5", MOMENT, MOMENT, MOMENT) is Kind.REPAIR
