"""The messages that visitors leave in forms."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from ..address_book import name_of
from ..catalog import EMPLOYEES, PHRASES
from ..encounters import Deed, detail_in
from ..people import FIRST_EMPLOYEE_ID, FIRST_GROUP_ID, SHIFTS
from ..query import Query
from ..templates import later, slot
from .base import Records
from .deeds import Deeds
from .made import Made

_FORMS = ("Заявка", "Обратный звонок", "Расчёт стоимости", None)


class OfflineMessages(Deeds):
    """The messages; technical ones come only if they are asked for."""

    kind = "offline_message"

    def number_in(self, encounter: int, place: int) -> int:
        return detail_in(encounter, place)

    def holds(self, deed: Deed) -> bool:
        return deed.kind in (self.kind, "tech_offline_message")

    def asked(self, query: Query) -> tuple[Records, Sequence[int]]:
        records, indices = super().asked(query)
        if query.options.get("include_tech_offline_messages", False):
            return records, indices
        return records, self._real(indices)

    def everything(self) -> tuple[Records, Sequence[int]]:
        records, indices = super().everything()
        return records, self._real(indices)

    def _real(self, indices: Sequence[int]) -> Sequence[int]:
        return [index for index in indices if self._is_real(index)]

    def _is_real(self, index: int) -> bool:
        _, origin, place = self.origin(index)
        return self.encounters.encounter(origin).deeds[place].is_communication

    def values(self, made: Made, deed: Deed, rng: random.Random) -> Mapping[str, Any]:
        number, enums = made.story.number, self.enums
        status = enums["status"][number % len(enums["status"])]
        return {
            **_handled(made, rng, deed, is_handled=status == "processed"),
            "text": f"{rng.choice(PHRASES)}\n{rng.choice(PHRASES)}",
            "is_agree_to_process_personal_data": number % 7 > 0,
            "is_agree_to_mailing": number % 2 == 0,
            "status": status,
            "form_type": enums["form_type"][number % len(enums["form_type"])],
            "form_name": _FORMS[number % len(_FORMS)],
            "visitor_phone_number": slot("phone"),
            "visitor_email": slot("email") if number % 3 else None,
            "visitor_name": slot("name"),
        }

    def slots(self, contact: int) -> Mapping[bytes, bytes]:
        name = name_of(contact) or f"Гость {contact % 1_000}"
        return {
            **super().slots(contact),
            b"email": b'"visitor-%d@example.com"' % (contact % 10**9),
            b"name": json.dumps(name, ensure_ascii=False).encode(),
        }


def _handled(made: Made, rng: random.Random, deed: Deed, *, is_handled: bool) -> Mapping[str, Any]:
    """By whom, when and how a message was handled."""
    group, employee = made.story.sketch.shift, made.story.staff[0]
    return {
        "process_time": later(deed.length + rng.randint(60, 90_000)) if is_handled else None,
        "group_id": FIRST_GROUP_ID + group,
        "group_name": SHIFTS[group].name,
        "employee_id": FIRST_EMPLOYEE_ID + employee if is_handled else None,
        "employee_full_name": EMPLOYEES[employee] if is_handled else None,
        "employee_answer_message": rng.choice(PHRASES) if is_handled else None,
        "employee_comment": rng.choice((None, 'Перезвонили, "думает"')) if is_handled else None,
    }
