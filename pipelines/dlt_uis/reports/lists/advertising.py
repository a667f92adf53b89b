"""Lists of what brings visitors: advertising campaigns, traffic sources, segments."""

from __future__ import annotations

from dataclasses import replace

from ..common import ENGINE
from ..fields import Array, Field, Listing, Type, array_in, parts_of
from .common import OUTSIDE_NOVOFON, SETTINGS, SITE, SITES, key, name, only_on


def _group_conditions(parameter: str, operators: tuple[str, ...]) -> Array:
    """Conditions of a campaign or segment; ``parameter`` is what the API calls their subject."""
    return Array(
        "group_conditions",
        "Groups of conditions, one of which has to hold.",
        noun="group",
        arrays=(
            Array(
                "conditions",
                "Conditions of the group, which have to hold together.",
                (
                    Field(
                        "type",
                        Type.TEXT,
                        "Whether visits are to match or not.",
                        values=("include", "exclude"),
                    ),
                    Field(parameter, Type.TEXT, "What of a visit is looked at."),
                    Field("value", Type.TEXT, "What it is compared with."),
                    Field("operator", Type.TEXT, "How it is compared.", values=operators),
                ),
            ),
        ),
    )


CAMPAIGNS_LIST = Listing(
    method="get.campaigns",
    table="campaigns",
    noun="campaign",
    key=("id",),
    scalars=(
        key("campaign"),
        name("campaign"),
        Field("description", Type.TEXT, "What was noted about the campaign."),
        Field("status", Type.TEXT, "Whether it is in use.", values=("active", "inactive")),
        Field("creation_time", Type.TIMESTAMP, "When the campaign was made."),
        Field("engine", Type.TEXT, "Advertising system that it came from.", values=ENGINE),
        Field("type", Type.TEXT, "Where it came from.", values=("basic", "system", "integrated")),
        Field("costs", Type.DECIMAL, "Costs that were entered by hand."),
        Field("cost_ratio", Type.DECIMAL, "Number that costs are corrected by."),
        Field(
            "cost_ratio_operator",
            Type.TEXT,
            "How costs are corrected.",
            values=("wo_changes", "multiply", "divide"),
        ),
        *SITE,
        *(
            Field(f"static_utm_{tag}", Type.TEXT, f"UTM tag of its visits: {meaning}.")
            for tag, meaning in (
                ("source", "source"),
                ("medium", "medium"),
                ("campaign", "name"),
                ("term", "keyword"),
                ("content", "content"),
                ("referrer", "referrer"),
                ("expid", "experiment id"),
            )
        ),
        Field("dynamic_call_tracking_enabled", Type.BOOL, "Whether each visit gets a number."),
        *parts_of(
            "dynamic_call_tracking",
            Field("reservation_time", Type.TEXT, "How long a visit keeps its number, as in 15m."),
            Field("count_virtual_numbers", Type.BIGINT, "How many numbers are used for it."),
            Field("count_visits", Type.BIGINT, "How many visits it is made for."),
            Field("coverage_visitors", Type.DECIMAL, "Share of visits that get a number."),
        ),
    ),
    arrays=(
        array_in("campaign_conditions", _group_conditions("campaign_parameter", ("=", "sub", "~"))),
        Array(
            "site_blocks",
            "Blocks of the site, with the numbers that they show for the campaign.",
            (
                Field("site_block_id", Type.BIGINT, "Id of the block: site_blocks.id."),
                Field("site_block_name", Type.TEXT, "Name of the block."),
                Field(
                    "phone_number_type",
                    Type.TEXT,
                    "What the number is.",
                    values=("user", "va", "call_tracking"),
                ),
                Field("phone_number_id", Type.BIGINT, "Id of the number: virtual_numbers.id."),
                Field("phone_number", Type.TEXT, "The phone number."),
                Field("redirection_phone_number_id", Type.BIGINT, "Id of where its calls go."),
                Field("redirection_phone_number", Type.TEXT, "Number that its calls go to."),
                Field("dynamic_call_tracking_enabled", Type.BOOL, "Whether each visit gets one."),
            ),
        ),
    ),
    unlocked_by=f"{SITES}campaigns (ac)",
    about="Advertising campaigns: every `campaign_id`, and `calls.visitor_first_campaign_id`.",
)

