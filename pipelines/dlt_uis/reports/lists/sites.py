"""Lists of sites, and of their blocks."""

from __future__ import annotations

from ..fields import Array, Field, Listing, Type, parts_of
from .common import SITE, SITES, key, name

SITES_LIST = Listing(
    method="get.sites",
    table="sites",
    noun="site",
    key=("id",),
    scalars=(
        key("site"),
        Field("domain_name", Type.TEXT, "Domain of the site, without https://."),
        name("site"),
        Field("default_phone_number", Type.TEXT, "Number that visitors see otherwise."),
        *parts_of(
            "default_scenario",
            Field("scenario_id", Type.BIGINT, "Id of the scenario that handles its calls."),
            Field("scenario_name", Type.TEXT, "Name of the scenario that handles its calls."),
        ),
        Field("app_key", Type.TEXT, "Public key of the application.", lacking=("novofon",)),
        Field("site_key", Type.TEXT, "Public key of the site."),
        Field("is_editable", Type.BOOL, "Whether it may be changed.", lacking=("novofon",)),
        Field("creation_date", Type.TIMESTAMP, "When the site was added."),
        Field("target_call_min_duration", Type.BIGINT, "Seconds from which on a call is a target."),
        Field("track_subdomains", Type.BOOL, "Whether its subdomains are tracked, too."),
        Field("cookie_lifetime", Type.BIGINT, "Days for which visitors are recognised."),
        Field("campaign_lifetime", Type.BIGINT, "Days for which a campaign is remembered."),
        Field("sales_enabled", Type.BOOL, "Whether sales are kept track of."),
        Field("second_communication_period", Type.BIGINT, "Days until a communication is new."),
        Field("services_enabled", Type.BOOL, "Whether the platform's widgets are on."),
        Field("replacement_dynamical_block_enabled", Type.BOOL, "Whether numbers are replaced."),
        Field(
            "is_support_web_directory",
            Type.BOOL,
            "Whether visitors from web directories are tracked.",
            lacking=("novofon",),
        ),
        *parts_of(
            "widget_link",
            Field("enabled", Type.BOOL, "Whether widgets have a link."),
            Field("text", Type.TEXT, "Text of the link in widgets."),
            Field("url", Type.TEXT, "Address of the link in widgets."),
        ),
        Field("industry_id", Type.BIGINT, "Id of the trade that the site belongs to."),
        Field("industry_name", Type.TEXT, "Trade that the site belongs to."),
        Field(
            "child_customer_id",
            Type.BIGINT,
            "Customer of an agent that the site belongs to.",
            lacking=("novofon",),
        ),
        *parts_of(
            "show_visitor_id",
            Field("enabled", Type.BOOL, "Whether visitors are shown their id."),
            Field("element_id_value", Type.TEXT, "Element of the page that shows it."),
            Field("message", Type.TEXT, "What is written beside it."),
            Field("length_visitor_id", Type.TEXT, "How many digits it has."),
        ),
        Field("parent_id", Type.BIGINT, "Id of the site that it is part of.", lacking=("novofon",)),
        Field(
            "state",
            Type.TEXT,
            "Whether the script on the site works.",
            values=("new", "disable", "error", "work"),
        ),
    ),
    arrays=(
        Array(
            "site_blocks",
            "Blocks of the site that show numbers.",
            (
                Field("site_block_id", Type.BIGINT, "Id of the block: site_blocks.id."),
                Field("site_block_name", Type.TEXT, "Name of the block."),
            ),
        ),
        Array(
            "connected_integrations",
            "Systems of advertising and analytics that are connected.",
            values=(
                "yandex.direct",
                "google.adwords",
                "yandex.metrika",
                "google.analytics",
                "vk.ads",
                "mytarget.ads",
            ),
        ),
    ),
    unlocked_by=f"{SITES}sites (site_selected)",
    about="Sites that are tracked: every `site_id`.",
)

SITE_BLOCKS_LIST = Listing(
    method="get.site_blocks",
    table="site_blocks",
    noun="site_block",
    key=("id",),
    scalars=(key("block"), name("block"), *SITE),
    arrays=(
        Array(
            "templates",
            "Places of the page in which numbers are replaced.",
            (
                Field("template_id", Type.BIGINT, "Id of the place."),
                Field(
                    "template_type", Type.TEXT, "How the number is shown.", values=("image", "text")
                ),
                Field(
                    "element_attribute",
                    Type.TEXT,
                    "By what the element is found.",
                    values=("id", "class", "name", "selector", "phone_number"),
                ),
                Field("element_attribute_value", Type.TEXT, "Value that it is found by."),
                Field("phone_number_template", Type.TEXT, "How the number is written."),
                Field("phone_number_mask", Type.TEXT, "Format of the number."),
            ),
        ),
        Array(
            "phone_numbers",
            "Numbers that the block shows.",
            (
                Field("phone_number", Type.TEXT, "The phone number."),
                Field("phone_number_id", Type.BIGINT, "Id of the number."),
                Field("campaign_id", Type.BIGINT, "Id of the campaign that it is shown for."),
                Field("campaign_name", Type.TEXT, "Name of the campaign that it is shown for."),
                Field("image_url", Type.TEXT, "Address of the number's picture."),
            ),
        ),
    ),
    unlocked_by=f"{SITES}their settings (site_settings)",
    about="Blocks of sites that show numbers: every `site_block_id`.",
)
