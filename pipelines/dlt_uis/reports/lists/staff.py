"""Lists of the account's staff: employees, their groups, positions, statuses and schedules."""

from __future__ import annotations

from ..fields import Array, Field, Listing, Type, array_in, parts_of
from .common import ALLOWED_DIRECTIONS, EMPLOYEES, SITE, groups, key, name

STATUS = (
    "available",
    "break",
    "do_not_disturb",
    "not_at_workplace",
    "not_at_work",
    "unknown",
)

CALL_TYPES = (
    "internal",
    "external",
)

_EMPLOYEE = (
    key("employee"),
    Field("login", Type.TEXT, "Login of the employee."),
    Field("first_name", Type.TEXT, "First name of the employee."),
    Field("last_name", Type.TEXT, "Last name of the employee."),
    Field("patronymic", Type.TEXT, "Patronymic of the employee."),
    Field("full_name", Type.TEXT, "Full name of the employee."),
    Field("status", Type.TEXT, "Status, as a mnemonic; to be superseded.", values=STATUS),
    Field("status_id", Type.BIGINT, "Id of the status that the employee has now: statuses.id."),
    Field("calls_available", Type.BOOL, "Whether the employee takes calls; to be superseded."),
    Field("email", Type.TEXT, "E-mail address of the employee."),
    Field(
        "call_recording",
        Type.TEXT,
        "Which calls of the employee are recorded.",
        values=("all", "in", "out", "off"),
    ),
    Field("schedule_id", Type.BIGINT, "Id of the schedule that the employee works by."),
    Field("schedule_name", Type.TEXT, "Name of the schedule that the employee works by."),
    *parts_of(
        "coach",
        Field("coach_full_name", Type.TEXT, "Full name of the employee's coach."),
        Field("coach_id", Type.BIGINT, "Id of the employee's coach: employees.id."),
        Field("coach_always_enabled", Type.BOOL, "Whether the coach always listens in."),
    ),
    *parts_of(
        "extension",
        Field("extension_phone_number", Type.TEXT, "Extension number of the employee."),
        Field("extension_voice_mail_enabled", Type.BOOL, "Whether the extension has voice mail."),
        Field("extension_queue_enabled", Type.BOOL, "Whether callers of the extension queue up."),
    ),
    *parts_of(
        "operator",
        Field("operator_display_name", Type.TEXT, "Name that visitors see in chats."),
        Field("operator_login", Type.TEXT, "Login of the employee as an operator of chats."),
        Field("operator_position_id", Type.BIGINT, "Id of the position: employee_positions.id."),
        Field("operator_position_name", Type.TEXT, "Position that visitors see in chats."),
        Field("operator_offline_message_enabled", Type.BOOL, "Whether web forms are answered."),
        Field("operator_invite_to_chat_enabled", Type.BOOL, "Whether visitors may be invited."),
        Field("operator_chat_enabled", Type.BOOL, "Whether the employee may answer chats."),
        Field("operator_chats_available", Type.BOOL, "Whether the employee takes chats now."),
    ),
)

_EMPLOYEE_ARRAYS = (
    Array("allowed_in_call_types", "Kinds of calls that may come in.", values=CALL_TYPES),
    Array("allowed_out_call_types", "Kinds of calls that may be made.", values=CALL_TYPES),
    *ALLOWED_DIRECTIONS,
    groups("employee"),
    Array(
        "phone_numbers",
        "Phone numbers that the employee is called at.",
        (
            Field("phone_id", Type.BIGINT, "Id of the number."),
            Field("phone_number", Type.TEXT, "The phone number."),
            Field("channels_count", Type.BIGINT, "How many calls it takes at once."),
            Field("dial_time", Type.BIGINT, "Seconds for which it rings."),
            Field(
                "status", Type.TEXT, "Whether the number is called.", values=("active", "inactive")
            ),
        ),
    ),
    array_in("operator", Array("operator_sites", "Sites whose chats the employee answers.", SITE)),
)

EMPLOYEES_LIST = Listing(
    method="get.employees",
    table="employees",
    noun="employee",
    key=("id",),
    scalars=_EMPLOYEE,
    arrays=_EMPLOYEE_ARRAYS,
    unlocked_by=EMPLOYEES,
    about="Employees: every `employee_id`, and the `…_employee_id` of calls.",
)

