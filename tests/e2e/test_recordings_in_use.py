"""Recordings as a user meets them: what is asked for, in which order, and what is said of it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
import pytest
from click.testing import CliRunner, Result

from dlt_uis import uis_source
from dlt_uis.check.recordings import recordings_line
from dlt_uis.cli.main import cli
from dlt_uis.errors import (
    KeyColumnMissing,
    RecordingsNotLoaded,
    RecordingsProtected,
    RecordingsUnreachable,
)
from dlt_uis.overview.questions import ask
from dlt_uis.recordings import forget_recordings, store_recordings
from dlt_uis.recordings.lanes import GIVEN_UP_AFTER
from dlt_uis.runner import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.sandbox.switches import RecordingFault

from .recorded import (
    NOW,
    PLACE,
    Key,
    World,
    alter,
    assert_stored,
    configure,
    draw,
    files,
    ledger,
    query,
    store,
    synced,
)

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Some 60 recordings of 20 days."""
    return synced(Account(calls=30, days=20, now=NOW), tmp_path_factory.mktemp("world"))


@pytest.fixture
def sandbox(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    world.account.set_now(NOW)
    with world.served(monkeypatch) as served:
        yield served


def command(*options: str) -> Result:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(cli, ["recordings", *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def one_line(result: Result, code: int) -> str:
    """The error of a command."""
    lines = [line for line in result.stderr.splitlines() if line.startswith("dlt-uis: ")]
    assert (result.exit_code, len(lines)) == (code, 1), result.output
    assert "Traceback" not in result.output
    return lines[0]


def secrets_in(text: str, sandbox: Sandbox) -> set[str]:
    return {record for _, _, record in sandbox.recordings.truth() if record in text}


def test_the_command_stores_tells_and_leaves_nothing_to_do(sandbox: Sandbox) -> None:
    total = len(sandbox.recordings.truth())
    forecast = command("--to", str(PLACE), "--dry-run")
    assert f"{total} recordings" in forecast.output
    assert not PLACE.exists()
    first = command("--to", str(PLACE), "--summary-file", "summary.json")
    assert first.exit_code == 0, first.output
    assert f"stored    {total} of {total} recordings" in first.output
    assert json.loads(Path("summary.json").read_text())["rows"] == {"recordings": total}
    assert_stored(sandbox)
    assert "0 of 0 recordings" in command("--to", str(PLACE)).output


def test_days_and_kinds_are_chosen(sandbox: Sandbox) -> None:
    """The end of the range has the option of the place: a day or time is that."""
    account = sandbox.account
    first, last = (NOW - 12 * DAY).date(), (NOW - 5 * DAY).date()
    wanted = {
        key: None
        for key in sandbox.recordings.truth()
        if key[1] in ("wav", "full")
        and first <= account.local(account.instant_of(key[0])).date() <= last
    }
    assert 0 < len(wanted) < len(sandbox.recordings.truth()) / 2
    days = ("--from", str(first), "--to", str(last))
    forecast = command("--to", str(PLACE), *days, "--kinds", "wav,full", "--dry-run",
                       "--log-format", "json")  # fmt: skip
    assert json.loads(forecast.stdout)["recordings"] == len(wanted)
    done = command(*days, "--to", str(PLACE), "--kinds", "wav,full")
    assert done.exit_code == 0, done.output
    assert_stored(sandbox, wanted)


def test_files_are_named_by_the_local_day_and_the_template(sandbox: Sandbox) -> None:
    account = sandbox.account
    call = account.add_call(datetime(2026, 2, 28, 22, 30, tzinfo=UTC), call_records=["ab12"])
    try:
        alter(
            "INSERT INTO uis_data.calls SELECT * REPLACE"
            f" ({call} AS id, {call * 7 % 10**10} AS communication_id,"
            " NULL AS full_record_file_link, TIMESTAMPTZ '2026-02-28 22:30:00+00' AS start_time)"
            " FROM uis_data.calls LIMIT 1",
            "INSERT INTO uis_data.calls__call_records SELECT * REPLACE"
            f" ({call} AS call_id, 'ab12' AS value) FROM uis_data.calls__call_records LIMIT 1",
        )
        days: dict[str, Any] = {"start": "2026-03-01", "end": "2026-03-01", "kinds": ["talk"]}
        store(sandbox, **days)
        assert (PLACE / f"2026/03/01/{call}_talk_ab12.mp3").exists()
        alter("DROP TABLE uis_data.recordings")
        store(sandbox, "other", path="{kind}/{yyyy}-{mm}/{call_id}-{record_id}.{ext}", **days)
        assert Path(f"other/talk/2026-03/{call}-ab12.mp3").exists()
    finally:
        account.remove(call)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "--to names no place"),
        (("--to", "2026-01-01"), "--to names no place"),
        (("--to", "a", "--to", "b"), "--to names one place"),
        (("--to", "rec", "--kinds", "talks"), "talk, wav, voice_mail, full"),
        (("--to", "rec", "--workers", "0"), "--workers"),
        (("--to", "rec", "--path", "{record_id}.mp3"), "--path"),
        (("--to", "rec", "--path", "../{call_id}{kind}{record_id}"), "--path"),
        (("--to", "rec", "--from", "yesterday"), "--from"),
        (("--to", "rec", "--from", "2026-02-01", "--to", "2026-01-01"), "--to is not after --from"),
        (("--to", "rec", "17"), "ids of calls go with --forget"),
        (("--forget",), "--forget goes with ids"),
        (("--forget", "17", "--to", "rec"), "--forget goes with ids"),
        (("--to", "file/rec"), "file/rec can't be used: Not a directory"),
        (("--to", "gopher://x/y"), "gopher://x/y can't be used"),
    ],
)
def test_wrong_usage_is_named(sandbox: Sandbox, options: tuple[str, ...], says: str) -> None:
    Path("file").touch()
    result = command(*options)
    assert result.exit_code == 2, result.output
    assert says in result.output
    assert sandbox.recordings.asked.total() == 0


