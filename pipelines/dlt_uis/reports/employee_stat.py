"""The report of employees' time in each status, ``get.employee_stat``: sums of the days that are
asked for, so each day is asked for by itself.

``status_stats`` is an object whose keys are statuses: each becomes a row. Which fields come unasked
is not documented: all, as it seems.
"""

from __future__ import annotations

from .fields import Array, Field, Report, Type, Way

_SCALARS = (
    Field(
        "date", Type.DATE, "Day of the account's local time that was asked for.", of_request=True
    ),
    Field("id", Type.BIGINT, "Id of the employee.", filterable=True, default=True),
    Field(
        "first_name",
        Type.TEXT,
        "First name of the employee.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        "last_name",
        Type.TEXT,
        "Last name of the employee.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field("patronymic", Type.TEXT, "Patronymic of the employee.", sortable=True, default=True),
    Field(
        "full_name",
        Type.TEXT,
        "Full name of the employee.",
        filterable=True,
        sortable=True,
        default=True,
    ),
)

_ARRAYS = (
    Array(
        "status_stats",
        "Time that the employee spent in each status.",
        (
            Field("status", Type.TEXT, "Mnemonic of the status."),
            Field("seconds", Type.BIGINT, "Seconds that the employee spent in it on that day."),
        ),
        filterable=True,
        default=True,
        dictionary=True,
    ),
    Array(
        "groups",
        "Groups that the employee belongs to.",
        (
            Field("group_id", Type.BIGINT, "Id of the group."),
            Field("group_name", Type.TEXT, "Name of the group."),
        ),
        filterable=True,
        default=True,
    ),
)

EMPLOYEE_STAT_REPORT = Report(
    method="get.employee_stat",
    table="employee_stat",
    noun="employee_stat",
    key=("date", "id"),
    cursor="date",
    scalars=_SCALARS,
    arrays=_ARRAYS,
    way=Way.DAYS,
    days=("date",),
    unlocked_by="the component call_center",
)
