"""Rows that are read again and have not changed are left alone; what has changed is replaced."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
import pytest
from rich.console import Console

from dlt_uis import uis_source
from dlt_uis.cli.sync import show_summary
from dlt_uis.progress import Merged, Progress
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.runner.job import Summary, run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.warehouse.run import running

from .merging import Row, Target, elements, pipeline_into, resource
from .test_sync import NOW, change
from .truth import assert_equals_truth

DAY = NOW.date()
DOCUMENTS = [Path(__file__).parents[2] / "docs" / folder / "semantics.md" for folder in ("", "ru")]


@pytest.fixture(params=["duckdb", "postgres"])
def target(request: pytest.FixtureRequest) -> Target:
    return Target.of(request)


@pytest.fixture
def on_postgres(postgres: str) -> Target:
    return Target("postgres", postgres)


def merged(pipeline: dlt.Pipeline, *resources: Any) -> Mapping[str, Merged]:
    """Runs them, and returns what became of their rows."""
    progress = Progress()
    with running(progress=progress):
        pipeline.run(list(resources))
    return progress.merged()


def loads(target: Target) -> dict[str, int]:
    """The numbers of loads, from 1, by their ids."""
    found = target.query("SELECT load_id FROM uis_data._dlt_loads ORDER BY inserted_at")
    return {load: number for number, (load,) in enumerate(found, 1)}


def stamped(target: Target, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Rows of a table, each with the number of its load."""
    names, numbers = ", ".join(columns), loads(target)
    rows = target.query(f"SELECT {names}, _dlt_load_id FROM uis_data.{table}")
    return sorted((*row[:-1], numbers.get(row[-1])) for row in rows)


SETS: Mapping[str, tuple[list[str | None], list[str | None], int]] = {
    # what a call has, what it has then, and the load that its rows are of afterwards
    "the same": (["a", "b"], ["a", "b"], 1),
    "null": (["a", None], ["a", None], 1),
    "null to empty": ([None], [""], 2),
    "null to value": (["a", None], ["a", "b"], 2),
    "value to null": (["a", "b"], [None, "b"], 2),
    "moved": (["a", "b"], ["b", "a"], 2),
    "more": (["a"], ["a", "b"], 2),
    "fewer": (["a", "b"], ["a"], 2),
    "none any more": (["a"], [], 2),
    "never any": ([], [], 0),
    "the first": ([], ["a"], 2),
}


def rows_of(values: Mapping[int, list[str | None]]) -> list[Row]:
    rows: list[Row] = []
    for call, mine in values.items():
        rows += [(call, place, value, None) for place, value in enumerate(mine)]
        rows += [] if mine else [(call, 0, None, True)]
    return rows


def test_elements_are_replaced_where_a_calls_set_differs(target: Target) -> None:
    """In whatever order they come; and the run is told how many rows it was."""
    pipeline = pipeline_into(target.ours)
    before = {call: old for call, (old, _, _) in enumerate(SETS.values())}
    after = {call: new for call, (_, new, _) in enumerate(SETS.values())}
    first = merged(pipeline, elements(rows_of(before)))
    second = merged(pipeline, elements(rows_of(after)[::-1]))
    assert stamped(target, "elements", "call_id", "position", "value") == sorted(
        (call, place, value, load)
        for call, (_, values, load) in enumerate(SETS.values())
        for place, value in enumerate(values)
    )
    assert first["elements"] == Merged(new=sum(map(len, before.values())))
    kept = sum(len(new) for _, new, load in SETS.values() if load == 1)
    coming = sum(map(len, after.values()))
    assert second["elements"] == Merged(1, coming - kept - 1, kept)


