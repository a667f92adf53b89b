"""The report of visits to the site, ``get.visitor_sessions_report``.

Neither ``id`` nor ``date_time`` come unasked, or can be filtered or sorted by. ``hit_time`` and
``hit_duration`` are text, as a time of day or a length is written ``HH:MM:SS``. The parts of
``integrated_campaign_data`` are those of the documentation's text and of its example; ids of
advertisements are text there as in ``campaign_daily_stat``. Tags of a visit's communications are
not documented here, but where ``campaign_daily_stat`` lists communications.
"""

from __future__ import annotations

from .common import (
    CLICK_IDS,
    CLIENT_IDS,
    COMMUNICATION_TYPE,
    DEVICE,
    ENGINE,
    MARKETING_CHANNEL,
    OPENSTAT,
    PERSON_ID,
    PLACE,
    SEARCH_AND_REFERRER,
    SITE_COMPONENTS,
    TRAFFIC_SOURCE,
    UTM,
    VISITOR_CUSTOM_PROPERTIES,
    VISITOR_ID,
    campaign,
    segments,
    site,
    tags,
    with_flags,
    without_flags,
)
from .fields import Array, Field, Report, Type, array_in, parts_of

VISITOR_TYPE = (
    "Новый",
    "Вернувшийся",
)

_CAMPAIGN_DATA = "integrated_campaign_data"

_OF_CAMPAIGN = parts_of(
    _CAMPAIGN_DATA,
    Field("adv_system", Type.TEXT, "Advertising system that the visit came from."),
    Field("ext_campaign_id", Type.TEXT, "Id of the campaign in the advertising system."),
    Field("ext_campaign_name", Type.TEXT, "Name of the campaign in the advertising system."),
    Field("keyword_id", Type.TEXT, "Id of the keyword in the advertising system."),
    Field("keyword", Type.TEXT, "Keyword in the advertising system."),
    Field("current_banner_id", Type.TEXT, "Id that the advertisement has now."),
    Field("banner_id", Type.TEXT, "Id of the advertisement, where the API calls it so."),
    Field("banner_name", Type.TEXT, "Name of the advertisement."),
    Field("group_id", Type.BIGINT, "Id of the group of advertisements."),
    Field("group_name", Type.TEXT, "Name of the group of advertisements."),
    Field("auditory_id", Type.TEXT, "Id of the audience in the advertising system."),
    Field("auditory_name", Type.TEXT, "Name of the audience in the advertising system."),
    Field("placement_name", Type.TEXT, "Name of the place where the advertisement was shown."),
    Field("yandex_placement_type", Type.TEXT, "Kind of the place where it was shown."),
    Field("campaign_type", Type.TEXT, "Kind of the campaign in the advertising system."),
    Field("device_type", Type.TEXT, "Kind of device that it was shown on."),
    Field("position_type", Type.TEXT, "Position on the page that was clicked at."),
    Field("yandex_region_id", Type.BIGINT, "Id of the region that it was shown in."),
    Field("yandex_region_name", Type.TEXT, "Name of the region that it was shown in."),
    Field("yandex_region_type", Type.TEXT, "Kind of the region that it was shown in."),
)

_VISITOR = (
    VISITOR_ID,
    PERSON_ID,
    Field(
        "visitor_type",
        Type.TEXT,
        "Whether the visitor is new or returned, as the platform's Russian label.",
        filterable=True,
        sortable=True,
        values=VISITOR_TYPE,
    ),
    *PLACE,
    DEVICE,
    Field("visitor_ip_address", Type.TEXT, "IP address of the visitor."),
    Field(
        "visitor_browser_name",
        Type.TEXT,
        "Name of the visitor's browser.",
        filterable=True,
        sortable=True,
    ),
    Field(
        "visitor_browser_version",
        Type.TEXT,
        "Version of the visitor's browser.",
        filterable=True,
        sortable=True,
    ),
    Field(
        "visitor_os_name",
        Type.TEXT,
        "Name of the operating system of the visitor's device.",
        filterable=True,
        sortable=True,
    ),
    Field(
        "visitor_os_version",
        Type.TEXT,
        "Version of the operating system of the visitor's device.",
    ),
    Field("visitor_provider", Type.TEXT, "Company that connects the visitor to the internet."),
    Field(
        "visitor_screen",
        Type.TEXT,
        "Size of the visitor's screen in pixels.",
        filterable=True,
        sortable=True,
    ),
    Field(
        "visitor_language",
        Type.TEXT,
        "Language of the visitor's device.",
        filterable=True,
        sortable=True,
    ),
)

_SCALARS = with_flags(
    (
        Field("id", Type.BIGINT, "Unique id of the visit."),
        Field("date_time", Type.TIMESTAMP, "When the visit began."),
        Field("duration", Type.BIGINT, "Length of the visit in seconds."),
        *CLIENT_IDS,
        *without_flags(CLICK_IDS),
        Field(
            "cm_id",
            Type.TEXT,
            "Parameters that an advertising system put into the page's address (ValueTrack).",
            filterable=True,
        ),
        *with_flags(_OF_CAMPAIGN, filterable=[part.name for part in _OF_CAMPAIGN]),
        *without_flags((*SEARCH_AND_REFERRER, MARKETING_CHANNEL)),
        Field("exit_page", Type.TEXT, "Last page of the visit."),
        Field(
            "engine",
            Type.TEXT,
            "System that the advertising campaign runs in.",
            values=ENGINE,
        ),
        *campaign("visit"),
        *site("visit"),
        *_VISITOR,
        *UTM,
        *OPENSTAT,
        Field("hits_count", Type.BIGINT, "How many pages the visitor looked at."),
        Field(
            "ext_id",
            Type.TEXT,
            "Id of a goal in the outside system that it was made in.",
            filterable=True,
            default=True,
        ),
        *TRAFFIC_SOURCE,
    ),
    sortable=(
        "campaign_name",
        "site_domain_name",
        "visitor_country",
        "visitor_city",
        "visitor_region",
    ),
    default=("campaign_id", "site_id", "person_id", "visitor_id", "visitor_device"),
)

_ARRAYS = (
    array_in(
        _CAMPAIGN_DATA,
        Array("old_banner_ids", "Ids that the advertisement had before.", filterable=True),
    ),
    VISITOR_CUSTOM_PROPERTIES,
    Array(
        "hits",
        "Pages that the visitor looked at.",
        (
            Field("hit_time", Type.TEXT, "When the page was opened."),
            Field("hit_duration", Type.TEXT, "How long it was looked at, as HH:MM:SS."),
            Field("hit_url", Type.TEXT, "Address of the page."),
        ),
    ),
    segments("visit"),
    Array(
        "communications",
        "Communications of the visit.",
        (
            Field("communication_id", Type.BIGINT, "Id of the communication: communications.id."),
            Field(
                "communication_type",
                Type.TEXT,
                "Kind of communication.",
                values=COMMUNICATION_TYPE,
            ),
            Field("communication_date_time", Type.TIMESTAMP, "When the communication began."),
        ),
        filterable=True,
        arrays=(tags("communication"),),
        noun="communication",
    ),
)

VISITOR_SESSIONS_REPORT = Report(
    method="get.visitor_sessions_report",
    table="visitor_sessions",
    noun="visitor_session",
    key=("id",),
    cursor="date_time",
    scalars=_SCALARS,
    arrays=_ARRAYS,
    unlocked_by=SITE_COMPONENTS,
)
