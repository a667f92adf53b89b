"""Lists of the account's telephony: numbers, lines, scenarios, tags and what else calls meet."""

from __future__ import annotations

from ..fields import Array, Field, Listing, Type
from .common import OUTSIDE_NOVOFON, SCENARIOS, SITE, key, name, only_on

_CAMPAIGN = (
    Field("campaign_id", Type.BIGINT, "Id of the advertising campaign: campaigns.id."),
    Field("campaign_name", Type.TEXT, "Name of the advertising campaign."),
)

TAGS_LIST = Listing(
    method="get.tags",
    table="tags",
    noun="tag",
    key=("id",),
    scalars=(
        key("tag"),
        name("tag"),
        Field("is_system", Type.BOOL, "Whether the tag is the platform's own."),
    ),
    unlocked_by="the right to see tags (tag_management)",
    about="Tags: every `tag_id`, such as `calls__tags.tag_id`.",
)

VIRTUAL_NUMBERS_LIST = Listing(
    method="get.virtual_numbers",
    table="virtual_numbers",
    noun="virtual_number",
    key=("id",),
    scalars=(
        key("number"),
        Field(
            "child_customer_id",
            Type.BIGINT,
            "Customer of an agent that the number belongs to.",
            lacking=("novofon",),
        ),
        Field("virtual_phone_number", Type.TEXT, "The number."),
        Field("redirection_phone_number", Type.TEXT, "Number that its calls go to."),
        Field("activation_date", Type.TIMESTAMP, "When the number was activated."),
        Field(
            "status",
            Type.TEXT,
            "State of the number.",
            values=(
                "active",
                "waiting",
                "cleaning",
                "prereserved",
                "reserved",
                "manual_lock",
                "limit_lock",
            ),
        ),
        Field(
            "category",
            Type.TEXT,
            "Price category of the number.",
            values=("usual", "bronze", "silver", "gold", "platinum"),
        ),
        Field(
            "type",
            Type.TEXT,
            "What the number is used for.",
            values=("va", "call_tracking", "dynamic_call_tracking"),
        ),
        Field("comment", Type.TEXT, "What was noted about the number.", lacking=("novofon",)),
        Field("name", Type.TEXT, "Name of the number.", lacking=("novofon",)),
    ),
    arrays=(
        Array(
            "campaigns",
            "Advertising campaigns that the number is shown for.",
            (*_CAMPAIGN, *SITE),
            arrays=(
                Array(
                    "site_blocks",
                    "Blocks of the site that the number is shown in.",
                    (
                        Field("site_block_id", Type.BIGINT, "Id of the block: site_blocks.id."),
                        Field("site_block_name", Type.TEXT, "Name of the block."),
                        Field("is_tracking", Type.BOOL, "Whether the block is tracked."),
                    ),
                ),
            ),
            noun="campaign",
        ),
        Array(
            "scenarios",
            "Scenarios that handle the number's calls.",
            (
                Field("scenario_id", Type.BIGINT, "Id of the scenario: scenarios.id."),
                Field("scenario_name", Type.TEXT, "Name of the scenario."),
                Field("call_processing_rule_id", Type.BIGINT, "Id of the rule that chose it."),
                Field("is_active", Type.BOOL, "Whether the scenario is in use."),
            ),
        ),
    ),
    unlocked_by="the right to see numbers (number_management)",
    about="Numbers of the account: every `virtual_phone_number`.",
)

SCENARIOS_LIST = Listing(
    method="get.scenarios",
    table="scenarios",
    noun="scenario",
    key=("id",),
    scalars=(key("scenario"), name("scenario")),
    arrays=(
        Array("virtual_phone_numbers", "Numbers whose calls the scenario handles."),
        Array("sites", "Sites whose calls the scenario handles.", SITE),
        Array(
            "campaigns",
            "Advertising campaigns whose calls the scenario handles.",
            (*SITE, *_CAMPAIGN),
        ),
        Array("operations", "Operations that the scenario is made of."),
    ),
    unlocked_by=SCENARIOS,
    about="Scenarios that calls are handled by: `calls.scenario_id`.",
)