def test_any_key_will_do(target: Target) -> None:
    """A row a key, of two columns; and rows that nothing tells apart, of two columns, too."""
    call = {
        "id": [1, 1, 2, 3],
        "user_id": [7, 8, 7, 7],
        "at": [datetime(2026, 3, 4, tzinfo=UTC)] * 4,
    }
    calls = pa.table({**call, "note": ["a", "b", None, "c"]})
    changed = pa.table({**call, "note": ["a", "x", None, "c"]})
    day = {"site_id": [1, 1, 1, 2], "date": [DAY] * 4}
    days = pa.table({**day, "visits": [5, 5, 6, 7]})
    fewer = pa.table({**day, "visits": [5, 6, 6, 7]})
    keys: Any = {"calls": ["id", "user_id"], "days": ["site_id", "date"]}
    pipeline = pipeline_into(target.ours)

    def load(calls: pa.Table, days: pa.Table) -> Mapping[str, Merged]:
        return merged(
            pipeline,
            resource("calls", calls, key=keys["calls"], primary_key=keys["calls"]),
            resource("days", days, key=keys["days"]),
        )

    load(calls, days)
    target.execute("INSERT INTO uis_data.calls SELECT * FROM uis_data.calls WHERE id = 3")
    done = load(changed, fewer)
    assert stamped(target, "calls", "id", "user_id", "note") == [
        (1, 7, "a", 1), (1, 8, "x", 2), (2, 7, None, 1), (3, 7, "c", 2),
    ]  # fmt: skip
    assert done["calls"] == Merged(0, 2, 2)
    assert stamped(target, "days", "site_id", "visits") == [
        (1, 5, 2), (1, 6, 2), (1, 6, 2), (2, 7, 1),
    ]  # fmt: skip


def test_columns_may_come_and_go(target: Target) -> None:
    """What the file has no column for is null, unless it fills itself."""
    pipeline = pipeline_into(target.ours)

    def load(**columns: list[Any]) -> list[int]:
        page = pa.table({"id": pa.array([1, 2], pa.int64()), **columns})
        pipeline.run(resource("calls", page, key=["id"], primary_key=["id"]))
        return [load for *_, load in stamped(target, "calls", "id")]

    assert load(a=["a", "a"], b=["b", None]) == [1, 1]
    target.execute(
        "ALTER TABLE uis_data.calls ADD COLUMN seen VARCHAR DEFAULT 'yes'",
        "ALTER TABLE uis_data.calls ADD COLUMN note VARCHAR",
    )
    if target.name == "postgres":
        twice = "twice bigint GENERATED ALWAYS AS (2 * id) STORED"
        target.execute(f"ALTER TABLE uis_data.calls ADD COLUMN {twice}")
    assert load(a=["a", "a"], b=["b", None]) == [1, 1]
    assert load(a=["a", "a"]) == [3, 1]
    assert load(a=["a", "a"], c=[None, 3]) == [3, 4]
    target.execute("UPDATE uis_data.calls SET note = 'mine', seen = 'no' WHERE id = 1")
    assert load(a=["a", "a"], c=[None, 3]) == [5, 4]
    assert target.query("SELECT id, b, c, note, seen FROM uis_data.calls ORDER BY id") == [
        (1, None, None, None, "yes"), (2, None, 3, None, "yes"),
    ]  # fmt: skip


def test_an_older_package_replaces_nothing_newer(target: Target, tmp_path: Path) -> None:
    """It brings what nobody else has brought; and a clock that was wrong keeps nobody away."""
    old: list[Row] = [
        (1, 0, "old", None),
        (2, 0, "old", None),
        (3, 0, "3", None),
        (5, 0, "5", None),
    ]
    new: list[Row] = [(1, 0, "new", None), (2, 0, None, True), (4, 0, "new", None)]
    pipeline = pipeline_into(target.ours)
    pipeline.run(elements([(1, 0, "1", None), (2, 0, "old", None), (5, 0, "1", None)]))
    pipeline.extract(elements(old))
    pipeline.normalize()
    other = dlt.pipeline(
        "uis", str(tmp_path / "other"), destination=target.ours(), dataset_name="uis_data"
    )
    other.run(elements(new))
    pipeline.load()
    # nothing is left of 2 that could tell when it had gone: the next sync brings that again
    rows = [(1, 0, "new"), (2, 0, "old"), (3, 0, "3"), (4, 0, "new"), (5, 0, "5")]
    assert target.elements() == rows
    target.execute("UPDATE uis_data.elements SET _dlt_load_id = '2795955082.5' WHERE call_id = 1")
    pipeline.run(elements([(1, 0, "newest", None)]))
    assert target.elements() == [(1, 0, "newest"), *rows[1:]]


