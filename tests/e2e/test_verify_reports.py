"""Verification of every report: what was done by hand to any of its tables is found, and undone."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from click.testing import CliRunner, Result

from dlt_uis import uis_source
from dlt_uis.cli.main import cli
from dlt_uis.progress import Progress
from dlt_uis.reports import REPORTS
from dlt_uis.reports.fields import VALUE, Field, Report, Type
from dlt_uis.reports.own_names import POSITION
from dlt_uis.runner import make_pipeline, run
from dlt_uis.sandbox import Account, Sandbox, Switches

from .report_truth import assert_report_equals_truth

NOW = datetime(2025, 5, 1, 12, tzinfo=UTC)
DATES = ("--from", "2025-04-26", "--to", "2025-05-01")
NOBODY, NOWHERE = 77, 99

Differences = dict[tuple[str, date, str, int | str], set[str]]
"""Columns and tables in which a record differs, by report, day, kind of difference, and key."""

ANOTHER = {
    Type.TEXT: "concat({}, 'x')",
    Type.BIGINT: "coalesce({}, 0) + 1",
    Type.DECIMAL: "coalesce({}, 0) + 0.5",
    Type.DOUBLE: "coalesce({}, 0) + 0.5",
    Type.BOOL: "NOT coalesce({}, false)",
    Type.TIMESTAMP: "coalesce({}, now()) + INTERVAL 1 SECOND",
}
"""How a value is replaced by another one of its type."""


@contextmanager
def _warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect("uis.duckdb") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("USE uis_data")
        yield connection


def _verify(sandbox: Sandbox, *options: str, **given: str) -> Result:
    runner = CliRunner(env={"SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token, **given})
    return runner.invoke(cli, ["verify", "--api-url", sandbox.url, *DATES, *options])


@pytest.mark.parametrize(
    "repaired",
    [
        "visitor_sessions,campaign_daily_stat",
        pytest.param("all", marks=pytest.mark.cross),
    ],
)
def test_rows_deleted_changed_and_added_in_any_table_are_found_named_and_undone(
    repaired: str,
) -> None:
    """In the record's own table, in those of its arrays, and of arrays in their elements."""
    account = Account(calls=150, days=5, now=NOW)
    zone = ZoneInfo(account.timezone)
    with Sandbox(account) as sandbox:
        source: dict[str, Any] = {
            "access_token": sandbox.access_token, "api_url": sandbox.url,
            "clock": account.now, "reports": "all", "start_date": "2025-04-26",
        }  # fmt: skip
        run(make_pipeline(), lambda: uis_source(**source), Progress())
        done: Differences = defaultdict(set)
        with _warehouse() as connection:
            for report in REPORTS.values():
                _damage(connection, report, zone, done)
        result = _verify(sandbox, "--reports", "all", "--json")
        assert result.exit_code == 1, result.output
        assert _told(json.loads(result.stdout)) == done
        result = _verify(sandbox, "--reports", repaired, "--repair", "--prune")
        assert result.exit_code == 0, result.output
    with _warehouse() as connection:
        for name in REPORTS if repaired == "all" else repaired.split(","):
            assert_report_equals_truth(
                account, REPORTS[name], lambda query: connection.execute(query).fetchall()
            )


def _told(reports: Mapping[str, Any]) -> Differences:
    """What a verification has said."""
    return {
        (name, date.fromisoformat(day["day"]), each["kind"], each["id"]): set(each["columns"])
        for name, report in reports.items()
        for day in report["days"]
        for each in day["examples"]
    }


