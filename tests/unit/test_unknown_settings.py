"""What is written and has no effect is said, with the name that is meant."""

from __future__ import annotations

from typing import Any

import pytest

from dlt_uis.runner.pipelines import USUAL
from dlt_uis.source.unknown_settings import READ, unknown_in


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("SOURCES__UIS__LOOKBACK_DAY", "SOURCES__UIS__LOOKBACK_DAYS"),
        ("SOURCES__UIS__CALL_LEGS__FEILDS", "SOURCES__UIS__CALL_LEGS__FIELDS"),
        ("SOURCES__UIS__VIEWS__CALLBACK_MINUTE", "SOURCES__UIS__VIEWS__CALLBACK_MINUTES"),
        ("SOURCES__UIS__CALL_LEG__FIELDS", "SOURCES__UIS__CALL_LEGS__FIELDS"),
        ("DLT_UIS__DESTINATON", "DLT_UIS__DESTINATION"),
        ("SOURCES_UIS_PAGE_SIZE", "SOURCES__UIS__PAGE_SIZE"),
        ("SOURCES__UIS_PAGE_SIZE", "SOURCES__UIS__PAGE_SIZE"),
        ("SOURCE__UIS__PAGE_SIZE", "SOURCES__UIS__PAGE_SIZE"),
        ("sources__uis__page_size", "SOURCES__UIS__PAGE_SIZE"),
        ("DLT_UIS_DATASET", "DLT_UIS__DATASET"),
        ("SOURCES__UIS__WHATEVER", None),
        ("SOURCES__UIS__CALLS__PAGE_SIZE", None),
    ],
)
def test_slips_in_the_environment(variable: str, meant: str | None) -> None:
    (found,) = unknown_in([variable], [])
    assert (found.written, found.near) == (variable, meant)


@pytest.mark.parametrize(
    ("file", "written", "meant"),
    [
        ({"sources": {"uis": {"timezon": "UTC"}}}, "timezon in [sources.uis]", "timezone"),
        ({"sources": {"uis": {"privcy": {"x": "drop"}}}}, "privcy in [sources.uis]", "privacy"),
        ({"sources": {"uis": {"call_leg": {}}}}, "call_leg in [sources.uis]", "call_legs"),
        (
            {"sources": {"uis": {"call_legs": {"page_size": 5}}}},
            "page_size in [sources.uis.call_legs]",
            None,
        ),
        ({"dlt_uis": {"data_set": "x"}}, "data_set in [dlt_uis]", "dataset"),
        ({"source": {"uis": {"brand": "uis"}}}, "the section [source.uis]", "[sources.uis]"),
        ({"dlt_ui": {"dataset": "x"}}, "the section [dlt_ui]", "[dlt_uis]"),
    ],
)
def test_slips_in_files(file: dict[str, Any], written: str, meant: str | None) -> None:
    (found,) = unknown_in([], [file])
    assert (found.written, found.near) == (written, meant)


def test_what_is_read_or_somebody_elses_is_let_be() -> None:
    """Another source's, a pipeline's own sections, what hosts set on our resources."""
    variables = [
        *("__".join((*section, name)).upper() for section, read in READ.items() for name in read),
        "SOURCES__UIS__PRIVACY__PHONE_NUMBERS", "SOURCES__UIS_DEMO__RECORDINGS_KEPT_DAYS",
        "SOURCES__UIS__CHATS_REPORT__START_TIME__LAG",
        "SOURCES__UIS2__PAGE_SIZE", "UIS__SOURCES__UIS__RECORDINGS_KEPT_DAYS", "PATH", "UIS_HOME",
    ]  # fmt: skip
    file = {
        "sources": {
            "uis": {
                "fields": ["id"],
                "calls_report": {"start_time": {}},
                "visitor_sessions_report": {"start_time": {}},
                "employees": {"max_table_nesting": 0},
            },
            "shop": {"x": 1},
        },
        "runtime": {"log_level": "INFO"},
        "uis": {"page_size": 5},
    }
    assert unknown_in(variables, [file]) == []


def test_options_of_all_commands_can_be_set() -> None:
    assert set(READ[("dlt_uis",)]) == set(USUAL)
