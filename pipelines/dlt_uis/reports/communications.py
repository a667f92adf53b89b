"""The report of all communications, ``get.communications_report``: calls, chats, goals and web
forms as one list.

``id`` is the ``communication_id`` of the reports that have the details.
"""

from __future__ import annotations

from .common import (
    CLIENT_IDS,
    COMMUNICATION_ATTRIBUTES,
    COMMUNICATION_TYPE,
    EQ_UTM,
    OPENSTAT,
    ORIGIN,
    OTHER_CAMPAIGN,
    SITE_COMPONENTS,
    TAG_BY_EXAMPLE,
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

_SCALARS = with_flags(
    (
        Field("id", Type.BIGINT, "Unique id of the communication.", filterable=True, default=True),
        Field(
            "communication_type",
            Type.TEXT,
            "Kind of communication; messengers count as chats.",
            filterable=True,
            sortable=True,
            default=True,
            values=COMMUNICATION_TYPE,
        ),
        communication_number(),
        communication_page_url("getting in touch"),
        Field(
            "date_time",
            Type.TIMESTAMP,
            "When the communication began.",
            filterable=True,
            sortable=True,
            default=True,
        ),
        *CLIENT_IDS,
        *sale("communication"),
        *ORIGIN,
        *VISITOR,
        *site("communication"),
        *campaign("communication"),
        OTHER_CAMPAIGN,
        *UTM,
        Field("utm_referrer", Type.TEXT, "UTM tag: referrer.", filterable=True),
        Field("utm_expid", Type.TEXT, "UTM tag: experiment id.", filterable=True),
        *OPENSTAT,
        *EQ_UTM,
        *TRAFFIC_SOURCE,
    ),
    filterable=("visit_other_campaign",),
    default=("visitor_id", "person_id", "visitor_session_id", "site_id", "campaign_id"),
)

_ARRAYS = (
    tags("communication", TAG_BY_EXAMPLE),
    VISITOR_CUSTOM_PROPERTIES,
    segments("communication"),
    COMMUNICATION_ATTRIBUTES,
)

COMMUNICATIONS_REPORT = Report(
    method="get.communications_report",
    table="communications",
    noun="communication",
    key=("id",),
    cursor="date_time",
    scalars=_SCALARS,
    arrays=_ARRAYS,
    unlocked_by=f"{SITE_COMPONENTS}, upload_chats",
)
