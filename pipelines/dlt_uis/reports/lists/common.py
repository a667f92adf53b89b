"""What several lists have alike.

Lists are read as a whole: by which fields they could be filtered or sorted is not said here. Which
fields come unasked is documented for few of them, and all are asked for.
"""

from __future__ import annotations

from dataclasses import replace

from ..fields import Array, Field, Type

SITE_ID = Field("site_id", Type.BIGINT, "Id of the site: sites.id.")
SITE = (SITE_ID, Field("site_domain_name", Type.TEXT, "Domain of the site, without https://."))

CALL_DIRECTIONS = (
    "in",
    "out",
)

ADDRESS_BOOK = "the right to see the address book (address_book)"
EMPLOYEES = "the right to see employees (employees)"
SCENARIOS = "the component va, and the right to see scenarios (va)"
SETTINGS = "the component Data API for settings"
SITES = "one of the components call_tracking, consultant, lead, sitephone, and the right to see "

OUTSIDE_NOVOFON = ("novofon",)
"""Lists that Novofon's documentation lacks."""


def key(of: str) -> Field:
    """The id ``of`` a record."""
    return Field("id", Type.BIGINT, f"Unique id of the {of}.")


def name(of: str) -> Field:
    """What a record is called."""
    return Field("name", Type.TEXT, f"Name of the {of}.")


def outer_key(of: str) -> Field:
    """The id ``of`` a record that a CRM gave it."""
    return Field("ext_id", Type.TEXT, f"Id of the {of} in your own system.")


def groups(of: str) -> Array:
    """The groups that a record is in."""
    return Array(
        "groups",
        f"Groups that the {of} belongs to.",
        (
            Field("group_id", Type.BIGINT, f"Id of the group: group_{of}s.id."),
            Field("group_name", Type.TEXT, "Name of the group."),
        ),
    )


ALLOWED_DIRECTIONS = tuple(
    Array(
        f"{way}_{kind}_allowed_call_directions",
        f"Directions that are allowed for {coming} {kind} calls.",
        values=CALL_DIRECTIONS,
    )
    for way, coming in (("in", "incoming"), ("out", "outgoing"))
    for kind in ("external", "internal")
)
"""Which calls an employee may get and make, in a status or by the employee's own settings."""


def only_on(brand: str, field: Field) -> Field:
    """A field that one brand's documentation has alone."""
    others = tuple(each for each in ("uis", "comagic", "callgear", "novofon") if each != brand)
    return replace(field, lacking=others)
