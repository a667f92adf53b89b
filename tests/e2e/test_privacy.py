"""Personal data that is protected is nowhere: not on disk, not in the warehouse, not in logs."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from dlt_uis import uis_source
from dlt_uis.backfill.job import Backfill
from dlt_uis.progress import Progress
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.verify.job import Verify

from .truth import Warehouse, arrays_but

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
KEY = "b6f1c0de" * 4
PROTECTED = {"phone_numbers": "pseudonymise", "names": "pseudonymise", "notes": "drop"}

_NUMBER = re.compile(rb"(?=(\d{11}))")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An account with a number that is written otherwise, and a field that is not documented."""
    account = Account(calls=150, days=20, now=NOW)
    account.update(account.truth_ids()[-1], contact_phone_number="+7 (495) 100-00-03")
    account.add_field("transfer_phone", lambda id_: f"7812{id_ % 10**7:07}" if id_ % 2 else None)
    with Sandbox(account) as served:
        yield served


def given(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    return {
        "api_url": sandbox.url,
        "access_token": sandbox.access_token,
        "clock": sandbox.account.now,
        "privacy": PROTECTED,
        "privacy_key": KEY,
        **settings,
    }


class Raw:
    """What must not be found: all numbers and names of an account, and the secrets."""

    def __init__(self, sandbox: Sandbox) -> None:
        calls = sandbox.account.truth()
        numbers = (
            "contact_phone_number", "operator_phone_number", "virtual_phone_number",
            "transfer_phone",
        )  # fmt: skip
        names = ("contact_full_name", "last_talked_employee_full_name", "properties")
        found = {call.get(field) for call in calls for field in numbers}
        self.numbers = {re.sub(r"\D", "", each).encode() for each in found if each}
        texts = {call[field] for call in calls for field in names if call[field]}
        texts |= {each["employee_full_name"] for call in calls for each in call["employees"]}
        texts |= {each["tag_user_login"] or KEY for call in calls for each in call["tags"]}
        texts |= {KEY, sandbox.access_token, "+7 (495) 100-00-03"}
        self.texts = {text.encode() for text in texts}
        assert len(self.numbers) > 100
        assert len(self.texts) > 10

    def found_in(self, data: bytes) -> set[bytes]:
        texts = {text for text in self.texts if text in data}
        return texts | self.numbers.intersection(_NUMBER.findall(data))

    def files(self, folder: Path) -> set[str]:
        """Kinds of the files that hold one, searched byte by byte and once they are unpacked."""
        files = [path for path in folder.rglob("*") if path.is_file()]
        return {
            path.suffix or path.name
            for path in files
            if any(map(self.found_in, (path.read_bytes(), *unpacked(path))))
        }


def unpacked(path: Path) -> Iterator[bytes]:
    """What a file holds that is compressed in it."""
    data = path.read_bytes()
    if path.suffix == ".parquet":
        for column in pq.read_table(path).columns:
            yield "\n".join(map(str, column.to_pylist())).encode()
    elif data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data)
    elif data[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables()"
            ).fetchall()
            for schema, table in tables:
                rows = connection.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall()
                yield repr(rows).encode()


def pseudonym(text: str) -> str:
    return hmac.digest(KEY.encode(), text.encode(), hashlib.sha256).hex()[:32]


