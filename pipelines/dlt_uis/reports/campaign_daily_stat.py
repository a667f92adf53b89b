"""The report of advertising by day, ``get.campaign_daily_stat``: campaigns, groups of
advertisements, keywords and advertisements of one site, which each request has to name.

No columns tell one row from all others, so each gets its place among those of its site and day, all
of which are replaced together. Money is decimal although the API sends it as text or calls it a
number; ids of other systems are text, as brands and examples have both text and numbers.
``visits_count`` stands in the documentation's table behind ``old_banner_ids``, and is no part of
it. ``campain_id``, ``banner_id`` and ``banner_name`` stand in its example only, and a public client
asks for them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from .common import (
    COMMUNICATION_ATTRIBUTES,
    COMMUNICATION_TYPE,
    ENGINE,
    SITE_COMPONENTS,
    SOURCE_ID_AND_NAME,
    TAG_BY_EXAMPLE,
    tags,
)
from .fields import Array, Field, Report, Type, Way
from .own_names import POSITION

_SCALARS = (
    Field(
        "site_id", Type.BIGINT, "Id of the site that was asked for.", filterable=True, default=True
    ),
    Field(
        "date",
        Type.DATE,
        "Day of the account's local time.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        POSITION,
        Type.BIGINT,
        "Place of the row among those of its site and day, from 0.",
        of_request=True,
    ),
    Field(
        "site_domain_name",
        Type.TEXT,
        "Domain of the site, without https://.",
        filterable=True,
        default=True,
    ),
    Field(
        "campaign_id",
        Type.BIGINT,
        "Id of the advertising campaign.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        "campain_id",
        Type.BIGINT,
        "Id of the advertising campaign, where the API spells it so.",
        lacking=("callgear",),
    ),
    Field(
        "campaign_name",
        Type.TEXT,
        "Name of the advertising campaign.",
        filterable=True,
        default=True,
    ),
    Field(
        "campaign_ext_id",
        Type.TEXT,
        "Id of the campaign in the advertising system.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        "campaign_ext_name",
        Type.TEXT,
        "Name of the campaign in the advertising system.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        "engine",
        Type.TEXT,
        "System that the advertising campaign runs in.",
        default=True,
        values=ENGINE,
    ),
    Field(
        "banner_group_id",
        Type.TEXT,
        "Id of the group of advertisements.",
        sortable=True,
        default=True,
    ),
    Field("banner_group_name", Type.TEXT, "Name of the group of advertisements.", default=True),
    Field(
        "keyword_id",
        Type.TEXT,
        "Id of the keyword in the advertising system.",
        sortable=True,
        default=True,
    ),
    Field("keyword", Type.TEXT, "Keyword in the advertising system.", default=True),
    Field(
        "current_banner_id",
        Type.TEXT,
        "Id that the advertisement has now.",
        sortable=True,
        default=True,
    ),
    Field("current_banner_name", Type.TEXT, "Name that the advertisement has now.", default=True),
    Field(
        "banner_id",
        Type.TEXT,
        "Id of the advertisement, where the API calls it so.",
        lacking=("callgear",),
    ),
    Field(
        "banner_name",
        Type.TEXT,
        "Name of the advertisement, where the API calls it so.",
        lacking=("callgear",),
    ),
    Field(
        "cost_sum",
        Type.DECIMAL,
        "What was spent on the day, in the advertising system's currency.",
        default=True,
    ),
    Field("daily_budget", Type.DECIMAL, "Budget of a day.", default=True),
    Field("weekly_budget", Type.DECIMAL, "Budget of a week.", default=True),
    Field("currency", Type.TEXT, "Currency of the advertising system.", default=True),
    Field(
        "shows_count",
        Type.BIGINT,
        "How often the advertisement was shown on the day.",
        default=True,
    ),
    Field(
        "clicks_count",
        Type.BIGINT,
        "How often the advertisement was clicked at on the day.",
        default=True,
    ),
    Field("visits_count", Type.BIGINT, "How many visits came of it on the day."),
    Field("calls_count", Type.BIGINT, "How many calls came of it on the day."),
    Field("chats_count", Type.BIGINT, "How many chats came of it on the day."),
    Field("goals_count", Type.BIGINT, "How many goals were reached by it on the day."),
    Field(
        "offline_messages_count",
        Type.BIGINT,
        "How many messages were left in forms on the day.",
    ),
    Field(
        "communications_count",
        Type.BIGINT,
        "How many communications came of it on the day.",
        lacking=("uis", "comagic", "novofon"),
    ),
    Field(
        "favorites_count",
        Type.BIGINT,
        "How many communications of the day are marked as favourites.",
        lacking=("uis", "comagic", "novofon"),
    ),
    *(replace(field, lacking=("novofon",)) for field in SOURCE_ID_AND_NAME),
)

_ARRAYS = (
    Array("old_banner_ids", "Ids that the advertisement had before."),
    Array("session_ids", "Ids of the visits of the day: visitor_sessions.id."),
    Array(
        "communications",
        "Communications that came of the advertisement on the day.",
        (
            Field("communication_id", Type.BIGINT, "Id of the communication: communications.id."),
            Field(
                "communication_type",
                Type.TEXT,
                "Kind of communication.",
                values=COMMUNICATION_TYPE,
            ),
        ),
        arrays=(COMMUNICATION_ATTRIBUTES, tags("communication", TAG_BY_EXAMPLE)),
        noun="communication",
    ),
)

CAMPAIGN_DAILY_STAT_REPORT = Report(
    method="get.campaign_daily_stat",
    table="campaign_daily_stat",
    noun="campaign_daily_stat",
    key=("site_id", "date", POSITION),
    cursor="date",
    scalars=_SCALARS,
    arrays=_ARRAYS,
    way=Way.SITES,
    # 90 days at most, and one is for the seconds that a request reaches further
    longest_window=timedelta(days=89),
    days=("site_id", "date"),
    unlocked_by=f"{SITE_COMPONENTS}, and the rights to see sites and advertising campaigns",
)
