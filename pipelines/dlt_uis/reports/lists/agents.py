"""Lists of an agent's customers, and of their users."""

from __future__ import annotations

from ..fields import Array, Field, Listing, Type
from .common import SITE, key, name


def _limit(period: str, of: str, words: str) -> tuple[Field, ...]:
    """A limit, and the limit from which on somebody is told."""
    return (
        Field(f"{period}_{of}_limit", Type.BIGINT, f"What {words} may cost."),
        Field(f"{period}_{of}_notify_limit", Type.BIGINT, f"What {words} cost when mail is sent."),
    )


_LIMITS = (
    ("monthly", "base", "the tariff in a month"),
    ("monthly", "calls", "calls in a month"),
    ("daily", "calls", "calls in a day"),
)

CUSTOMERS_LIST = Listing(
    method="get.customers",
    table="customers",
    noun="customer",
    key=("id",),
    scalars=(
        key("customer"),
        name("customer"),
        Field("description", Type.TEXT, "What was noted about the customer."),
        Field("creation_date_time", Type.TIMESTAMP, "When the customer was added."),
        Field(
            "status",
            Type.TEXT,
            "Whether the customer is blocked.",
            values=("waiting", "active", "manual_lock", "limit_lock", "debt_lock"),
        ),
        Field("status_change_date_time", Type.TIMESTAMP, "Since when."),
        *(field for limit in _LIMITS for field in _limit(*limit)),
        Field("tariff_plan_id", Type.BIGINT, "Id of the customer's tariff."),
        Field("tariff_plan_name", Type.TEXT, "Name of the customer's tariff."),
    ),
    arrays=(
        *(
            Array(
                f"{period}_{of}_notify_emails", f"Addresses that are told what {words} have cost."
            )
            for period, of, words in _LIMITS
        ),
        Array("sites", "Sites of the customer.", SITE),
    ),
    unlocked_by="an agent's account, with the right to see customers (client_selected)",
    about="Customers of an agent: `customer_users.customer_id`.",
    of_agent=True,
)

CUSTOMER_USERS_LIST = Listing(
    method="get.customer_users",
    table="customer_users",
    noun="customer_user",
    key=("id",),
    scalars=(
        key("user"),
        Field("login", Type.TEXT, "Login of the user."),
        Field("description", Type.TEXT, "What was noted about the user."),
        name("user"),
        Field("customer_id", Type.BIGINT, "Id of the customer: customers.id."),
    ),
    unlocked_by="an agent's account, with the right to see users (client_user)",
    about="Users of an agent's customers: the setting `USER_ID`, and the column `user_id`.",
    of_agent=True,
)