_NUMBER_OF_GROUP = (
    Field("employee_phone_number", Type.TEXT, "Phone number of the employee."),
    Field("employee_phone_number_id", Type.BIGINT, "Id of the phone number."),
    Field("employee_full_name", Type.TEXT, "Full name of the employee."),
    Field("employee_id", Type.BIGINT, "Id of the employee: employees.id."),
    Field("available", Type.BOOL, "Whether the number can be called now."),
)

GROUP_EMPLOYEES_LIST = Listing(
    method="get.group_employees",
    table="group_employees",
    noun="group",
    key=("id",),
    scalars=(
        key("group"),
        name("group"),
        Field("group_phone_number", Type.TEXT, "Extension number of the group."),
        Field("queue_enabled", Type.BOOL, "Whether callers of the group queue up."),
        Field("channels_count", Type.BIGINT, "How many calls the group takes at once."),
    ),
    arrays=(
        Array(
            "members",
            "Employees of the group.",
            (
                Field("employee_id", Type.BIGINT, "Id of the employee: employees.id."),
                Field("employee_full_name", Type.TEXT, "Full name of the employee."),
            ),
        ),
        Array("phone_numbers", "Phone numbers that the group's calls go to.", _NUMBER_OF_GROUP),
        Array(
            "phone_number",
            "The same, where the API calls it so.",
            _NUMBER_OF_GROUP,
            lacking=("callgear",),
        ),
    ),
    unlocked_by=EMPLOYEES,
    about="Groups of employees: `employees__groups.group_id`.",
    unsure=("phone_number", "phone_numbers"),
)

EMPLOYEE_POSITIONS_LIST = Listing(
    method="get.employee_positions",
    table="employee_positions",
    noun="position",
    key=("id",),
    scalars=(key("position"), name("position")),
    unlocked_by=EMPLOYEES,
    about="Positions of employees: `employees.operator__operator_position_id`.",
)

STATUSES_LIST = Listing(
    method="get.statuses",
    table="statuses",
    noun="status",
    key=("id",),
    scalars=(
        key("status"),
        name("status"),
        Field(
            "mnemonic",
            Type.TEXT,
            "What the platform calls the status.",
            values=(*STATUS[:-1], "auto_out_call", "unknown"),
        ),
        Field("description", Type.TEXT, "What is said of the status."),
        Field("color", Type.TEXT, "Colour of the status, in hexadecimal digits."),
        Field("is_deleted", Type.BOOL, "Whether the status was deleted."),
        Field("is_select_allowed", Type.BOOL, "Whether employees may choose the status."),
        Field("is_worktime", Type.BOOL, "Whether time in the status counts as work."),
        Field("is_auto_out_calls_ready", Type.BOOL, "Whether automatic calls may be put through."),
    ),
    arrays=(
        *ALLOWED_DIRECTIONS,
        Array(
            "allowed_phone_protocols",
            "Protocols by which employees in the status are called.",
            values=("PSTN", "SIP", "SIP_TRUNK", "FMC"),
        ),
    ),
    about="Statuses of employees: `employees.status_id`, and those of `employee_stat`.",
)

SCHEDULES_LIST = Listing(
    method="get.schedules",
    table="schedules",
    noun="schedule",
    key=("id",),
    scalars=(key("schedule"), name("schedule")),
    arrays=(
        Array(
            "schedules",
            "Periods that the schedule is made up of.",
            (
                *parts_of(
                    "activity_days",
                    Field(
                        "type",
                        Type.TEXT,
                        "What the days are counted by.",
                        values=("days_of_week", "days_of_month", "business_calendar", "cycle"),
                    ),
                ),
                Field("activity_date_from", Type.TEXT, "Day from which on the period is valid."),
                Field("activity_date_till", Type.TEXT, "Day until which the period is valid."),
            ),
            arrays=(
                array_in(
                    "activity_days",
                    Array("days", "Days of the period, by the kind of days that it has."),
                ),
                Array(
                    "activity_time",
                    "Hours of these days.",
                    (
                        Field("time_from", Type.TEXT, "Time of day at which they begin."),
                        Field("time_till", Type.TEXT, "Time of day at which they end."),
                    ),
                ),
            ),
            noun="period",
        ),
    ),
    about="Schedules that employees and numbers work by: `employees.schedule_id`.",
)
