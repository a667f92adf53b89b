"""The visits to the sites: those that calls came of, and others."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from decimal import Decimal

from ...reports.fields import Report
from ..campaigns import CAMPAIGNS
from ..clockwork import Clock
from ..encounters import communication_in
from ..people import mix
from ..rendering import communication_of, visit_of
from ..stories import SKETCHES, read
from ..templates import Template, number_or_null
from .base import Record, as_json
from .calls import Calls
from .communications import Communications
from .derived import Derived, Piece, Source
from .encounters import Encounters
from .form import Form
from .visit_values import Mention, values_of_visit
from .visitors import visitor_slots

_FROM_SITE = tuple(CAMPAIGNS[sketch.campaign].from_site for sketch in SKETCHES)
_BEFORE = tuple(60 + mix(sketch.number, 11) % 1_440 for sketch in SKETCHES)
"""Seconds from the visit to the call, by the call's template."""


class Visits(Derived):
    """The visits. They bear the tags that are put on their communications by hand, too."""

    def __init__(
        self,
        report: Report,
        clock: Clock,
        seed: int,
        calls: Calls,
        encounters: Encounters,
        communications: Communications,
    ) -> None:
        super().__init__(report, clock, (calls, encounters))
        self._form = Form(report)
        self._calls = calls
        self._encounters = encounters
        self._communications = communications
        self._seed = seed
        self._templates: dict[tuple[bool, int], Template] = {}

    def come_of(self, source: Source, index: int) -> Iterable[Piece]:
        origins = source.origins
        start, id_ = origins.starts[index], origins.ids[index]
        if source is self._calls:
            place = read(origins.stories[index])[3]
            if _FROM_SITE[place]:
                yield Piece(start - _BEFORE[place], visit_of(id_))
        elif self._encounters.encounter(index).is_visit:
            yield Piece(start, id_)

    def rendered_from(self, source: Source, index: int, part: int) -> bytes:  # noqa: ARG002
        origins = source.origins
        start, id_ = origins.starts[index], origins.ids[index]
        _, contact, number, place = read(origins.stories[index])
        is_call = source is self._calls
        slots = visitor_slots(contact, number, visit_of(id_) if is_call else id_)
        for each, communication in enumerate(self._communications_of(source, index)):
            slots[b"communication_%d" % each] = number_or_null(communication)
        at = start - _BEFORE[place] if is_call else start
        return self._template(source, index, place).render(at, self.clock.text, slots)

    def _template(self, source: Source, index: int, place: int) -> Template:
        is_call = source is self._calls
        known = self._templates.get((is_call, place))
        if known is None:
            rng = random.Random(f"{self._seed}:visits:{is_call}:{place}")
            length, mentions = self._of_call(place) if is_call else self._of_encounter(index)
            values = values_of_visit(source.made(index), length, mentions, rng)
            known = self._templates[is_call, place] = Template(self._form.filled(values))
        return known

    def _of_call(self, place: int) -> tuple[int, Sequence[Mention]]:
        """How long visits last that calls come of, and their communications."""
        before = _BEFORE[place]
        return before + mix(place, 12) % 900, [Mention("call", before, "communication_0")]

    def _of_encounter(self, index: int) -> tuple[int, Sequence[Mention]]:
        encounter = self._encounters.encounter(index)
        return encounter.length, [
            Mention(deed.kind, deed.after, f"communication_{number}")
            for number, deed in enumerate(encounter.deeds)
            if deed.is_communication
        ]

    def encoded(self, index: int) -> bytes:
        text, tags = super().encoded(index), self._communications.retagged()
        if not tags or tags.keys().isdisjoint(self._communications_of(*self.origin(index)[:2])):
            return text
        visit: Record = json.loads(text, parse_float=Decimal)
        for mention in visit["communications"] or ():
            mention["tags"] = tags.get(mention["communication_id"], mention["tags"])
        return as_json(visit)

    def _communications_of(self, source: Source, index: int) -> Sequence[int]:
        id_ = source.origins.ids[index]
        if source is self._calls:
            return [communication_of(id_)]
        deeds = self._encounters.encounter(index).deeds
        return [communication_in(id_, place) for place in range(len(deeds))]

    def add(self, at: int, count: int) -> list[int]:
        return self._encounters.add(None, at, count)
