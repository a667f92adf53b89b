"""The report of chats, ``get.chats_report``: on the site and in messengers.

``duration`` is a 64-bit integer although the API calls it a string, ``visitor_phone_number`` is
text although it calls it a number: so are phone numbers everywhere.
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
from .fields import Array, Field, Report, Type

STATUS = (
    "new",
    "active",
    "lost",
    "succeed",
    "refused",
)

INITIATOR = (
    "operator",
    "visitor",
    "autoinvite",
    "chat_channel",
    "chatbot",
)

CHANNEL_TYPE = (
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
    "sms",
    "email",
    "cian",
    "max_bot",
    "tamtam_bot",
    "max",
    "sms_mass_messaging_uae",
    "sms_mass_messaging_international",
    "waba",
)

RELEASE_CAUSE = (
    "closed_by_timeout",
    "invite_rejected",
    "closed_by_operator",
    "closed_by_visitor",
    "visitor_banned",
    "external_window_closed",
    "visitor_disconnected",
    "visitor_session_expired",
    "closed_by_scenario",
    "room_removed",
    "channel_removed",
)

_SCALARS = with_flags(
    (
        Field("id", Type.BIGINT, "Unique id of the chat.", filterable=True, default=True),
        Field(
            "status",
            Type.TEXT,
            "State of the chat: waiting, under way, or how it ended.",
            filterable=True,
            sortable=True,
            default=True,
            values=STATUS,
        ),
        Field(
            "initiator",
            Type.TEXT,
            "Who began the chat.",
            filterable=True,
            sortable=True,
            default=True,
            values=INITIATOR,
        ),
        Field("date_time", Type.TIMESTAMP, "When the chat began.", sortable=True, default=True),
        Field(
            "duration",
            Type.BIGINT,
            "Length of the chat in seconds.",
            filterable=True,
            sortable=True,
            default=True,
        ),
        Field(
            "answer_time",
            Type.BIGINT,
            "Seconds until the employee answered.",
            filterable=True,
            sortable=True,
            default=True,
        ),
        communication_number(),
        communication_page_url("writing"),
        Field(
            "communication_id",
            Type.BIGINT,
            "Id of the communication that the chat is: communications.id.",
            filterable=True,
            default=True,
        ),
        Field(
            "communication_type",
            Type.TEXT,
            "Kind of communication; always chat in this report.",
            values=("chat",),
        ),
        Field(
            "chat_ad_url",
            Type.TEXT,
            "Address of the advertisement that the contact wrote about.",
            default=True,
            lacking=("novofon",),
        ),
        Field(
            "chat_channel_id",
            Type.BIGINT,
            "Id of the channel that the chat came through.",
            filterable=True,
            lacking=("novofon",),
        ),
        Field(
            "chat_channel_type",
            Type.TEXT,
            "Kind of the channel: the site or a messenger.",
            filterable=True,
            sortable=True,
            values=CHANNEL_TYPE,
        ),
        Field("chat_channel_name", Type.TEXT, "Name of the channel."),
        Field(
            "chat_user_id",
            Type.TEXT,
            "Id of the contact in the messenger.",
            filterable=True,
            sortable=True,
            lacking=("novofon",),
        ),
        Field(
            "chat_username",
            Type.TEXT,
            "Name that the contact goes by in the messenger.",
            filterable=True,
            sortable=True,
            lacking=("novofon",),
        ),
        Field("messages_count", Type.BIGINT, "How many messages the chat has."),
        *CLIENT_IDS,
        *sale("chat"),
        Field(
            "is_group_chat",
            Type.BOOL,
            "Whether it is a group's chat.",
            default=True,
            lacking=("novofon",),
        ),
        Field(
            "is_transfer",
            Type.BOOL,
            "Whether the chat was handed over to another employee.",
            default=True,
        ),
        Field(
            "release_cause",
            Type.TEXT,
            "Why the chat ended, as the platform's mnemonic.",
            filterable=True,
            default=True,
            values=RELEASE_CAUSE,
        ),
        *ORIGIN,
        Field(
            "employee_id",
            Type.BIGINT,
            "Id of the employee who took the chat.",
            filterable=True,
            sortable=True,
            default=True,
        ),
        Field(
            "employee_full_name",
            Type.TEXT,
            "Full name of the employee who took the chat.",
            filterable=True,
        ),
        Field(
            "employee_raiting",
            Type.BIGINT,
            "Mark that the visitor gave the employee; the API spells it so.",
            default=True,
        ),
        Field(
            "employee_messages_count", Type.BIGINT, "How many of the messages are the employee's."
        ),
        *site("chat"),
        *campaign("chat"),
        OTHER_CAMPAIGN,
        Field(
            "visitor_phone_number",
            Type.TEXT,
            "Phone number that the visitor left in the chat.",
            filterable=True,
            default=True,
        ),
        *VISITOR,
        Field(
            "visitor_profile_url",
            Type.TEXT,
            "Address of the visitor's profile in the messenger.",
            filterable=True,
            lacking=("novofon",),
        ),
        *UTM,
        *OPENSTAT,
        *EQ_UTM,
        *TRAFFIC_SOURCE,
        Field(
            "ext_id",
            Type.TEXT,
            "Id that your own system gave the chat.",
            filterable=True,
            sortable=True,
        ),
    ),
    sortable=("person_id", "visitor_session_id"),
    default=("visitor_id", "site_id", "campaign_id"),
)

_ARRAYS = (
    tags("chat"),
    Array(
        "visitor_ids",
        "Ids of the visitors who took part in a group's chat.",
        default=True,
        lacking=("novofon",),
    ),
    VISITOR_CUSTOM_PROPERTIES,
    segments("chat"),
    COMMUNICATION_ATTRIBUTES,
)

CHATS_REPORT = Report(
    method="get.chats_report",
    table="chats",
    noun="chat",
    key=("id",),
    cursor="date_time",
    scalars=_SCALARS,
    arrays=_ARRAYS,
    unlocked_by=SITE_COMPONENTS,
)
