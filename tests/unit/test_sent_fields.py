"""A field that no record has is told from one that is null; one odd record is not enough."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from dlt_uis.decoding.sent_fields import SentFields
from dlt_uis.progress import Progress
from dlt_uis.reports import DEFAULT_REPORT, REPORTS
from dlt_uis.reports.fields import Report
from dlt_uis.source.absent_fields import note_absent
from dlt_uis.source.changes import note_rights
from dlt_uis.source.refusal_memory import RefusalMemory
from dlt_uis.warehouse.run import running

ASKED = ("id", "sale_date", "employees")


def absent(*pages: list[Any]) -> dict[str, list[str]]:
    sent = SentFields(DEFAULT_REPORT)
    for page in pages:
        sent.look(json.dumps({"id": 1, "result": {"data": page}}).encode())
    return {place: list(names) for place, names in sent.absent(ASKED).items()}


def call(id_: int, **fields: Any) -> dict[str, Any]:
    return {"id": id_, "sale_date": None, "employees": [], **fields}


def lacking(id_: int, name: str) -> dict[str, Any]:
    return {field: value for field, value in call(id_).items() if field != name}


def test_what_is_null_is_sent_and_what_no_record_has_is_not() -> None:
    assert absent([call(1), call(2)]) == {"": []}
    assert absent([lacking(1, "sale_date"), lacking(2, "sale_date")]) == {"": ["sale_date"]}


def test_the_fields_of_elements_are_told_where_records_have_some() -> None:
    employee = {"employee_id": 1, "employee_full_name": None, "is_answered": True}
    page = [call(id_, employees=[employee, employee]) for id_ in (1, 2)]
    assert absent([*page, call(3)]) == {"": [], "employees": ["employees.is_talked"]}
    assert absent([page[0], call(3), call(4, employees=[{}])]) == {"": []}


@pytest.mark.parametrize(
    "pages",
    [
        ([lacking(1, "sale_date")],),
        ([lacking(1, "sale_date")], [lacking(1, "sale_date")]),
        ([],),
        ([1, None],),
    ],
)
def test_one_record_is_not_enough_nor_the_same_one_twice(pages: tuple[list[Any], ...]) -> None:
    assert absent(*pages) == {}


def test_a_record_that_is_odd_among_others_is_not_enough() -> None:
    assert absent([lacking(1, "sale_date"), call(2), call(3)]) == {"": []}


def test_nothing_can_be_told_where_empty_fields_are_left_out() -> None:
    with_sale, without = {"id": 1, "sale_date": "2026-01-01"}, {"id": 2}
    assert absent([with_sale, without]) == {}


def test_an_answer_that_is_cut_off_or_no_json_is_looked_at_as_far_as_it_goes() -> None:
    sent = SentFields(DEFAULT_REPORT)
    whole = json.dumps({"data": [call(1), call(2), call(3)]})
    sent.look(whole[: whole.rindex("employees")].encode())
    sent.look(b'{"data": [{"id": ' + b"[" * 10_000)
    sent.look(b"<html>")
    assert sent.absent(ASKED) == {"": []}


class Runs:
    """Runs one after the other, of a customer."""

    def __init__(
        self,
        state: dict[str, Any],
        customer: int | None = None,
        report: Report = DEFAULT_REPORT,
    ) -> None:
        self._report = report
        self._memory = RefusalMemory(state, datetime(2026, 6, 1, tzinfo=UTC), customer)

    def tell(
        self, asked: Collection[str] = ASKED, left_out: Collection[str] = (), **absent: list[str]
    ) -> tuple[Sequence[str], Sequence[str]]:
        """What a run says is gone, and what is back, where ``record`` and ``employees`` lack."""
        found = {name.removeprefix("record"): names for name, names in absent.items()}
        with running(progress=(progress := Progress())):
            note_absent(self._memory, self._report, asked, left_out, found, told=True)
        now = progress.snapshot()
        return now.absent_fields, now.returned_fields


def test_what_is_absent_is_told_once_and_when_it_comes_back() -> None:
    runs = Runs({})
    assert runs.tell(record=["ext_id"]) == ((), ())
    assert runs.tell(record=["ext_id", "id"]) == (("id",), ())
    assert runs.tell() == ((), ())
    assert runs.tell(record=["ext_id", "id"], employees=["employees.x"]) == ((), ())
    assert runs.tell(record=["id"], employees=[]) == ((), ("employees.x", "ext_id"))


def test_what_is_refused_or_not_asked_for_has_not_come_back() -> None:
    runs = Runs({})
    runs.tell(record=["sale_date"])
    assert runs.tell(record=[], left_out=["sale_date"]) == ((), ())
    runs.tell(record=["employees"])
    assert runs.tell(asked=["id"], record=[]) == ((), ())


def test_customers_are_told_apart() -> None:
    state: dict[str, Any] = {}
    first, second = Runs(state, 1), Runs(state, 2)
    first.tell(record=[])
    assert second.tell(record=["sale_date"]) == ((), ())
    assert first.tell(record=["sale_date"]) == (("sale_date",), ())


@pytest.mark.parametrize(
    ("report", "records", "name"),
    [("calls", "calls", "tags"), ("call_legs", "call legs", "call_legs.tags")],
)
def test_what_changes_is_told_of_its_report(
    report: str, records: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log, with what its records are called; where all are counted, with its name."""
    runs = Runs({}, report=REPORTS[report])
    runs.tell(asked=["tags"], record=[])
    assert runs.tell(asked=["tags"], record=["tags"]) == ((name,), ())
    assert runs.tell(asked=["tags"], record=[]) == ((), (name,))
    memory = RefusalMemory({}, datetime(2026, 6, 1, tzinfo=UTC))
    with running(progress=(progress := Progress())):
        for left_out in ([], ["tags"], []):
            note_rights(memory, REPORTS[report], ["tags"], left_out, told=True)
    now = progress.snapshot()
    assert (now.lost_fields, now.gained_fields) == ((name,), (name,))
    gone, sent, lost, back = (record.message for record in caplog.records)
    for told in (gone, sent, lost, back):
        assert told.startswith(f"fields of {records} ")
    for told in (sent, back):
        assert f"To fill them for {records} that are loaded" in told
