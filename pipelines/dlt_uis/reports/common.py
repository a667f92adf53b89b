"""What several reports have alike: fields, arrays, values of enums.

Fields are filterable and sortable here as most reports have them: :func:`with_flags` says what a
report allows beyond, :func:`without_flags` takes all of it away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from .fields import Array, Field, Type

SITE_COMPONENTS = "one of the components call_tracking, consultant, lead, sitephone"
"""What unlocks the reports that the platform's scripts on a site bring data for."""

CHAT_CHANNEL_TYPE = (
    "comagic",
    "yandex.dialogs",
    "dataapi",
    "whatsapp",
    "telegram",
    "vkontakte_groups",
    "viber",
    "telegram_private",
    "realty_yandex",
    "avito",
    "auto_ru",
    "facebook",
    "offline_message",
    "instagram",
    "waba",
)

DIRECTION = (
    "in",
    "out",
)

CHANNEL = (
    "display",
    "paid",
    "affiliate",
    "messenger",
    "social",
    "email",
    "organic",
    "internal",
    "recommendation",
    "cashed",
    "referral",
    "direct",
)

ENGINE = (
    "yandex.direct",
    "google.adwords",
    "vk.ads",
    "mytarget.ads",
)

COMMUNICATION_TYPE = (
    "chat",
    "call",
    "goal",
    "offline_message",
)

VISITOR_DEVICE = (
    "desktop",
    "mobile",
    "tablet",
    "other",
)

VISITOR_TYPE = (
    "Новый",
    "Вернувшийся",
    "Не заполнен",
)

ATTRIBUTES = (
    "first",
    "through",
    "primary",
    "secondary",
    "lost",
    "target",
    "off-target",
    "quality",
    "rest",
)

TAG_TYPE = (
    "auto",
    "manual",
)


def with_flags(
    fields: Iterable[Field],
    *,
    filterable: Collection[str] = (),
    sortable: Collection[str] = (),
    default: Collection[str] = (),
) -> tuple[Field, ...]:
    """The fields, of which those that are named have the flag, too."""
    return tuple(
        replace(
            field,
            filterable=field.filterable or field.name in filterable,
            sortable=field.sortable or field.name in sortable,
            default=field.default or field.name in default,
        )
        for field in fields
    )


def without_flags(fields: Iterable[Field]) -> tuple[Field, ...]:
    """The fields, which can't be filtered or sorted by, and do not come unasked."""
    return tuple(replace(each, filterable=False, sortable=False, default=False) for each in fields)


CLIENT_IDS = (
    Field("ua_client_id", Type.TEXT, "Id of the visitor in Google's Universal Analytics."),
    Field("ym_client_id", Type.TEXT, "Id of the visitor in Yandex Metrica."),
)

SEARCH_AND_REFERRER = (
    Field("search_query", Type.TEXT, "Search phrase that brought the visitor.", filterable=True),
    Field("search_engine", Type.TEXT, "Search engine that brought the visitor.", filterable=True),
    Field("referrer_domain", Type.TEXT, "Domain that the visitor came from.", filterable=True),
    Field("referrer", Type.TEXT, "Full address that the visitor came from.", filterable=True),
    Field("entrance_page", Type.TEXT, "First page of the visit.", filterable=True),
)

CLICK_IDS = (
    Field("gclid", Type.TEXT, "Google click id.", filterable=True),
    Field("yclid", Type.TEXT, "Yandex click id.", filterable=True),
    Field("ymclid", Type.TEXT, "Yandex Market click id."),
    Field("ef_id", Type.TEXT, "Click id of the AdLens ad system.", filterable=True),
)

MARKETING_CHANNEL = Field(
    "channel",
    Type.TEXT,
    "Marketing channel of the visit, as the platform's mnemonic.",
    filterable=True,
    values=CHANNEL,
)

ORIGIN = (*SEARCH_AND_REFERRER, *CLICK_IDS, MARKETING_CHANNEL)
"""Where a visitor came from."""

