"""The page of first questions: its queries run everywhere, and their answers are right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import pytest

from tests.docs.questions import PAGES, ask, load, queries, rendered

from .view_truth import Row, Truth

SINCE = datetime(2026, 2, 1, 21, tzinfo=UTC)

Rows = list[tuple[Any, ...]]


class Answers:
    """The answers in Python, from the account's truth."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def _rows(self, view: str, since: datetime = SINCE) -> list[Row]:
        return [row for row in self._truth.rows(view) if row["start_time"] >= since]

    @cached_property
    def _missed(self) -> list[Row]:
        return self._rows("missed_calls")

    def week(self) -> Rows:
        names = (
            "date",
            "incoming",
            "answered",
            "missed",
            "median_wait_seconds",
            "p90_wait_seconds",
        )
        rows = self._rows("service_by_day", datetime(2026, 2, 25, 21, tzinfo=UTC))
        return sorted(tuple(row[name] for name in names) for row in rows)

    def outcomes(self) -> Rows:
        rows = [(outcome, len(calls), sum(call["is_within_sla"] for call in calls))
                for (outcome,), calls in by(self._missed, "outcome")]  # fmt: skip
        return sorted(rows, key=lambda row: -row[1])

    def to_call_back(self) -> Rows:
        names = ("local_start", "contact_phone_number", "campaign", "wait_seconds")
        since = datetime(2026, 3, 2, 21, tzinfo=UTC)
        rows = [row for row in self._missed if row["start_time"] >= since]
        left = sorted((row for row in rows if row["outcome"] == "nobody"),
                      key=lambda row: row["start_time"])  # fmt: skip
        return [tuple(row[name] for name in names) for row in left]

    def who_calls_back(self) -> Rows:
        back = [row for row in self._missed if row["outcome"] == "called_back"]
        rows = [(name, len(calls), sum(call["minutes_until_talk"] for call in calls) / len(calls))
                for (name,), calls in by(back, "next_employee")]  # fmt: skip
        return sorted(rows, key=lambda row: (-row[1], row[0]))[:5]

    def people(self) -> Rows:
        rows = [(*keys, total(hours, "calls"), max(hour["lines_needed"] for hour in hours))
                for keys, hours in by(self._rows("hours"), "weekday", "hour")]  # fmt: skip
        return sorted(rows, key=lambda row: (-row[3], -row[2], row[0], row[1]))[:5]

    def missed_hours(self) -> Rows:
        working = [row for row in self._rows("hours") if row["weekday"] <= 5]
        rows = []
        for (hour,), hours in by(working, "hour"):
            incoming, missed = total(hours, "incoming"), total(hours, "missed")
            if incoming >= 20:
                rows.append((hour, incoming, missed, 100 * missed / incoming))
        return sorted(rows, key=lambda row: (-round(row[3]), row[0]))[:5]

    def campaigns(self) -> Rows:
        names = ("calls", "first_calls", "target_calls", "missed", "sales", "revenue")
        rows = [(name, *(total(mine, each) for each in names))
                for (name,), mine in by(self._rows("sources_by_day"), "campaign")]  # fmt: skip
        return sorted(rows, key=lambda row: (-row[1], row[0]))

    def worth(self) -> Rows:
        tagged = [row for row in self._rows("sources_by_day") if row["utm_source"] is not None]
        rows = [(*keys, total(mine, "calls"), float(total(mine, "revenue")) / total(mine, "calls"))
                for keys, mine in by(tagged, "utm_source", "utm_campaign")]  # fmt: skip
        return sorted(rows, key=lambda row: (-round(row[3]), row[1]))[:5]

    def who_answers(self) -> Rows:
        rows = []
        for (name,), mine in by(self._rows("employees_by_day"), "employee"):
            offered, answered = total(mine, "offered"), total(mine, "answered")
            if offered >= 50:
                share = 100 * answered / offered
                rows.append((name, offered, answered, share, total(mine, "talk_seconds")))
        return sorted(rows, key=lambda row: (-round(row[3]), row[0]))[:5]

    def soon(self) -> Rows:
        rows = []
        for (weekday,), days in by(self._rows("service_by_day"), "weekday"):
            incoming = total(days, "incoming")
            rows.append((weekday, incoming, 100 * total(days, "answered_within_20s") / incoming))
        return sorted(rows)


ORDER: Sequence[Callable[[Answers], Rows]] = (
    Answers.week, Answers.outcomes, Answers.to_call_back, Answers.who_calls_back, Answers.people,
    Answers.missed_hours, Answers.campaigns, Answers.worth, Answers.who_answers, Answers.soon,
)  # fmt: skip


def by(rows: Sequence[Row], *names: str) -> Iterator[tuple[tuple[Any, ...], list[Row]]]:
    groups: Mapping[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    yield from groups.items()


def total(rows: Sequence[Row], name: str) -> Any:
    return sum(row[name] for row in rows)


def assert_answered(found: Sequence[Sequence[Any]], wanted: Rows) -> None:
    """Shares, means and amounts are rounded to whole ones."""
    assert len(found) == len(wanted)
    for have, want in zip(found, wanted, strict=True):
        for value, exact in zip(have, want, strict=True):
            if isinstance(exact, float) or hasattr(exact, "quantize"):
                assert abs(float(value) - float(exact)) <= 0.5001
            else:
                assert value == exact


def test_the_page_has_the_answers_of_its_account() -> None:
    """In both languages, and each answer is what Python computes from the account's truth."""
    answers = Answers(Truth(load()))
    written = [list(queries(page)) for page in PAGES]
    assert written[0] == written[1]
    assert len(written[0]) == len(ORDER) == 10
    for (query, text), answer in zip(written[0], ORDER, strict=True):
        found = ask(query)
        assert rendered(found) == text, "run make docs"
        assert_answered(found[1], answer(answers))
        assert "JOIN" not in query


@pytest.mark.cross
@pytest.mark.parametrize("destination", ["postgres", "bigquery"])
def test_the_queries_run_elsewhere_as_they_are(
    destination: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(destination)
    answers = Answers(Truth(load(destination)))
    for (query, _), answer in zip(queries(PAGES[0]), ORDER, strict=True):
        # the emulator knows no default dataset
        named = query.replace("\nFROM ", "\nFROM uis_data.")
        assert_answered(ask(named, destination)[1], answer(answers))
