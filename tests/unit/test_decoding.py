"""Answers become typed columns; what does not fit is kept, and nothing half-read passes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.decoding.decoder import Decoder, total_items
from dlt_uis.errors import MalformedResponse
from dlt_uis.localtime.zones import Zone
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.reports.lists import LISTS
from dlt_uis.tables.rows import child_table, report_table, to_instants

ZONE = Zone("Europe/Moscow")
CALL = {"id": 1, "start_time": "2026-03-01 10:00:00", "cpn_region_id": 5, "sale_cost": 12.55}

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8)


def body(*calls: dict[str, Any]) -> bytes:
    metadata = {"total_items": len(calls)}
    answer = {"jsonrpc": "2.0", "id": 7, "result": {"metadata": metadata, "data": calls}}
    return json.dumps(answer, ensure_ascii=False).encode()


def decoded(*calls: dict[str, Any], decoder: Decoder | None = None) -> pa.Table:
    envelope = (decoder or Decoder(CALLS_REPORT, ZONE)).decode(body(*calls), CALLS_REPORT.names)
    assert envelope.data is not None
    return envelope.data


def first(*calls: dict[str, Any], decoder: Decoder | None = None) -> dict[str, Any]:
    page = to_instants(decoded(*calls, decoder=decoder), CALLS_REPORT, ZONE)
    rows = report_table(page, CALLS_REPORT, "1").to_pylist()
    return {name: value for name, value in rows[0].items() if value is not None}


def test_the_total_is_found_before_the_calls_and_behind_them() -> None:
    calls = [{**CALL, "id": number} for number in range(500)]
    metadata = {"total_items": 70_000}
    for result in ({"metadata": metadata, "data": calls}, {"data": calls, "metadata": metadata}):
        assert total_items(json.dumps({"id": 7, "result": result}).encode()) == 70_000


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not JSON",
        body(CALL).replace(b"total_items", b"total"),
        b'{"error": {"message": "\\"total_items\\": 5"}}',
    ],
)
def test_there_may_be_no_total_to_see_at_first_glance(answer: bytes) -> None:
    assert total_items(answer) is None


@given(values=st.lists(scalars, min_size=1, max_size=5))
def test_no_value_of_any_type_is_lost(values: list[Any]) -> None:
    """It is in its own column, or as text in the variant column; empty text is no number."""
    calls = [{**CALL, "id": n, "cpn_region_id": value} for n, value in enumerate(values)]
    table = decoded(*calls)
    for value, row in zip(values, table.to_pylist(), strict=True):
        kept, variant = row["cpn_region_id"], row.get("cpn_region_id__v_text")
        if value is None or value == "":
            assert kept is None and variant is None
        elif isinstance(value, int) and not isinstance(value, bool):
            assert (kept, variant) == (value, None)
        elif variant is None:
            assert kept == Decimal(value)
        else:
            assert kept is None
            text = value if isinstance(value, str) else json.dumps(value)
            assert variant == text.replace("\0", "\ufffd")  # which Postgres can't hold


def test_a_field_that_is_always_text_is_learned() -> None:
    decoder = Decoder(CALLS_REPORT, ZONE)
    for text in ("77", "78"):
        assert first({**CALL, "cpn_region_id": text}, decoder=decoder)["cpn_region_id"] == int(text)


def test_new_fields_keep_the_type_of_their_first_value() -> None:
    decoder = Decoder(CALLS_REPORT, ZONE)
    row = first({**CALL, "hold": 3, "when": "2026-01-01 10:00:00", "deep": {"a": [1]}})
    assert (row["hold"], row["when"], row["deep"]) == (3, "2026-01-01 10:00:00", '{"a": [1]}')
    first({**CALL, "hold": 3}, decoder=decoder)
    assert first({**CALL, "hold": "x"}, decoder=decoder)["hold__v_text"] == "x"


def test_times_are_local_unless_they_say_otherwise() -> None:
    local, aware = datetime(2026, 3, 1, 7, tzinfo=UTC), datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert first(CALL)["start_time"] == local
    assert first({**CALL, "start_time": "2026-03-01T10:00:00+00:00"})["start_time"] == aware


def test_elements_keep_their_order_and_empty_arrays_leave_a_mark() -> None:
    calls = [
        {**CALL, "tags": [{"tag_id": 9}, {"tag_id": 8}]},
        {**CALL, "id": 2, "tags": []},
        {**CALL, "id": 3, "tags": None},
        {**CALL, "id": 4, "tags": [{"tag_id": 7}]},
    ]
    array = CALLS_REPORT.array("tags")
    assert array is not None
    page = to_instants(decoded(*calls), CALLS_REPORT, ZONE)
    table = child_table(page, CALLS_REPORT.child("tags"), "1", tombstones=True)
    assert table is not None
    rows = [(r["call_id"], r["position"], r["tag_id"], r["_deleted"]) for r in table.to_pylist()]
    assert rows == [
        (1, 0, 9, None), (1, 1, 8, None), (4, 0, 7, None), (2, 0, None, True), (3, 0, None, True),
    ]  # fmt: skip


def test_an_array_that_was_not_asked_for_leaves_its_table_alone() -> None:
    envelope = Decoder(CALLS_REPORT, ZONE).decode(body(CALL), ("id", "start_time"))
    array = CALLS_REPORT.array("tags")
    assert array is not None and envelope.data is not None
    assert child_table(envelope.data, CALLS_REPORT.child("tags"), "1", tombstones=True) is None


@pytest.mark.parametrize(
    "broken",
    [
        b"", b"<html>", b"[]", b"null", b"{}", body(CALL)[:-9], b'{"id":7,"result":{"data":[1]}}',
        b'{"id":7,"result":null}',
    ],
)  # fmt: skip
def test_broken_answers_are_refused(broken: bytes) -> None:
    with pytest.raises(MalformedResponse):
        Decoder(CALLS_REPORT, ZONE).decode(broken, CALLS_REPORT.names)


@given(cut=st.integers(0, 400))
def test_an_answer_that_is_cut_off_anywhere_is_refused(cut: int) -> None:
    whole = body(*({**CALL, "id": n} for n in range(60)))
    with pytest.raises(MalformedResponse):
        Decoder(CALLS_REPORT, ZONE).decode(whole[: -1 - cut], CALLS_REPORT.names)


def listed(name: str, *records: dict[str, Any]) -> list[dict[str, Any]]:
    """Records of a list, as rows of its page."""
    listing = LISTS[name]
    page = Decoder(listing, ZONE).decode(body(*records), listing.names).data
    assert page is not None
    rows: list[dict[str, Any]] = page.to_pylist()
    return rows


def test_what_is_documented_as_json_is_json_text_whatever_it_is() -> None:
    """Alike whichever page it comes on; only null is no value."""
    values = [{"а": [1, 2.5, None]}, [], "text", "", 5, True, None]
    records = [{"id": number, "filter": value} for number, value in enumerate(values)]
    together = [row["filter"] for row in listed("sources", *records)]
    apart = [listed("sources", record)[0]["filter"] for record in records]
    assert together == apart
    assert [text and json.loads(text) for text in together] == values


def test_an_object_with_one_array_may_be_written_as_the_array() -> None:
    """A client has met conditions of campaigns so."""
    condition = {"type": "include", "campaign_parameter": "utm", "value": "a", "operator": "="}
    for groups in ([{"conditions": [condition]}, {"conditions": []}], [[condition], []]):
        (row,) = listed("campaigns", {"id": 1, "campaign_conditions": {"group_conditions": groups}})
        assert row["campaign_conditions__group_conditions"] == [
            {"conditions": [condition]}, {"conditions": []},
        ]  # fmt: skip


def test_a_password_is_never_read() -> None:
    """Also where it comes unasked, on the first page or a later one."""
    decoder = Decoder(LISTS["sip_lines"], ZONE)
    records: list[dict[str, Any]] = [{"id": 1}, {"id": 2, "password": "s3cret", "is_new": 7}]
    pages = [decoder.decode(body(each), LISTS["sip_lines"].names).data for each in records]
    assert "s3cret" not in str([page.to_pylist() for page in pages if page])
    assert pages[1] is not None and pages[1]["is_new"].to_pylist() == [7]
