"""Fields that the API refuses without naming them are found, for few points, and no others."""

from __future__ import annotations

import math
import threading
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.api.brands import BRANDS, brand_of
from dlt_uis.errors import (
    FieldComponentDisabled,
    FieldUnavailable,
    FieldUnknown,
    Forbidden,
    MethodDisabled,
    RequestRefused,
    UisError,
    error_from,
    may_be_about_fields,
)
from dlt_uis.reading.refused_fields import refused_fields
from dlt_uis.reading.selection import FieldSelection
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.sandbox.refusals import Refusal, without_name
from dlt_uis.sandbox.switches import Nameless
from dlt_uis.source.refusal_memory import RefusalMemory, suspects_in

ALWAYS = ("id", "start_time")
OTHERS = [f"field_{number}" for number in range(80)]
NAMELESS = {"code": -32602, "message": "Неверные параметры", "data": {"field": None}}
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
WAYS: Sequence[Nameless] = Nameless.__args__  # type: ignore[attr-defined]


class Api:
    """Refuses some fields without naming them; ``points`` is what its answers have cost."""

    def __init__(self, refused: Collection[str], error: Mapping[str, Any] = NAMELESS) -> None:
        self.refused = set(refused)
        self.requests = self.points = 0
        self._error = error

    def ask(self, fields: Sequence[str]) -> None:
        self.requests += 1
        if self.refused & {*fields}:
            raise error_from(self._error, asked=fields)
        self.points += 1


def searched(api: Api, suspects: Collection[str] = ()) -> Mapping[str, FieldUnavailable]:
    with pytest.raises(UisError) as raised:
        api.ask([*ALWAYS, *OTHERS])
    api.requests = 0
    return refused_fields(raised.value, ALWAYS, OTHERS, api.ask, suspects)


@given(st.sets(st.sampled_from(OTHERS), min_size=1, max_size=12))
def test_exactly_the_refused_fields_are_found_for_few_points(refused: set[str]) -> None:
    api = Api(refused)
    assert searched(api).keys() == refused
    depth = math.ceil(math.log2(len(OTHERS)))
    assert api.points <= 1 + len(refused) * depth
    assert api.requests <= 3 + 2 * len(refused) * depth


@given(
    st.sets(st.sampled_from(OTHERS), min_size=1, max_size=12),
    st.sets(st.sampled_from(OTHERS), max_size=12),
)
def test_fields_that_were_refused_before_are_tried_first(
    refused: set[str], suspects: set[str]
) -> None:
    """One point, if they are the same still; what can be read by now is found out, too."""
    assert searched(Api(refused), suspects).keys() == refused
    same = Api(refused)
    assert searched(same, refused).keys() == refused
    assert same.points == 1


def test_what_is_not_about_fields_costs_two_requests_and_comes_out_as_it_is() -> None:
    """A wrong filter, or a report that is off."""
    api = Api(["id"])
    with pytest.raises(RequestRefused, match="Неверные параметры"):
        searched(api)
    assert (api.requests, api.points) == (2, 0)


def test_what_is_refused_for_its_size_costs_a_point() -> None:
    """The same fields of one record can be read: it is no field's fault."""
    api = Api([])
    error = error_from(NAMELESS)
    with pytest.raises(RequestRefused) as raised:
        refused_fields(error, ALWAYS, OTHERS, api.ask)
    assert raised.value is error
    assert (api.requests, api.points) == (1, 1)


def test_fields_that_are_refused_only_together_are_no_ones_fault() -> None:
    def ask(fields: Sequence[str]) -> None:
        if len(fields) > 50:
            raise error_from(NAMELESS, asked=fields)

    with pytest.raises(RequestRefused) as raised:
        ask(range(51))  # type: ignore[arg-type]
    with pytest.raises(RequestRefused) as again:
        refused_fields(raised.value, ALWAYS, OTHERS, ask)
    assert again.value is raised.value


def test_another_failure_while_searching_comes_out() -> None:
    def ask(fields: Sequence[str]) -> None:
        del fields
        raise Forbidden("no", code=-32003)

    with pytest.raises(Forbidden):
        refused_fields(error_from(NAMELESS), ALWAYS, OTHERS, ask)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("mnemonic", "kind"),
    [
        ("unexpected_parameters", FieldUnknown),
        ("parameter_component_disabled", FieldComponentDisabled),
    ],
)
def test_no_way_of_not_naming_a_field_makes_it_the_reports_fault(
    way: Nameless, mnemonic: str, kind: type[UisError]
) -> None:
    told = without_name(Refusal(mnemonic, "No", field="field_7").as_object({}), way)
    found = searched(Api(["field_7"], told))
    assert found.keys() == {"field_7"}
    wrong_code = way == "other_code" and mnemonic == "unexpected_parameters"
    assert type(found["field_7"]) is (FieldUnknown if wrong_code else kind)