def test_without_privacy_the_search_finds_what_it_looks_for(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    source = given(sandbox, privacy=None, privacy_key=None)
    run(make_pipeline(), lambda: uis_source(**source), Progress())
    assert Raw(sandbox).files(tmp_path) == {".duckdb", ".parquet"}


def test_no_raw_value_is_on_disk_at_any_step(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in what dlt extracts, nor what it normalizes, nor in the warehouse or dlt's trace.

    And what stands there instead can be joined, between fields and tables.
    """
    raw = Raw(sandbox)
    number = next(call["contact_phone_number"] for call in sandbox.account.truth())
    wanted = {"field": "contact_phone_number", "operator": "!=", "value": number}
    source = given(sandbox)
    for name, value in {"privacy": PROTECTED, "privacy_key": KEY, "filter": wanted}.items():
        source.pop(name, None)
        text = value if isinstance(value, str) else json.dumps(value)
        monkeypatch.setenv(f"SOURCES__UIS__{name.upper()}", text)
    pipeline = make_pipeline()
    pipeline.extract(uis_source(**source))
    assert list(tmp_path.rglob("extracted/**/calls.*.parquet"))
    assert not raw.files(tmp_path)
    pipeline.normalize()
    assert list(tmp_path.rglob("normalized/**/calls.*.parquet"))
    assert not raw.files(tmp_path)
    pipeline.load()
    assert not raw.files(tmp_path)
    with Warehouse() as warehouse:
        found = warehouse.query(
            "SELECT contact_phone_number, operator_phone_number, virtual_phone_number,"
            " transfer_phone, last_talked_employee_full_name, id FROM uis_data.calls ORDER BY id"
        )
        joined = warehouse.query(
            "SELECT count(*) FROM uis_data.calls AS c JOIN uis_data.calls__employees AS e"
            " ON e.call_id = c.id AND e.employee_full_name = c.last_talked_employee_full_name"
        )
        assert "properties" not in warehouse.types("calls")
    truth = sorted(
        (call for call in sandbox.account.truth() if call["contact_phone_number"] != number),
        key=lambda call: int(call["id"]),
    )
    assert len(found) == len(truth) < 150
    for row, call in zip(found, truth, strict=True):
        fields = ("contact", "operator", "virtual")
        numbers = [call[f"{field}_phone_number"] for field in fields] + [call.get("transfer_phone")]
        expected = [each and pseudonym(re.sub(r"\D", "", each)) for each in numbers]
        name = call["last_talked_employee_full_name"]
        assert row == (*expected, name and pseudonym(name), call["id"])
    assert joined == [(sum(call["last_talked_employee_id"] is not None for call in truth),)]


def test_a_load_that_failed_leaves_no_raw_value(sandbox: Sandbox, tmp_path: Path) -> None:
    """Whose files stay, and whose error the database words."""
    raw = Raw(sandbox)
    with duckdb.connect("uis.duckdb") as connection:
        connection.execute("CREATE SCHEMA uis_data")
        connection.execute(
            "CREATE TABLE uis_data.calls (id BIGINT, contact_phone_number VARCHAR"
            " CHECK (length(contact_phone_number) < 5))"
        )
    environment = {
        **os.environ,
        "SOURCES__UIS__ACCESS_TOKEN": sandbox.access_token,
        "SOURCES__UIS__START_DATE": "2026-01-01",
        "SOURCES__UIS__PRIVACY": json.dumps(PROTECTED),
        "SOURCES__UIS__PRIVACY_KEY": KEY,
    }
    command = [sys.executable, "-m", "dlt_uis", "sync", "--debug"]
    failed = subprocess.run(
        [*command, "--api-url", sandbox.url], env=environment, check=False, capture_output=True
    )
    assert failed.returncode == 1
    assert b"rows violate" in failed.stderr
    assert not raw.found_in(failed.stdout + failed.stderr)
    assert list(tmp_path.rglob("normalized/**/calls.*.parquet"))
    assert not raw.files(tmp_path)


def test_verify_and_merges_compare_protected_values(sandbox: Sandbox) -> None:
    """What is pseudonymised is not different for them; under another key it is."""
    few = arrays_but("employees")
    account, source = sandbox.account, given(sandbox, exclude_fields=few)
    last = account.local(account.now()).date()
    first = last - timedelta(days=25)
    run(make_pipeline(), lambda: uis_source(**source), Progress())
    assert Verify(make_pipeline(), first, last, source=source).run().is_equal
    other = given(sandbox, exclude_fields=few, privacy_key=KEY[::-1])
    found = Verify(make_pipeline(), first, last, source=other).run()
    assert sum(day.changed for day in found.days) == 150
    merged = [
        run(make_pipeline(), partial(uis_source, **read), Progress()).merged["calls"]
        for read in (source, other)
    ]
    assert merged[0].unchanged == merged[1].changed > 10
    assert (merged[0].changed, merged[1].unchanged) == (0, 0)


def test_another_key_is_another_backfill(sandbox: Sandbox) -> None:
    """So that the same command replaces the pseudonyms that were made with the old one."""

    def job(key: str) -> Backfill:
        source = given(sandbox, exclude_fields=arrays_but(), privacy_key=key)
        return Backfill(make_pipeline(), "2026-02-12", "2026-02-20", source=source)

    calls = job(KEY).run().calls
    assert job(KEY).forecast().calls == 0 < calls == job(KEY[::-1]).forecast().calls


def test_lists_that_calls_point_to_are_protected_alike(sandbox: Sandbox, tmp_path: Path) -> None:
    """Nested values, too; and the pseudonyms still lead from calls to the lists."""
    account = sandbox.account
    secrets = {KEY}
    for employee in account.listed("get.employees"):
        secrets |= {employee["full_name"], employee["email"] or KEY}
        secrets |= {phone["phone_number"] for phone in employee["phone_numbers"]}
    secrets |= {number["virtual_phone_number"] for number in account.listed("get.virtual_numbers")}
    raw = Raw(sandbox)
    raw.texts |= {text.encode() for text in secrets}
    source = given(sandbox, reference_data=["employees", "virtual_numbers"])
    run(make_pipeline(), lambda: uis_source(**source), Progress())
    assert not raw.files(tmp_path)
    with Warehouse() as warehouse:
        lost = warehouse.query(
            "SELECT count(*) FROM uis_data.calls AS c"
            " LEFT JOIN uis_data.virtual_numbers AS n USING (virtual_phone_number)"
            " LEFT JOIN uis_data.employees AS e ON e.full_name = c.last_talked_employee_full_name"
            " WHERE (n.id IS NULL AND c.virtual_phone_number IS NOT NULL)"
            " OR (e.id IS NULL AND c.last_talked_employee_full_name IS NOT NULL)"
        )
        phones = warehouse.query(
            "SELECT phone_number, status FROM uis_data.employees__phone_numbers"
            " ORDER BY employee_id, position LIMIT 1"
        )
    assert lost == [(0,)]
    first = account.listed("get.employees")[0]["phone_numbers"][0]["phone_number"]
    assert phones == [(pseudonym(first), "active")]
