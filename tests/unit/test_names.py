"""JSON names become names of columns: one each, the same in every run."""

from __future__ import annotations

from dlt_uis.decoding.names import NAME_HINT, Names, Stored, stored_columns_of
from dlt_uis.decoding.shape import MISFIT
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.reports.fields import Type


def names(**stored: Stored) -> Names:
    made = Names(CALLS_REPORT)
    made.know({"calls": stored})
    return made


def test_dlt_names_columns_unless_the_name_is_taken() -> None:
    of = names().of()
    assert of.column("talk_duration") == "talk_duration"
    assert of.column("holdDuration") == "hold_duration"
    taken = [of.column(name) for name in ("hold_duration", "Talk_Duration", "app_id", "xmin", "")]
    assert len(set(taken)) == 5
    assert taken == [
        names().of().column(name) if place else taken[0]
        for place, name in enumerate(("hold_duration", "Talk_Duration", "app_id", "xmin", ""))
    ]
    assert of.column("sale_cost__v_text") != "sale_cost__v_text"
    assert of.column("sale_cost" + MISFIT) == "sale_cost__v_text"


def test_what_the_schema_keeps_decides_in_later_runs() -> None:
    first = names().of()
    columns = {name: first.column(name) for name in ("holdDuration", "hold_duration", "🎉", "*")}
    stored = {column: {**hints, "data_type": "bigint"} for column, hints in first.hints().items()}
    later = Names(CALLS_REPORT)
    later.know(stored_columns_of(CALLS_REPORT, {"calls": stored}))  # type: ignore[dict-item]
    assert {name: later.of().column(name) for name in reversed(columns)} == columns
    assert later.of().fields() == dict.fromkeys(columns, Type.BIGINT)


def test_a_column_that_is_told_no_name_is_for_who_comes_first() -> None:
    """An earlier version has made it."""
    of = names(hold_duration=Stored(Type.DOUBLE)).of()
    assert of.fields() == {"hold_duration": Type.DOUBLE}
    assert of.type_of("holdDuration") is Type.DOUBLE
    assert of.column("holdDuration") == "hold_duration"
    assert dict(of.hints()["hold_duration"])[NAME_HINT] == "holdDuration"
    assert of.known("hold_duration") is None
    assert of.column("hold_duration") != "hold_duration"


def test_a_column_of_a_type_that_no_field_has_is_left_alone() -> None:
    of = names(made_by_hand=Stored(None)).of()
    assert of.column("made_by_hand") != "made_by_hand"
