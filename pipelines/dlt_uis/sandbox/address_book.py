"""What is known of a contact: a name and an id if it is in the address book, and a city."""

from __future__ import annotations

from . import catalog
from .people import mix

City = tuple[str, str, str, str, int]

_NAMES: tuple[str | None, ...] = (
    *catalog.CONTACTS,
    # every second contact is not in the address book
    *(None for _ in catalog.CONTACTS),
)
ENTRIES: tuple[tuple[str | None, City], ...] = tuple(
    (name, city) for name in _NAMES for city in catalog.CITIES
)
"""Names and cities, one of which each contact has."""

KNOWN = len(catalog.CONTACTS) * len(catalog.CITIES)
"""How many of them, from the first one, are in the address book."""


def person_of(contact: int) -> int:
    """The ``person_id`` of a contact."""
    return mix(contact, 2)


def visitor_of(contact: int) -> int:
    """The ``visitor_id`` of a contact."""
    return person_of(contact) >> 12


def name_of(contact: int) -> str | None:
    """The name of a contact, if it is in the address book."""
    return ENTRIES[person_of(contact) % len(ENTRIES)][0]


def contact_id_of(contact: int) -> int | None:
    """Its id in the address book, if it is there."""
    return None if name_of(contact) is None else contact % 10**9
