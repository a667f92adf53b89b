"""The messages of chats."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...reports.fields import Report
from ..catalog import EMPLOYEES, PHRASES
from ..channels import FIRST_CHANNEL_ID
from ..clockwork import Clock
from ..encounters import detail_in
from ..people import FIRST_EMPLOYEE_ID
from ..query import Query
from ..templates import Template, later, number_or_null, slot
from .base import Records
from .chats import MOST_MESSAGES, Chats, messages_in
from .derived import Derived, Piece, Source
from .form import Form
from .made import Made, enums_of

_A_CHAT = 100
"""Numbers that messages of a chat may have."""


class ChatMessages(Derived):
    """The messages: a visitor's, an employee's, a visitor's, and others in between."""

    def __init__(self, report: Report, clock: Clock, seed: int, chats: Chats) -> None:
        super().__init__(report, clock, (chats.encounters,))
        self._chats = chats
        self._encounters = chats.encounters
        self._enums = enums_of(report)
        self._form = Form(report)
        self._seed = seed
        self._templates: dict[tuple[int, int], Template] = {}

    def come_of(self, source: Source, index: int) -> Iterable[Piece]:
        encounter = self._encounters.encounter(index)
        start, id_ = source.origins.starts[index], source.origins.ids[index]
        for place, deed in enumerate(encounter.deeds):
            if deed.kind == "chat":
                count = messages_in(encounter.number)
                chat = detail_in(id_, place)
                for message in range(count):
                    at = start + deed.after + deed.length * message // count
                    yield Piece(at, chat * _A_CHAT + message, place * MOST_MESSAGES + message)

    def asked(self, query: Query) -> tuple[Records, Sequence[int]]:
        records, indices = super().asked(query)
        chats = query.options.get("chats")
        if chats is None:
            return records, indices
        return records, [index for index in indices if self.ids[index] // _A_CHAT in chats]

    def rendered_from(self, source: Source, index: int, part: int) -> bytes:
        encounter = self._encounters.encounter(index)
        place, message = divmod(part, MOST_MESSAGES)
        deed = encounter.deeds[place]
        count = messages_in(encounter.number)
        chat = detail_in(source.origins.ids[index], place)
        slots = {
            **self._chats.visitor(index),
            b"id": number_or_null(chat * _A_CHAT + message),
            b"chat_id": number_or_null(chat),
        }
        at = source.origins.starts[index] + deed.after + deed.length * message // count
        return self._template(source.made(index), message).render(at, self.clock.text, slots)

    def _template(self, made: Made, message: int) -> Template:
        key = (made.story.number, message)
        known = self._templates.get(key)
        if known is None:
            values = self._form.filled(self._values(made, message))
            known = self._templates[key] = Template(values)
        return known

    def _values(self, made: Made, message: int) -> Mapping[str, Any]:
        number = made.story.number
        rng = random.Random(f"{self._seed}:messages:{number}:{message}")
        channel, employee = self._chats.channel_of(made), self._chats.employee_of(made)
        source = ("visitor", "operator")[message % 2]
        if employee is None or rng.random() < 0.2:
            employee, source = None, rng.choice(self._enums["source"])
        author = employee if source == "operator" else None
        return {
            "id": slot("id"),
            "chat_id": slot("chat_id"),
            "channel_id": FIRST_CHANNEL_ID + channel,
            "channel_type": self._chats.enums["chat_channel_type"][channel],
            "date_time": later(0),
            "is_group_chat": self._chats.is_group(made),
            "visitor_id": slot("visitor_id") if author is None else None,
            "text": rng.choice(PHRASES),
            "source": source,
            "resource": _file(number) if rng.random() < 0.15 else None,
            "employee_id": None if author is None else FIRST_EMPLOYEE_ID + author,
            "employee_full_name": None if author is None else EMPLOYEES[author],
        }

    def add(self, at: int, count: int) -> list[int]:
        return [chat * _A_CHAT for chat in self._chats.add(at, count)]


def _file(number: int) -> Mapping[str, Any]:
    return {
        "size": 1_000 + number * 37,
        "type": "image",
        "file_url": f"https://files.example.ru/{number}/фото%20{number}.jpg",
        "file_name": f"фото {number}.jpg",
        "mime_type": "image/jpeg",
    }
