"""Lists of deals that a CRM has sent: deals, their funnels, contacts, employees and fields."""

from __future__ import annotations

from ..fields import Array, Field, Listing, Type
from .common import name, outer_key

_DEALS = "the component sales_funnel"

DEALS_HISTORY_LIST = Listing(
    method="get.deals_history",
    table="deals_history",
    noun="deal",
    key=("ext_id",),
    scalars=(
        outer_key("deal"),
        name("deal"),
        Field("created_date_time", Type.TIMESTAMP, "When the deal was made."),
        Field("closed_date_time", Type.TIMESTAMP, "When the deal was closed."),
        Field("modified_stage_date_time", Type.TIMESTAMP, "When it came to its stage."),
        Field("main_contact_ext_id", Type.TEXT, "Id of its main contact: deal_contacts.ext_id."),
        Field("employee_ext_id", Type.TEXT, "Id of its employee: deal_employees.ext_id."),
        Field("revenue", Type.DECIMAL, "Amount of the deal."),
        Field("sales_funnel_ext_id", Type.TEXT, "Id of its funnel: sales_funnel.ext_id."),
        Field("stage_ext_id", Type.TEXT, "Id of its stage: sales_funnel__stages.stage_ext_id."),
        Field("comments", Type.TEXT, "What was noted about the deal."),
        Field("source", Type.TEXT, "What it came of."),
        Field("is_generated", Type.BOOL, "Whether the platform has made the deal."),
        Field(
            "communication_id",
            Type.BIGINT,
            "Id of the communication that it came of: communications.id.",
            lacking=("novofon",),
        ),
        Field(
            "communication_type",
            Type.TEXT,
            "Kind of the communication that it came of.",
            lacking=("novofon",),
        ),
    ),
    arrays=(
        Array("contact_ext_ids", "Ids of its contacts: deal_contacts.ext_id."),
        Array("tag_ext_ids", "Ids of its tags in your own system.", lacking=("novofon",)),
    ),
    unlocked_by=_DEALS,
    about="Deals that your own system has sent, as they are now.",
)

DEAL_CONTACTS_LIST = Listing(
    method="get.deal_contacts",
    table="deal_contacts",
    noun="deal_contact",
    key=("ext_id",),
    scalars=(
        outer_key("contact"),
        name("contact"),
        Field("created_date_time", Type.TIMESTAMP, "When the contact was added."),
        Field(
            "component",
            Type.TEXT,
            "What has sent the contact.",
            values=("amocrm", "bitrix", "dataapi"),
            lacking=("novofon",),
        ),
    ),
    arrays=(
        Array("phone_numbers", "Phone numbers of the contact."),
        Array("emails", "E-mail addresses of the contact."),
    ),
    unlocked_by=_DEALS,
    about="Contacts of deals: `deals_history.main_contact_ext_id`.",
)

DEAL_EMPLOYEES_LIST = Listing(
    method="get.deal_employees",
    table="deal_employees",
    noun="deal_employee",
    key=("ext_id",),
    scalars=(outer_key("employee"), name("employee")),
    unlocked_by=_DEALS,
    about="Employees of deals: `deals_history.employee_ext_id`.",
)

DEAL_USER_FIELDS_LIST = Listing(
    method="get.deal_user_fields",
    table="deal_user_fields",
    noun="field",
    key=("ext_id",),
    scalars=(
        outer_key("field"),
        name("field"),
        Field("data_type", Type.TEXT, "Type of its values."),
    ),
    about="Fields of your own that deals have.",
)

SALES_FUNNEL_LIST = Listing(
    method="get.sales_funnel",
    table="sales_funnel",
    noun="sales_funnel",
    key=("ext_id",),
    scalars=(outer_key("funnel"), name("funnel")),
    arrays=(
        Array(
            "stages",
            "Stages that deals go through.",
            (
                Field("stage_ext_id", Type.TEXT, "Id of the stage in your own system."),
                Field("stage_name", Type.TEXT, "Name of the stage."),
                Field("stage_status", Type.TEXT, "What a deal in the stage is."),
                Field("stage_order", Type.BIGINT, "Place of the stage among the others."),
            ),
        ),
    ),
    unlocked_by=_DEALS,
    about="Funnels of deals: `deals_history.sales_funnel_ext_id`.",
)
