"""The chats, on sites and in messengers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from ..address_book import visitor_of
from ..catalog import EMPLOYEES
from ..channels import FIRST_CHANNEL_ID, channel_name
from ..encounters import Deed, detail_in
from ..people import FIRST_EMPLOYEE_ID, mix
from ..templates import slot
from .deeds import Deeds
from .made import Made

MOST_MESSAGES = 14
_SITE = "comagic"
"""The channel of chats on sites."""


def messages_in(encounter: int) -> int:
    """How many messages the chats of a template have."""
    return 1 + mix(encounter, 9) % MOST_MESSAGES


class Chats(Deeds):
    """The chats: a third of the visitors leave a phone number."""

    kind = "chat"

    def number_in(self, encounter: int, place: int) -> int:
        return detail_in(encounter, place)

    def channel_of(self, made: Made) -> int:
        """The place of a template's channel among all."""
        types = self.enums["chat_channel_type"]
        is_visit = made.story.campaign.from_site
        return types.index(_SITE) if is_visit else made.story.number % len(types)

    def employee_of(self, made: Made) -> int | None:
        """Who took a template's chats; nobody took some."""
        return made.story.staff[0] if made.story.number % 5 else None

    def is_group(self, made: Made) -> bool:
        """Whether a template's chats are those of groups: some are, in messengers."""
        return not made.story.campaign.from_site and made.story.number % 4 == 0

    def values(self, made: Made, deed: Deed, rng: random.Random) -> Mapping[str, Any]:
        number, enums = made.story.number, self.enums
        return {
            **self._of_channel(made),
            **self._of_employee(made, deed, rng),
            "status": enums["status"][number % len(enums["status"])],
            "initiator": enums["initiator"][number % len(enums["initiator"])],
            "duration": deed.length,
            "messages_count": messages_in(number),
            "release_cause": rng.choice((*enums["release_cause"], None)),
            "visitor_phone_number": slot("phone") if number % 3 == 0 else None,
            "visitor_ids": [slot("visitor_id_text")] if number % 4 == 0 else [],
        }

    def _of_channel(self, made: Made) -> Mapping[str, Any]:
        number, channel = made.story.number, self.channel_of(made)
        kind = self.enums["chat_channel_type"][channel]
        known = {
            "chat_channel_id": FIRST_CHANNEL_ID + channel,
            "chat_channel_type": kind,
            "chat_channel_name": channel_name(kind),
            "is_group_chat": self.is_group(made),
        }
        if kind == _SITE:
            return known
        return {
            **known,
            "chat_ad_url": f"https://ads.example.net/{number}?из=чата",
            "chat_user_id": f"{number * 7_919}",
            "chat_username": f"@user_{number} 🙂",
            "visitor_profile_url": f"https://vk.example/id{number}",
        }

    def _of_employee(self, made: Made, deed: Deed, rng: random.Random) -> Mapping[str, Any]:
        employee = self.employee_of(made)
        if employee is None:
            return {"is_transfer": False, "employee_messages_count": 0}
        number = made.story.number
        return {
            "answer_time": rng.randint(1, deed.length),
            "is_transfer": len(made.story.staff) > 1,
            "employee_id": FIRST_EMPLOYEE_ID + employee,
            "employee_full_name": EMPLOYEES[employee],
            "employee_raiting": None if number % 3 else rng.randint(1, 5),
            "employee_messages_count": messages_in(number) // 2,
        }

    def slots(self, contact: int) -> Mapping[bytes, bytes]:
        return {**super().slots(contact), b"visitor_id_text": b'"%d"' % visitor_of(contact)}