def test_what_will_be_deleted_first_is_fetched_first(sandbox: Sandbox) -> None:
    """What the tariff has deleted by now, if that is known, comes last."""
    order: list[datetime] = []
    recordings, account = sandbox.recordings, sandbox.account
    starts = {recordings.path(*key): account.instant_of(key[0]) for key in recordings.truth()}
    sandbox.switches.recording_fault = lambda path, _: order.append(starts[path])
    store(sandbox, workers=1)
    assert order == sorted(order)
    order.clear()
    alter("DROP TABLE uis_data.recordings")
    store(sandbox, "other", workers=1, settings={"recordings_kept_days": 10})
    since = NOW - 10 * DAY
    split = sum(start >= since for start in order)
    assert 0 < split < len(order)
    assert order == [*sorted(order[:split]), *sorted(order[split:])]
    assert min(order[:split]) > max(order[split:])


def test_what_is_not_there_yet_is_pending_then_gone(world: World, sandbox: Sandbox) -> None:
    """For three days after the call; nobody asks for what is gone, unless told to."""
    truth, account = sandbox.recordings.truth(), world.account
    sandbox.switches.recording_fault = lambda *_: "http_404"
    store(sandbox)
    new = {key for key in truth if NOW - account.instant_of(key[0]) < 3 * DAY}
    assert new
    assert states() == {key: "pending" if key in new else "gone" for key in truth}
    sandbox.recordings.asked.clear()
    account.set_now(NOW + 4 * DAY)
    store(sandbox)
    assert sandbox.recordings.asked.total() == len(new)
    assert {*states().values()} == {"gone"}
    sandbox.switches.recording_fault = None
    assert store(sandbox).wanted == 0
    store(sandbox, again=True)
    assert_stored(sandbox, truth)


def states() -> dict[Key, str]:
    return {key: entry.status for key, entry in ledger().items()}


def test_a_page_in_place_of_a_recording_is_asked_about_ten_times(sandbox: Sandbox) -> None:
    """One night of maintenance loses nothing; a server that refuses for ever is left alone."""
    sandbox.switches.recording_fault = lambda *_: "html"
    end, kinds = str((NOW - 4 * DAY).date()), ["voice_mail", "wav"]
    wanted = store(sandbox, end=end, kinds=kinds).refused
    assert wanted
    for attempts in (2, 10):
        alter(f"UPDATE uis_data.recordings SET attempts = {attempts - 1}")
        assert store(sandbox, end=end, kinds=kinds).refused == wanted
        assert {entry.attempts for entry in ledger().values()} == {attempts}
    assert store(sandbox, end=end, kinds=kinds).wanted == 0
    assert {*states().values()} == {"refused"}
    assert files() == {}


