"""Lists of reference data: what ids in reports point to. Each is read and replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping

from ..fields import Listing
from .advertising import (
    CAMPAIGNS_LIST,
    SEGMENTS_LIST,
    SOURCES_CHANNELS_LIST,
    SOURCES_GROUPS_LIST,
    SOURCES_LIST,
)
from .agents import CUSTOMER_USERS_LIST, CUSTOMERS_LIST
from .communication import CHAT_CHANNELS_LIST, EVENTS_LIST, OFFLINE_MESSAGE_USER_FIELDS_LIST
from .contacts import CONTACT_ORGANIZATIONS_LIST, CONTACTS_LIST, GROUP_CONTACTS_LIST
from .deals import (
    DEAL_CONTACTS_LIST,
    DEAL_EMPLOYEES_LIST,
    DEAL_USER_FIELDS_LIST,
    DEALS_HISTORY_LIST,
    SALES_FUNNEL_LIST,
)
from .sites import SITE_BLOCKS_LIST, SITES_LIST
from .staff import (
    EMPLOYEE_POSITIONS_LIST,
    EMPLOYEES_LIST,
    GROUP_EMPLOYEES_LIST,
    SCHEDULES_LIST,
    STATUSES_LIST,
)
from .telephony import (
    AUTO_CALL_CAMPAIGNS_LIST,
    BLACKLIST_PHONE_NUMBERS_LIST,
    MEDIA_FILES_LIST,
    SCENARIOS_LIST,
    SIP_LINE_VIRTUAL_NUMBERS_LIST,
    SIP_LINES_LIST,
    TAGS_LIST,
    VIRTUAL_NUMBERS_LIST,
)

LISTS: Mapping[str, Listing] = {
    listing.table: listing
    for listing in (
        TAGS_LIST,
        EMPLOYEES_LIST,
        GROUP_EMPLOYEES_LIST,
        EMPLOYEE_POSITIONS_LIST,
        STATUSES_LIST,
        SCHEDULES_LIST,
        VIRTUAL_NUMBERS_LIST,
        SCENARIOS_LIST,
        SIP_LINES_LIST,
        SIP_LINE_VIRTUAL_NUMBERS_LIST,
        MEDIA_FILES_LIST,
        BLACKLIST_PHONE_NUMBERS_LIST,
        AUTO_CALL_CAMPAIGNS_LIST,
        SITES_LIST,
        SITE_BLOCKS_LIST,
        CAMPAIGNS_LIST,
        SOURCES_LIST,
        SOURCES_CHANNELS_LIST,
        SOURCES_GROUPS_LIST,
        SEGMENTS_LIST,
        EVENTS_LIST,
        CHAT_CHANNELS_LIST,
        OFFLINE_MESSAGE_USER_FIELDS_LIST,
        CONTACTS_LIST,
        GROUP_CONTACTS_LIST,
        CONTACT_ORGANIZATIONS_LIST,
        DEALS_HISTORY_LIST,
        DEAL_CONTACTS_LIST,
        DEAL_EMPLOYEES_LIST,
        DEAL_USER_FIELDS_LIST,
        SALES_FUNNEL_LIST,
        CUSTOMERS_LIST,
        CUSTOMER_USERS_LIST,
    )
}
"""All lists, by the name of their table. Not among them is what needs dates or a parameter."""
