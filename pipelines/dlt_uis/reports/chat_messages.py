"""The report of chats' messages, ``get.chat_messages_report``.

On Novofon messages have no id, and are asked for chat by chat: there a message is told by its place
in its chat, and all messages of a chat are replaced together. Tables look alike for all brands, so
``id`` is null there, and ``position`` elsewhere. The parts of ``resource`` are those of the
documentation's example.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from .common import CHAT_CHANNEL_TYPE
from .fields import Field, Report, Type, Way, parts_of
from .own_names import POSITION

SOURCE = (
    "system",
    "operator",
    "visitor",
    "retention",
    "autoinvite",
    "form_text",
    "chat_channel",
    "chatbot",
)

_RESOURCE = parts_of(
    "resource",
    Field("size", Type.BIGINT, "Size of the file that was sent, in bytes.", default=True),
    Field("type", Type.TEXT, "Kind of the file that was sent.", default=True),
    Field("file_url", Type.TEXT, "Address of the file that was sent.", default=True),
    Field("file_name", Type.TEXT, "Name of the file that was sent.", default=True),
    Field("mime_type", Type.TEXT, "Media type of the file that was sent.", default=True),
    lacking=("novofon",),
)

_SCALARS = (
    Field(
        "id",
        Type.BIGINT,
        "Unique id of the message.",
        filterable=True,
        default=True,
        lacking=("novofon",),
    ),
    Field(
        "chat_id",
        Type.BIGINT,
        "Id of the chat that the message belongs to: chats.id.",
        filterable=True,
        default=True,
    ),
    Field(
        POSITION,
        Type.BIGINT,
        "Place of the message in its chat, from 0, where messages have no id.",
        of_request=True,
    ),
    Field("date_time", Type.TIMESTAMP, "When the message was sent.", sortable=True, default=True),
    Field(
        "channel_id",
        Type.BIGINT,
        "Id of the channel that the chat came through.",
        filterable=True,
        lacking=("novofon",),
    ),
    Field(
        "channel_type",
        Type.TEXT,
        "Kind of the channel: the site or a messenger.",
        filterable=True,
        sortable=True,
        values=CHAT_CHANNEL_TYPE,
        lacking=("novofon",),
    ),
    Field(
        "is_group_chat",
        Type.BOOL,
        "Whether it is a group's chat.",
        default=True,
        lacking=("novofon",),
    ),
    Field("visitor_id", Type.BIGINT, "Id of the site visitor.", default=True, lacking=("novofon",)),
    Field("text", Type.TEXT, "What the message says.", default=True),
    Field(
        "source",
        Type.TEXT,
        "Who or what wrote the message.",
        default=True,
        values=SOURCE,
    ),
    *_RESOURCE,
    Field(
        "employee_id",
        Type.BIGINT,
        "Id of the employee who wrote the message.",
        filterable=True,
        sortable=True,
        default=True,
    ),
    Field(
        "employee_full_name",
        Type.TEXT,
        "Full name of the employee who wrote the message.",
        default=True,
    ),
)

CHAT_MESSAGES_REPORT = Report(
    method="get.chat_messages_report",
    table="chat_messages",
    noun="chat_message",
    key=("id",),
    cursor="date_time",
    scalars=_SCALARS,
    # 30 days at most, and one is for the seconds that a request reaches further
    longest_window=timedelta(days=29),
    unlocked_by="one of the components consultant, upload_chats",
)

NOVOFON_CHAT_MESSAGES_REPORT = replace(
    CHAT_MESSAGES_REPORT, key=("chat_id", POSITION), days=("chat_id",), way=Way.CHATS
)
"""The same where messages have no id."""