def test_files_that_the_ledger_lost_are_found(sandbox: Sandbox) -> None:
    """Each is whole and is not fetched again, but for one that was cut; what the server has deleted
    meanwhile is found by its name."""
    store(sandbox)
    kept = files()
    cut = max(kept)
    Path(cut).write_bytes(kept[cut][:100])
    alter("DROP TABLE uis_data.recordings")
    sandbox.recordings.sent.clear()
    done = store(sandbox)
    assert done.were_there == done.stored - 1
    assert sandbox.recordings.sent.total() <= 1 + done.were_there
    assert_stored(sandbox)
    assert files() == kept
    alter("DROP TABLE uis_data.recordings")
    sandbox.switches.recordings_kept_days = 0.01
    done = store(sandbox)
    assert (done.were_there, done.gone, done.pending) == (len(kept), 0, 0)
    assert files() == kept


def test_a_slow_host_does_not_hold_the_other(sandbox: Sandbox) -> None:
    """It is given up after some time-outs; what the other has is stored by then, and the next run
    has the rest."""
    truth = sandbox.recordings.truth()
    parts = {key: None for key in truth if key[1] != "full"}

    def fault(path: str, _: int) -> RecordingFault | None:
        return "stall" if path.startswith("/records/") else None

    sandbox.switches.recording_fault = fault
    with pytest.raises(RecordingsUnreachable, match="did not answer within"):
        store(sandbox, settings={"request_timeout": 0.2, "request_attempts": 2})
    assert_stored(sandbox, parts)
    failed = [entry for entry in ledger().values() if entry.status == "pending"]
    assert GIVEN_UP_AFTER <= len(failed) < GIVEN_UP_AFTER + 4
    assert {entry.attempts for entry in failed} == {2}
    sandbox.switches.recording_fault = None
    store(sandbox)
    assert_stored(sandbox)


