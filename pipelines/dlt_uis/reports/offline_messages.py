"""The report of messages that visitors leave in forms, ``get.offline_messages_report``.

``visitor_phone_number`` is text although the API's example has a number. By the documentation
``date_time`` can't be sorted by, and does not come unasked; a public client does sort by it.
"""

from __future__ import annotations

from .common import (
    CLIENT_IDS,
    COMMUNICATION_ATTRIBUTES,
    EQ_UTM,
    OPENSTAT,
    ORIGIN,
    OTHER_CAMPAIGN,
    TRAFFIC_SOURCE,
    UTM,
    VISITOR,
    VISITOR_CUSTOM_PROPERTIES,
    campaign,
    communication_number,
    communication_page_url,
    sale,
    segments,
    site,
    tags,
    with_flags,
)
from .fields import Field, Report, Type

STATUS = (
    "processing",
    "processed",
    "not_processed",
)

FORM_TYPE = (
    "Пользовательская",
    "Стандартная",
    "DataAPI",
)

_SCALARS = with_flags(
    (
        Field("id", Type.BIGINT, "Unique id of the message.", filterable=True, default=True),
        # not documented as sortable: if the API refuses to sort, windows are cut instead
        Field("date_time", Type.TIMESTAMP, "When the message was left.", sortable=True),
        Field("text", Type.TEXT, "What the message says.", default=True),
        communication_number(),
        communication_page_url("writing"),
        Field(
            "communication_type",
            Type.TEXT,
            "Kind of communication; always offline_message in this report.",
            values=("offline_message",),
        ),
        Field(
            "communication_id",
            Type.BIGINT,
            "Id of the communication that the message is: communications.id.",
            filterable=True,
            default=True,
        ),
        Field(
            "is_agree_to_process_personal_data",
            Type.BOOL,
            "Whether the visitor agreed that personal data be processed.",
            default=True,
            lacking=("novofon",),
        ),
        Field(
            "is_agree_to_mailing",
            Type.BOOL,
            "Whether the visitor agreed to get advertisements by mail.",
            default=True,
            lacking=("novofon",),
        ),
        *CLIENT_IDS,
        *sale("message"),
        Field(
            "status",
            Type.TEXT,
            "How far employees are with the message.",
            filterable=True,
            sortable=True,
            default=True,
            values=STATUS,
        ),
        Field("process_time", Type.TIMESTAMP, "When employees were done with the message."),
        Field(
            "form_type",
            Type.TEXT,
            "Kind of the form, as the platform's Russian label.",
            filterable=True,
            sortable=True,
            default=True,
            values=FORM_TYPE,
        ),
        Field(
            "form_name",
            Type.TEXT,
            "Name of the form, if the site gives it one.",
            filterable=True,
            sortable=True,
        ),
        *ORIGIN,
        Field(
            "properties",
            Type.TEXT,
            "Comment that the visitor left in a call-back form.",
            default=True,
            lacking=("novofon",),
        ),
        Field(
            "group_id",
            Type.BIGINT,
            "Id of the group of employees that the visitor chose.",
            filterable=True,
            sortable=True,
        ),
        Field(
            "group_name",
            Type.TEXT,
            "Name of the group of employees that the visitor chose.",
            filterable=True,
            sortable=True,
        ),
        Field(
            "employee_id",
            Type.BIGINT,
            "Id of the employee who dealt with the message.",
            filterable=True,
            sortable=True,
            default=True,
        ),
        Field(
            "employee_full_name",
            Type.TEXT,
            "Full name of the employee who dealt with the message.",
            filterable=True,
            sortable=True,
        ),
        Field(
            "employee_answer_message",
            Type.TEXT,
            "What the employee answered the visitor by electronic mail.",
        ),
        Field("employee_comment", Type.TEXT, "What the employee noted when done with the message."),
        *site("message"),
        *campaign("message"),
        OTHER_CAMPAIGN,
        Field(
            "visitor_phone_number",
            Type.TEXT,
            "Phone number that the visitor left in the form.",
            filterable=True,
            default=True,
        ),
        Field(
            "visitor_email",
            Type.TEXT,
            "Address of electronic mail that the visitor left in the form.",
            filterable=True,
            default=True,
        ),
        Field(
            "visitor_name",
            Type.TEXT,
            "Name that the visitor left in the form.",
            filterable=True,
            default=True,
        ),
        *VISITOR,
        *UTM,
        *OPENSTAT,
        *EQ_UTM,
        *TRAFFIC_SOURCE,
        Field(
            "ext_id",
            Type.TEXT,
            "Id that your own system gave the message.",
            filterable=True,
            sortable=True,
        ),
    ),
    filterable=("ymclid",),
    sortable=("person_id",),
    default=("visitor_id", "visitor_session_id", "site_id", "campaign_id"),
)

_ARRAYS = (
    tags("message"),
    VISITOR_CUSTOM_PROPERTIES,
    segments("message"),
    COMMUNICATION_ATTRIBUTES,
)

OFFLINE_MESSAGES_REPORT = Report(
    method="get.offline_messages_report",
    table="offline_messages",
    noun="offline_message",
    key=("id",),
    cursor="date_time",
    scalars=_SCALARS,
    arrays=_ARRAYS,
    unlocked_by="one of the components consultant, lead, upload_offline_messages",
)
