"""What is asked of a warehouse is SQL of its own dialect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import dlt
import pytest
import sqlglot

from dlt_uis.localtime.zones import Zone
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
        columns = ("direction", "is_lost", "timezone", "start_time", *_TRAIL, *VERIFIED_COLUMNS)
        yield SimpleNamespace(
            description=[(name,) for name in columns], fetchall=lambda: self._rows(question)
        )

    def _rows(self, question: str) -> list[tuple[Any, ...]]:
        """Nothing, but for the first question of all."""
        return [(0, None, None)] if "count" in question and "GROUP BY" not in question else []


@pytest.mark.parametrize("name", ["duckdb", "postgres", "bigquery"])
def test_every_question_is_in_the_grammar_of_the_dialect(name: str) -> None:
    warehouse = Warehouse(getattr(dlt.destinations, name)())
    _Questions(cast(Any, warehouse), "uis_data").facts(None)
    assert len(warehouse.questions) >= 9
    for question in warehouse.questions:
        sqlglot.parse_one(question, dialect=name)


def test_bigquery_has_its_own_words_for_local_days_and_names() -> None:
    warehouse = Warehouse(dlt.destinations.bigquery())
    _Questions(cast(Any, warehouse), "uis_data").facts(Zone("Europe/Moscow"))
    asked = "\n".join(warehouse.questions)
    assert "AT TIME ZONE" not in asked
    assert "DATE(`start_time`, 'Europe/Moscow')" in asked
    assert "sum(`rows`)" in asked, "rows is a keyword there"