def test_rows_of_a_load_that_never_ended_get_another(target: Target) -> None:
    """Else nobody would see them who asks for those of loads that did."""
    pipeline = pipeline_into(target.ours)
    rows: list[Row] = [(1, 0, "a", None), (2, 0, "b", None)]
    pipeline.run(elements(rows))
    target.execute("DELETE FROM uis_data._dlt_loads")
    target.execute("UPDATE uis_data.elements SET _dlt_load_id = NULL WHERE call_id = 2")
    for _ in range(2):
        pipeline.run(elements(rows))
        assert stamped(target, "elements", "call_id") == [(1, 1), (2, 1)]


@pytest.mark.parametrize("split", ["FILE_MAX_ITEMS", "ROW_GROUP_SIZE"])
def test_a_call_whose_first_part_is_as_before_is_whole(
    target: Target, split: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its elements may be in two files, or in two row groups of one."""
    for name in ("BUFFER_MAX_ITEMS", split):
        monkeypatch.setenv(f"DATA_WRITER__{name}", "1")
    pipeline = pipeline_into(target.ours)
    pipeline.run(elements([(1, 0, "a", None)]))
    pipeline.run(elements([(1, 0, "a", None)], [(1, 1, "b", None)]))
    assert target.elements() == [(1, 0, "a"), (1, 1, "b")]


def test_values_that_only_postgres_has(on_postgres: Target) -> None:
    """Written by hand, they neither fail a load nor hide a change; JSON has no equality there."""
    target, pipeline = on_postgres, pipeline_into(on_postgres.ours)
    when = pa.array([datetime(2026, 3, 4, tzinfo=UTC)] * 3, pa.timestamp("us", "UTC"))
    columns: dict[str, Any] = {
        "id": [1, 2, 3],
        "at": when,
        "cost": pa.array([1, 1, 1], pa.decimal128(38, 9)),
    }

    def load(*texts: str) -> list[tuple[Any, ...]]:
        page = pa.table({**columns, "said": list(texts)})
        pipeline.run(resource("calls", page, key=["id"], primary_key=["id"]))
        return stamped(target, "calls", "id", "cost = 1 AND isfinite(at)")

    load('"a"', '"b"', '{"c": 1}')
    target.execute(
        "ALTER TABLE uis_data.calls ALTER said TYPE json USING said::json",
        "ALTER TABLE uis_data.calls ALTER cost TYPE numeric",
    )
    assert [row[-1] for row in load('"a"', '"b"', '{"c": 1}')] == [1, 1, 1]
    assert [row[-1] for row in load('"a"', '"b"', '{"c": 2}')] == [1, 1, 3]
    for value in ("cost = 'NaN'", "at = 'infinity'"):
        target.execute(f"UPDATE uis_data.calls SET {value} WHERE id = 2")
        healed = load('"a"', '"b"', '{"c": 2}')
        assert [row[:2] for row in healed] == [(1, True), (2, True), (3, True)]


def test_the_documented_query_finds_what_has_changed(target: Target, tmp_path: Path) -> None:
    """Also what a load brings that began before another one, and ends after it."""
    query, other = (
        re.findall(r"```sql\n(SELECT calls\.\*.*?)```", page.read_text("utf-8"), re.DOTALL)[0]
        for page in DOCUMENTS
    )
    assert query == other
    query = query.replace("my_calls", "uis_data.my_calls")

    def calls(**notes: str) -> Any:
        ids = pa.array(map(int, (name[1:] for name in notes)), pa.int64())
        page = pa.table({"id": ids, "note": list(notes.values())})
        return resource("calls", page, key=["id"], primary_key=["id"])

    def followed() -> list[tuple[Any, ...]]:
        """What the query finds, which is then in a table of the user's own."""
        target.execute(
            f"CREATE TABLE uis_data.found AS {query}",
            "DELETE FROM uis_data.my_calls WHERE id IN (SELECT id FROM uis_data.found)",
            "INSERT INTO uis_data.my_calls SELECT * FROM uis_data.found",
        )
        found = target.query("SELECT id, note FROM uis_data.found ORDER BY id")
        target.execute("DROP TABLE uis_data.found")
        calls, mine = (
            target.query(f"SELECT id, note, _dlt_load_id FROM uis_data.{table} ORDER BY id")
            for table in ("calls", "my_calls")
        )
        assert calls == mine
        # two hours pass
        for table, column in (("_dlt_loads", "inserted_at"), ("my_calls", "loaded_at")):
            target.execute(f"UPDATE uis_data.{table} SET {column} = {column} - INTERVAL '2 hours'")
        return found

    early = dlt.pipeline(
        "uis", str(tmp_path / "early"), destination=target.ours(), dataset_name="uis_data"
    )
    early.extract(calls(_3="c"))
    early.normalize()
    pipeline = pipeline_into(target.ours)
    pipeline.run(calls(_1="a", _2="b"))
    whole = query.split("WHERE")[0]
    target.execute(f"CREATE TABLE uis_data.my_calls AS {whole} LIMIT 0")
    assert followed() == [(1, "a"), (2, "b")]
    # what was found last is found once more
    early.load()
    assert followed() == [(1, "a"), (2, "b"), (3, "c")]
    pipeline.run(calls(_1="a", _2="x", _3="c"))
    assert followed() == [(2, "x"), (3, "c")]
    pipeline.run(calls(_1="a", _2="x", _3="c"))
    assert followed() == [(2, "x")]


def test_a_sync_writes_what_has_changed(target: Target) -> None:
    """Of calls that it reads again; of the others it touches no row."""
    account = Account(300, days=2, now=NOW)
    queries = {table: f"SELECT * FROM uis_data.{table}" for table in CALLS_REPORT.tables}
    if target.name == "postgres":
        # and the transaction that has written a row
        queries = {table: query.replace("*", "*, xmin") for table, query in queries.items()}

    def rows() -> Mapping[str, set[Any]]:
        return {table: {*target.query(query)} for table, query in queries.items()}

    with Sandbox(account) as sandbox:

        def sync() -> Summary:
            given: Any = {"api_url": sandbox.url, "access_token": sandbox.access_token}
            source = uis_source(**given, clock=account.now)
            return run(make_pipeline(target.name), source, Progress())

        first, before = sync(), rows()
        again, after = sync(), rows()
        change(account)
        third = sync()
    assert first.merged["calls"] == Merged(new=300)
    assert before == after
    assert {table: again.merged[table] for table in queries} == {
        table: Merged(unchanged=first.merged[table].new) for table in queries
    }
    calls = third.merged["calls"]
    assert calls.new == third.rows["calls"] - 300
    assert 1 <= calls.changed == 300 - calls.unchanged <= 2
    changed = sum(len(rows - before[table]) for table, rows in rows().items())
    written = sum(each.new + each.changed for name, each in third.merged.items() if name in queries)
    assert changed == written
    with target.look() as warehouse:
        assert_equals_truth(account, warehouse)
    assert "unchanged" not in shown(first)
    assert re.search(r"calls +│ +300 │ +0 │ +0 │ +300 │", shown(again))


def shown(summary: Summary) -> str:
    console = Console(width=100, file=io.StringIO(), record=True)
    show_summary(console, summary, "")
    return console.export_text()
