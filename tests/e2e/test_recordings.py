"""Recordings are stored once and whole, whatever servers, disks and signals do."""

from __future__ import annotations

import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.sandbox.switches import RecordingFault

from ..benchmarks.harness import checkout_environment, measure
from .recorded import (
    NOW,
    PLACE,
    World,
    alter,
    assert_stored,
    draw,
    files,
    ledger,
    store,
    synced,
)

COMMAND = [sys.executable, "-m", "dlt_uis", "recordings", "--to", str(PLACE)]

PASSING: tuple[RecordingFault, ...] = (
    "http_500", "http_503", "http_429", "cut", "no_length", "reset", "stall", "drip",
)  # fmt: skip
"""What goes wrong once, and not when it is tried again."""

LASTING: tuple[RecordingFault, ...] = (
    "http_400", "http_404", "http_403", "html", "json", "empty", "html_as_audio",
    "redirect_elsewhere",
)  # fmt: skip
"""What comes in place of a recording each time."""

HARMLESS: tuple[RecordingFault | None, ...] = (None, "redirect", "no_type")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Some 130 recordings of 20 days."""
    account = Account(calls=60, days=20, now=NOW)
    return synced(account, tmp_path_factory.mktemp("world"))


@pytest.fixture
def sandbox(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    world.account.set_now(NOW)
    with world.served(monkeypatch) as served:
        yield served


class Trouble:
    """Every fault, each for some recordings, always the same: most pass, some last."""

    def __init__(self, sandbox: Sandbox, *, rarely: tuple[RecordingFault, ...] = ()) -> None:
        self._sandbox = sandbox
        self._rarely = rarely

    def lasting(self, path: str) -> RecordingFault | None:
        return LASTING[draw(path, len(LASTING), "what")] if draw(path, 4, "lasts") == 0 else None

    def __call__(self, path: str, before: int) -> RecordingFault | None:
        lasting = self.lasting(path)
        if lasting is not None:
            return lasting
        if before == 0 and draw(path, 3, "passes") == 0:
            fault = PASSING[draw(path, len(PASSING))]
            # these take time
            return None if fault in self._rarely and draw(path, 20, "seldom") else fault
        return HARMLESS[draw(path, len(HARMLESS))]

    def truth(self) -> dict[tuple[int, str, str], RecordingFault | None]:
        """What lasts, by recording."""
        recordings = self._sandbox.recordings
        return {key: self.lasting(recordings.path(*key)) for key in recordings.truth()}


def test_what_exists_is_stored_once_with_every_fault(sandbox: Sandbox) -> None:
    trouble = Trouble(sandbox)
    sandbox.switches.recording_fault = trouble
    done = store(sandbox, settings={"request_timeout": 0.4})
    assert_every_fault_was_dealt_with(sandbox, trouble)
    assert (done.wanted, done.left, done.failed) == (len(sandbox.recordings.truth()), 0, 0)


def assert_every_fault_was_dealt_with(sandbox: Sandbox, trouble: Trouble) -> None:
    truth, entries = trouble.truth(), ledger()
    assert {*truth.values()} == {*LASTING, None}
    assert_stored(sandbox, {key: None for key, fault in truth.items() if fault is None})
    for (call_id, kind, record), fault in truth.items():
        entry = entries[call_id, kind, record]
        is_new = NOW - sandbox.account.instant_of(call_id) < timedelta(days=3)
        wanted = "gone" if fault in ("http_400", "http_404") else "refused"
        wanted = "pending" if is_new else wanted
        assert entry.status == ("stored" if fault is None else wanted), fault
        sent = sandbox.recordings.sent[sandbox.recordings.path(call_id, kind, record)]
        assert sent <= 1


@pytest.mark.cross
def test_five_thousand_recordings_with_every_fault(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(calls=2_500, days=20, now=NOW)
    world = synced(account, tmp_path_factory.mktemp("many"))
    with world.served(monkeypatch) as sandbox:
        trouble = Trouble(sandbox, rarely=("stall", "drip"))
        sandbox.switches.recording_fault = trouble
        done = store(sandbox, settings={"request_timeout": 0.4})
        assert done.wanted >= 5_000
        assert_every_fault_was_dealt_with(sandbox, trouble)


def test_a_second_run_asks_for_nothing_that_is_stored(sandbox: Sandbox) -> None:
    done = store(sandbox)
    assert done.stored == done.wanted == len(sandbox.recordings.truth())
    assert_stored(sandbox)
    before = Counter(sandbox.recordings.asked)
    again = store(sandbox)
    assert (again.wanted, again.stored) == (0, 0)
    assert sandbox.recordings.asked == before
    assert {*before.values()} == {1}


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.cross)])
def test_killed_at_any_moment_a_run_goes_on_and_fetches_next_to_nothing_twice(
    sandbox: Sandbox, kills: int
) -> None:
    """No more than there are workers a kill; and no half file has a final name."""
    sandbox.switches.latency = 0.05 if kills < 10 else 0.6
    rng, workers = random.Random(11), 3
    options = ["--workers", str(workers)]
    for _ in range(kills):
        fetched = sandbox.recordings.asked.total()
        process = subprocess.Popen([*COMMAND, *options], stderr=subprocess.DEVNULL)
        # some when it has only begun, most while it fetches
        until = time.monotonic() + 30
        enough = fetched + rng.randrange(40 if kills < 10 else 14)
        while sandbox.recordings.asked.total() < enough and time.monotonic() < until:
            assert process.poll() is None or fetched > 0
            if process.poll() is not None:
                break
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.1))
        process.kill()
        process.wait()
        wanted = sandbox.recordings.truth()
        by_name = {Path(path).name: content for path, content in files().items()
                   if ".dlt-uis-half" not in path}  # fmt: skip
        for (call_id, kind, record), audio in wanted.items():
            name = f"{call_id}_{kind}_{record}.{'wav' if audio.is_wav else 'mp3'}"
            assert by_name.pop(name, audio.sha256()) in (audio.sha256(), b"".join(audio.pieces()))
        assert not by_name
    sandbox.switches.latency = 0.0
    subprocess.run([*COMMAND, *options], check=True, stdout=subprocess.DEVNULL)
    assert_stored(sandbox)
    twice = sum(count - 1 for count in sandbox.recordings.asked.values())
    assert twice <= kills * workers


def test_an_interrupted_run_goes_on(sandbox: Sandbox) -> None:
    sandbox.switches.latency = 0.1
    process = subprocess.Popen(COMMAND, stderr=subprocess.PIPE, text=True)
    while sandbox.recordings.asked.total() < 10:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143, said
    assert said.count("Interrupted, nothing is lost") == 1
    sandbox.switches.latency = 0.0
    store(sandbox)
    assert_stored(sandbox)
    assert sum(count - 1 for count in sandbox.recordings.asked.values()) <= 4


@pytest.mark.parametrize("size", [20_000_000, pytest.param(300_000_000, marks=pytest.mark.cross)])
def test_memory_does_not_follow_the_size_of_files(
    sandbox: Sandbox, size: int, world: World
) -> None:
    sandbox.switches.recording_bytes = size
    one = next(key for key in sandbox.recordings.truth() if key[1] == "wav")
    day = world.account.local(world.account.instant_of(one[0]))
    alter(f"DELETE FROM uis_data.calls WHERE id <> {one[0]}")
    options = ("--kinds", "wav", "--from", f"{day:%Y-%m-%d}")
    peak = measure([*COMMAND, *options], Path.cwd(), checkout_environment()).peak_mb
    (entry,) = ledger().values()
    audio = sandbox.recordings.audio(*one)
    assert (entry.status, entry.bytes, entry.sha256) == ("stored", audio.length, audio.sha256())
    assert Path(entry.path or "").stat().st_size == audio.length
    assert peak <= 200


def test_a_full_disk_ends_a_run_and_leaves_nothing_half_done(sandbox: Sandbox) -> None:
    """Here it is a limit of what a file may have. Nothing is lost: the next run has room."""
    sandbox.switches.recording_bytes = 30_000_000
    done = subprocess.run(
        [*COMMAND, "--kinds", "voice_mail"], stderr=subprocess.PIPE, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000_000, 20_000_000)),
    )  # fmt: skip
    lines = [line for line in done.stderr.splitlines() if line.startswith("dlt-uis: ")]
    assert (done.returncode, len(lines)) == (1, 1), done.stderr
    assert "there is no space left: rec" in lines[0]
    assert files() == {}
    sandbox.switches.recording_bytes = None
    store(sandbox)
    assert_stored(sandbox)


@pytest.mark.parametrize("count", [24, pytest.param(240, marks=pytest.mark.cross)])
def test_two_workers_are_never_idle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """With answers that take 0.3 s: nine tenths of what is possible, loads of the ledger too."""
    account = Account(calls=0, days=5, now=NOW)
    records = [f"{number:032x}" for number in range(count)]
    account.add_call(NOW - timedelta(days=1), call_records=records, wav_call_records=[],
                     voice_mail_records=[], full_record_file_link=None)  # fmt: skip
    moments: list[float] = []

    def note(*_: object) -> None:
        moments.append(time.monotonic())

    with synced(account, tmp_path / "world").served(monkeypatch) as sandbox:
        sandbox.switches.latency = 0.3
        sandbox.switches.recording_fault = note
        assert store(sandbox, workers=2).stored == count
    ideal = (count / 2 - 1) * 0.3
    assert moments[-1] - moments[0] <= ideal / 0.9
