"""Lists of goals, channels of chats and fields of web forms: what visitors' messages come by."""

from __future__ import annotations

from ..common import CHAT_CHANNEL_TYPE
from ..fields import Field, Listing, Type
from .common import OUTSIDE_NOVOFON, SITE, key, name, outer_key

EVENTS_LIST = Listing(
    method="get.events",
    table="events",
    noun="event",
    key=("id",),
    scalars=(
        key("event"),
        name("event"),
        Field("description", Type.TEXT, "What was noted about the event."),
        *SITE,
        Field(
            "type",
            Type.TEXT,
            "What makes it happen.",
            values=(
                "comagic",
                "track_event",
                "ppc_goal",
                "link",
                "time_on_site",
                "time_on_page",
                "click",
                "scroll",
                "segment",
            ),
        ),
        Field("category", Type.TEXT, "Category that the site's script sends."),
        Field("action", Type.TEXT, "Action that the site's script sends."),
        Field("label", Type.TEXT, "Label that the site's script sends."),
        Field("value", Type.TEXT, "Value that the site's script sends."),
        Field("url", Type.TEXT, "Address of the page that it happens on."),
        Field("segment_id", Type.BIGINT, "Id of the segment that makes it happen: segments.id."),
        Field("is_goal", Type.BOOL, "Whether the event is a goal."),
        Field("goal_name", Type.TEXT, "Name of the goal: goals.name."),
        Field(
            "engine",
            Type.TEXT,
            "System of analytics that it is shared with.",
            values=("yandex.metrika", "google.analytics"),
        ),
        Field("ext_id", Type.TEXT, "Id of the event in that system."),
        Field("is_active", Type.BOOL, "Whether the event is counted."),
        Field("ga_category", Type.TEXT, "Category in Google Analytics."),
        Field("ga_action", Type.TEXT, "Action in Google Analytics."),
        Field("ga_label", Type.TEXT, "Label in Google Analytics."),
        Field("ga_value", Type.TEXT, "Value in Google Analytics."),
        Field("ym_goal_id", Type.TEXT, "Id of the goal in Yandex Metrica."),
    ),
    not_of=OUTSIDE_NOVOFON,
    about="Events and goals that are set up on sites: `goals.name` is `events.goal_name`.",
)

CHAT_CHANNELS_LIST = Listing(
    method="get.chat_channels",
    table="chat_channels",
    noun="chat_channel",
    key=("id",),
    scalars=(
        key("channel"),
        name("channel"),
        Field(
            "type",
            Type.TEXT,
            "Messenger or site that the chats come from.",
            values=CHAT_CHANNEL_TYPE,
        ),
        Field(
            "status",
            Type.TEXT,
            "State of the channel.",
            values=("active", "deleted", "error", "idle", "inactive", "init"),
        ),
        Field("group_id", Type.BIGINT, "Id of the group that answers: group_employees.id."),
        Field("group_name", Type.TEXT, "Name of the group that answers."),
        Field("employee_id", Type.BIGINT, "Id of the employee who answers: employees.id."),
        Field("employee_full_name", Type.TEXT, "Full name of the employee who answers."),
        Field("channel_external_id", Type.TEXT, "Id of the channel in the messenger."),
    ),
    not_of=OUTSIDE_NOVOFON,
    about="Channels that chats come by.",
)

OFFLINE_MESSAGE_USER_FIELDS_LIST = Listing(
    method="get.offline_message_user_fields",
    table="offline_message_user_fields",
    noun="field",
    key=("ext_id",),
    scalars=(
        outer_key("field"),
        name("field"),
        Field("data_type", Type.TEXT, "Type of its values."),
    ),
    about="Fields of your own that web forms have.",
)
