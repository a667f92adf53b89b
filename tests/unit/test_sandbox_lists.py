"""The sandbox's lists: each is served, with ids that fit those of the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from dlt_uis.sandbox import Account, Sandbox, Switches
from dlt_uis.sandbox.lists import ASKED_ONLY, LISTS, OF_AGENTS, UNKNOWN_TO

from .asking import NOW, ask, refusal

KEYS = {
    "employee": "get.employees", "coach": "get.employees", "personal_manager": "get.employees",
    "site": "get.sites", "site_block": "get.site_blocks", "campaign": "get.campaigns",
    "scenario": "get.scenarios", "segment": "get.segments", "status": "get.statuses",
    "schedule": "get.schedules", "operator_position": "get.employee_positions",
    "organization": "get.contact_organizations", "contact": "get.contacts",
    "default_source": "get.sources", "channel": "get.sources_channels",
    "customer": "get.customers",
}  # fmt: skip
"""Lists by what stands before ``_id`` in the fields that point to them."""


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(Account(calls=100, days=10, now=NOW)) as sandbox:
        yield sandbox


def rows(sandbox: Sandbox, method: str, **params: Any) -> list[dict[str, Any]]:
    token = sandbox.agent_token if method in OF_AGENTS else sandbox.access_token
    data: list[dict[str, Any]] = ask(sandbox, method, access_token=token, **params)["result"][
        "data"
    ]
    return data


@pytest.mark.parametrize("method", LISTS)
def test_each_list_is_served_with_all_its_fields(served: Sandbox, method: str) -> None:
    found = rows(served, method)
    whole = served.account.listed(method)
    hidden = ASKED_ONLY.get(method, ())
    shown = [row for row in whole if not (method == "get.statuses" and row["is_deleted"])]
    assert found
    assert found == [{name: row[name] for name in row if name not in hidden} for row in shown]
    assert rows(served, method, fields=list(whole[0])) == shown
    assert rows(served, method, limit=1, offset=1) == found[1:2]
    token = served.agent_token if method in OF_AGENTS else served.access_token
    for params, mnemonic in (
        ({"fields": ["surprise"]}, "unexpected_parameters"),
        ({"surprise": 1}, "unexpected_parameters"),
        ({"limit": 10_001}, "invalid_parameter_value"),
    ):
        assert refusal(served, method, access_token=token, **params)[0] == mnemonic


def test_ids_in_lists_are_those_of_other_lists(served: Sandbox) -> None:
    found: dict[str, set[Any]] = defaultdict(set)

    def look(value: Any) -> None:
        for element in value if isinstance(value, list) else [value]:
            for name, part in element.items() if isinstance(element, dict) else ():
                if isinstance(part, int) and name.endswith("_id"):
                    found[name.removesuffix("_id")].add(part)
                look(part)

    account = served.account
    for method in {*LISTS} - {"get.customers", "get.deals_history"}:
        look(account.listed(method))
    for name, method in KEYS.items():
        known = {row["id"] for row in account.listed(method)}
        assert found[name], name
        assert found[name] <= known, name
    groups = {row["id"]: row for row in account.listed("get.group_employees")}
    for employee in account.listed("get.employees"):
        for group in employee["groups"]:
            members = groups[group["group_id"]]["members"]
            assert employee["id"] in [member["employee_id"] for member in members]


def test_those_who_call_are_in_the_address_book(served: Sandbox) -> None:
    account = served.account
    before = {row["id"] for row in account.listed("get.contacts")}
    callers = {call["contact_id"]: call for call in account.truth() if call["contact_id"]}
    assert callers.keys() <= before
    known = {row["id"]: row for row in account.listed("get.contacts")}
    for id_, call in callers.items():
        assert known[id_]["full_name"] == call["contact_full_name"]
        assert known[id_]["phone_numbers"] == [call["contact_phone_number"]]
    account.add_calls(NOW, 40)
    added = {call["contact_id"] for call in account.truth()[-40:]} - {None}
    assert added <= {row["id"] for row in account.listed("get.contacts")}
    assert not added <= before


def test_deleted_statuses_come_if_they_are_asked_for(served: Sandbox) -> None:
    usual, every = rows(served, "get.statuses"), rows(served, "get.statuses", is_deleted=True)
    assert [row["id"] for row in every if row["is_deleted"]] == [
        row["id"] for row in every if row not in usual
    ]
    assert len(every) == len(usual) + 1
    assert refusal(served, "get.tags", is_deleted=True)[1] == "is_deleted"


def test_lists_of_agents_are_for_agents(served: Sandbox) -> None:
    assert refusal(served, "get.customers") == ("forbidden", None)


def test_a_list_that_is_empty_still_has_its_fields() -> None:
    with Sandbox(Account(calls=0, days=0, now=NOW)) as sandbox:
        sandbox.account.listed("get.sites").clear()
        for method in ("get.sites", "get.contacts"):
            assert ask(sandbox, method, fields=["id"])["result"]["data"] == []
            assert refusal(sandbox, method, fields=["x"])[0] == "unexpected_parameters"


def test_a_brand_lacks_lists() -> None:
    switches = Switches(brand="novofon")
    with Sandbox(Account(calls=0, days=0, now=NOW), switches=switches) as sandbox:
        for method in UNKNOWN_TO["novofon"]:
            assert refusal(sandbox, method)[0] == "method_not_found"
        assert ask(sandbox, "get.tags")["result"]["data"]