PLACE = (
    Field("visitor_city", Type.TEXT, "City of the visitor.", filterable=True),
    Field("visitor_region", Type.TEXT, "Region of the visitor.", filterable=True),
    Field("visitor_country", Type.TEXT, "Country of the visitor.", filterable=True),
)

VISITOR_ID = Field(
    "visitor_id", Type.BIGINT, "Id of the site visitor.", filterable=True, sortable=True
)

PERSON_ID = Field(
    "person_id",
    Type.BIGINT,
    "Id of the person: one who comes with several devices is several visitors, but one person.",
    filterable=True,
)

DEVICE = Field(
    "visitor_device",
    Type.TEXT,
    "Device of the visitor.",
    filterable=True,
    sortable=True,
    values=VISITOR_DEVICE,
)

VISITOR = (
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
    Field(
        "visitor_session_id",
        Type.BIGINT,
        "Id of the visitor's session on the site.",
        filterable=True,
    ),
    Field(
        "visits_count",
        Type.BIGINT,
        "How many times the visitor has come to the site.",
        filterable=True,
    ),
    Field(
        "visitor_first_campaign_id",
        Type.BIGINT,
        "Id of the first advertising campaign that brought the visitor.",
        filterable=True,
    ),
    Field(
        "visitor_first_campaign_name",
        Type.TEXT,
        "Name of the first advertising campaign that brought the visitor.",
        filterable=True,
    ),
    *PLACE,
    DEVICE,
)

UTM = (
    Field("utm_source", Type.TEXT, "UTM tag: source of the campaign.", filterable=True),
    Field("utm_medium", Type.TEXT, "UTM tag: medium of the campaign.", filterable=True),
    Field("utm_term", Type.TEXT, "UTM tag: keyword of the campaign.", filterable=True),
    Field("utm_content", Type.TEXT, "UTM tag: content of the campaign.", filterable=True),
    Field("utm_campaign", Type.TEXT, "UTM tag: name of the campaign.", filterable=True),
)

OPENSTAT = (
    Field("openstat_ad", Type.TEXT, "Openstat tag: the advertisement.", filterable=True),
    Field(
        "openstat_campaign", Type.TEXT, "Openstat tag: the advertising campaign.", filterable=True
    ),
    Field("openstat_service", Type.TEXT, "Openstat tag: the advertising service.", filterable=True),
    Field(
        "openstat_source",
        Type.TEXT,
        "Openstat tag: the place where the advertisement was shown.",
        filterable=True,
    ),
)

EQ_UTM = (
    Field("eq_utm_source", Type.TEXT, "Extended UTM tag: source.", filterable=True),
    Field("eq_utm_medium", Type.TEXT, "Extended UTM tag: medium.", filterable=True),
    Field("eq_utm_term", Type.TEXT, "Extended UTM tag: keyword.", filterable=True),
    Field("eq_utm_content", Type.TEXT, "Extended UTM tag: content.", filterable=True),
    Field("eq_utm_campaign", Type.TEXT, "Extended UTM tag: campaign.", filterable=True),
    Field("eq_utm_referrer", Type.TEXT, "Extended UTM tag: referrer.", filterable=True),
    Field("eq_utm_expid", Type.TEXT, "Extended UTM tag: experiment id.", filterable=True),
)

SOURCE_ID_AND_NAME = (
    Field(
        "source_id",
        Type.BIGINT,
        "Id of the traffic source, in the finest division.",
        filterable=True,
        sortable=True,
    ),
    Field(
        "source_name",
        Type.TEXT,
        "Name of the traffic source, in the finest division.",
        filterable=True,
        sortable=True,
    ),
)

TRAFFIC_SOURCE = (
    *SOURCE_ID_AND_NAME,
    Field(
        "source_new",
        Type.TEXT,
        "Group that the traffic source belongs to.",
        filterable=True,
        sortable=True,
    ),
    Field(
        "channel_new",
        Type.TEXT,
        "Name of the channel that the traffic source belongs to.",
        filterable=True,
        sortable=True,
    ),
    Field(
        "channel_code",
        Type.TEXT,
        "Mnemonic of the channel that the traffic source belongs to.",
        filterable=True,
        sortable=True,
    ),
)


