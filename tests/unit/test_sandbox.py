"""The sandbox is as strict as the documentation: each error with its code, mnemonic and field."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import wave
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import mean
from typing import Any

import pytest
import requests

from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.sandbox import Account, Limits, Sandbox
from dlt_uis.sandbox.audio import Audio
from dlt_uis.sandbox.campaigns import CAMPAIGNS, FIRST_CAMPAIGN_ID, FIRST_SOURCE_ID, SOURCES
from dlt_uis.sandbox.durations import LONGEST_CALL
from dlt_uis.sandbox.people import FIRST_EMPLOYEE_ID, SHIFT_AT, SHIFTS, Shift
from dlt_uis.sandbox.reasons import ANSWERED_REASONS
from dlt_uis.sandbox.refusals import CODES
from dlt_uis.sandbox.rendering import Renderer
from dlt_uis.sandbox.stories import SKETCHES, caller_of, story_of

from .asking import NOW, ask, post

WINDOW = {"date_from": "2026-02-20 00:00:00", "date_till": "2026-03-04 15:00:00"}


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(Account(calls=500, days=10, now=NOW)) as sandbox:
        yield sandbox


def calls(sandbox: Sandbox, **params: Any) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = ask(sandbox, **{**WINDOW, **params})["result"]["data"]
    return data


def test_pages_come_in_the_order_of_time_or_against_it(served: Sandbox) -> None:
    """Both from the edge that they are sorted by, and both tell how many calls there are."""
    forth, back = (
        ask(served, **WINDOW, limit=400, sort=[{"field": "start_time", "order": order}])["result"]
        for order in ("asc", "desc")
    )
    starts, backwards = (
        [each["start_time"] for each in result["data"]] for result in (forth, back)
    )
    assert starts == sorted(starts)
    assert backwards == sorted(backwards, reverse=True)
    everything = sorted(each["start_time"] for each in calls(served))
    assert (starts, backwards[::-1]) == (everything[:400], everything[-400:])
    assert forth["metadata"]["total_items"] == back["metadata"]["total_items"] == len(everything)


@pytest.mark.parametrize(
    ("params", "mnemonic", "field"),
    [
        ({"access_token": None}, "required_parameter_missed", "access_token"),
        ({"access_token": 5}, "data_type_error", "access_token"),
        ({"access_token": "x"}, "access_token_invalid", "access_token"),
        ({"date_from": None}, "required_parameter_missed", "date_from"),
        ({"date_from": "2026-02-20"}, "invalid_parameter_value", "date_from"),
        ({"date_from": 5}, "data_type_error", "date_from"),
        ({"date_from": "2026-04-20 00:00:00"}, "invalid_parameters_combination", "date_from"),
        ({"date_till": "2026-05-20 00:00:01"}, "date_interval_limit_reached", "date_till"),
        ({"limit": 10_001}, "invalid_parameter_value", "limit"),
        ({"limit": "7"}, "data_type_error", "limit"),
        ({"offset": 100_001}, "invalid_parameter_value", "offset"),
        ({"surprise": 1}, "unexpected_parameters", "surprise"),
        ({"fields": ["id", "utm_referer"]}, "unexpected_parameters", "utm_referer"),
        ({"fields": "id"}, "data_type_error", "fields"),
        ({"sort": [{"field": "id"}]}, "sort_prohibited", "id"),
        ({"sort": [{"field": "start_time", "order": "up"}]}, "invalid_parameter_value", "order"),
        (
            {"filter": {"field": "start_time", "operator": "=", "value": 1}},
            "filter_prohibited",
            "start_time",
        ),
        (
            {"filter": {"field": "id", "operator": "~", "value": 1}},
            "invalid_parameter_value",
            "operator",
        ),
        ({"filter": {"field": "id", "operator": ">", "value": "x"}}, "data_type_error", "id"),
        (
            {"filter": {"field": "utm_referrer", "operator": "=", "value": "x"}},
            "filter_prohibited",
            "utm_referrer",
        ),
        ({"include_ongoing_calls": 1}, "data_type_error", "include_ongoing_calls"),
        ({"user_id": "x"}, "data_type_error", "user_id"),
    ],
)
def test_wrong_parameters_are_refused(
    served: Sandbox, params: dict[str, Any], mnemonic: str, field: str
) -> None:
    error = ask(served, **{**WINDOW, **params})["error"]
    assert (error["code"], error["data"]["mnemonic"]) == (CODES[mnemonic], mnemonic)
    assert error["data"]["field"] == field


@pytest.mark.parametrize(
    ("request_", "mnemonic"),
    [
        ([], "batch_operations_not_supported"),
        ({"jsonrpc": "2.0", "method": "get.account", "params": {}}, "notifications_not_supported"),
        ({"id": 1, "method": "get.account", "params": {}}, "invalid_request"),
        ({"jsonrpc": "2.0", "id": 1, "params": {}}, "invalid_request"),
        ({"jsonrpc": "2.0", "id": 1, "method": "get.all", "params": {}}, "method_not_found"),
        (
            {"jsonrpc": "2.0", "id": 1, "method": "login.user",
             "params": {"login": "a", "password": "b"}},
            "auth_error",
        ),
    ],
)  # fmt: skip
def test_wrong_envelopes_are_refused(served: Sandbox, request_: Any, mnemonic: str) -> None:
    error = post(served, request_)["error"]
    assert (error["code"], error["data"]["mnemonic"]) == (CODES[mnemonic], mnemonic)


def test_what_is_not_json_is_refused(served: Sandbox) -> None:
    answer = requests.post(served.url, data=b"{", timeout=10).json()
    assert answer["error"]["data"]["mnemonic"] == "parse_error"


def test_only_the_documented_default_comes_unasked(served: Sandbox) -> None:
    default = {field.name for field in CALLS_REPORT if field.default}
    assert set(calls(served)[0]) == default
    assert set(calls(served, fields=["tags"])[0]) == {"tags"}


@pytest.mark.parametrize(
    ("filter_", "holds"),
    [
        ({"field": "direction", "operator": "=", "value": "in"}, lambda c: c["direction"] == "in"),
        (
            {"field": "talk_duration", "operator": ">=", "value": 600},
            lambda c: c["talk_duration"] >= 600,
        ),
        (
            {"field": "cpn_region_name", "operator": "like", "value": "Москва%"},
            lambda c: c["cpn_region_name"].startswith("Москва"),
        ),
        (
            {"field": "tag_name", "operator": "in", "value": ["Спам"]},
            lambda c: any(tag["tag_name"] == "Спам" for tag in c["tags"]),
        ),
        (
            {
                "filters": [
                    {"field": "is_lost", "operator": "=", "value": True},
                    {"field": "scenario_name", "operator": "regexp", "value": "^Support"},
                ],
                "condition": "or",
            },
            lambda c: c["is_lost"] or c["scenario_name"].startswith("Support"),
        ),
    ],
)
def test_filters_do_what_they_say(served: Sandbox, filter_: Any, holds: Any) -> None:
    every = calls(served, fields=list(CALLS_REPORT.names))
    found = calls(served, fields=["id"], filter=filter_)
    assert {c["id"] for c in found} == {c["id"] for c in every if holds(c)}
    assert 0 < len(found) < len(every)


def test_the_same_seed_is_the_same_account_and_time_goes_on() -> None:
    one, other = (Account(calls=50, days=10, seed=4, now=NOW) for _ in range(2))
    assert one.truth() == other.truth()
    assert len(one.truth()) == 50
    before = set(one.truth_ids())
    one.advance(timedelta(days=2))
    assert before < set(one.truth_ids())


def test_a_call_stays_as_it_was_while_time_goes_on() -> None:
    """Also in an account that is made anew later, or is larger; another seed has other calls."""
    early = {call["id"]: call for call in Account(calls=300, days=10, now=NOW).truth()}
    later = Account(calls=600, days=20, now=NOW + timedelta(days=3)).truth()
    assert [early[call["id"]] for call in later if call["id"] in early] == list(early.values())
    other = Account(calls=300, days=10, seed=2, now=NOW).truth()
    phones = {call["contact_phone_number"] for call in early.values()}
    assert all(early.get(call["id"]) != call for call in other)
    assert not phones & {call["contact_phone_number"] for call in other}


def test_what_is_done_to_a_call_changes_nothing_else() -> None:
    account = Account(calls=300, days=10, now=NOW)
    before = {call["id"]: call for call in account.truth()}
    moved, told, gone = account.truth_ids()[100:103]
    account.move_call(moved, NOW - timedelta(days=8))
    account.update(told, contact_phone_number="7")
    account.remove(gone)
    added = account.add_call(NOW - timedelta(days=2), talk_duration=7)
    after = {call["id"]: call for call in account.truth()}
    assert after.keys() - before.keys() == {added}
    assert before.keys() - after.keys() == {gone}
    assert after[added]["talk_duration"] == 7
    changed = {id_ for id_ in before if id_ != gone and before[id_] != after[id_]}
    assert changed == {moved, told}
    times = {"start_time", "finish_time", "sale_date", "tags", "recognized_text"}
    differ = {name for name, value in before[moved].items() if value != after[moved][name]}
    assert {"start_time", "finish_time"} <= differ <= times


def test_a_field_that_is_not_documented_comes_when_it_is_asked_for(served: Sandbox) -> None:
    names = [*CALLS_REPORT.names, "utm_referrer"]
    every = calls(served, fields=names)
    assert "utm_referrer" not in calls(served, fields=names[:-1])[0]
    assert {bool(call["utm_referrer"]) for call in every} == {True, False}
    assert all(
        call["utm_referrer"] == (call["referrer"] if call["utm_source"] else None) for call in every
    )


@pytest.mark.parametrize(
    ("method", "by_itself", "asked_only"),
    [
        ("get.employees", {"first_name", "patronymic", "extension", "schedule_name"}, ()),
        ("get.campaigns", {"engine", "costs", "site_blocks"}, ("static_utm_source",)),
        ("get.virtual_numbers", {"redirection_phone_number", "type"}, ("site_blocks",)),
        ("get.scenarios", {"sites", "campaigns"}, ()),
        ("get.sites", {"site_key", "creation_date"}, ()),
    ],
)
def test_lists_have_the_documented_fields(
    served: Sandbox, method: str, by_itself: set[str], asked_only: tuple[str, ...]
) -> None:
    row = ask(served, method)["result"]["data"][0]
    assert by_itself < row.keys()
    assert not row.keys() & set(asked_only)
    fields = ["id", *by_itself, *asked_only]
    assert set(ask(served, method, fields=fields)["result"]["data"][0]) == set(fields)
    refused = ask(served, method, fields=["id", "surprise"])["error"]["data"]
    assert (refused["mnemonic"], refused["field"]) == ("unexpected_parameters", "surprise")


def test_points_are_spent_and_refused_over_the_budget() -> None:
    account = Account(calls=10, days=1, now=NOW)
    with Sandbox(account, limits=Limits(day=3, minute=2)) as sandbox:
        kinds = []
        for _ in range(3):
            answer = ask(sandbox, "get.account")
            error = answer.get("error")
            kinds.append(error and error["data"]["params"]["limit_type"])
        account.advance(timedelta(minutes=1))
        ask(sandbox, "get.account")
        last = ask(sandbox, "get.account")["error"]["data"]["params"]["limit_type"]
        assert (sandbox.points, sandbox.over_budget) == (3, 2)
    assert [*kinds, last] == [None, None, "minute", "day"]


def test_an_agent_names_the_customer(served: Sandbox) -> None:
    agent = {"access_token": served.agent_token}
    refused = ask(served, "get.tags", **agent)
    assert refused["error"]["data"]["field"] == "user_id"
    users = ask(served, "get.customer_users", **agent, user_id=101)["result"]["data"]
    assert ask(served, "get.tags", **agent, user_id=users[0]["id"])["result"]["data"]


def test_gzip_is_for_those_who_ask(served: Sandbox) -> None:
    request: Any = {"jsonrpc": "2.0", "id": 1, "method": "get.account",
               "params": {"access_token": served.access_token}}  # fmt: skip
    headers = {"Accept-Encoding": "gzip"}
    with requests.post(served.url, json=request, headers=headers, stream=True, timeout=9) as zipped:
        assert json.loads(gzip.decompress(zipped.raw.read()))["id"] == 1
    plain = requests.post(
        served.url, json=request, headers={"Accept-Encoding": "identity"}, timeout=9
    )
    assert "Content-Encoding" not in plain.headers


def test_answers_are_the_same_from_the_cache_and_however_pages_are_cut(served: Sandbox) -> None:
    url, fields = served.url, ["id", "start_time", "tags"]
    whole = calls(served, fields=fields, limit=1_000)
    assert len(whole) == 500
    for limit in (500, 333, 210, 200, 7):
        params = {**WINDOW, "access_token": served.access_token, "fields": fields, "limit": limit}
        for offset in (0, 150, 200, 490):
            request: Any = {"jsonrpc": "2.0", "id": 1, "method": "get.calls_report"}
            asked: Any = {**request, "params": {**params, "offset": offset}}
            for encoding in ("identity", "gzip", "gzip", "identity"):
                answer = requests.post(
                    url, json=asked, headers={"Accept-Encoding": encoding}, timeout=10
                )
                data = answer.json()["result"]["data"]
                # calls of one second come in any order, at a page's edge others of them
                found = sorted(call["start_time"] for call in data)
                assert found == [call["start_time"] for call in whole[offset : offset + limit]]
                known = {call["id"]: call for call in whole}
                assert all(call == known[call["id"]] for call in data)
                assert len({call["id"] for call in data}) == len(data)


def test_a_small_cache_answers_the_same() -> None:
    with Sandbox(Account(calls=500, days=10, now=NOW), cache_bytes=1_000) as small:
        first, again = (calls(small, fields=["id"], limit=1_000) for _ in range(2))
    assert len(first) == 500
    assert first == again


# -- what stands in calls -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told() -> list[dict[str, Any]]:
    """The calls of an account by start, with ``at``, their local start."""
    every = Account(calls=5_000, days=60, now=NOW).truth()
    return [{**call, "at": datetime.fromisoformat(call["start_time"])} for call in every]


@pytest.fixture(scope="module")
def by_contact(told: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for each in told:
        found[each["contact_phone_number"]].append(each)
    return found


def share(calls: Iterable[Any]) -> float:
    """How many of some calls something is true of."""
    flags = [bool(each) for each in calls]
    return sum(flags) / len(flags)


def shift_of(call: Mapping[str, Any]) -> Shift:
    return SHIFTS[SHIFT_AT[call["at"].weekday()][call["at"].hour]]


def test_a_third_as_many_contacts_as_calls_and_some_call_often(
    by_contact: dict[str, list[dict[str, Any]]],
) -> None:
    often = Counter(map(len, by_contact.values()))
    assert 0.28 < len(by_contact) / 5_000 < 0.4
    assert 0.25 < often[1] / len(by_contact) < 0.6
    assert 0.05 < sum(often[many] for many in range(7, 100)) / len(by_contact) < 0.25
    same = (
        "cpn_region_id", "contact_full_name", "contact_id", "campaign_id", "visitor_id",
        "person_id",
    )  # fmt: skip
    for calls in by_contact.values():
        assert all(len({call[name] for call in calls}) == 1 for name in same)


def test_the_communications_of_visitors_are_counted(
    by_contact: dict[str, list[dict[str, Any]]],
) -> None:
    """In a row; not from 1 where the first of them are older than the account."""
    in_a_row = []
    for calls in by_contact.values():
        numbers = [call["communication_number"] for call in calls]
        kinds = {call["visitor_type"] for call in calls}
        if calls[0]["campaign_name"] == "Наружная реклама":
            assert (set(numbers), kinds) == ({None}, {"Не заполнен"})
            continue
        in_a_row.append(numbers == list(range(numbers[0], numbers[0] + len(numbers))))
        assert kinds == {"Вернувшийся" if number > 1 else "Новый" for number in numbers}
        late = calls[0]["at"] > datetime(2026, 2, 4)
        assert numbers[0] == 1 or not late or not in_a_row[-1]
    assert share(in_a_row) > 0.99


def test_missed_calls_are_called_back_or_come_again_or_nothing_happens(
    told: list[dict[str, Any]], by_contact: dict[str, list[dict[str, Any]]]
) -> None:
    outcomes: Counter[str] = Counter()
    # of the last day's calls, the next may be still to come
    missed = [c for c in told if c["is_lost"] and c["direction"] == "in" and c["at"].day != NOW.day]
    for lost in missed:
        later = [
            call
            for call in by_contact[lost["contact_phone_number"]]
            if lost["at"] < call["at"] < lost["at"] + timedelta(hours=1)
            and call["at"].date() == lost["at"].date()
        ]
        if not later:
            outcomes["nothing"] += 1
            assert lost["lost_call_processing_duration"] is None
            continue
        (then,) = later
        outcomes[f"{then['direction']} {'in vain' if then['is_lost'] else 'reached'}"] += 1
        passed = int((then["at"] - lost["at"]).total_seconds())
        assert max(120, lost["total_duration"]) < passed
        assert lost["lost_call_processing_duration"] == (None if then["is_lost"] else passed)
    assert outcomes.keys() == {"nothing", "out reached", "out in vain", "in reached"}
    shares = {name: count / len(missed) for name, count in outcomes.items()}
    assert 0.25 < shares["nothing"] < 0.45
    assert 0.3 < shares["out reached"] < 0.5
    assert 0.04 < shares["out in vain"] < 0.14
    assert 0.13 < shares["in reached"] < 0.27
    others = [c for c in told if not c["is_lost"] or c["direction"] == "out"]
    assert {call["lost_call_processing_duration"] for call in others} == {None}


def test_calls_end_for_a_reason_that_fits(told: list[dict[str, Any]]) -> None:
    assert 0.18 < share(call["is_lost"] for call in told) < 0.3
    for call in told:
        is_answered = not call["is_lost"]
        if call["finish_reason"] != "subscriber_disconnects":
            assert (call["finish_reason"] in ANSWERED_REASONS) == is_answered
        assert bool(call["talk_duration"]) == bool(call["call_records"]) == is_answered
        assert (call["last_answered_employee_id"] is not None) == is_answered
        assert ("lost" in call["attributes"]) == call["is_lost"]
    lost = Counter(call["finish_reason"] for call in told if call["is_lost"])
    assert {"timeout", "operator_busy", "subscriber_busy"} < {
        name for name, _ in lost.most_common(14)
    }


def test_most_are_lost_when_most_call_and_when_nobody_works(told: list[dict[str, Any]]) -> None:
    received = [call for call in told if call["direction"] == "in"]

    def lost_at(*hours: int) -> float:
        return share(
            call["is_lost"] for call in received
            if call["at"].hour in hours and call["at"].weekday() < 5
        )  # fmt: skip

    assert lost_at(8, 18, 19) + 0.08 < lost_at(9, 10, 11, 14) < 0.4 < lost_at(*range(8), 21, 22, 23)
    by_hour = Counter(call["at"].hour for call in told)
    assert sum(by_hour[hour] for hour in range(9, 18)) > 0.7 * 5_000
    by_weekday = Counter(call["at"].weekday() for call in told)
    assert by_weekday[6] < by_weekday[5] < min(by_weekday[day] for day in range(5))


def test_campaigns_have_tags_sources_and_conversions_of_their_own(
    told: list[dict[str, Any]],
) -> None:
    for id_, campaign in enumerate(CAMPAIGNS, FIRST_CAMPAIGN_ID):
        mine = [call for call in told if call["campaign_id"] == id_]
        assert {call["campaign_name"] for call in mine} == {campaign.name}
        tagged = [call for call in mine if call["utm_source"] is not None]
        tags = campaign.tags
        assert abs(len(tagged) / len(mine) - (tags.share if tags else 0)) < 0.12
        for call in tagged:
            assert tags is not None
            assert (call["utm_source"], call["utm_medium"]) == (tags.source, tags.medium)
            assert call["utm_campaign"] in tags.campaigns
        for call in mine:
            assert (call["utm_campaign"] is None) == (call["utm_source"] is None)
            source = SOURCES[call["source_id"] - FIRST_SOURCE_ID]
            assert source in [SOURCES[place] for place in campaign.sources]
            assert (call["source_name"], call["channel_code"]) == (source.name, source.code)
        received = [call["is_lost"] for call in mine if call["direction"] == "in"]
        assert abs(share(received) - 0.22 * campaign.lost) < 0.08
        answered = [call["sale_cost"] for call in mine if not call["is_lost"]]
        assert abs(share(answered) - campaign.sales) < 0.08


def test_employees_answer_within_their_shifts(told: list[dict[str, Any]]) -> None:
    for call in told:
        there = {FIRST_EMPLOYEE_ID + index for index in shift_of(call).staff}
        talked = [call[f"{when}_answered_employee_id"] for when in ("first", "last")]
        present = {employee["employee_id"] for employee in call["employees"]}
        assert present | {*talked} - {None} <= there
        assert all(each["is_answered"] != call["is_lost"] for each in call["employees"])
    busy = {call["last_answered_employee_id"] for call in told}
    assert len(busy - {None}) == 16


def test_durations_add_up_and_most_talks_are_short(told: list[dict[str, Any]]) -> None:
    talks = sorted(call["talk_duration"] for call in told if not call["is_lost"])
    assert 90 < talks[len(talks) // 2] < 180 < mean(talks) < 260 < talks[-1] <= 1_600
    for call in told:
        assert call["wait_duration"] + call["talk_duration"] == call["total_duration"]
        assert call["total_wait_duration"] + call["clean_talk_duration"] == call["total_duration"]
        finish = datetime.fromisoformat(call["finish_time"])
        assert (finish - call["at"]).total_seconds() == call["total_duration"] <= LONGEST_CALL
        assert call["sale_date"] is None or call["sale_date"] > call["start_time"]


def test_ids_are_in_no_order_and_there_are_bursts(told: list[dict[str, Any]]) -> None:
    assert len({call["id"] for call in told}) == 5_000
    falls = share(
        later["id"] < earlier["id"]
        for earlier, later in pairwise(told)
        if earlier["at"].date() == later["at"].date() and earlier["at"] < later["at"]
    )
    assert 0.4 < falls < 0.6
    seconds = Counter(call["start_time"] for call in told)
    assert sum(count >= 10 for count in seconds.values()) > 30


def test_each_documented_value_occurs() -> None:
    renderer = Renderer(CALLS_REPORT, seed=1)
    stories = [
        story_of(caller_of(5, number), place) for place in range(len(SKETCHES)) for number in (1, 2)
    ]
    every = [json.loads(renderer.render(1, each, 0, 9, lambda _: b"")) for each in stories]
    assert {tuple(call) for call in every} == {tuple(every[0])}
    assert every[0].keys() == set(CALLS_REPORT.names)
    for field in CALLS_REPORT.scalars:
        if field.values:
            assert {call[field.name] for call in every} - {None} == {*field.values}, field.name
    attributes = CALLS_REPORT.array("attributes")
    assert attributes is not None
    assert {value for call in every for value in call["attributes"]} == {*attributes.values}


def test_recordings_are_sound_files_and_always_the_same(served: Sandbox) -> None:
    """Also under the address that stands in the report, and of any length."""
    truth = served.recordings.truth()
    kinds = {kind for _, kind, _ in truth}
    assert kinds == {"talk", "wav", "voice_mail", "full"}
    for kind in sorted(kinds):
        key, audio = next((key, audio) for key, audio in truth.items() if key[1] == kind)
        path = served.recordings.path(*key)
        answer = requests.get(f"{served.media_url}{path}", timeout=10)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == audio.content_type
        assert hashlib.sha256(answer.content).hexdigest() == audio.sha256()
        assert len(answer.content) == audio.length
        if audio.is_wav:
            with wave.open(io.BytesIO(answer.content)) as sound:
                assert sound.getnframes() * sound.getsampwidth() == audio.length - 44
        else:
            frames = [answer.content[at : at + 144] for at in range(0, audio.length, 144)]
            assert all(len(frame) == 144 and frame[:2] == b"\xff\xf3" for frame in frames)
    call = next(call for call in served.account.truth() if call["full_record_file_link"])
    link = call["full_record_file_link"]
    assert requests.get(link.replace("https://media.uiscom.ru", served.records_url), timeout=10).ok
    long = Audio("any", 1_000_000, is_wav=False)
    assert sum(map(len, long.pieces())) == long.length == 1_000_000 // 144 * 144


def test_of_recordings_that_are_not_there_the_status_tells_why(served: Sandbox) -> None:
    lost = next(call for call in served.account.truth() if call["is_lost"])
    statuses = [
        requests.get(f"{served.media_url}{path}", timeout=10).status_code
        for path in (
            f"/system/media/talk/{lost['communication_id']}/ab/",
            f"/system/media/talk/{served.account.truth_ids()[0]}7/ab/",
            "/system/media/talk/",
            "/other",
        )
    ]
    assert statuses == [400, 404, 404, 405]
