"""The communications: each call, chat, message and goal, as one list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...reports.fields import Report
from ..clockwork import Clock
from ..encounters import communication_in
from ..rendering import communication_of, visit_of
from ..stories import read
from ..templates import Template, later, number_or_null, slot
from .base import Stored
from .calls import Calls
from .deeds import Deeds
from .derived import Derived, Piece, Source
from .encounters import Encounters
from .form import Form
from .visitors import VISITOR, visitor_slots


class Communications(Derived):
    """What is changed by hand of a call, chat, message or goal is changed here, too.

    Args:
        details: the records of chats, messages and goals.
    """

    def __init__(
        self,
        report: Report,
        clock: Clock,
        calls: Calls,
        encounters: Encounters,
        details: Sequence[Deeds],
    ) -> None:
        super().__init__(report, clock, (calls, encounters))
        self._form = Form(report)
        self._calls = calls
        self._encounters = encounters
        self._details = {each.kind: each for each in details}
        self._shared = frozenset(report.names) - {"id"}
        self._templates: dict[tuple[str, int], Template] = {}
        self._told_edits = 0
        self._retagged: Mapping[int, Any] = {}

    def come_of(self, source: Source, index: int) -> Iterable[Piece]:
        at, id_ = source.origins.starts[index], source.origins.ids[index]
        if source is self._calls:
            yield Piece(at, communication_of(id_))
            return
        for place, deed in enumerate(self._encounters.encounter(index).deeds):
            if deed.is_communication:
                yield Piece(at + deed.after, communication_in(id_, place), place)

    def kind(self, index: int) -> str:
        """What kind of communication one is."""
        source, origin, place = self.origin(index)
        if source is self._calls:
            return "call"
        return self._encounters.encounter(origin).deeds[place].kind

    def rendered_from(self, source: Source, index: int, part: int) -> bytes:
        origins = source.origins
        start, id_ = origins.starts[index], origins.ids[index]
        _, contact, number, place = read(origins.stories[index])
        if source is self._calls:
            visit = visit_of(id_) if source.made(index).story.campaign.from_site else None
            slots = visitor_slots(contact, number, visit)
            slots[b"id"] = number_or_null(communication_of(id_))
            return self._template("call", place, source, index).render(
                start, self.clock.text, slots
            )
        deed = self._encounters.encounter(index).deeds[part]
        slots = self._details[deed.kind].visitor(index)
        slots[b"id"] = number_or_null(communication_in(id_, part))
        template = self._template(deed.kind, place, source, index)
        return template.render(start + deed.after, self.clock.text, slots)

    def _template(self, kind: str, place: int, source: Source, index: int) -> Template:
        known = self._templates.get((kind, place))
        if known is None:
            values = self._form.filled(_values(kind, source.made(index).values))
            known = self._templates[kind, place] = Template(values)
        return known

    def changes_of(self, index: int) -> Mapping[str, Any]:
        own = super().changes_of(index)
        source, origin, part = self.origin(index)
        records: Stored = self._calls
        number = source.origins.ids[origin]
        if source is self._encounters:
            detail = self._details[self._encounters.encounter(origin).deeds[part].kind]
            records, number = detail, detail.number_in(number, part)
        there = records.edits.changes.get(number)
        if not there:
            return own
        return {**{name: there[name] for name in there if name in self._shared}, **own}

    def retagged(self) -> Mapping[int, Any]:
        """The tags of all communications whose tags have been changed by hand, by id."""
        details = (self._calls, *self._details.values(), self)
        edits = sum(records.edits.count for records in details)
        if edits != self._told_edits:
            self._told_edits = edits
            self._retagged = {
                self._id_of(records, number): changes["tags"]
                for records in details
                for number, changes in records.edits.changes.items()
                if "tags" in changes
            }
        return self._retagged

    def _id_of(self, records: Stored, number: int) -> int:
        """The communication that a call, chat, message or goal is."""
        if records is self._calls:
            return communication_of(number)
        if isinstance(records, Deeds):
            source, origin, place = records.origin(records.index_of(number))
            return communication_in(source.origins.ids[origin], place)
        return number

    def add(self, at: int, count: int) -> list[int]:
        return [communication_of(id_) for id_ in self._calls.add(at, count)]


def _values(kind: str, made: Mapping[str, Any]) -> Mapping[str, Any]:
    referrer = made["referrer"] if made["utm_source"] else None
    return {
        **made,
        **VISITOR,
        "id": slot("id"),
        "communication_type": kind,
        "date_time": later(0),
        "utm_referrer": referrer,
        "utm_expid": made["eq_utm_expid"],
        # the documentation calls it by this name in its example
        "tags": [
            {**tag, "tag_employee_full": tag["tag_employee_full_name"]} for tag in made["tags"]
        ],
    }
