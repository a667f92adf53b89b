"""What each view must say, computed in Python from the account's own truth."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dlt_uis.sandbox import Account

Row = dict[str, Any]

SLA = 20 * 60
WEEK = timedelta(days=7)


class Truth:
    """The calls of an account, but for those that still go on."""

    def __init__(self, account: Account, ongoing: Iterable[int] = ()) -> None:
        self.zone = ZoneInfo(account.timezone)
        left_out = {*ongoing}
        self._calls = [call for call in account.truth() if call["id"] not in left_out]

    def rows(self, view: str) -> list[Row]:
        rows: Iterator[Row] = getattr(self, view)()
        return [{**row, "user_id": None} for row in rows]

    def instant(self, text: str | None) -> datetime | None:
        """An instant of the API's local time; of one that comes twice the first."""
        if text is None:
            return None
        return datetime.fromisoformat(text).replace(tzinfo=self.zone, fold=0).astimezone(UTC)

    def midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    # -- calls ------------------------------------------------------------------------------------

    def call_facts(self) -> Iterator[Row]:
        for call in self._calls:
            start, finish = self.instant(call["start_time"]), self.instant(call["finish_time"])
            assert start is not None
            local = start.astimezone(self.zone)
            number = call["communication_number"]
            yield {
                "id": call["id"],
                "start_time": start,
                "finish_time": finish,
                "local_start": local.replace(tzinfo=None, fold=0),
                "date": local.date(),
                "hour": local.hour,
                "weekday": local.isoweekday(),
                "direction": call["direction"],
                "is_answered": not call["is_lost"],
                "is_missed": is_in(call) and call["is_lost"],
                "contact_phone_number": call["contact_phone_number"],
                "virtual_phone_number": call["virtual_phone_number"],
                "first_employee_id": call["first_answered_employee_id"],
                "first_employee": call["first_answered_employee_full_name"],
                "last_employee_id": call["last_answered_employee_id"],
                "last_employee": call["last_answered_employee_full_name"],
                "wait_seconds": call["wait_duration"],
                "talk_seconds": call["talk_duration"],
                "total_seconds": call["total_duration"],
                "campaign": call["campaign_name"] or None,
                "source": call["source_name"] or None,
                "site": call["site_domain_name"] or None,
                **{
                    f"utm_{name}": call[f"utm_{name}"] or call[f"eq_utm_{name}"] or None
                    for name in ("source", "medium", "campaign", "term", "content")
                },
                "is_first": None if number is None else number == 1,
                "is_target": "target" in call["attributes"],
                "tags": ", ".join(tag["tag_name"] for tag in call["tags"][:5]) or None,
                "recording_links": links(call, "talk", "call_records"),
                "voice_mail_links": links(call, "voice_mail", "voice_mail_records"),
                "full_record_file_link": call["full_record_file_link"],
                "is_sale": call["sale_cost"] is not None,
                "sale_date": self.instant(call["sale_date"]),
                "revenue": None if call["sale_cost"] is None else Decimal(call["sale_cost"]),
            }

    def missed_calls(self) -> Iterator[Row]:
        facts = sorted(self.call_facts(), key=lambda call: (call["start_time"], call["id"]))
        same = (
            "id", "start_time", "local_start", "date", "hour", "weekday", "contact_phone_number",
            "virtual_phone_number", "wait_seconds", "campaign", "source",
        )  # fmt: skip
        for missed in facts:
            if missed["is_missed"]:
                answer = next((each for each in facts if is_next(missed, each)), None)
                yield {**{name: missed[name] for name in same}, **outcome(missed, answer)}

    # -- days -------------------------------------------------------------------------------------

    def _by(self, calls: Iterable[Row], *names: str) -> Iterator[tuple[Row, list[Row]]]:
        """Calls by day and other columns."""
        groups = defaultdict(list)
        for call in calls:
            groups[tuple(call[name] for name in ("date", *names))].append(call)
        for values, grouped in groups.items():
            keys = dict(zip(("date", *names), values, strict=True))
            yield {"start_time": self.midnight(keys["date"]), **keys}, grouped

    def service_by_day(self) -> Iterator[Row]:
        for keys, calls in self._by(self.call_facts()):
            incoming = [call for call in calls if is_in(call)]
            answered = [call for call in incoming if call["is_answered"]]
            soon = [call for call in answered if call["wait_seconds"] <= 20]
            missed = [call for call in incoming if call["is_missed"]]
            waits = [call["wait_seconds"] for call in incoming]
            talks = [call["talk_seconds"] for call in answered]
            yield {
                **keys,
                "weekday": keys["date"].isoweekday(),
                "calls": len(calls),
                "incoming": len(incoming),
                "answered": len(answered),
                "missed": len(missed),
                "missed_share": share(len(missed), len(incoming)),
                "answered_within_20s": len(soon),
                "answered_within_20s_share": share(len(soon), len(incoming)),
                "median_wait_seconds": nearest_rank(waits, 1, 2),
                "p90_wait_seconds": nearest_rank(waits, 9, 10),
                "mean_talk_seconds": share(sum(talks), len(talks)),
            }

    def employees_by_day(self) -> Iterator[Row]:
        calls: list[Row] = []
        talks: dict[tuple[date, int], int] = defaultdict(int)
        for call, fact in zip(self._calls, self.call_facts(), strict=True):
            calls += [{**fact, **each} for each in call["employees"]]
            if call["last_talked_employee_id"] is not None:
                talks[fact["date"], call["last_talked_employee_id"]] += call["talk_duration"]
        for keys, mine in self._by(calls, "employee_id"):
            offered = {call["id"] for call in mine if is_in(call)}
            answered = {call["id"] for call in mine if is_in(call) and call["is_answered"]}
            yield {
                **keys,
                "employee": mine[0]["employee_full_name"],
                "offered": len(offered),
                "answered": len(answered),
                "talked": len({call["id"] for call in mine if is_in(call) and call["is_talked"]}),
                "answered_share": share(len(answered), len(offered)),
                "outgoing": len({call["id"] for call in mine if not is_in(call)}),
                "talk_seconds": talks[keys["date"], keys["employee_id"]],
            }

    def sources_by_day(self) -> Iterator[Row]:
        names = ("campaign", "source", "utm_source", "utm_medium", "utm_campaign")
        for keys, calls in self._by(self.call_facts(), *names):
            yield {
                **keys,
                "calls": len(calls),
                "first_calls": sum(bool(call["is_first"]) for call in calls),
                "target_calls": sum(call["is_target"] for call in calls),
                "missed": sum(call["is_missed"] for call in calls),
                "sales": sum(call["is_sale"] for call in calls),
                "revenue": sum((call["revenue"] or Decimal(0) for call in calls), Decimal(0)),
            }

    def hours(self) -> Iterator[Row]:
        by_day = {keys["date"]: calls for keys, calls in self._by(self.call_facts())}
        for keys, calls in self._by(self.call_facts(), "hour"):
            incoming, missed = sum(map(is_in, calls)), sum(call["is_missed"] for call in calls)
            yield {
                **keys,
                "weekday": keys["date"].isoweekday(),
                "calls": len(calls),
                "incoming": incoming,
                "missed": missed,
                "missed_share": share(missed, incoming),
                "lines_needed": max(lines_at(by_day[keys["date"]], call) for call in calls),
            }


