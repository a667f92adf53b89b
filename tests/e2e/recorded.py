"""A synced account with recordings, and what a run over them left: ledger and files."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dlt_uis import uis_source
from dlt_uis.progress import Progress
from dlt_uis.recordings import store_recordings
from dlt_uis.recordings.outcome import Stored
from dlt_uis.runner import make_pipeline, run
from dlt_uis.sandbox import Account, Sandbox

PLACE = Path("rec")
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)

Key = tuple[int, str, str]


@dataclass(frozen=True)
class Entry:
    """A row of the ledger."""

    status: str
    path: str | None
    bytes: int | None
    sha256: str | None
    content_type: str | None
    attempts: int


@dataclass
class World:
    """An account whose calls are in ``uis.duckdb`` of a folder, to be copied for each test."""

    account: Account
    folder: Path

    @contextmanager
    def served(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
        """The account's hosts; the current folder has its warehouse."""
        shutil.copy(self.folder / "uis.duckdb", "uis.duckdb")
        with Sandbox(self.account) as sandbox:
            configure(sandbox, monkeypatch)
            yield sandbox


def configure(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has commands ask the sandbox."""
    given = {
        "media_url": sandbox.media_url,
        "records_url": sandbox.records_url,
        "api_url": sandbox.url,
        "access_token": sandbox.access_token,
    }
    for name, value in given.items():
        monkeypatch.setenv(f"SOURCES__UIS__{name.upper()}", value)


def synced(account: Account, folder: Path, *customers: int) -> World:
    """The account, whose calls are loaded into a folder; several times, as those of customers."""
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, Sandbox(account) as sandbox:
        patch.chdir(folder)
        patch.setenv("DLT_DATA_DIR", str(folder / "dlt"))
        token = sandbox.agent_token if customers else sandbox.access_token
        given: dict[str, Any] = {"api_url": sandbox.url, "access_token": token}
        given |= {"clock": account.now, "user_id": list(customers) or None}
        run(make_pipeline(), lambda: uis_source(**given), Progress())
    return World(account, folder)


def store(sandbox: Sandbox, to: str | Path = PLACE, **given: Any) -> Stored:
    """A run that does not sleep between tries, under the account's clock."""
    settings = {"clock": sandbox.account.now, "sleep": _no_sleep, **given.pop("settings", {})}
    return store_recordings(make_pipeline(), to, settings=settings, **given)


def _no_sleep(seconds: float) -> None:
    del seconds


def query(statement: str) -> list[tuple[Any, ...]]:
    with duckdb.connect("uis.duckdb", read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(statement).fetchall()


def alter(*statements: str) -> None:
    with duckdb.connect("uis.duckdb") as connection:
        for statement in statements:
            connection.execute(statement)


def ledger() -> dict[Key, Entry]:
    rows = query(
        "SELECT call_id, kind, record_id, status, path, bytes, sha256, content_type, attempts"
        " FROM uis_data.recordings"
    )
    found = {(row[0], row[1], row[2]): Entry(*row[3:]) for row in rows}
    assert len(found) == len(rows), "a recording has two rows"
    return found


def files(place: Path = PLACE) -> dict[str, bytes]:
    """All files below a place, by their full path."""
    return {str(path.absolute()): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def assert_stored(sandbox: Sandbox, keys: Mapping[Key, Any] | None = None) -> None:
    """Exactly these recordings, all by default, are stored: bytes, hashes and rows agree with what
    the server has, and there are no other files."""
    truth = sandbox.recordings.truth()
    wanted = {key: truth[key] for key in (truth if keys is None else keys)}
    there = {key: entry for key, entry in ledger().items() if entry.status == "stored"}
    assert there.keys() == wanted.keys()
    found = files()
    assert found.keys() == {entry.path for entry in there.values()}
    for key, entry in there.items():
        audio = wanted[key]
        content = found[entry.path or ""]
        assert content == b"".join(audio.pieces())
        assert entry.bytes == len(content)
        assert entry.content_type in (audio.content_type, "")
        assert entry.sha256 == hashlib.sha256(content).hexdigest() == audio.sha256()


def draw(path: str, of: int, salt: str = "") -> int:
    """A number for a path, always the same."""
    return random.Random(f"{salt} {path}").randrange(of)
