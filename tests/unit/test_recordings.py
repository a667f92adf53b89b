"""Recordings: what is one, where it lies, how it is named, and whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.errors import ConnectionFailed, InvalidArgument
from dlt_uis.localtime.zones import Zone
from dlt_uis.recordings.audio import extension_of
from dlt_uis.recordings.journal import Journal
from dlt_uis.recordings.lanes import GIVEN_UP_AFTER, Lane, Lanes
from dlt_uis.recordings.links import Hosts
from dlt_uis.recordings.paths import TEMPLATE, Paths, template_of
from dlt_uis.recordings.recording import Recording, Status, Verdict
from dlt_uis.recordings.wanted import Hour, in_order

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
UIS = "https://dataapi.uiscom.ru/v2.0"
MP3, WAV = b"\xff\xf3\x48\xc4" + bytes(600), b"RIFF\x10\0\0\0WAVEfmt " + bytes(600)
HTML, JSON = b"\xef\xbb\xbf \n<!DOCTYPE html><p>" + "я".encode() * 300, b' {"error": 1}'


def recording(call: int = 1, kind: str = "talk", record: str = "ab", **given: object) -> Recording:
    about = {"link": record, "communication": call, "start": NOW, **given}
    return Recording(call, kind, record, **about)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content_type", "head", "extension"),
    [
        ("audio/mpeg", MP3, "mp3"),
        ("audio/mpeg", b"ID3\x04" + bytes(600), "mp3"),
        ("audio/mpeg", WAV, "wav"),
        ("audio/x-wav", bytes(600), "wav"),
        ("audio/mpeg", bytes(600), "mp3"),
        ("application/octet-stream", WAV, "wav"),
        ("", MP3, "mp3"),
        ("application/octet-stream", bytes(600), None),
        ("", bytes(600), None),
        ("audio/mpeg", HTML, None),
        ("audio/mpeg", JSON, None),
        ("audio/mpeg", b"", None),
        ("text/html", MP3, None),
        ("application/problem+json", JSON, None),
        ("", HTML, None),
    ],
)
def test_only_audio_is_a_recording(content_type: str, head: bytes, extension: str | None) -> None:
    assert extension_of(content_type, head) == extension


BRANDS = {
    "uis": ("https://dataapi.uiscom.ru/v2.0", "uiscom.ru"),
    "comagic": ("https://dataapi.comagic.ru/v2.0", "comagic.ru"),
    "callgear": ("https://dataapi.callgear.ae/v2.0", "callgear.ae"),
    "novofon": ("https://dataapi-jsonrpc.novofon.ru/v2.0", "novofon.ru"),
}


@pytest.mark.parametrize(("brand", "api_url", "domain"), [(b, *g) for b, g in BRANDS.items()])
def test_links_lead_to_the_hosts_of_the_brand(brand: str, api_url: str, domain: str) -> None:
    hosts = Hosts(api_url)
    for kind in ("talk", "wav", "voice_mail"):
        wanted = f"https://app.{domain}/system/media/{kind}/17/ab/"
        assert hosts.address(recording(17, kind), brand) == wanted
    whole = recording(17, "full", link="https://media.example.ru/17/ab")
    assert hosts.address(whole, brand) == f"https://media.{domain}/17/ab"
    own = recording(17, "full", link=f"http://records.{domain}/x/17/ab/?k=1")
    assert hosts.address(own, brand) == f"https://records.{domain}/x/17/ab/?k=1"
    set_ = Hosts(api_url, "http://a:1/m/", "http://b:2/r")
    assert set_.address(recording(17, record="a/b"), "none") == (
        "http://a:1/m/system/media/talk/17/a%2Fb/"
    )
    assert set_.address(whole, "none") == "http://b:2/r/17/ab"


@pytest.mark.parametrize("link", ["", "ab12", "https://", "https://host", "http://[", "/17/ab"])
def test_what_is_no_link_leads_nowhere(link: str) -> None:
    assert Hosts(UIS).address(recording(kind="full", link=link), "uis") is None


@pytest.mark.parametrize(
    ("link", "location", "target"),
    [
        ("http://app.uiscom.ru/a", "https://app.uiscom.ru/a", "https://app.uiscom.ru/a"),
        ("https://app.uiscom.ru/a", "/b?c", "https://app.uiscom.ru/b?c"),
        ("https://app.uiscom.ru/a", "https://s3.media.uiscom.ru/b", "https://s3.media.uiscom.ru/b"),
        ("https://app.uiscom.ru/a", "http://app.uiscom.ru/a", None),
        ("https://app.uiscom.ru/a", "https://app.comagic.ru/a", None),
        ("https://app.uiscom.ru/a", "https://evil-uiscom.ru/a", None),
        ("https://app.uiscom.ru/a", "https://uiscom.ru.evil.com/a", None),
        ("https://app.uiscom.ru/a", "https://[/a", None),
        ("http://127.0.0.1:1/a", "http://127.0.0.1:2/b", "http://127.0.0.1:2/b"),
        ("http://127.0.0.1:1/a", "http://127.0.0.2:1/b", None),
        ("http://127.0.0.1:1/a", "file:///etc/passwd", None),
    ],
)
def test_a_redirect_is_followed_within_the_host_family(
    link: str, location: str, target: str | None
) -> None:
    assert Hosts(UIS).led_on(link, location, "uis") == target


def moscow(user_id: int | None) -> Zone:
    del user_id
    return Zone("Europe/Moscow")


IDS = st.integers(1, 10**12)
RECORDS = st.text(min_size=1, max_size=12)


@given(st.lists(st.tuples(IDS, st.sampled_from(["talk", "wav"]), RECORDS), min_size=2, unique=True))
def test_no_two_recordings_have_a_path_in_common_and_none_leads_elsewhere(
    keys: list[tuple[int, str, str]],
) -> None:
    for template in (TEMPLATE, "{kind}/{call_id}/{record_id}/x.{ext}"):
        paths = [Paths(template, moscow).of(recording(*key), "mp3") for key in keys]
        assert len({*paths}) == len(keys)
        for path in paths:
            assert path is not None
            assert not {"", ".", ".."}.intersection(path.split("/"))
            assert len(path.split("/")) == len(template.split("/"))


def test_a_path_has_the_local_date_and_an_absurd_id_has_none() -> None:
    late = recording(start=datetime(2026, 2, 28, 22, tzinfo=UTC))
    assert Paths(TEMPLATE, moscow).of(late, "wav") == "2026/03/01/1_talk_ab.wav"
    last = recording(start=datetime(9999, 12, 31, 23, tzinfo=UTC))
    assert Paths(TEMPLATE, moscow).of(last, "wav") == "9999/12/31/1_talk_ab.wav"
    assert Paths(TEMPLATE, moscow).of(recording(record="x" * 200), "mp3") is None
    owned = Paths(template_of(owned=True), moscow, owned=True)
    assert owned.of(recording(user_id=7), "mp3") == "7/2026/03/04/1_talk_ab.mp3"


@pytest.mark.parametrize(
    "template",
    [
        "{call_id}_{kind}.{ext}",
        "/{call_id}_{kind}_{record_id}",
        "a/../{call_id}_{kind}_{record_id}",
        "a//{call_id}_{kind}_{record_id}",
        "{call_id}_{kind}_{record_id}_{phone}",
        "{call_id:>9}_{kind}_{record_id}",
        "{call_id.real}_{kind}_{record_id}",
        "{call_id}_{kind}_{record_id",
        "",
    ],
)
def test_templates_that_might_mix_files_up_are_refused(template: str) -> None:
    with pytest.raises(InvalidArgument):
        Paths(template, moscow)


HOURS = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(["talk", "wav"]), st.integers(1, 40)),
    max_size=40, unique_by=lambda hour: hour[:2],
)  # fmt: skip


@given(HOURS, st.none() | st.integers(0, 60), st.integers(1, 60))
def test_spans_hold_each_hour_once_those_first_that_will_be_deleted_first(
    told: list[tuple[int, str, int]], kept: int | None, most: int
) -> None:
    hours = [Hour(NOW + n * HOUR, kind, count, NOW) for n, kind, count in sorted(told)]
    since = None if kept is None else NOW + kept * HOUR
    spans = list(in_order(hours, since, (NOW, NOW + 61 * HOUR), most))
    for hour in hours:
        assert sum(start <= hour.start < end for start, end in spans) == 1
    starts = [start for start, _ in spans]
    late = [start for start in starts if since is not None and start < since]
    assert starts == [*sorted({*starts}.difference(late)), *sorted(late)]


def row(call: int, **given: object) -> dict[str, object]:
    verdict = Verdict(recording(call), Status.GONE, NOW, 1)
    return {**verdict.as_row(), **given}


def test_a_journal_outlives_its_run_whatever_became_of_its_end(tmp_path: Path) -> None:
    """Lines that were cut, that are of another warehouse, or that lack something, are none."""
    journal = Journal(tmp_path, "home")
    for call in (1, 2, 3):
        journal.note(row(call))
    journal.loaded([row(1)])
    file = tmp_path / "recordings.jsonl"
    whole = file.read_text()
    other = Journal(tmp_path, "elsewhere")
    other.note(row(9))
    broken = '{"home": "home", "call_id": 5}\n[1]\n\0\0\0\n' + whole.splitlines()[0][:40]
    file.write_text(file.read_text() + broken)
    again = Journal(tmp_path, "home")
    assert again.of_earlier_run() == [row(2), row(3)]
    again.note(row(4))
    assert Journal(tmp_path, "home").of_earlier_run() == [row(2), row(3), row(4)]
    last = Journal(tmp_path, "home")
    last.loaded(last.of_earlier_run())
    assert not file.exists()


def lanes_of(workers: int, *counts: int) -> tuple[Lanes, list[Lane]]:
    made = [Lane([str(number)], iter(())) for number in range(len(counts))]
    lanes = Lanes(made, workers)
    for lane, count in zip(made, counts, strict=True):
        lanes.fill(lane, [recording(call) for call in range(count)])
        lanes.fill(lane, None)
    return lanes, made


def taken(lanes: Lanes, times: int) -> Sequence[str]:
    found = []
    for _ in range(times):
        one = lanes.next()
        assert one is not None
        found.append(one[0].kinds[0])
    return found


def test_a_lane_leaves_a_worker_for_each_other_one() -> None:
    lanes, _ = lanes_of(4, 10, 10)
    assert taken(lanes, 4) == ["0", "0", "0", "1"]
    lanes, _ = lanes_of(4, 10, 0)
    assert taken(lanes, 4) == ["0", "0", "0", "0"]


def test_a_host_that_fails_has_one_worker_and_is_given_up() -> None:
    lanes, (slow, _) = lanes_of(4, 20, 20)
    assert taken(lanes, 3) == ["0", "0", "0"]
    error = ConnectionFailed("host", "down")
    failed = Verdict(recording(), Status.PENDING, NOW, 1, error=error)
    for _ in range(3):
        lanes.done(slow, failed)
    assert taken(lanes, 4) == ["0", "1", "1", "1"]
    for _ in range(GIVEN_UP_AFTER - 3):
        lanes.done(slow, failed)
    assert (slow.down, len(slow.waiting)) == (error, 0)
    assert taken(lanes, 1) == ["1"]
    assert lanes.unreachable() is error


def test_one_answer_makes_up_for_failures_before_it() -> None:
    lanes, (lane,) = lanes_of(4, 20)
    error = ConnectionFailed("host", "down")
    for _ in range(3):
        for _ in range(GIVEN_UP_AFTER - 1):
            lane.running += 1
            lanes.done(lane, Verdict(recording(), Status.PENDING, NOW, 1, error=error))
        lane.running += 1
        lanes.done(lane, Verdict(recording(), Status.GONE, NOW, 1))
    assert lane.down is None
    assert lanes.unreachable() is None
