"""What the views read: columns of the reports' tables, by DuckDB's types.

A column that is not loaded is null in a view, with the type that stands here: a view's own types
are the same whatever is loaded, and Postgres can replace it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..reports.own_names import POSITION, USER_ID


@dataclass(frozen=True)
class Input:
    """A table.

    Attributes:
        times: the column that it is partitioned and indexed by, which is read as it is.
        columns: types of the others.
    """

    times: str
    columns: Mapping[str, str]


def _typed(type_: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), type_)


_OWNER = {USER_ID: "BIGINT"}

_OF_CONTACT = _typed(
    "TEXT",
    "campaign_name source_name utm_source utm_medium utm_campaign utm_term utm_content"
    " eq_utm_source eq_utm_medium eq_utm_campaign eq_utm_term eq_utm_content",
) | {"communication_number": "BIGINT", "sale_date": "TIMESTAMPTZ", "sale_cost": "DECIMAL(38, 9)"}
"""What reports of calls, chats and messages have in common."""

_CALLS = {
    **_typed(
        "BIGINT",
        "id communication_id first_answered_employee_id last_answered_employee_id"
        " last_talked_employee_id wait_duration talk_duration total_duration",
    ),
    **_typed(
        "TEXT",
        "direction contact_phone_number virtual_phone_number first_answered_employee_full_name"
        " last_answered_employee_full_name last_talked_employee_full_name site_domain_name"
        " full_record_file_link",
    ),
    "is_lost": "BOOLEAN",
    "finish_time": "TIMESTAMPTZ",
}

_LEGS = {
    **_typed("BIGINT", "id employee_id duration total_duration"),
    "employee_full_name": "TEXT",
    "is_operator": "BOOLEAN",
}


def _child(columns: Mapping[str, str]) -> Input:
    keys = {"call_id": "BIGINT", POSITION: "BIGINT"}
    return Input("call_start_time", {**keys, **columns, **_OWNER})


_STRINGS = _child({"value": "TEXT"})
_EMPLOYEES = {
    "employee_id": "BIGINT", "employee_full_name": "TEXT", "is_answered": "BOOLEAN",
    "is_talked": "BOOLEAN",
}  # fmt: skip
_OTHERS = Input(
    "date_time", {"id": "BIGINT", "communication_type": "TEXT", **_OF_CONTACT, **_OWNER}
)

INPUTS: Mapping[str, Input] = {
    "calls": Input("start_time", _CALLS | _OF_CONTACT | _OWNER),
    "calls__tags": _child({"tag_name": "TEXT"}),
    "calls__employees": _child(_EMPLOYEES),
    "calls__attributes": _STRINGS,
    "calls__call_records": _STRINGS,
    "calls__voice_mail_records": _STRINGS,
    "call_legs": Input("start_time", _LEGS | _OWNER),
    "communications": _OTHERS,
    "chats": _OTHERS,
    "offline_messages": _OTHERS,
}
"""The tables by name."""
