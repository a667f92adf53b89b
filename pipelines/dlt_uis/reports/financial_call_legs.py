"""The report of what call legs cost, ``get.financial_call_legs_report``.

It has no id: a leg of a call session is one row. Money is decimal although the API calls it a
number, and ``call_session_id`` a number although its example has text.
"""

from __future__ import annotations

from .common import DIRECTION
from .fields import Field, Report, Type

SOURCE = (
    "callapi",
    "callapi_informer_call",
    "callapi_scenario_call",
    "call_tracking",
    "dynamic_call_tracking",
    "va",
    "sip",
    "consultant",
    "lead",
    "sitephone",
    "faxout",
    "retailcrm",
)

DIRECTION_TYPE = (
    "international",
    "national",
    "local",
    "mobile",
)

_SCALARS = (
    Field(
        "call_session_id",
        Type.BIGINT,
        "Id of the call session that the leg belongs to: calls.id.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        "leg_id",
        Type.BIGINT,
        "Id of the leg: call_legs.id.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field("start_time", Type.TIMESTAMP, "When the leg began.", sortable=True, default=True),
    Field(
        "direction",
        Type.TEXT,
        "Direction of the call: in (received) or out (placed, forms on a site included).",
        filterable=True,
        sortable=True,
        default=True,
        values=DIRECTION,
    ),
    Field(
        "source",
        Type.TEXT,
        "What the call came through: an integration, a tracking service, a trunk and so on.",
        filterable=True,
        sortable=True,
        default=True,
        values=SOURCE,
    ),
    Field(
        "calling_phone_number",
        Type.TEXT,
        "Phone number that called.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        "called_phone_number",
        Type.TEXT,
        "Phone number that was called.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        "duration",
        Type.BIGINT,
        "Length of the leg in seconds.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        "chargeable_duration",
        Type.BIGINT,
        "Seconds of the leg that are charged.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        "direction_type",
        Type.TEXT,
        "Where the leg leads to, as far as its price depends on it.",
        filterable=True,
        sortable=True,
        default=True,
        values=DIRECTION_TYPE,
    ),
    Field(
        "cost_per_minute",
        Type.DECIMAL,
        "Price of a minute, in the account's currency.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        "total_charge",
        Type.DECIMAL,
        "What the leg cost, in the account's currency.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        "bonuses_charge",
        Type.DECIMAL,
        "What of that was paid by bonuses.",
        filterable=True,
        sortable=True,
        default=True,
    ),
)

FINANCIAL_CALL_LEGS_REPORT = Report(
    method="get.financial_call_legs_report",
    table="financial_call_legs",
    noun="financial_call_leg",
    key=("call_session_id", "leg_id"),
    cursor="start_time",
    scalars=_SCALARS,
    range_key="leg_id",
    unlocked_by="the right to see the account's money (account_access: select)",
)