SIP_LINES_LIST = Listing(
    method="get.sip_lines",
    table="sip_lines",
    noun="sip_line",
    key=("id",),
    scalars=(
        key("line"),
        Field("phone_number", Type.TEXT, "Number or login of the line."),
        Field(
            "type",
            Type.TEXT,
            "Whether calls can be made with the line, too.",
            values=("in", "in_out"),
        ),
        Field("channels_count", Type.BIGINT, "How many calls the line takes at once."),
        Field("dial_time", Type.BIGINT, "Seconds for which the line rings."),
        Field(
            "billing_state",
            Type.TEXT,
            "Whether the line is blocked.",
            values=("active", "manual_lock", "limit_lock"),
        ),
        Field(
            "physical_state",
            Type.TEXT,
            "Whether a phone is registered, as the platform's Russian label.",
            values=("Зарегистрирован", "Не зарегистрирован"),
        ),
        Field("virtual_phone_number", Type.TEXT, "Number that those see who are called."),
        only_on("callgear", Field("virtual_phone_usage_rule", Type.TEXT, "When it is shown.")),
        Field("status", Type.TEXT, "Whether the line is in use.", values=("active", "inactive")),
        Field("employee_id", Type.BIGINT, "Id of the employee who has the line: employees.id."),
        Field("employee_full_name", Type.TEXT, "Full name of the employee who has the line."),
    ),
    arrays=(
        Array(
            "ip_addresses",
            "Addresses that the line was registered from.",
            (
                Field("date_time", Type.TIMESTAMP, "When it was registered."),
                Field("ip", Type.TEXT, "IP address."),
            ),
        ),
    ),
    unlocked_by=SCENARIOS,
    about="SIP lines of the account.",
    # CallGear's documentation lists it
    secret=("password",),
)

SIP_LINE_VIRTUAL_NUMBERS_LIST = Listing(
    method="get.sip_line_virtual_numbers",
    table="sip_line_virtual_numbers",
    noun="number",
    key=("virtual_phone_number",),
    scalars=(Field("virtual_phone_number", Type.TEXT, "The number."),),
    unlocked_by=SCENARIOS,
    about="Numbers that SIP lines can call with.",
)

MEDIA_FILES_LIST = Listing(
    method="get.media_files",
    table="media_files",
    noun="media_file",
    key=("id",),
    scalars=(
        key("file"),
        name("file"),
        Field("duration", Type.BIGINT, "Length of the file in seconds."),
        Field("play_link", Type.TEXT, "Address at which it can be listened to."),
        Field("normalization", Type.BOOL, "Whether its loudness was evened out."),
        Field("size", Type.BIGINT, "Bytes of the file."),
        Field("type", Type.TEXT, "Whose file it is.", values=("system", "user")),
    ),
    about="Announcements and music that callers hear.",
)

BLACKLIST_PHONE_NUMBERS_LIST = Listing(
    method="get.blacklist_phone_numbers",
    table="blacklist_phone_numbers",
    noun="blacklist_phone_number",
    key=("id",),
    scalars=(
        key("entry"),
        Field("phone_number", Type.TEXT, "The number that is blocked."),
        Field("add_user_name", Type.TEXT, "Who has blocked it."),
        Field("add_comment", Type.TEXT, "Why it was blocked."),
        Field("add_date_time", Type.TIMESTAMP, "When it was blocked."),
    ),
    unlocked_by="the right to see the black list (calls_blocking)",
    about="Numbers whose calls are blocked: `calls.contact_phone_number`.",
)

AUTO_CALL_CAMPAIGNS_LIST = Listing(
    method="get.auto_call_campaigns",
    table="auto_call_campaigns",
    noun="auto_call_campaign",
    key=("id",),
    scalars=(
        key("campaign"),
        name("campaign"),
        Field("add_time", Type.TIMESTAMP, "When the campaign was made."),
        Field("begin_date", Type.TIMESTAMP, "When calling begins."),
        Field("end_date", Type.TIMESTAMP, "When calling ends."),
        Field(
            "status",
            Type.TEXT,
            "How far the campaign is.",
            values=("draft", "planned", "in_process", "paused", "completed", "cancelled"),
        ),
    ),
    arrays=(
        Array(
            "phone_numbers",
            "Numbers that are to be called.",
            (
                Field("phone_number", Type.TEXT, "The phone number."),
                Field("status", Type.TEXT, "Whether it was called, and reached."),
            ),
        ),
    ),
    not_of=OUTSIDE_NOVOFON,
    about="Campaigns of outbound calling: `calls.auto_call_campaign_name`.",
)