_SEGMENT_CONDITIONS = _group_conditions("segment_parameter", ("sub",))

SEGMENTS_LIST = Listing(
    method="get.segments",
    table="segments",
    noun="segment",
    key=("id",),
    scalars=(
        key("segment"),
        name("segment"),
        Field("description", Type.TEXT, "What was noted about the segment."),
        *SITE,
    ),
    arrays=(
        array_in("segments_conditions", _SEGMENT_CONDITIONS),
        replace(array_in("segment_conditions", _SEGMENT_CONDITIONS), lacking=("callgear",)),
    ),
    not_of=OUTSIDE_NOVOFON,
    about="Segments of visits: every `segment_id`, such as `calls__segments.segment_id`.",
    unsure=("segments_conditions", "segment_conditions"),
)

_STATE = Field("state", Type.TEXT, "Whether it is in use.")

SOURCES_LIST = Listing(
    method="get.sources",
    table="sources",
    noun="source",
    key=("id",),
    scalars=(
        key("source"),
        name("source"),
        Field("description", Type.TEXT, "What was noted about the source."),
        Field("group_id", Type.BIGINT, "Id of its group: sources_groups.id."),
        Field("group_name", Type.TEXT, "Name of its group."),
        Field("channel_id", Type.BIGINT, "Id of its channel: sources_channels.id."),
        Field("channel_name", Type.TEXT, "Name of its channel."),
        Field("channel_mnemonic", Type.TEXT, "What the platform calls its channel."),
        Field("filter", Type.JSON, "Which visits it takes, as JSON."),
        Field("priority", Type.BIGINT, "Which source comes first where several would do."),
        Field("is_custom", Type.BOOL, "Whether it is the account's own."),
        _STATE,
        Field("icon_mnemonic", Type.TEXT, "What the platform calls its icon."),
        Field("parameter", Type.TEXT, "What of a visit is looked at.", lacking=("callgear",)),
        Field("value", Type.TEXT, "What it is compared with.", lacking=("callgear",)),
        only_on("callgear", Field("static_parameters", Type.JSON, "Its fixed marks, as JSON.")),
    ),
    unlocked_by=SETTINGS,
    not_of=OUTSIDE_NOVOFON,
    about="Traffic sources in the finest division: every `source_id`.",
)

SOURCES_CHANNELS_LIST = Listing(
    method="get.sources_channels",
    table="sources_channels",
    noun="channel",
    key=("id",),
    scalars=(
        key("channel"),
        name("channel"),
        Field("mnemonic", Type.TEXT, "What the platform calls the channel."),
        Field("is_custom", Type.BOOL, "Whether it is the account's own."),
        _STATE,
        Field("default_source_id", Type.BIGINT, "Id of its usual source: sources.id."),
    ),
    unlocked_by=SETTINGS,
    not_of=OUTSIDE_NOVOFON,
    about="Channels of traffic: `sources.channel_id`, and the `channel_code` of reports.",
)

SOURCES_GROUPS_LIST = Listing(
    method="get.sources_groups",
    table="sources_groups",
    noun="group",
    key=("id",),
    scalars=(
        key("group"),
        name("group"),
        Field("channel_id", Type.BIGINT, "Id of its channel: sources_channels.id."),
        Field("channel_name", Type.TEXT, "Name of its channel."),
        Field("channel_mnemonic", Type.TEXT, "What the platform calls its channel."),
        Field("is_custom", Type.BOOL, "Whether it is the account's own."),
        _STATE,
    ),
    unlocked_by=SETTINGS,
    not_of=OUTSIDE_NOVOFON,
    about="Groups of traffic sources: `sources.group_id`.",
)