def test_a_dead_server_is_one_line(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MEDIA_URL", "RECORDS_URL"):
        monkeypatch.setenv(f"SOURCES__UIS__{name}", "http://127.0.0.1:1")
    monkeypatch.setenv("SOURCES__UIS__REQUEST_ATTEMPTS", "1")
    result = command("--to", str(PLACE))
    assert "it refuses connections" in one_line(result, 1)
    assert "were not asked for: the next run does" in result.output
    assert not secrets_in(result.output, sandbox)


def test_no_link_gets_into_logs(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of ours nor of libraries, however much is logged, whatever fails."""
    faults: tuple[RecordingFault | None, ...] = (
        None, "cut", "reset", "html", "redirect", "redirect_elsewhere", "http_500", "stall",
    )  # fmt: skip
    sandbox.switches.recording_fault = lambda path, before: faults[draw(path, 8, str(before % 3))]
    monkeypatch.setenv("SOURCES__UIS__REQUEST_TIMEOUT", "0.2")
    monkeypatch.setenv("SOURCES__UIS__REQUEST_ATTEMPTS", "2")
    with caplog.at_level(logging.DEBUG):
        for name in ("urllib3.connectionpool", "fsspec.local", "dlt_uis"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        store(sandbox, kinds=["talk", "full"])
    assert not secrets_in(caplog.text, sandbox)
    result = command("--to", str(PLACE), "--debug")
    assert not secrets_in(result.output, sandbox)
    assert len(secrets_in(str(ledger()), sandbox)) == len(
        {k[2] for k in sandbox.recordings.truth()}
    )


def test_another_program_may_have_the_warehouse_open(sandbox: Sandbox) -> None:
    """At the beginning that is said; later the run goes on fetching, and waits."""
    holder = [sys.executable, "-c", "import duckdb; c = duckdb.connect('uis.duckdb');"
              "print(flush=True); input()"]  # fmt: skip
    with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert "has it open" in one_line(command("--to", str(PLACE)), 1)
        process.kill()
    held: list[subprocess.Popen[bytes]] = []
    lock = threading.Lock()

    def open_it(*_: object) -> None:
        with lock:
            if not held:
                held.append(subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
                assert held[0].stdout is not None
                held[0].stdout.readline()

    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        held[0].kill()
        held[0].communicate()

    sandbox.switches.recording_fault = open_it
    done = store(sandbox, settings={"sleep": wait})
    assert waits
    assert done.stored == done.wanted
    assert_stored(sandbox)


def test_forgotten_calls_have_no_files_and_get_none(sandbox: Sandbox) -> None:
    """Neither those that were stored, nor those that were not yet; be the call deleted or not."""
    truth = sandbox.recordings.truth()
    calls = list(dict.fromkeys(call for call, _, _ in truth))
    stored, deleted, unknown = calls[0], calls[1], calls[-1]
    store(sandbox, end=str(sandbox.account.local(NOW - 10 * DAY).date()))
    assert {stored, deleted} <= {call for call, _, _ in ledger()}
    assert unknown not in {call for call, _, _ in ledger()}
    alter(f"DELETE FROM uis_data.calls WHERE id = {deleted}")
    result = command("--forget", str(stored), str(deleted), str(unknown))
    assert result.exit_code == 0, result.output
    mine = [key for key in truth if key[0] in (stored, deleted, unknown)]
    gone = [key for key in mine if key[0] != unknown]
    assert f"forgotten {len(mine)} recordings, {len(gone)} files deleted" in result.output
    assert {states()[key] for key in mine} == {"forgotten"}
    alter(
        "INSERT INTO uis_data.calls__call_records SELECT * REPLACE ('new' AS value, 9 AS position)"
        f" FROM uis_data.calls__call_records WHERE call_id = {stored} LIMIT 1"
    )
    store(sandbox)
    assert_stored(sandbox, {key: None for key in truth if key not in mine})
    assert forget_recordings(make_pipeline(), [stored]).files == 0
    assert forget_recordings(make_pipeline(), [1]).recordings == 0


def test_legs_tell_of_recordings_too(sandbox: Sandbox) -> None:
    """One that the call tells of is fetched once; of another the call is the leg's session."""
    truth = sandbox.recordings.truth()
    (call, _, shared), (other, _, own) = [key for key in truth if key[1] == "talk"][:2]
    alter(
        "CREATE TABLE uis_data.call_legs AS SELECT id * 10 AS id, id AS call_session_id,"
        f" start_time FROM uis_data.calls WHERE id IN ({call}, {other})",
        "CREATE TABLE uis_data.call_legs__call_records AS SELECT call_id * 10 AS call_leg_id,"
        " call_start_time AS call_leg_start_time, position, value"
        f" FROM uis_data.calls__call_records WHERE value IN ('{shared}', '{own}')"
        f" AND call_id IN ({call}, {other})",
        f"DELETE FROM uis_data.calls__call_records WHERE call_id = {other} AND value = '{own}'",
    )
    store(sandbox)
    assert_stored(sandbox)
    assert sandbox.recordings.asked[f"/system/media/talk/{other}/{own}/"] == 1
    assert {*sandbox.recordings.asked.values()} == {1}


def test_columns_may_be_missing(sandbox: Sandbox) -> None:
    """Where links are not loaded, or a communication's id is not; if nothing leads to recordings,
    that is an error."""
    alter(
        "ALTER TABLE uis_data.calls DROP COLUMN communication_id",
        "ALTER TABLE uis_data.calls DROP COLUMN full_record_file_link",
        "DROP TABLE uis_data.calls__voice_mail_records",
    )
    result = command("--to", str(PLACE))
    assert result.exit_code == 0, result.output
    assert "not stored: voice_mail_records, full_record_file_link" in result.output
    truth = sandbox.recordings.truth()
    assert_stored(sandbox, {key: None for key in truth if key[1] in ("talk", "wav")})
    with pytest.raises(RecordingsNotLoaded, match="full_record_file_link"):
        store(sandbox, kinds=["full"])
    alter("ALTER TABLE uis_data.recordings DROP COLUMN attempts")
    assert store(sandbox).wanted == 0
    alter("ALTER TABLE uis_data.recordings DROP COLUMN record_id")
    with pytest.raises(KeyColumnMissing, match="record_id") as missing:
        store(sandbox)
    statement = missing.value.hint.partition("Run there: ")[2].partition(";")[0]
    assert "RENAME" in statement
    alter(statement)
    done = store(sandbox)
    assert done.were_there == done.stored == done.wanted


def test_privacy_decides(sandbox: Sandbox) -> None:
    """Dropped links, and pseudonyms of such, are refused; other treatments change nothing."""
    for treatment in ("drop", "pseudonymise"):
        with pytest.raises(RecordingsProtected, match="call_records, wav_call_records"):
            store(sandbox, settings={"privacy": {"recordings": treatment}})
    with pytest.raises(RecordingsProtected):
        store(sandbox, kinds=["wav"], settings={"privacy": {"wav_call_records": "drop"}})
    assert sandbox.recordings.asked.total() == 0
    others = {"phone_numbers": "pseudonymise", "names": "drop", "person_ids": "drop"}
    store(sandbox, settings={"privacy": others})
    assert_stored(sandbox)


def test_nothing_loaded_yet_is_one_line() -> None:
    assert "has no calls yet" in one_line(command("--to", str(PLACE)), 2)
    result = command("--to", str(PLACE), "--destination", "filesystem")
    assert result.exit_code == 2, result.output


def test_customers_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(calls=12, days=10, now=NOW)
    with synced(account, tmp_path / "world", 101, 102).served(monkeypatch) as sandbox:
        truth = sandbox.recordings.truth()
        done = store(sandbox)
        assert done.stored == 2 * len(truth)
        told = "SELECT user_id, app_id, count(*) FROM uis_data.recordings GROUP BY 1, 2 ORDER BY 1"
        assert query(told) == [(each, account.app_id, len(truth)) for each in (101, 102)]
        assert {path.parts[1] for path in PLACE.rglob("*.mp3")} == {"101", "102"}
        assert store(sandbox).wanted == 0
        alter("DELETE FROM uis_data.recordings WHERE user_id = 102")
        assert store(sandbox).were_there == len(truth)
        with pytest.raises(Exception, match="user_id"):
            store(sandbox, path="{call_id}_{kind}_{record_id}")


def test_check_and_overview_tell_what_waits(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> str:
        line = recordings_line(make_pipeline(), "recordings")
        return f"{line.status} {line.message} {line.hint}"

    assert told().startswith("ok no recordings are stored")
    assert ask(make_pipeline()).recordings is None
    store(sandbox, end="2026-02-20")
    stored = len(ledger())
    rest = len(sandbox.recordings.truth()) - stored
    found = ask(make_pipeline()).recordings
    assert found is not None
    assert (found.stored, found.waiting, found.gone_at) == (stored, rest, None)
    checked = CliRunner().invoke(cli, ["check"])
    assert f"recordings   {stored} are stored, {rest} are pending" in checked.output
    days = (datetime.now(UTC) - NOW).days + 12
    monkeypatch.setenv("SOURCES__UIS__RECORDINGS_KEPT_DAYS", str(days))
    assert "will be gone on" in told()
    assert told().startswith("warning") and "dlt-uis recordings" in told()
    page = CliRunner().invoke(cli, ["overview"])
    assert page.exit_code == 0, page.output
    assert "will be gone" in Path("uis-overview.html").read_text("utf-8")
    store(sandbox)
    assert told().endswith("none is pending ")


def test_a_hosts_pipeline_has_a_step_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own pipeline, destination and names; it goes on as it was."""
    account = Account(calls=8, days=5, now=NOW)
    with Sandbox(account) as sandbox:
        configure(sandbox, monkeypatch)
        pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data")
        pipeline.run(uis_source(clock=account.now))
        done = store_recordings(pipeline, PLACE, settings={"clock": account.now})
        pipeline.run(uis_source(clock=account.now))
        truth = {audio.sha256() for audio in sandbox.recordings.truth().values()}
        assert done.stored == done.wanted == len(sandbox.recordings.truth())
        with pipeline.sql_client() as client:
            rows = client.execute_sql("SELECT sha256, path FROM recordings") or ()
        assert {sha256 for sha256, _ in rows} == truth
        assert {path for _, path in rows} == files().keys()


@pytest.mark.cross
@pytest.mark.usefixtures("postgres")
def test_on_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_works_on("postgres", monkeypatch)


@pytest.mark.cross
@pytest.mark.usefixtures("bigquery")
def test_on_bigquery(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_works_on("bigquery", monkeypatch)


def assert_works_on(destination: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(calls=20, days=5, now=datetime.now(UTC).replace(microsecond=0))
    with Sandbox(account) as sandbox:
        configure(sandbox, monkeypatch)
        target = ("--destination", destination)
        synced_there = CliRunner().invoke(cli, ["sync", *target])
        assert synced_there.exit_code == 0, synced_there.output
        total = len(sandbox.recordings.truth())
        for stored in (total, 0):
            result = command("--to", str(PLACE), *target)
            assert result.exit_code == 0, result.output
            assert f"stored    {stored:,} of {stored:,} recordings" in result.output
        call = next(call for call, _, _ in sandbox.recordings.truth())
        result = command("--forget", str(call), *target)
        assert result.exit_code == 0, result.output
        assert "0 of 0 recordings" in command("--to", str(PLACE), *target).output
        contents = {key: audio.sha256() for key, audio in sandbox.recordings.truth().items()}
        assert len(files()) == sum(key[0] != call for key in contents)