def communication_number(more: str = "") -> Field:
    """The number of a communication; ``more`` is said of it."""
    return Field(
        "communication_number",
        Type.BIGINT,
        f"Which communication of the visitor this is, counted from the first{more}.",
        filterable=True,
        sortable=True,
    )


def communication_page_url(doing: str) -> Field:
    """The page that a visitor looked at when ``doing`` something."""
    return Field(
        "communication_page_url",
        Type.TEXT,
        f"Address of the page that the visitor looked at when {doing}, or last before.",
    )


def sale(of: str) -> tuple[Field, ...]:
    """The deal that came ``of`` a record."""
    return (
        Field(
            "sale_date",
            Type.TIMESTAMP,
            f"When the deal that came of the {of} was made.",
            filterable=True,
            sortable=True,
        ),
        Field(
            "sale_cost",
            Type.DECIMAL,
            f"Amount of the deal that came of the {of}, in the account's currency.",
            filterable=True,
            sortable=True,
        ),
    )


def site(of: str) -> tuple[Field, ...]:
    """The site of a record."""
    return (
        Field(
            "site_domain_name",
            Type.TEXT,
            f"Domain of the site that the {of} is counted for, without https://.",
            filterable=True,
        ),
        Field(
            "site_id",
            Type.BIGINT,
            f"Id of the site that the {of} is counted for.",
            filterable=True,
            sortable=True,
        ),
    )


def campaign(of: str) -> tuple[Field, ...]:
    """The advertising campaign of a record."""
    return (
        Field(
            "campaign_name",
            Type.TEXT,
            f"Name of the advertising campaign that the {of} is counted for.",
            filterable=True,
        ),
        Field(
            "campaign_id",
            Type.BIGINT,
            f"Id of the advertising campaign that the {of} is counted for.",
            filterable=True,
            sortable=True,
        ),
    )


OTHER_CAMPAIGN = Field(
    "visit_other_campaign",
    Type.BOOL,
    "Whether the same person also came through other advertising campaigns.",
)

TAG = (
    Field("tag_id", Type.BIGINT, "Id of the tag."),
    Field("tag_name", Type.TEXT, "Name of the tag."),
    Field(
        "tag_type",
        Type.TEXT,
        "Whether the tag was put automatically or by hand: auto or manual.",
        values=TAG_TYPE,
    ),
    Field("tag_change_time", Type.TIMESTAMP, "When the tag was put."),
    Field("tag_user_id", Type.BIGINT, "Id of the user who put the tag."),
    Field("tag_user_login", Type.TEXT, "Login of the user who put the tag."),
    Field("tag_employee_id", Type.BIGINT, "Id of the employee who put the tag."),
    Field("tag_employee_full_name", Type.TEXT, "Full name of the employee who put the tag."),
)

TAG_BY_EXAMPLE = (
    *TAG,
    Field(
        "tag_employee_full",
        Type.TEXT,
        "Full name of the employee who put the tag, where the API calls it so.",
    ),
)
"""A tag where the documentation's example names a field other than its table does."""


def tags(of: str, items: tuple[Field, ...] = TAG) -> Array:
    """The tags ``of`` a record."""
    return Array("tags", f"Tags put on the {of}.", items, filterable=True)


def segments(of: str) -> Array:
    """The segments ``of`` a record."""
    return Array(
        "segments",
        f"Segments that the {of} belongs to.",
        (
            Field("segment_id", Type.BIGINT, "Id of the segment."),
            Field("segment_name", Type.TEXT, "Name of the segment."),
        ),
        filterable=True,
    )


VISITOR_CUSTOM_PROPERTIES = Array(
    "visitor_custom_properties",
    "Properties of the visitor that the site set through the JavaScript API.",
    (
        Field("property_name", Type.TEXT, "Name of the property."),
        Field("property_value", Type.TEXT, "Value of the property."),
    ),
    filterable=True,
)

COMMUNICATION_ATTRIBUTES = Array(
    "attributes",
    "Attributes of the communication: first, repeated, lost, target and so on.",
    filterable=True,
    values=ATTRIBUTES,
)
