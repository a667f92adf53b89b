"""Views on Postgres, where one hangs on another, and a role sees what it is granted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest

from dlt_uis import uis_source
from dlt_uis.progress import Progress
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.views.creating import Change, make_views

from .warehouses import PostgresWarehouse

NOW = datetime(2026, 4, 4, 12, tzinfo=UTC)

OLD = """
DROP VIEW IF EXISTS uis_data.call_facts CASCADE;
CREATE VIEW uis_data.call_facts AS SELECT 1 AS other;
COMMENT ON VIEW uis_data.call_facts IS 'Of an earlier version. (dlt-uis 000000000000)';
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Account(calls=60, days=5, now=NOW)) as served:
        yield served


def sync(sandbox: Sandbox, **given: Any) -> None:
    settings: dict[str, Any] = {"api_url": sandbox.url, "access_token": sandbox.access_token}
    settings["clock"] = sandbox.account.now
    run(make_pipeline("postgres"), uis_source(**settings, **given), Progress())


def read(url: str, role: str, query: str) -> list[tuple[Any, ...]]:
    """Rows that a role may read."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")
        cursor.execute(query)
        return list(cursor.fetchall())


def test_a_sync_goes_on_whatever_hangs_on_a_view(
    postgres: str, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """And who was granted a view has it still when it is made anew."""
    sync(sandbox)
    make_views(make_pipeline("postgres"))
    count = "SELECT count(*) FROM uis_data.call_facts"
    with PostgresWarehouse(postgres) as warehouse:
        role = f"reader_of_{id(sandbox)}"
        warehouse.query(f"CREATE ROLE {role}; GRANT USAGE ON SCHEMA uis_data TO {role}")
        try:
            warehouse.query(f"{OLD} GRANT SELECT ON uis_data.call_facts TO {role}")
            sync(sandbox)
            assert read(postgres, role, count) == [(60,)]
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                read(postgres, role, "SELECT count(*) FROM uis_data.calls")

            warehouse.query(
                f"{OLD} CREATE VIEW public.mine AS SELECT other FROM uis_data.call_facts"
            )
            sandbox.account.add_call(NOW - timedelta(minutes=30))
            caplog.clear()
            sync(sandbox)
            (warned,) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
            assert "call_facts" in warned
            assert "view mine depends on view call_facts" in warned
            assert warehouse.query("SELECT count(*) FROM uis_data.calls") == [(61,)]
            assert warehouse.query("SELECT other FROM public.mine") == [(1,)]
            assert warehouse.query("SELECT sum(calls) FROM uis_data.service_by_day") == [(61,)]

            warehouse.query("DROP VIEW public.mine")
            sync(sandbox)
            assert warehouse.query(count) == [(61,)]
        finally:
            warehouse.query(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_views_that_went_with_a_column_are_made_anew(
    postgres: str, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sync(sandbox)
    make_views(make_pipeline("postgres"))
    with PostgresWarehouse(postgres) as warehouse:
        warehouse.query("ALTER TABLE uis_data.calls DROP COLUMN utm_source CASCADE")
        sync(sandbox)
        told = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
        assert any("the view sources_by_day was not there, and is made" in each for each in told)
        assert warehouse.query("SELECT sum(calls) FROM uis_data.sources_by_day") == [(60,)]
        assert warehouse.query("SELECT count(utm_source) > 0 FROM uis_data.call_facts") == [(True,)]


def test_lists_that_dlt_replaces_by_other_tables_load_with_views_in_place(
    postgres: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its strategy staging-optimized, which drops what was there."""
    monkeypatch.setenv("DESTINATION__POSTGRES__REPLACE_STRATEGY", "staging-optimized")
    sync(sandbox, reference_data=["tags"])
    make_views(make_pipeline("postgres"))
    sync(sandbox, reference_data=["tags"], reference_hours=0)
    with PostgresWarehouse(postgres) as warehouse:
        assert warehouse.query("SELECT count(*) > 0 FROM uis_data.tags") == [(True,)]
        assert warehouse.query("SELECT count(*) FROM uis_data.call_facts") == [(60,)]


def test_they_look_calls_up_by_indexes(postgres: str, sandbox: Sandbox) -> None:
    """By the start, and the next call of a contact by its number: else each would be searched for
    among all."""
    sync(sandbox)
    outcomes = make_views(make_pipeline("postgres"))
    made = [each.view for each in outcomes if each.change is Change.CREATED]
    assert len(made) == 6
    with PostgresWarehouse(postgres) as warehouse:
        # where there are so few, Postgres would read them all
        warehouse.query("ANALYZE; SET enable_seqscan = off; SET enable_bitmapscan = off")
        for view in made:
            asked = f"SELECT * FROM uis_data.{view} WHERE start_time >= '2026-04-03'"
            plan = "\n".join(line for (line,) in warehouse.query(f"EXPLAIN {asked}"))
            assert "Index Scan using calls_start_time_idx" in plan, view
            if view == "missed_calls":
                assert "using calls_contact_phone_number_start_time_idx" in plan


def test_without_numbers_there_is_no_index_of_them(
    postgres: str, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sync(sandbox, exclude_fields=["contact_phone_number"])
    with PostgresWarehouse(postgres) as warehouse:
        found = warehouse.query("SELECT indexname FROM pg_indexes WHERE tablename = 'calls'")
    assert sorted(name for (name,) in found) == ["calls_id_key", "calls_start_time_idx"]
    assert [r for r in caplog.records if r.levelno == logging.WARNING] == []
