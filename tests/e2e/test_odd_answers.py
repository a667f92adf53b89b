"""Answers that no documentation foresees: they load, and again, and verify finds no difference.

Each test syncs twice, as the first run makes what the second one may fall over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dlt_uis.cli.main import cli
from dlt_uis.sandbox import Account, Sandbox

from .truth import Warehouse, arrays_but
from .warehouses import PostgresWarehouse

NOW = datetime.now(UTC).replace(microsecond=0)
START = NOW - timedelta(days=2)
DAYS = ("--from", str((NOW - timedelta(days=6)).date()), "--to", str(NOW.date()))


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(Account(calls=20, days=4, now=NOW)) as served:
        monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", served.access_token)
        monkeypatch.setenv("SOURCES__UIS__API_URL", served.url)
        monkeypatch.setenv("SOURCES__UIS__REQUEST_ATTEMPTS", "1")
        few = arrays_but("tags", "call_records")
        monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(few))
        yield served


postgres_too = pytest.mark.parametrize(
    "destination",
    ["duckdb", pytest.param("postgres", marks=pytest.mark.cross)],
    indirect=True,
)


@pytest.fixture
def destination(request: pytest.FixtureRequest) -> tuple[str, Callable[[], Warehouse]]:
    """Where commands load to, and what opens it."""
    if request.param == "duckdb":
        return "duckdb", Warehouse
    url = request.getfixturevalue("postgres")
    return "postgres", lambda: PostgresWarehouse(url)


Destination = tuple[str, Callable[[], Warehouse]]


def command(destination: Destination, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--destination", destination[0]])


def loaded(destination: Destination, *options: str) -> Result:
    """Two syncs that succeed, and a verification that finds both sides equal: the first sync."""
    results = [command(destination, "sync", *options) for _ in range(2)]
    for result in results:
        assert result.exit_code == 0, result.output
    verified = command(destination, "verify", *DAYS, "--sample", "all")
    assert verified.exit_code == 0, verified.output
    return results[0]


def row(destination: Destination, id_: int, *columns: str, table: str = "calls") -> tuple[Any, ...]:
    key = "id" if table == "calls" else "call_id"
    names = ", ".join(f'"{column}"' for column in columns)
    with destination[1]() as warehouse:
        found = warehouse.query(
            f'SELECT {names} FROM uis_data."{table}" WHERE {key} = {id_} ORDER BY 1'
        )
    assert len(found) == 1, found
    return tuple(
        value.astimezone(UTC) if isinstance(value, datetime) else value for value in found[0]
    )


def raw(sandbox: Sandbox, **values: bytes) -> None:
    """Puts bytes where JSON has the texts ``@name@``."""

    def rewrite(body: bytes) -> bytes:
        for name, value in values.items():
            body = body.replace(f'"@{name}@"'.encode(), value)
        return body

    sandbox.switches.rewrite = rewrite


@postgres_too
def test_text_that_no_warehouse_holds_is_repaired(
    sandbox: Sandbox, destination: Destination, tmp_path: Path
) -> None:
    """NUL, half a surrogate pair, what is no UTF-8, a control character; in calls and elements."""
    account = sandbox.account
    one = account.add_call(
        START, contact_full_name="@nul@", search_query="@half@", referrer="@bytes@",
        ua_client_id="@tab@", communication_page_url="я" * 100_000,
        tags=[{"tag_id": 1, "tag_name": "@nul@"}, ], call_records=["@rawnul@"],
    )  # fmt: skip
    raw(
        sandbox, nul=b'"a\\u0000b"', half=b'"\\ud800 and \\udc00"', bytes=b'"caf\xe9 \xd0"',
        tab=b'"a\tb\x01"', rawnul=b'"a\0b"',
    )  # fmt: skip
    summary = tmp_path / "summary.json"
    first = loaded(destination, "--summary-file", str(summary))
    assert "replaced  5 texts" in first.output
    assert json.loads(summary.read_text())["replaced"] == 5
    names = ("contact_full_name", "search_query", "referrer", "ua_client_id")
    assert row(destination, one, *names) == ("a�b", "� and �", "caf� �", "a\tb\x01")
    assert len(row(destination, one, "communication_page_url")[0]) == 100_000
    assert row(destination, one, "tag_name", table="calls__tags") == ("a�b",)
    assert row(destination, one, "value", table="calls__call_records") == ("a�b",)


def test_a_package_that_an_earlier_version_left_does_not_fail_for_ever(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, postgres: str
) -> None:
    """NUL went into load packages then, which Postgres takes no more than NUL itself."""
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    place = ("postgres", lambda: PostgresWarehouse(postgres))
    one = sandbox.account.add_call(START, contact_full_name="a\0b")
    with monkeypatch.context() as before:
        before.setattr("dlt_uis.decoding.decoder.check_text", lambda _: None)
        assert command(place, "sync").exit_code == 1
    loaded(place)
    assert row(place, one, "contact_full_name") == ("a�b",)


@postgres_too
def test_a_mark_of_byte_order_and_blank_lines_do_not_matter(
    sandbox: Sandbox, destination: Destination
) -> None:
    sandbox.switches.rewrite = lambda body: (
        b"\xef\xbb\xbf" + json.dumps(json.loads(body), indent=1).encode()
    )
    loaded(destination)


@postgres_too
def test_numbers_beyond_their_columns_are_kept_as_text(
    sandbox: Sandbox, destination: Destination
) -> None:
    account = sandbox.account
    one = account.add_call(
        START, talk_duration="@nan@", wait_duration="@huge@", sale_cost="@large@", site_id="@long@"
    )
    account.add_field("load", lambda id_: "@inf@" if id_ == one else 0.5)
    account.add_field("deep", lambda id_: "@deep@" if id_ == one else {"a": [1, {"b": "@huge@"}]})
    raw(
        sandbox, nan=b"NaN", huge=b"9" * 30, large=b"1e400", inf=b"-Infinity", long=b"9" * 5_000,
        deep=b"[" * 50_000 + b"]" * 50_000,
    )  # fmt: skip
    loaded(destination)
    names = ("talk_duration", "wait_duration", "sale_cost", "site_id")
    assert row(destination, one, *names) == (None,) * 4
    variants = [f"{name}__v_text" for name in names]
    assert row(destination, one, *variants) == ("NaN", "9" * 30, "1E+400", "9" * 5_000)


@postgres_too
def test_a_call_without_id_or_start_is_kept_out_and_the_others_are_loaded(
    sandbox: Sandbox, destination: Destination
) -> None:
    account = sandbox.account
    number = "79261234567"
    for broken in (
        {"id": None}, {"id": "x"}, {"id": [1]}, {"id": 2**63}, {"start_time": None},
        {"start_time": "0000-00-00 00:00:00"}, {"start_time": number}, {"start_time": 5},
    ):  # fmt: skip
        account.add_call(START, contact_phone_number=number, **broken)
    good = account.add_call(START, contact_phone_number=number)
    first = loaded(destination)
    assert row(destination, good, "contact_phone_number") == (number,)
    with destination[1]() as warehouse:
        assert warehouse.query("SELECT COUNT(*) FROM uis_data.calls") == [(21,)]
        windows = warehouse.query(
            'SELECT total_items, "rows", refused FROM uis_data.sync_windows'
            " ORDER BY _dlt_load_id LIMIT 1"
        )
    assert windows == [(29, 21, 8)]
    assert "refused   8 records" in first.output
    assert first.output.count("kept out: ") == 1, "one warning a run"
    assert number not in first.output


def constant(value: Any) -> Callable[[int], Any]:
    return lambda _: value


ODD_NAMES = [
    "holdDuration", "Talk_Duration", "_dlt_load_id", "_dlt_id", "call_id", "position", "value",
    "_deleted", "app_id", "user_id", "sale_cost__v_text", "id__v_text", "", " ", ".", "a.b", "🎉",
    'quote"\'`', "x" * 300, "x" * 299 + "y", "xmin", "rowid", "_PARTITIONTIME", "tags__v_text",
    "TALK_DURATION", "%s", "a\\b", "select", "имя", "1st", "a__b", "hold_duration", "__", "\n",
]  # fmt: skip


@pytest.mark.parametrize(
    "destination", [pytest.param("duckdb", marks=pytest.mark.cross), "postgres"], indirect=True
)
def test_any_text_can_be_the_name_of_a_field(sandbox: Sandbox, destination: Destination) -> None:
    """Names that columns of ours bear, that differ by case, that no convention has a word for.

    Postgres has more names of its own, and shorter ones.
    """
    account = sandbox.account
    for number, name in enumerate(ODD_NAMES):
        account.add_field(name, constant(100 + number))
    element = {"tag_id": 1, **{name: 200 + place for place, name in enumerate(ODD_NAMES)}}
    one = account.add_call(START, talk_duration=7, tags=[element])
    loaded(destination)
    # a backfill, whose schema is its own, comes to the same columns
    filled = command(destination, "backfill", *DAYS)
    assert filled.exit_code == 0, filled.output
    for table, first in (("calls", 100), ("calls__tags", 200)):
        with destination[1]() as warehouse:
            columns = list(warehouse.types(table))
        found = row(destination, one, *columns, table=table)
        values = {value for value in found if isinstance(value, int)}
        assert values >= {first + place for place in range(len(ODD_NAMES))}, table
    assert row(destination, one, "talk_duration", "id") == (7, one)


def test_an_undocumented_field_can_be_excluded_and_a_slip_is_told(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.account.add_field("holdDuration", lambda id_: id_ % 7)
    sandbox.account.add_field("Talk_Duration", lambda id_: id_ % 7)
    place = ("duckdb", Warehouse)
    monkeypatch.setenv(
        "SOURCES__UIS__EXCLUDE_FIELDS", '["holdDuration", "Talk_Duration", "never_seen"]'
    )
    loaded(place)
    with Warehouse() as warehouse:
        assert not [name for name in warehouse.types("calls") if name.startswith("hold")]
        assert not [name for name in warehouse.types("calls") if name.startswith("talk_duration_")]
    monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", '["talk_duraton"]')
    result = command(place, "sync")
    assert result.exit_code == 2
    assert "Did you mean talk_duration?" in result.output


def test_privacy_knows_undocumented_fields_by_their_names(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.account.add_field("holdDuration", lambda id_: id_ % 7)
    sandbox.account.add_field("tags__v_text", constant("kept"))
    sandbox.account.add_field("App_Id", constant("secret"))
    privacy = {"undocumented.holdDuration": "drop", "undocumented.App_Id": "drop"}
    monkeypatch.setenv("SOURCES__UIS__PRIVACY", json.dumps(privacy))
    loaded(("duckdb", Warehouse))
    with Warehouse() as warehouse:
        rows = str(warehouse.query("SELECT * FROM uis_data.calls"))
        assert not [name for name in warehouse.types("calls") if name.startswith("hold")]
    assert "secret" not in rows and "kept" in rows


@postgres_too
def test_times_with_an_offset_are_right_wherever_they_stand(
    sandbox: Sandbox, destination: Destination
) -> None:
    account = sandbox.account
    tags = [
        {"tag_id": 1, "tag_change_time": "2026-02-01 10:00:00+0500"},
        {"tag_id": 2, "tag_change_time": "2026-02-01 10:00:00"},
    ]
    local = account.local(START)
    one = account.add_call(START, sale_date="2026-02-01T10:00:00.25Z", tags=tags)
    two = account.add_call(START, start_time=f"{START:%Y-%m-%dT%H:%M:%S}+00:00")
    three = account.add_call(START, sale_date="2026-01-31", start_time=f"{local} +03:00")
    loaded(destination)
    noon = datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert row(destination, one, "sale_date") == (noon.replace(microsecond=250_000),)
    with destination[1]() as warehouse:
        found = warehouse.query(
            f"SELECT tag_change_time FROM uis_data.calls__tags WHERE call_id = {one}"
            " ORDER BY position"
        )
    assert [time.astimezone(UTC).hour for (time,) in found] == [5, 7]
    assert row(destination, two, "start_time") == (START,)
    assert row(destination, three, "start_time", "sale_date") == (
        START, datetime(2026, 1, 30, 21, tzinfo=UTC),
    )  # fmt: skip


def test_an_hour_that_comes_twice_is_told_apart_by_offsets(sandbox: Sandbox) -> None:
    account = sandbox.account
    account.timezone = "Europe/Berlin"
    one = account.add_call(START, sale_date="2025-10-26T02:30:00+01:00")
    loaded(("duckdb", Warehouse))
    found = row(("duckdb", Warehouse), one, "sale_date")
    assert found == (datetime(2025, 10, 26, 1, 30, tzinfo=UTC),)


@postgres_too
def test_times_at_the_edge_of_the_calendar(sandbox: Sandbox, destination: Destination) -> None:
    """What is no instant of the years 1 to 9999 is kept as text."""
    account = sandbox.account
    texts = [
        "0001-01-01 00:00:00", "0000-00-00 00:00:00", "2026-01-31 24:00:00", "10000-01-01 00:00:00",
        "9999-12-31 23:59:59-12:00", "2026-02-30 10:00:00", "2026-02-01 10:00:61",
    ]  # fmt: skip
    odd = {account.add_call(START, sale_date=text): text for text in texts}
    last = account.add_call(START, sale_date="9999-12-31 23:59:59")
    first = account.add_call(START, sale_date="0001-01-02 00:00:00")
    loaded(destination)
    for id_, text in odd.items():
        assert row(destination, id_, "sale_date", "sale_date__v_text") == (None, text)
    with destination[1]() as warehouse:
        years = warehouse.query(
            "SELECT id, EXTRACT(year FROM sale_date AT TIME ZONE 'UTC') FROM uis_data.calls"
            f" WHERE id IN ({last}, {first}) ORDER BY id"
        )
    assert [int(year) for _, year in years] == [9999, 1]
