"""Lists of the address book: contacts, their groups and organisations."""

from __future__ import annotations

from ..fields import Array, Field, Listing, Type
from .common import ADDRESS_BOOK, groups, key, name

CONTACTS_LIST = Listing(
    method="get.contacts",
    table="contacts",
    noun="contact",
    key=("id",),
    scalars=(
        key("contact"),
        Field("first_name", Type.TEXT, "First name of the contact."),
        Field("last_name", Type.TEXT, "Last name of the contact."),
        Field("patronymic", Type.TEXT, "Patronymic of the contact."),
        Field("full_name", Type.TEXT, "Full name of the contact."),
        Field("personal_manager_id", Type.BIGINT, "Id of the personal manager: employees.id."),
        Field("personal_manager_full_name", Type.TEXT, "Full name of the personal manager."),
        Field("organization_id", Type.BIGINT, "Id of the organisation: contact_organizations.id."),
        Field("organization_name", Type.TEXT, "Name of the organisation."),
    ),
    arrays=(
        Array("emails", "E-mail addresses of the contact."),
        Array("phone_numbers", "Phone numbers of the contact."),
        groups("contact"),
    ),
    unlocked_by=ADDRESS_BOOK,
    about="Contacts of the address book: every `contact_id`.",
)

GROUP_CONTACTS_LIST = Listing(
    method="get.group_contacts",
    table="group_contacts",
    noun="group",
    key=("id",),
    scalars=(
        key("group"),
        name("group"),
        Field("is_system", Type.BOOL, "Whether the group is the platform's own."),
    ),
    arrays=(
        Array(
            "members",
            "Contacts of the group.",
            (
                Field("contact_id", Type.BIGINT, "Id of the contact: contacts.id."),
                Field("contacts_id", Type.BIGINT, "The same, where the API calls it so."),
                Field("contact_full_name", Type.TEXT, "Full name of the contact."),
            ),
        ),
    ),
    unlocked_by=ADDRESS_BOOK,
    about="Groups of contacts: `contacts__groups.group_id`.",
)

CONTACT_ORGANIZATIONS_LIST = Listing(
    method="get.contact_organizations",
    table="contact_organizations",
    noun="organization",
    key=("id",),
    scalars=(key("organisation"), name("organisation")),
    unlocked_by=ADDRESS_BOOK,
    about="Organisations that contacts belong to: `contacts.organization_id`.",
)