@pytest.mark.parametrize(
    ("error", "is_vague"),
    [
        ({"code": -32602}, True),
        ({"code": -32008, "data": "off"}, True),
        ({"code": -32602, "data": {"mnemonic": "error", "field": "fields"}}, True),
        ({"code": -32602, "data": {"mnemonic": "invalid_parameter_value", "field": None}}, True),
        ({"code": None, "data": {"mnemonic": "unexpected_parameters"}}, True),
        ({"code": -32008, "data": {"mnemonic": "something_new"}}, True),
        ({"code": -32602, "data": {"mnemonic": "method_component_disabled"}}, False),
        ({"code": -32008, "data": {"mnemonic": "method_component_disabled"}}, False),
        ({"code": -32602, "data": {"mnemonic": "filter_prohibited"}}, False),
        ({"code": -32602, "data": {"mnemonic": "data_type_error", "field": "limit"}}, False),
        ({"code": -32602, "data": {"field": "filter.value"}}, False),
        ({"code": -32602, "data": {"field": "sort[0].field"}}, False),
        ({"code": -32600}, False),
        ({"code": -32601}, False),
        ({"code": -32003}, False),
        ({"code": -32603}, False),
        ({"code": -32001, "data": None}, False),
        ({"message": "unexpected_parameters"}, True),
    ],
)  # fmt: skip
def test_which_errors_may_be_about_a_field_without_saying_so(
    error: dict[str, Any], is_vague: bool
) -> None:
    assert may_be_about_fields(error_from(error, asked=("id", "tags"))) is is_vague


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": -32602, "data": {"field": "tags"}}, FieldUnknown),
        ({"code": -32008, "data": {"field": "fields.tags"}}, FieldComponentDisabled),
        ({"code": -32602, "data": {"mnemonic": "error", "field": "fields", "value": "tags"}},
         FieldUnknown),
        ({"code": -32602, "data": {"mnemonic": "parameter_component_disabled", "field": "tags"}},
         FieldComponentDisabled),
        ({"code": -32602, "data": {"mnemonic": "unexpected_parameters", "field": "$.tags.tag_id"}},
         FieldUnknown),
        ({"code": -32008, "data": {"params": {"components": "tags"}}}, MethodDisabled),
    ],
)  # fmt: skip
def test_a_field_that_is_named_is_known_at_once(
    error: dict[str, Any], kind: type[UisError]
) -> None:
    found = error_from(error, asked=("id", "tags"))
    assert type(found) is kind
    assert kind is MethodDisabled or found.field == "tags"


def test_threads_that_meet_the_same_refusal_search_once(caplog: pytest.LogCaptureFixture) -> None:
    """And one warning names all fields."""
    selection = FieldSelection(CALLS_REPORT)
    api = Api(["tags", "ext_id"])
    asked = selection.names
    together = threading.Barrier(4)

    def read() -> None:
        together.wait()
        error = error_from(NAMELESS, asked=asked)
        selection.leave_out(error, asked, api.ask)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {*asked} - {*selection.names} == selection.found == {"tags", "ext_id"}
    assert api.points <= 1 + 2 * 7
    (warning,) = [record.message for record in caplog.records]
    assert "ext_id" in warning
    assert "tags" in warning
    assert "for a day" in warning


def test_refused_fields_are_remembered_for_a_day() -> None:
    """Then they are asked for again, but suspected first; a wrong clock blocks none for long."""
    state: dict[str, Any] = {"incremental": {}}
    RefusalMemory(state, NOW).keep(["tags"])
    later = RefusalMemory(state, NOW + timedelta(hours=23))
    assert (later.left_out, later.suspects) == (("tags",), ("tags",))
    later.keep(["ext_id"])
    next_day = RefusalMemory(state, NOW + timedelta(hours=25))
    assert (next_day.left_out, next_day.suspects) == (("ext_id",), ("tags", "ext_id"))
    assert RefusalMemory(state, NOW - timedelta(hours=1)).left_out == ()
    assert RefusalMemory(state, NOW, customer=7).suspects == ()
    RefusalMemory(state, NOW, customer=7).keep(["properties"])
    assert suspects_in(state, 7) == ("properties",)
    next_day.keep([])
    assert suspects_in(state) == ("ext_id",)
    for customer in (None, 7):
        RefusalMemory(state, NOW + timedelta(days=9), customer).keep([])
    assert state == {"incremental": {}}


@pytest.mark.parametrize(
    ("brand", "lacking"),
    [
        ("uis", set[str]()),
        ("comagic", {"recognized_text"}),
        ("callgear", {"recognized_text"}),
        ("novofon", {"recognized_text", "cpn_country_id", "cpn_country_name", "properties"}),
    ],
)
def test_a_brand_is_not_asked_for_what_its_documentation_lacks(
    brand: str, lacking: set[str]
) -> None:
    """Unless a user names it; excluding it is no error, and tables have it all the same."""
    selection = FieldSelection(CALLS_REPORT, brand=brand)
    assert {*selection.wanted} == {*CALLS_REPORT.names}
    assert {*selection.wanted} - {*selection.names} == lacking
    named = FieldSelection(CALLS_REPORT, ["recognized_text"], brand=brand)
    assert "recognized_text" in named.names
    excluding = FieldSelection(CALLS_REPORT, None, ["recognized_text"], brand=brand)
    assert "recognized_text" not in excluding.wanted


def test_an_address_tells_its_brand() -> None:
    assert {brand: brand_of(url, "uis") for brand, url in BRANDS.items()} == {
        brand: brand for brand in BRANDS
    }
    assert brand_of("https://dataapi.callgear.ae/v2.0", "uis") == "callgear"
    assert brand_of("http://127.0.0.1:8080/v2.0", " Novofon ") == "novofon"
    assert brand_of("https://proxy.example/comagic.ru", "uis") == "uis"