def is_in(call: Mapping[str, Any]) -> bool:
    return bool(call["direction"] == "in")


def links(call: Mapping[str, Any], kind: str, records: str) -> str | None:
    base = f"https://app.uiscom.ru/system/media/{kind}/{call['communication_id']}/"
    return " ".join(f"{base}{record}/" for record in call[records]) or None


def is_next(missed: Row, call: Row) -> bool:
    """Whether a call is one in which both sides talked after a missed one."""
    after = call["start_time"] - missed["start_time"]
    same = call["contact_phone_number"] == missed["contact_phone_number"]
    return bool(same and call["is_answered"] and timedelta(0) < after <= WEEK)


def outcome(missed: Row, answer: Row | None) -> Row:
    if answer is None:
        nothing = ("minutes_until_talk", "next_call_id", "next_employee_id", "next_employee")
        return {"outcome": "nobody", "is_within_sla": False, **dict.fromkeys(nothing)}
    seconds = (answer["start_time"] - missed["start_time"]).total_seconds()
    return {
        "outcome": "called_again" if is_in(answer) else "called_back",
        "minutes_until_talk": seconds / 60,
        "is_within_sla": seconds <= SLA,
        "next_call_id": answer["id"],
        "next_employee_id": answer["last_employee_id"],
        "next_employee": answer["last_employee"],
    }


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def nearest_rank(values: Sequence[int], part: int, of: int) -> int | None:
    """The least value that so many of all do not exceed."""
    return sorted(values)[math.ceil(part * len(values) / of) - 1] if values else None


def lines_at(calls: Iterable[Row], moment: Row) -> int:
    """How many calls go on when one begins."""
    at = moment["start_time"]
    return sum(call["start_time"] <= at < call["finish_time"] for call in calls)
