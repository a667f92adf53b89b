"""The sandbox's reports are as strict as the documentation, each with its flags and windows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from dlt_uis.reports import REPORTS
from dlt_uis.reports.fields import Report, Way
from dlt_uis.sandbox import Account, Sandbox, Switches
from dlt_uis.sandbox.checking import checked
from dlt_uis.sandbox.records.unlisted import UNLISTED
from dlt_uis.sandbox.refusals import Refusal
from dlt_uis.sandbox.switches import Unsorted

from .asking import NOW, ask, refusal

WINDOW = {"date_from": "2026-02-03 00:00:00", "date_till": "2026-03-04 15:00:00"}
DAY = {"date_from": "2026-03-03 00:00:00", "date_till": "2026-03-03 23:59:59"}
MESSAGES, STAT = REPORTS["chat_messages"], REPORTS["campaign_daily_stat"]
SITE = 9_000

each_report = pytest.mark.parametrize("report", REPORTS.values(), ids=list(REPORTS))


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(Account(calls=200, days=10, now=NOW)) as sandbox:
        yield sandbox


@pytest.fixture
def switches(served: Sandbox) -> Iterator[Switches]:
    """Those of the sandbox, which are as they were afterwards."""
    before = dict(vars(served.switches))
    yield served.switches
    vars(served.switches).update(before)


def documented(report: Report, brand: str = "uis") -> list[str]:
    """Names of the fields that a brand's documentation lists."""
    return [name for name in report.names if name not in report.lacking(brand)]


def params_of(report: Report) -> dict[str, Any]:
    """What a request for all fields of what there is must have."""
    site = {"site_id": SITE} if report.way is Way.SITES else {}
    window = DAY if report.way is Way.DAYS else WINDOW
    return {**window, **site, "fields": documented(report), "limit": 10_000}


def result(sandbox: Sandbox, report: Report, **params: Any) -> Any:
    return ask(sandbox, report.method, **{**params_of(report), **params})["result"]


def rows(sandbox: Sandbox, report: Report, **params: Any) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = result(sandbox, report, **params)["data"]
    return data


def truth(account: Account, report: Report) -> list[dict[str, Any]]:
    """What such a request brings, in some order."""
    found = account.truth(report.table)
    if report.way is Way.DAYS:
        found = [row for row in found if row["date"] == DAY["date_from"][:10]]
    if report.way is Way.SITES:
        found = [row for row in found if row["site_id"] == SITE]
    return [{name: row[name] for name in documented(report)} for row in found]


