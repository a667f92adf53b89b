"""What tells records of one visitor from those of another: slots of templates."""

from __future__ import annotations

import json

from ..address_book import person_of, visitor_of
from ..templates import number_or_null, slot

VISITOR = {
    name: slot(name)
    for name in (
        "communication_number", "person_id", "visitor_id", "visitor_session_id", "visitor_type",
    )
}  # fmt: skip
"""Fields of records that follow from the visitor."""

_NEW, _AGAIN, _UNKNOWN = (
    json.dumps(kind, ensure_ascii=False).encode()
    for kind in ("Новый", "Вернувшийся", "Не заполнен")
)


def visitor_slots(contact: int, number: int, visit: int | None) -> dict[bytes, bytes]:
    """What stands there.

    Args:
        number: which communication of the contact it is.
        visit: the visit that it came of, if any.
    """
    is_known = visit is not None
    return {
        b"communication_number": number_or_null(number if is_known else None),
        b"person_id": number_or_null(person_of(contact) if is_known else None),
        b"visitor_id": number_or_null(visitor_of(contact)),
        b"visitor_session_id": number_or_null(visit),
        b"visitor_type": (_NEW if number == 1 else _AGAIN) if is_known else _UNKNOWN,
    }