def _damage(
    connection: duckdb.DuckDBPyConnection, report: Report, zone: ZoneInfo, done: Differences
) -> None:
    """Deletes, changes and adds rows in each table of a report, and notes what was done."""

    def note(kind: str, record: Mapping[str, Any], *columns: str, **other: int) -> None:
        moment = record[report.cursor]
        day = moment.astimezone(zone).date() if isinstance(moment, datetime) else moment
        parts = [_number(other.get(name, record[name])) for name in report.key]
        key = "/".join(map(str, parts)) if len(parts) > 1 else parts[0]
        done[report.table, day, kind, key].update(columns)

    id_ = next(name for name in report.key if _field(report, name).type is Type.BIGINT)
    table = report.table
    deleted, changed, copied = _three(connection, table, report.carried)
    _execute(connection, f"DELETE FROM {table}", deleted)
    note("missing", deleted)
    note("changed", changed, *_change(connection, table, report.scalars, changed))
    _add(connection, table, {id_: NOBODY}, copied)
    note("surplus", copied, **{id_: NOBODY})
    _add(connection, table, {}, copied)
    note("doubled", copied)
    for child in report.children:
        table, items = child.table, child.array.items or [Field(VALUE, Type.TEXT, "")]
        rows = _three(connection, table, child.carried, child.positions, deleted)
        records = [dict(zip(report.carried, row.values(), strict=False)) for row in rows]
        _execute(connection, f"DELETE FROM {table}", rows[0])
        note("changed", records[0], table)
        columns = _change(connection, table, items, rows[1])
        note("changed", records[1], *(f"{table}.{name}" for name in columns))
        _add(connection, table, {POSITION: NOWHERE}, rows[2])
        note("changed", records[2], table)
        _add(connection, table, {report.child_column(id_): NOBODY + 1}, rows[2])
        note("orphan", records[2], table, **{id_: NOBODY + 1})


def _field(report: Report, name: str) -> Field:
    field = report.scalar(name)
    assert field is not None
    return field


def _number(value: Any) -> int:
    """A part of a key as verifications tell it."""
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return (value - date(1970, 1, 1)).days if isinstance(value, date) else value


def _three(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    records: Sequence[str],
    places: Sequence[str] = (),
    but: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """A row of each of three records, some days apart: what tells it from all others.

    Args:
        records: columns that tell which record it is.
        places: columns that tell the record's rows apart.
        but: a record that is not to be one of the three.
    """
    columns = [*records, *places]
    found = connection.execute(
        f"SELECT DISTINCT ON ({', '.join(records)}) {', '.join(columns)} FROM {table}"
        f" ORDER BY {', '.join([*reversed(records), *places])}"
    ).fetchall()
    left = [row for row in found if but is None or row[: len(records)] != tuple(but.values())]
    assert len(left) >= 3, table
    return [dict(zip(columns, left[len(left) * n // 3], strict=True)) for n in range(3)]


def _execute(connection: duckdb.DuckDBPyConnection, statement: str, row: Mapping[str, Any]) -> None:
    condition = " AND ".join(f"{name} = ?" for name in row)
    (count,) = connection.execute(f"{statement} WHERE {condition}", list(row.values())).fetchall()
    assert count == (1,), statement


def _change(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    fields: Sequence[Field],
    row: Mapping[str, Any],
) -> Sequence[str]:
    """Changes a value of each type in a row; returns the columns."""
    free = [each for each in fields if each.name not in row and "uis" not in each.lacking]
    first = {each.type: each.name for each in reversed(free) if each.type in ANOTHER}
    values = [f"{name} = {ANOTHER[type_].format(name)}" for type_, name in first.items()]
    _execute(connection, f"UPDATE {table} SET {', '.join(values)}", row)
    return list(first.values())


def _add(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    other: Mapping[str, int],
    row: Mapping[str, Any],
) -> None:
    """Adds a copy of a row, which may have other values in some columns."""
    values = ", ".join(f"{value} AS {name}" for name, value in other.items())
    columns = f"* REPLACE ({values})" if other else "*"
    _execute(connection, f"INSERT INTO {table} SELECT {columns} FROM {table}", row)


def test_messages_without_an_id_are_said_to_be_no_matter_of_verification() -> None:
    with Sandbox(Account(calls=1, now=NOW), switches=Switches(brand="novofon")) as sandbox:
        given = {"SOURCES__UIS__BRAND": "novofon"}
        result = _verify(sandbox, "--reports", "chat_messages", **given)
        assert result.exit_code == 2, result.output
        assert "can't compare chat messages: the API gives them chat by chat" in result.stderr
        # beside others a warning: these are looked at
        result = _verify(sandbox, "--reports", "chat_messages,calls", **given)
    assert "can't compare chat messages" in result.stderr
    assert "has no calls yet" in result.stderr
