"""The sandbox is as strict as the documentation: each error with its code, mnemonic and field."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.sandbox import Account, Limits, Sandbox
from dlt_uis.sandbox.refusals import CODES

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
WINDOW = {"date_from": "2026-02-20 00:00:00", "date_till": "2026-03-04 15:00:00"}


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(Account(calls=500, days=10, now=NOW)) as sandbox:
        yield sandbox


def post(sandbox: Sandbox, request: Any) -> dict[str, Any]:
    answer: dict[str, Any] = requests.post(sandbox.url, json=request, timeout=10).json()
    return answer


def call(sandbox: Sandbox, method: str = "get.calls_report", **params: Any) -> dict[str, Any]:
    full = {"access_token": sandbox.access_token, **params}
    given = {name: value for name, value in full.items() if value is not None}
    return post(sandbox, {"jsonrpc": "2.0", "id": "a", "method": method, "params": given})


def calls(sandbox: Sandbox, **params: Any) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = call(sandbox, **{**WINDOW, **params})["result"]["data"]
    return data


def test_pages_come_in_the_order_of_time_or_against_it(served: Sandbox) -> None:
    """Both from the edge that they are sorted by, and both tell how many calls there are."""
    forth, back = (
        call(served, **WINDOW, limit=400, sort=[{"field": "start_time", "order": order}])["result"]
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
        ({"fields": ["id", "utm_referrer"]}, "unexpected_parameters", "utm_referrer"),
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
        ({"include_ongoing_calls": 1}, "data_type_error", "include_ongoing_calls"),
        ({"user_id": "x"}, "data_type_error", "user_id"),
    ],
)
def test_wrong_parameters_are_refused(
    served: Sandbox, params: dict[str, Any], mnemonic: str, field: str
) -> None:
    error = call(served, **{**WINDOW, **params})["error"]
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


def test_points_are_spent_and_refused_over_the_budget() -> None:
    account = Account(calls=10, days=1, now=NOW)
    with Sandbox(account, limits=Limits(day=3, minute=2)) as sandbox:
        kinds = []
        for _ in range(3):
            answer = call(sandbox, "get.account")
            error = answer.get("error")
            kinds.append(error and error["data"]["params"]["limit_type"])
        account.advance(timedelta(minutes=1))
        call(sandbox, "get.account")
        last = call(sandbox, "get.account")["error"]["data"]["params"]["limit_type"]
        assert (sandbox.points, sandbox.over_budget) == (3, 2)
    assert [*kinds, last] == [None, None, "minute", "day"]


def test_an_agent_names_the_customer(served: Sandbox) -> None:
    agent = {"access_token": served.agent_token}
    refused = call(served, "get.tags", **agent)
    assert refused["error"]["data"]["field"] == "user_id"
    users = call(served, "get.customer_users", **agent, user_id=101)["result"]["data"]
    assert call(served, "get.tags", **agent, user_id=users[0]["id"])["result"]["data"]


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
