"""The report of goals that visitors reached on the site, ``get.goals_report``.

Whether ``id`` is that of the goal's setting or of the event is not documented, so a row is told by
the communication and the time as well. Neither ``id`` nor ``date_time`` come unasked. ``ext_id`` is
text although the API's example has a number.
"""

from __future__ import annotations

from .common import (
    CLIENT_IDS,
    COMMUNICATION_ATTRIBUTES,
    EQ_UTM,
    OPENSTAT,
    ORIGIN,
    OTHER_CAMPAIGN,
    SITE_COMPONENTS,
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

TYPE = (
    "track_event",
    "time_on_page",
    "comagic",
    "segment",
    "ppc_goal",
    "click",
    "link",
    "scroll",
    "time_on_site",
)

SOURCE = (
    "yandex.metrika",
    "google.analytics",
    "comagic",
)

_SCALARS = with_flags(
    (
        Field(
            "communication_id",
            Type.BIGINT,
            "Id of the communication that the reached goal is: communications.id.",
            filterable=True,
            default=True,
        ),
        Field("id", Type.BIGINT, "Id of the goal.", filterable=True),
        Field("date_time", Type.TIMESTAMP, "When the goal was reached."),
        Field("name", Type.TEXT, "Name of the goal.", filterable=True, sortable=True),
        Field(
            "type",
            Type.TEXT,
            "What the visitor did to reach the goal.",
            filterable=True,
            default=True,
            values=TYPE,
        ),
        Field(
            "ext_id",
            Type.TEXT,
            "Id of the goal in the outside system that it was made in.",
            filterable=True,
            default=True,
        ),
        Field(
            "source",
            Type.TEXT,
            "System that the goal was made in.",
            filterable=True,
            default=True,
            values=SOURCE,
        ),
        communication_number(),
        communication_page_url("reaching the goal"),
        Field(
            "communication_type",
            Type.TEXT,
            "Kind of communication; always goal in this report.",
            filterable=True,
            default=True,
            values=("goal",),
        ),
        *CLIENT_IDS,
        *sale("goal"),
        *ORIGIN,
        *site("goal"),
        *campaign("goal"),
        OTHER_CAMPAIGN,
        *VISITOR,
        *UTM,
        *OPENSTAT,
        *EQ_UTM,
    ),
    filterable=("ymclid",),
    sortable=("site_domain_name", "campaign_name"),
    default=("site_id", "campaign_id"),
)

_ARRAYS = (
    tags("goal"),
    VISITOR_CUSTOM_PROPERTIES,
    segments("goal"),
    COMMUNICATION_ATTRIBUTES,
)

GOALS_REPORT = Report(
    method="get.goals_report",
    table="goals",
    noun="goal",
    key=("communication_id", "id", "date_time"),
    cursor="date_time",
    scalars=_SCALARS,
    arrays=_ARRAYS,
    unlocked_by=SITE_COMPONENTS,
)
