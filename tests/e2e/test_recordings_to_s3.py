"""Recordings go to whatever dlt's filesystem reaches, here to an S3."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from dlt_uis.cli.main import cli
from dlt_uis.recordings import forget_recordings
from dlt_uis.runner import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.sandbox.switches import RecordingFault

from .recorded import NOW, World, draw, ledger, store, synced
from .servers.s3 import BUCKET, S3Server, s3_server

PLACE = f"s3://{BUCKET}/calls"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return synced(Account(calls=12, days=20, now=NOW), tmp_path_factory.mktemp("world"))


@pytest.fixture
def sandbox(s3: S3Server, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    with world.served(monkeypatch) as served:
        yield served


def test_recordings_are_stored_found_and_forgotten_in_s3(sandbox: Sandbox, s3: S3Server) -> None:
    """With faults on the way; no half file is left."""
    faults: tuple[RecordingFault | None, ...] = ("cut", "http_503", "reset", None)
    sandbox.switches.recording_fault = lambda path, before: faults[min(3, draw(path, 4) + before)]
    truth = sandbox.recordings.truth()
    done = store(sandbox, PLACE)
    assert (done.stored, done.wanted) == (len(truth), len(truth))
    contents = {key: b"".join(audio.pieces()) for key, audio in truth.items()}
    entries = ledger()
    assert s3.objects() == {entries[key].path: content for key, content in contents.items()}
    assert all((entry.path or "").startswith(f"{PLACE}/2026/") for entry in entries.values())
    assert store(sandbox, PLACE).wanted == 0

    call = next(iter(truth))[0]
    forgotten = forget_recordings(make_pipeline(), [call])
    assert forgotten.files == forgotten.recordings == sum(key[0] == call for key in truth)
    assert len(s3.objects()) == len(truth) - forgotten.files


def test_a_file_that_is_sent_in_parts_is_whole(sandbox: Sandbox, s3: S3Server) -> None:
    sandbox.switches.recording_bytes = 20_000_000
    store(sandbox, f"s3://{BUCKET}/large", kinds=["voice_mail", "wav"], workers=2)
    large = {path: body for path, body in s3.objects().items() if "/large/" in path}
    assert len(large) == len(ledger()) > 0
    assert all(len(large[entry.path or ""]) == entry.bytes for entry in ledger().values())


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("s3://no-such-bucket/calls", "can't be used"),
        ("sftp://host/calls", "storing to sftp:// needs the package dlt[sftp]"),
    ],
)
def test_a_place_that_can_not_be_used_is_one_line(sandbox: Sandbox, place: str, says: str) -> None:
    result = CliRunner().invoke(cli, ["recordings", "--to", place])
    assert result.exit_code == 2, result.output
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("dlt-uis: ")]
    assert says in line
    assert "Traceback" not in result.output
    assert sandbox.recordings.asked.total() == 0