def alike(rows: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Rows to be compared in any order."""
    return Counter(json.dumps(row, sort_keys=True, default=float) for row in rows)


@each_report
def test_a_request_brings_the_truth(served: Sandbox, report: Report) -> None:
    found = result(served, report)
    assert alike(found["data"]) == alike(truth(served.account, report))
    assert found["metadata"]["total_items"] == len(found["data"]) >= 16


@pytest.mark.parametrize("name", UNLISTED)
def test_what_a_public_client_asks_for_is_given(served: Sandbox, name: str) -> None:
    report, more = REPORTS[name], UNLISTED[name]
    plain = rows(served, report)
    assert plain and not plain[0].keys() & set(more)
    asked = rows(served, report, fields=[*documented(report), *more])
    assert all(row.keys() >= set(more) for row in asked)
    without = [{key: value for key, value in row.items() if key not in more} for row in asked]
    assert alike(without) == alike(plain)


@each_report
def test_only_the_documented_default_comes_unasked(served: Sandbox, report: Report) -> None:
    default = {field.asked for field in report if field.default} - {*report.lacking("uis")}
    assert set(rows(served, report, fields=None, limit=1)[0]) == default
    assert set(rows(served, report, fields=[report.names[-1]], limit=1)[0]) == {report.names[-1]}
    assert refusal(served, report.method, **{**params_of(report), "fields": ["x"]}) == (
        "unexpected_parameters", "x",
    )  # fmt: skip


@each_report
def test_filters_and_sorting_follow_the_flags_of_the_table(report: Report) -> None:
    def is_refused(**params: Any) -> bool:
        try:
            checked(report, {**params_of(report), **params}, (), Switches())
        except Refusal as error:
            assert error.mnemonic in ("filter_prohibited", "sort_prohibited")
            return True
        return False

    for name in documented(report):
        fields = [field for field in report if field.asked == name]
        filter_ = {"field": name, "operator": "=", "value": None}
        assert is_refused(filter=filter_) == (not any(field.filterable for field in fields)), name
        sortable = getattr(fields[0], "sortable", False) and not fields[0].inside
        assert is_refused(sort=[{"field": name}]) == (not sortable), name


@pytest.mark.parametrize(
    ("report", "longest"),
    [
        *((report, "3 months") for report in REPORTS.values() if report not in (MESSAGES, STAT)),
        (MESSAGES, "30 days"),
        (STAT, "90 days"),
    ],
    ids=lambda value: getattr(value, "table", value),
)
def test_windows_have_their_longest_length(served: Sandbox, report: Report, longest: str) -> None:
    start = datetime(2026, 1, 1)
    days = {"3 months": 90, "90 days": 90, "30 days": 30}[longest]
    for seconds in (0, 1):
        end = start + timedelta(days=days, seconds=seconds)
        bounds = {"date_from": f"{start:%F %T}", "date_till": f"{end:%F %T}"}
        answer = ask(served, report.method, **{**params_of(report), **bounds, "limit": 1})
        if seconds:
            assert answer["error"]["data"]["mnemonic"] == "date_interval_limit_reached"
        else:
            assert "result" in answer


@each_report
def test_a_window_is_required(served: Sandbox, report: Report) -> None:
    for bound in ("date_from", "date_till"):
        asked = {**params_of(report), bound: None}
        assert refusal(served, report.method, **asked) == ("required_parameter_missed", bound)


@pytest.mark.parametrize(
    ("site", "mnemonic"),
    [
        (None, "required_parameter_missed"),
        ("9000", "data_type_error"),
        (1, "invalid_parameter_value"),
    ],
)
def test_statistics_of_campaigns_are_those_of_one_site(
    served: Sandbox, site: Any, mnemonic: str
) -> None:
    asked = {**params_of(STAT), "site_id": site}
    assert refusal(served, STAT.method, **asked) == (mnemonic, "site_id")
    calls = REPORTS["calls"]
    asked = {**params_of(calls), "site_id": SITE}
    assert refusal(served, calls.method, **asked) == ("unexpected_parameters", "site_id")


def test_messages_are_asked_for_by_chats_or_by_time(served: Sandbox) -> None:
    every = truth(served.account, MESSAGES)
    chats = [every[0]["chat_id"], every[-1]["chat_id"]]
    nothing = {"date_from": None, "date_till": None}
    for asked, wanted in (({"chat_id": chats[0]}, chats[:1]), ({"chat_ids": chats}, chats)):
        of_chats = alike(row for row in every if row["chat_id"] in wanted)
        assert alike(rows(served, MESSAGES, **nothing, **asked)) == of_chats
        assert alike(rows(served, MESSAGES, **asked)) == of_chats
    assert not rows(served, MESSAGES, **DAY, chat_id=every[0]["chat_id"])
    for name, wrong in (("chat_id", "x"), ("chat_ids", 5), ("chat_ids", ["x"])):
        refused = refusal(served, MESSAGES.method, **params_of(MESSAGES), **{name: wrong})
        assert refused == ("data_type_error", name)


def test_what_a_brand_does_not_document_is_refused(served: Sandbox, switches: Switches) -> None:
    switches.brand = "novofon"
    for report in REPORTS.values():
        lacking = report.lacking("novofon")
        if report is MESSAGES:
            continue
        default = {field.asked for field in report if field.default} - {*lacking}
        assert set(rows(served, report, fields=None, limit=1)[0]) == default
        for name in lacking:
            with pytest.raises(Refusal, match="Unknown field"):
                checked(report, {**params_of(report), "fields": [name]}, (), switches)
    assert ask(served, "get.sources")["error"]["data"]["mnemonic"] == "method_not_found"
    switches.brand = "callgear"
    assert ask(served, "get.sources")["result"]["data"]


def test_novofon_gives_messages_chat_by_chat_and_without_ids(
    served: Sandbox, switches: Switches
) -> None:
    switches.brand = "novofon"
    names = documented(MESSAGES, "novofon")
    every = truth(served.account, MESSAGES)
    chat = every[7]["chat_id"]
    found = ask(served, MESSAGES.method, chat_id=chat, fields=names)["result"]["data"]
    wanted = ({name: row[name] for name in names} for row in every if row["chat_id"] == chat)
    assert alike(found) == alike(wanted)
    assert "id" not in found[0]
    assert refusal(served, MESSAGES.method, **WINDOW) == ("unexpected_parameters", "date_from")
    assert refusal(served, MESSAGES.method) == ("required_parameter_missed", "chat_id")


@each_report
def test_components_and_rights_are_needed(
    served: Sandbox, switches: Switches, report: Report
) -> None:
    switches.disabled_methods = {report.method: "call_tracking"}
    error = ask(served, report.method, **params_of(report))["error"]
    assert (error["code"], error["data"]["mnemonic"]) == (-32008, "method_component_disabled")
    switches.components_as_met = True
    error = ask(served, report.method, **params_of(report))["error"]
    assert (error["code"], error["data"]["params"]) == (-32602, {"components": "call_tracking"})
    switches.disabled_methods = {}
    switches.forbidden_methods = {report.method}
    assert refusal(served, report.method, **params_of(report)) == ("forbidden", None)
    assert ask(served, "get.tags")["result"]["data"]


# -- orders and faults ----------------------------------------------------------------------------

VISITS, LEGS = REPORTS["visitor_sessions"], REPORTS["call_legs"]


def ids(rows: Iterable[Mapping[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def test_without_an_order_records_come_in_another_one_each_time(served: Sandbox) -> None:
    """Pages by offset lose some then, and bear others twice. What can be sorted comes by time."""
    first, second = (ids(rows(served, VISITS, fields=["id"])) for _ in range(2))
    assert first != second
    assert sorted(first) == sorted(second)
    half = len(first) // 2
    pages = [
        ids(rows(served, VISITS, fields=["id"], limit=half, offset=offset)) for offset in (0, half)
    ]
    assert len({*pages[0], *pages[1]}) < 2 * half
    starts = [row["start_time"] for row in rows(served, LEGS, fields=["start_time"])]
    assert starts == sorted(starts)


@pytest.mark.parametrize("report", [VISITS, LEGS], ids=["visits", "legs"])
def test_any_order_can_be_had(served: Sandbox, switches: Switches, report: Report) -> None:
    def times(order: Unsorted) -> list[str]:
        switches.unsorted = order
        return [row[report.cursor] for row in rows(served, report, fields=[report.cursor])]

    in_order = times("by time")
    assert in_order == sorted(in_order)
    assert times("by time descending") == in_order[::-1]
    switches.unsorted = "by id"
    found = ids(rows(served, report, fields=["id"]))
    assert found == sorted(found)
    assert times("stable") == times("stable") != in_order
    assert times("random") != times("random")


def test_a_large_account_is_in_no_order_either() -> None:
    """Blocks of records are cached, and come in a random order."""
    with Sandbox(Account(calls=1_200, days=10, now=NOW)) as large:
        first, second = (ids(rows(large, VISITS, fields=["id"])) for _ in range(2))
    assert len(first) > 2_000
    assert first != second
    assert len({*first}) == len(first) == len({*second})
    assert first != sorted(first)


def test_sorting_may_be_prohibited(served: Sandbox, switches: Switches) -> None:
    switches.unsortable = {LEGS.method}
    asked = {**params_of(LEGS), "sort": [{"field": "start_time"}]}
    assert refusal(served, LEGS.method, **asked) == ("sort_prohibited", "start_time")
    first, second = (ids(rows(served, LEGS, fields=["id"])) for _ in range(2))
    assert first != second


def test_a_result_may_be_the_list_itself(served: Sandbox, switches: Switches) -> None:
    switches.bare_lists = {STAT.method}
    assert alike(result(served, STAT)) == alike(truth(served.account, STAT))
    switches.no_calls_as = "missing"
    empty = {"date_from": "2030-01-01 00:00:00", "date_till": "2030-01-02 00:00:00"}
    assert result(served, STAT, **empty) == []


@each_report
def test_pages_go_wrong_in_the_same_ways_for_each_report(
    served: Sandbox, switches: Switches, report: Report
) -> None:
    whole = truth(served.account, report)
    switches.page_cap = 7
    assert len(rows(served, report)) == 7
    switches.page_cap = None
    switches.total_items_offset = 3
    assert result(served, report)["metadata"]["total_items"] == len(whole) + 3
    switches.lose_rows = 1
    assert len(rows(served, report)) == len(whole) - 1
    switches.repeat = "on a page"
    assert max(alike(rows(served, report)).values()) == 2
    switches.repeat = "nothing"
    switches.unknown_fields = {report.names[0]}
    refused = refusal(served, report.method, **params_of(report))
    assert refused == ("unexpected_parameters", report.names[0])
    switches.unknown_fields = ()
    switches.disabled_fields = {report.names[-1]: "call_tracking"}
    refused = refusal(served, report.method, **params_of(report))
    assert refused == ("parameter_component_disabled", report.names[-1])


@pytest.mark.parametrize(
    "report", [each for each in REPORTS.values() if each.way is Way.WINDOWS], ids=lambda r: r.table
)
def test_bounds_are_inclusive_or_not(served: Sandbox, switches: Switches, report: Report) -> None:
    moment = rows(served, report, limit=1)[0][report.cursor]
    bounds = {"date_from": moment, "date_till": moment}
    assert rows(served, report, **bounds)
    switches.inclusive_from = False
    assert not rows(served, report, **bounds)
    switches.inclusive_from, switches.inclusive_till = True, False
    assert not rows(served, report, **bounds)


# -- what else can be asked for -------------------------------------------------------------------


def test_statuses_have_mnemonics_or_ids(served: Sandbox) -> None:
    """Those that the account made have ids only, also the deleted one."""
    report = REPORTS["employee_stat"]
    known = {row["id"]: row for row in served.account.listed("get.statuses")}
    named = [row["status_stats"] for row in rows(served, report)]
    by_id = [
        {known[int(id_)]["mnemonic"]: seconds for id_, seconds in row["status_stats"].items()}
        for row in rows(served, report, only_default_statuses_in_stats=False)
    ]
    for stats in by_id:
        stats.pop(None, None)
    assert alike(named) == alike(by_id)
    every = rows(served, report, only_default_statuses_in_stats=False)
    ids_ = {int(id_) for row in every for id_ in row["status_stats"]}
    assert {row["mnemonic"] for id_, row in known.items() if id_ in ids_} > {None, "available"}


def test_technical_messages_come_if_they_are_asked_for(served: Sandbox) -> None:
    report = REPORTS["offline_messages"]
    usual = ids(rows(served, report))
    every = rows(served, report, include_tech_offline_messages=True)
    technical = [row for row in every if row["id"] not in usual]
    assert technical
    assert {row["communication_id"] for row in technical} == {None}
    asked = {**params_of(report), "include_tech_offline_messages": 1}
    assert refusal(served, report.method, **asked)[0] == "data_type_error"
