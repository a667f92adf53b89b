"""The records of the sandbox's reports fit together: joins give exact counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dlt_uis.reports import REPORTS
from dlt_uis.sandbox import Account
from dlt_uis.sandbox.people import FIRST_EMPLOYEE_ID, ON_DUTY, SHIFTS

from .asking import NOW

Record = dict[str, Any]
Truth = Mapping[str, list[Record]]

DETAILS = {"call": "calls", "chat": "chats", "offline_message": "offline_messages", "goal": "goals"}
"""Reports by the kind of communication that their records are."""


def account() -> Account:
    """Some of what visitors do is added by hand, so that each kind of it comes."""
    made = Account(calls=300, days=10, now=NOW)
    for report in ("calls", "chats", "offline_messages", "goals", "visitor_sessions"):
        made.add(report, NOW - timedelta(days=2), 60)
    return made


@pytest.fixture(scope="module")
def told() -> Truth:
    made = account()
    return {name: made.truth(name) for name in REPORTS}


def by(records: Iterable[Record], name: str) -> dict[Any, list[Record]]:
    found = defaultdict(list)
    for record in records:
        found[record[name]].append(record)
    return found


def one(records: Iterable[Record], name: str = "id") -> dict[Any, Record]:
    """Records by a field that is another in each."""
    found = by(records, name)
    assert all(len(same) == 1 for same in found.values())
    return {value: same for value, (same,) in found.items()}


def at(time: str, seconds: int = 0) -> datetime:
    return datetime.fromisoformat(time) + timedelta(seconds=seconds)


def test_each_call_has_its_legs(told: Truth) -> None:
    calls, legs = one(told["calls"]), by(told["call_legs"], "call_session_id")
    assert legs.keys() == calls.keys()
    assert {len(each) for each in legs.values()} == {1, 2, 3, 4}
    for id_, call in calls.items():
        (own,) = (leg for leg in legs[id_] if not leg["is_operator"])
        rung = [leg for leg in legs[id_] if leg["is_operator"]]
        assert (own["start_time"], own["total_duration"]) == (
            call["start_time"], call["total_duration"],
        )  # fmt: skip
        assert own["direction"] == call["direction"]
        assert own["duration"] == sum(leg["duration"] for leg in rung) == call["talk_duration"]
        there = Counter(leg["employee_id"] for leg in rung if leg["employee_id"] is not None)
        assert there == Counter(each["employee_id"] for each in call["employees"])
        for leg in rung:
            assert leg["is_failed"] == (leg["connect_time"] is None) == (not leg["duration"])
            assert at(leg["start_time"], leg["total_duration"]) <= at(call["finish_time"])
        records = [record for leg in legs[id_] for record in leg["call_records"]]
        assert records == call["call_records"]
        same = ("contact_phone_number", "contact_full_name", "virtual_phone_number", "scenario_id")
        for leg in legs[id_]:
            assert [leg[name] for name in same] == [call[name] for name in same]
            assert leg["contact_id"] == call["contact_id"]
    assert any(leg["employee_id"] is None for leg in told["call_legs"] if leg["is_operator"])


def test_each_leg_is_charged(told: Truth) -> None:
    legs, charges = one(told["call_legs"]), one(told["financial_call_legs"], "leg_id")
    assert charges.keys() == legs.keys()
    same = ("call_session_id", "start_time", "duration", "calling_phone_number")
    for id_, charge in charges.items():
        assert [charge[name] for name in same] == [legs[id_][name] for name in same]
        minutes = Decimal(charge["chargeable_duration"]) / 60
        assert 0 <= charge["chargeable_duration"] - charge["duration"] < 60
        assert charge["total_charge"] == charge["cost_per_minute"] * minutes
        assert charge["bonuses_charge"] <= charge["total_charge"]


def test_each_communication_has_its_details(told: Truth) -> None:
    """And each call, chat, message and goal a communication, which says the same."""
    communications = by(told["communications"], "communication_type")
    assert communications.keys() == DETAILS.keys()
    one(told["communications"])
    for kind, report in DETAILS.items():
        details, mine = one(told[report], "communication_id"), one(communications[kind])
        assert details.keys() == mine.keys()
        cursor = REPORTS[report].cursor
        shared = {*REPORTS[report].names} & {*REPORTS["communications"].names} - {"id", "tags"}
        for id_, detail in details.items():
            assert detail[cursor] == mine[id_]["date_time"]
            assert {name: detail[name] for name in shared} == {
                name: mine[id_][name] for name in shared
            }
            tags = [tag["tag_id"] for tag in detail["tags"]]
            assert tags == [tag["tag_id"] for tag in mine[id_]["tags"]]


def test_each_communication_from_a_site_came_of_a_visit(told: Truth) -> None:
    """Which names it, and no others; most visits have none, and chats in messengers no visit."""
    visits = one(told["visitor_sessions"])
    by_visit = by(told["communications"], "visitor_session_id")
    in_messengers = by_visit.pop(None)
    assert {each["communication_type"] for each in in_messengers} == {"call", "chat"}
    assert by_visit.keys() < visits.keys()
    for id_, visit in visits.items():
        mine = sorted(by_visit.get(id_, []), key=lambda each: str(each["date_time"]))
        named = sorted(
            visit["communications"], key=lambda each: str(each["communication_date_time"])
        )
        assert [
            (each["communication_id"], each["communication_type"], each["communication_date_time"])
            for each in named
        ] == [(each["id"], each["communication_type"], each["date_time"]) for each in mine]
        for each, mention in zip(mine, named, strict=True):
            tags = [
                {name: tag[name] for name in tag if name != "tag_employee_full"}
                for tag in each["tags"]
            ]
            assert mention["tags"] == tags
            assert each["visitor_id"] == visit["visitor_id"]
            assert each["site_id"] == visit["site_id"]
            assert at(visit["date_time"]) <= at(each["date_time"])
            assert at(each["date_time"]) <= at(visit["date_time"], visit["duration"])
        assert len(visit["hits"]) == visit["hits_count"] > 0
    sizes = Counter(len(visit["communications"]) for visit in told["visitor_sessions"])
    assert sizes[0] > 0.3 * len(visits)
    assert sizes[2] > 0


def test_chats_have_their_messages(told: Truth) -> None:
    messages = by(told["chat_messages"], "chat_id")
    chats = one(told["chats"])
    assert messages.keys() == chats.keys()
    for id_, chat in chats.items():
        assert len(messages[id_]) == chat["messages_count"]
        authors = {message["employee_id"] for message in messages[id_]} - {None}
        assert authors <= {chat["employee_id"]}
        for message in messages[id_]:
            assert message["channel_type"] == chat["chat_channel_type"]
            assert at(chat["date_time"]) <= at(message["date_time"])
            assert at(message["date_time"]) <= at(chat["date_time"], chat["duration"])


def test_statistics_of_campaigns_count_what_there_is(told: Truth) -> None:
    """For each site and day: communications and visits on the day on which they began."""
    rows = told["campaign_daily_stat"]
    counted: Counter[Any] = Counter()
    listed: dict[Any, set[int]] = defaultdict(set)
    visits: dict[Any, set[int]] = defaultdict(set)
    for row in rows:
        place = (row["site_id"], row["date"])
        for kind, report in DETAILS.items():
            counted[(kind, *place)] += row[f"{report}_count"]
        listed[place] |= {each["communication_id"] for each in row["communications"]}
        visits[place] |= {int(id_) for id_ in row["session_ids"]}
        assert len(row["session_ids"]) == row["visits_count"]
    communications = [each for each in told["communications"] if each["site_id"]]
    for each in communications:
        place = (each["site_id"], each["date_time"][:10])
        counted[(each["communication_type"], *place)] -= 1
        listed[place].remove(each["id"])
    for visit in told["visitor_sessions"]:
        visits[visit["site_id"], visit["date_time"][:10]].remove(visit["id"])
    assert {*counted.values()} == {0}
    assert not any(listed.values())
    assert not any(visits.values())
    assert sum(row["visits_count"] == 0 for row in rows) > 0
    assert {row["engine"] for row in rows if row["cost_sum"] is not None}.isdisjoint({None})


def test_employees_are_at_work_in_their_shifts(told: Truth) -> None:
    days = by(told["employee_stat"], "date")
    assert len(days) >= 10
    statuses = {row["mnemonic"] for row in account().listed("get.statuses")}
    for day, rows in days.items():
        weekday = datetime.fromisoformat(day).weekday()
        assert len(one(rows)) == 16
        for row in rows:
            place = row["id"] - FIRST_EMPLOYEE_ID
            mine = [shift for shift in SHIFTS if place in shift.staff and weekday in shift.days]
            # those on duty take turns of eight hours
            longest = sum(8 if shift is ON_DUTY else len(shift.hours) for shift in mine) * 3_600
            seconds = sum(row["status_stats"].values())
            assert seconds <= longest
            assert bool(seconds) == bool(longest) or day == f"{NOW:%F}"
            assert row["status_stats"].keys() <= statuses


def test_each_documented_field_has_a_value_in_some_record(told: Truth) -> None:
    for name, report in REPORTS.items():
        for field in report:
            if field.asked in report.lacking("uis"):
                assert {record[field.name] for record in told[name]} == {None}
            elif not field.inside:
                assert any(record[field.name] for record in told[name]), (name, field.name)
            else:
                part = field.name.removeprefix(f"{field.inside}__")
                objects = [record[field.inside] for record in told[name]]
                assert any(each and each[part] for each in objects), (name, field.name)
                assert None in objects


def test_values_of_enums_are_documented(told: Truth) -> None:
    for name, report in REPORTS.items():
        for field in report.scalars:
            if field.values and name != "chat_messages" and not field.inside:
                found = {record[field.name] for record in told[name]} - {None}
                assert found <= {*field.values}, (name, field.name)


LISTED = {
    "employee_id": "get.employees", "tag_employee_id": "get.employees",
    "last_answered_employee_id": "get.employees", "site_id": "get.sites",
    "campaign_id": "get.campaigns", "visitor_first_campaign_id": "get.campaigns",
    "scenario_id": "get.scenarios", "tag_id": "get.tags", "segment_id": "get.segments",
    "source_id": "get.sources", "group_id": "get.group_employees",
    "chat_channel_id": "get.chat_channels", "channel_id": "get.chat_channels",
    "contact_id": "get.contacts", "virtual_phone_number": "get.virtual_numbers",
}  # fmt: skip
"""Lists by the fields that point to them."""


def test_ids_are_those_of_lists(told: Truth) -> None:
    made = account()
    found: dict[str, set[Any]] = defaultdict(set)

    def look(value: Any) -> None:
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, dict) and "adv_system" not in element:
                for name, part in element.items():
                    if name in LISTED and part is not None:
                        found[name].add(part)
                    look(part)

    for records in told.values():
        look(records)
    assert found.keys() == LISTED.keys()
    for name, method in LISTED.items():
        key = "virtual_phone_number" if method == "get.virtual_numbers" else "id"
        assert found[name] <= {row[key] for row in made.listed(method)}, name
    goals = {(row["id"], row["name"]) for row in told["goals"]}
    assert goals <= {(row["id"], row["goal_name"]) for row in made.listed("get.events")}


# -- as time passes, and by hand ------------------------------------------------------------------


def known(made: Account, report: str) -> dict[int, Record]:
    return dict(zip(made.truth_ids(report), made.truth(report), strict=True))


def test_records_stay_as_they_were_while_time_goes_on() -> None:
    """Also in an account that is made anew later, or is larger. Sums of its edges may grow."""
    early = Account(calls=100, days=10, now=NOW)
    later = Account(calls=200, days=20, now=NOW + timedelta(days=3))
    for name in REPORTS:
        before, after = known(early, name), known(later, name)
        if "date" in REPORTS[name].key:
            before = {
                number: row
                for number, row in before.items()
                if "2026-02-24" <= row["date"] < "2026-03-04"
            }
        assert before
        assert [after.get(number) for number in before] == [*before.values()], name
    early.advance(timedelta(days=3))
    for name in REPORTS:
        # the oldest of them are not in this account
        assert len(known(early, name)) > len(known(later, name)) / 3


def test_what_goes_on_shows_when_it_is_over() -> None:
    made = Account(calls=50, days=5, now=NOW)
    counts = {name: made.count(name) for name in DETAILS.values()}
    legs = made.count("call_legs")
    id_ = made.add_call(NOW - timedelta(seconds=90), ongoing=True)
    assert (made.count(), made.count("call_legs")) == (counts["calls"], legs)
    made.end_call(id_)
    assert made.count() == counts["calls"] + 1
    (own,) = (
        leg for leg in made.truth("call_legs")
        if leg["call_session_id"] == id_ and not leg["is_operator"]
    )  # fmt: skip
    assert own["total_duration"] == made.call(id_)["total_duration"] == 90
    made.remove(id_)
    assert made.count("call_legs") == legs


@pytest.mark.parametrize("report", REPORTS)
def test_records_of_each_report_are_changed_by_hand(report: str) -> None:
    made = Account(calls=60, days=5, now=NOW)
    made.add(report, NOW - timedelta(days=2), 9)
    before = known(made, report)
    changed, gone = [*before][5:7]
    field = next(field.name for field in reversed(REPORTS[report].scalars) if not field.of_request)
    made.update(changed, report=report, **{field: "anything"})
    made.remove(gone, report)
    added = made.add(report, NOW - timedelta(days=1), 3)
    after = known(made, report)
    assert before.keys() - after.keys() == {gone}
    assert after.keys() - before.keys() >= {*added}
    assert len({*added}) == 3
    assert after[changed] == {**before[changed], field: "anything"}
    others = before.keys() & after.keys() - {changed}
    if report != "campaign_daily_stat":
        assert all(before[id_] == after[id_] for id_ in others)
    cursor = REPORTS[report].cursor
    second = made.local(NOW - timedelta(days=1))
    times = {after[number][cursor] for number in added}
    assert times == {f"{second:%F}" if cursor == "date" else f"{second:%F %T}"}
    with pytest.raises(KeyError):
        made.update(17, report=report, **{field: "anything"})


def test_many_records_may_be_of_one_second() -> None:
    made = Account(calls=10, days=2, now=NOW)
    at = NOW - timedelta(hours=3)
    for report in ("visitor_sessions", "goals", "offline_messages", "chats", "chat_messages"):
        numbers = made.add(report, at, 400)
        moment = f"{made.local(at):%F %T}"
        same = [each for each in made.truth(report) if each["date_time"] == moment]
        assert len(same) >= len(numbers) == 400


@pytest.mark.parametrize("report", ["calls", "chats", "offline_messages", "goals"])
def test_what_changes_late_shows_in_the_communication_too(report: str) -> None:
    """Tags also where visits and statistics list it."""
    made = Account(calls=60, days=5, now=NOW)
    records = known(made, report)
    number = next(each for each in records if records[each]["site_id"])
    communication = records[number]["communication_id"]
    made.tag(number, "новая", report)
    made.sell(number, Decimal("12.50"), report=report)
    told = one(made.truth("communications"))[communication]
    assert told["sale_cost"] == Decimal("12.50")
    lists = [told["tags"], made.record(number, report)["tags"]]
    for name in ("visitor_sessions", "campaign_daily_stat"):
        mentions = [each for row in made.truth(name) for each in row["communications"]]
        (mention,) = (each for each in mentions if each["communication_id"] == communication)
        lists.append(mention["tags"])
    assert [tags[-1]["tag_name"] for tags in lists] == ["новая"] * 4
    made.untag(number, report=report)
    assert one(made.truth("communications"))[communication]["tags"] == []


def test_employees_are_rated_where_they_can_be() -> None:
    made = Account(calls=60, days=5, now=NOW)
    fields = {
        "calls": "last_answered_employee_rating",
        "call_legs": "employee_rating",
        "chats": "employee_raiting",
    }
    for report, field in fields.items():
        number = made.truth_ids(report)[0]
        made.rate(number, 5, report)
        assert made.record(number, report)[field] == 5


def test_a_report_grows_a_field() -> None:
    made = Account(calls=20, days=5, now=NOW)
    made.add_field("mood", lambda number: number % 3, report="goals")
    assert all(goal["mood"] == goal["communication_id"] % 3 for goal in made.truth("goals"))
    assert "mood" not in made.truth("chats")[0]
