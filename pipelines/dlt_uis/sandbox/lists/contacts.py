"""The address book: those who call, as far as they are known, and their groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..address_book import contact_id_of, name_of
from ..catalog import EMPLOYEES
from ..people import FIRST_EMPLOYEE_ID, names_of, phone_of

Row = dict[str, Any]

_ORGANIZATIONS = ("ООО «Ромашка»", 'ЗАО "Вектор"', "Krüger GmbH")
_GROUPS = ("Все контакты", "Постоянные клиенты", "Поставщики")
_FIRST_ORGANIZATION_ID, _FIRST_GROUP_ID = 35, 30


def contacts() -> list[Row]:
    """Nobody yet: see :class:`AddressBook`."""
    return []


def groups() -> list[Row]:
    return [
        {"id": _FIRST_GROUP_ID + place, "name": name, "is_system": place == 0, "members": []}
        for place, name in enumerate(_GROUPS)
    ]


def organizations() -> list[Row]:
    return [
        {"id": _FIRST_ORGANIZATION_ID + place, "name": name}
        for place, name in enumerate(_ORGANIZATIONS)
    ]


class AddressBook:
    """Whom the lists of contacts and of their groups hold: those who call.

    Args:
        contacts, groups: the rows of both.
    """

    def __init__(self, contacts: list[Row], groups: list[Row]) -> None:
        self._contacts = contacts
        self._groups = groups
        self._known: set[int] = set()

    def note(self, callers: Iterable[int]) -> None:
        """Adds callers, by contact, if the account knows them."""
        for contact in sorted({*callers} - self._known):
            self._known.add(contact)
            id_, name = contact_id_of(contact), name_of(contact)
            if id_ is None or name is None:
                continue
            row = _contact(contact, id_, name)
            self._contacts.append(row)
            member = {"contact_id": id_, "contact_full_name": name}
            ids = {group["group_id"] for group in row["groups"]}
            for group in self._groups:
                if group["id"] in ids:
                    group["members"].append(member)


def _contact(contact: int, id_: int, name: str) -> Row:
    manager, organization = contact % len(EMPLOYEES), contact % (2 * len(_ORGANIZATIONS))
    works = organization < len(_ORGANIZATIONS)
    groups = [0] if contact % 3 == 0 else [0, contact % 3]
    return {
        "id": id_,
        **names_of(name),
        "emails": [f"contact{id_}@example.com"] if contact % 2 else [],
        "phone_numbers": [f"7{phone_of(contact)}"],
        "personal_manager_id": FIRST_EMPLOYEE_ID + manager,
        "personal_manager_full_name": EMPLOYEES[manager],
        "organization_id": _FIRST_ORGANIZATION_ID + organization if works else None,
        "organization_name": _ORGANIZATIONS[organization] if works else None,
        "groups": [
            {"group_id": _FIRST_GROUP_ID + group, "group_name": _GROUPS[group]} for group in groups
        ],
    }


SOMEBODY = _contact(0, 0, "Некто")
"""A contact with all fields that contacts have."""
