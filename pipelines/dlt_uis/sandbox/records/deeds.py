"""Records of what visitors do besides calling: what those of chats, messages and goals share."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ...reports.fields import Report
from ..clockwork import Clock
from ..encounters import Deed, DeedKind, communication_in
from ..people import phone_of
from ..stories import read
from ..templates import Template, later, number_or_null, slot
from .derived import Derived, Piece, Source
from .encounters import Encounters
from .form import Form
from .made import Made, enums_of
from .visitors import VISITOR, visitor_slots


class Deeds(Derived):
    """The records of a kind of deed, each with a communication of its own."""

    kind: ClassVar[DeedKind]

    def __init__(self, report: Report, clock: Clock, seed: int, encounters: Encounters) -> None:
        super().__init__(report, clock, (encounters,))
        self.encounters = encounters
        self.enums = enums_of(report)
        self._form = Form(report)
        self._seed = seed
        self._templates: dict[tuple[int, int], Template] = {}

    # -- what differs ---------------------------------------------------------------------------

    @abstractmethod
    def number_in(self, encounter: int, place: int) -> int:
        """The number of the record of a deed."""

    @abstractmethod
    def values(self, made: Made, deed: Deed, rng: random.Random) -> Mapping[str, Any]:
        """Values of a template that calls have not; its records are those of such a deed."""

    def slots(self, contact: int) -> Mapping[bytes, bytes]:
        """What follows from the contact."""
        return {b"phone": b'"7%d"' % phone_of(contact)}

    def holds(self, deed: Deed) -> bool:
        """Whether a deed has a record here."""
        return deed.kind == self.kind

    # -- what they share ------------------------------------------------------------------------

    def come_of(self, source: Source, index: int) -> Iterable[Piece]:
        origins = source.origins
        for place, deed in enumerate(self.encounters.encounter(index).deeds):
            if self.holds(deed):
                at = origins.starts[index] + deed.after
                yield Piece(at, self.number_in(origins.ids[index], place), place)

    def rendered_from(self, source: Source, index: int, part: int) -> bytes:
        origins, encounter = source.origins, self.encounters.encounter(index)
        id_, deed = origins.ids[index], encounter.deeds[part]
        _, contact, _, _ = read(origins.stories[index])
        number = self.number_in(id_, part)
        communication = communication_in(id_, part) if deed.is_communication else None
        slots = {
            **self.visitor(index),
            b"id": number_or_null(number),
            b"communication_id": number_or_null(communication),
            **self.slots(contact),
        }
        at = origins.starts[index] + deed.after
        template = self._template(source.made(index), part, deed)
        return template.render(at, self.clock.text, slots)

    def visitor(self, index: int) -> dict[bytes, bytes]:
        """What follows from the visitor of an encounter."""
        origins = self.encounters.origins
        _, contact, number, _ = read(origins.stories[index])
        is_visit = self.encounters.encounter(index).is_visit
        return visitor_slots(contact, number, origins.ids[index] if is_visit else None)

    def _template(self, made: Made, place: int, deed: Deed) -> Template:
        number = made.story.number
        known = self._templates.get((number, place))
        if known is None:
            rng = random.Random(f"{self._seed}:{self.kind}:{number}:{place}")
            values = {
                **made.values,
                **VISITOR,
                "id": slot("id"),
                "communication_id": slot("communication_id"),
                "communication_type": self.kind if deed.is_communication else None,
                self.report.cursor: later(0),
                **self.values(made, deed, rng),
            }
            known = self._templates[number, place] = Template(self._form.filled(values))
        return known

    def add(self, at: int, count: int) -> list[int]:
        return [self.number_in(id_, 0) for id_ in self.encounters.add(self.kind, at, count)]
