"""The legs of calls: the contact's, and one for each employee who was rung."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ...reports.fields import Report
from ..address_book import contact_id_of, name_of
from ..catalog import EMPLOYEES, FIRST_OPERATION_ID, OPERATIONS
from ..clockwork import Clock
from ..durations import Durations
from ..generating import Story
from ..people import FIRST_EMPLOYEE_ID, FIRST_GROUP_ID, SHIFTS, mobile_of, phone_of
from ..stories import read
from ..templates import Template, later, number_or_null, slot, text_or_null
from .calls import Calls
from .derived import Derived, Piece, Source
from .form import Form
from .made import Made, enums_of

_MOST_LEGS = 4


class Leg(NamedTuple):
    """A leg of a call.

    ``after`` are the seconds from the call's start to its own, ``connected`` those until somebody
    picked up; then ``talk`` of them was talked. ``total`` is how long it lasted. ``employee`` is
    the place of one among the employees: a queue has none, and neither has the contact's leg.
    """

    after: int
    connected: int | None
    talk: int
    total: int
    employee: int | None = None
    is_operator: bool = True


def legs_of(story: Story, durations: Durations, total: int) -> Sequence[Leg]:
    """The legs of a call, the contact's first. Employees talk one after another.

    Args:
        total: seconds that the call lasted.
    """
    wait, talk, _ = durations
    # a queue that rang until somebody picked up, or waited no more
    has_queue = not story.sketch.kind.is_placed and len(story.staff) < 3 and story.number % 3
    queue = [Leg(0, None, 0, wait)] if has_queue else []
    if story.is_lost:
        rung = [Leg(min(2, wait), None, 0, wait - min(2, wait), each) for each in story.staff]
        return [Leg(0, None, 0, total, is_operator=False), *rung, *queue]
    legs, after = [Leg(0, wait, talk, total, is_operator=False), *queue], wait // 2
    for place, employee in enumerate(story.staff):
        connected = wait + talk * place // len(story.staff)
        end = wait + talk * (place + 1) // len(story.staff)
        legs.append(Leg(after, connected, end - connected, end - after, employee))
        after = end
    return legs


class Legs(Derived):
    """Records of which each leg has one."""

    def __init__(self, report: Report, clock: Clock, calls: Calls) -> None:
        super().__init__(report, clock, (calls,))
        self.enums = enums_of(report)
        self._form = Form(report)
        self._calls = calls
        self._templates: dict[tuple[int, int], Template] = {}

    @abstractmethod
    def values(self, made: Made, leg: Leg) -> Mapping[str, Any]:
        """What the legs of a template have in common."""

    def slots(self, made: Made, leg: Leg) -> Mapping[bytes, bytes]:  # noqa: ARG002
        """What follows from the leg itself, besides what all have."""
        return {}

    def come_of(self, source: Source, index: int) -> Iterable[Piece]:
        start, call = source.origins.starts[index], source.origins.ids[index]
        for place, leg in enumerate(self._legs(index)):
            yield Piece(start + leg.after, call * _MOST_LEGS + place, place)

    def _legs(self, index: int) -> Sequence[Leg]:
        return legs_of(self._calls.made(index).story, *self._calls.phases(index))

    def rendered_from(self, source: Source, index: int, part: int) -> bytes:
        origins, made, leg = source.origins, source.made(index), self._legs(index)[part]
        start, call = origins.starts[index], origins.ids[index]
        _, contact, _, template = read(origins.stories[index])
        connected = b"null"
        if leg.connected is not None:
            connected = b'"%b"' % self.clock.text(start + leg.connected)
        slots = {
            b"id": number_or_null(call * _MOST_LEGS + part),
            b"call": number_or_null(call),
            b"connect_time": connected,
            b"duration": number_or_null(leg.talk),
            b"total_duration": number_or_null(leg.total),
            **_contact_slots(contact),
            **self.slots(made, leg),
        }
        return self._template(template, part, made, leg).render(
            start + leg.after, self.clock.text, slots
        )

    def _template(self, number: int, place: int, made: Made, leg: Leg) -> Template:
        known = self._templates.get((number, place))
        if known is None:
            values = {
                **made.values,
                "start_time": later(0),
                "duration": slot("duration"),
                **_numbers(made, leg),
                **self.values(made, leg),
            }
            known = self._templates[number, place] = Template(self._form.filled(values))
        return known

    def add(self, at: int, count: int) -> list[int]:
        return [call * _MOST_LEGS for call in self._calls.add(at, count)]


# the legs of a call are mostly asked for together
@lru_cache(maxsize=1_024)
def _contact_slots(contact: int) -> Mapping[bytes, bytes]:
    return {
        b"contact": b'"7%d"' % phone_of(contact),
        b"contact_id": number_or_null(contact_id_of(contact)),
        b"contact_full_name": text_or_null(name_of(contact)),
    }


def _numbers(made: Made, leg: Leg) -> Mapping[str, str]:
    """Who rings whom."""
    contact, virtual = slot("contact"), made.values["virtual_phone_number"]
    employee = virtual if leg.employee is None else mobile_of(leg.employee)
    is_placed = made.values["direction"] == "out"
    if not leg.is_operator:
        ends = (virtual, contact) if is_placed else (contact, virtual)
    else:
        ends = (employee, contact) if is_placed else (contact, employee)
    return {"calling_phone_number": ends[0], "called_phone_number": ends[1]}


class CallLegs(Legs):
    """The legs themselves."""

    def values(self, made: Made, leg: Leg) -> Mapping[str, Any]:
        story = made.story
        is_first, is_last = (
            leg.employee is not None and leg.employee == story.staff[place] for place in (0, -1)
        )
        return {
            **self._end(made, leg),
            **_employee(leg),
            "id": slot("id"),
            "call_session_id": slot("call"),
            "connect_time": slot("connect_time"),
            "total_duration": slot("total_duration"),
            "contact_phone_number": slot("contact"),
            "contact_id": slot("contact_id"),
            "contact_full_name": slot("contact_full_name"),
            "call_records": made.values["call_records"] if is_first else [],
            "wav_call_records": made.values["wav_call_records"] if is_first else [],
            "direction": _opposite(made.values["direction"], leg),
            "is_transfered": len(story.staff) > 1,
            "is_operator": leg.is_operator,
            "employee_rating": made.values["last_answered_employee_rating"] if is_last else None,
            "is_coach": is_last and len(story.staff) > 2,
            "is_talked": leg.talk > 0,
            "action_id": FIRST_OPERATION_ID + 2 * leg.is_operator,
            "action_name": OPERATIONS[2 * leg.is_operator],
            "group_id": FIRST_GROUP_ID + story.sketch.shift if leg.is_operator else None,
            "group_name": SHIFTS[story.sketch.shift].name if leg.is_operator else None,
        }

    def _end(self, made: Made, leg: Leg) -> Mapping[str, Any]:
        """How it ended: odd templates have each documented reason."""
        reasons, odd = self.enums["finish_reason"], made.story.sketch.odd
        reason = made.values["finish_reason"]
        if odd is not None and leg.is_operator:
            reason = reasons[odd % len(reasons)]
        elif reason not in reasons or leg.is_operator:
            reason = "operator_not_responsible" if leg.connected is None else "operator_disconnects"
        code, told = (16, "Normal call clearing")
        if leg.connected is None:
            code, told = ((19, "No answer from user"), (17, "User busy"))[made.story.number % 2]
        return {
            "finish_reason": reason,
            "finish_reason_description": reason.replace("_", " ").capitalize(),
            "release_cause_code": code,
            "release_cause_description": told,
            "is_failed": leg.connected is None,
        }


def _opposite(direction: str, leg: Leg) -> str:
    """A leg's own direction: the platform rings employees while it is rung by the contact."""
    return {"in": "out", "out": "in"}[direction] if leg.is_operator else direction


def _employee(leg: Leg) -> Mapping[str, Any]:
    if leg.employee is None:
        return {}
    return {
        "employee_id": FIRST_EMPLOYEE_ID + leg.employee,
        "employee_full_name": EMPLOYEES[leg.employee],
        "employee_phone_number": mobile_of(leg.employee),
    }
