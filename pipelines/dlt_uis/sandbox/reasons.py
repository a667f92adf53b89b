"""Why calls end, and what they come through: what fits how they went."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from .people import DUTY
from .stories import Kind, Sketch

Weights = Mapping[str, int]

_TALKED: Weights = {"subscriber_disconnects": 50, "operator_disconnects": 38, "success_finish": 12}
_TALKED_SELDOM = (
    "operator_answer", "another_operator_answer", "transfer_disconnects", "scenario_disconnects",
    "fax_session_done",
)  # fmt: skip
ANSWERED_REASONS = frozenset((*_TALKED, *_TALKED_SELDOM))
"""Reasons of calls that were answered; whoever calls may also hang up before that."""

_NOBODY_FREE: Weights = {
    "timeout": 25,
    "subscriber_disconnects": 25,
    "operator_busy": 20,
    "operator_not_responsible": 10,
    "employee_busy": 8,
    "no_success_operator_call": 8,
    "max_in_call_reached": 4,
}
_CLOSED: Weights = {
    "group_inactive_by_schedule": 30,
    "employee_inactive_by_schedule": 20,
    "timeout": 15,
    "subscriber_disconnects": 15,
    "phone_group_inactive_by_schedule": 10,
    "employee_status_not_at_work": 10,
}
_NOT_REACHED: Weights = {
    "subscriber_not_responsible": 45,
    "subscriber_busy": 30,
    "no_success_subscriber_call": 15,
    "subscriber_number_problems": 10,
}

_FROM_SITE: Weights = {
    "dynamic_call_tracking": 60,
    "call_tracking": 15,
    "callback": 10,
    "sitephone": 5,
    "omni_widget": 5,
    "lead": 5,
}
_FROM_STREET: Weights = {"call_tracking": 60, "va": 25, "sip": 15}
_PLACED: Weights = {
    "callout": 45,
    "auto_back_call_by_lost_call": 20,
    "sip": 15,
    "auto_out_calls": 10,
    "callapi": 10,
}


def finish_reason(sketch: Sketch, documented: Sequence[str], rng: random.Random) -> str:
    if not sketch.kind.is_lost:
        return _drawn(_TALKED, sketch, _TALKED_SELDOM, rng)
    seldom = [reason for reason in documented if reason not in ANSWERED_REASONS]
    if sketch.kind is Kind.UNANSWERED:
        return _drawn(_NOT_REACHED, sketch, seldom, rng)
    return _drawn(_CLOSED if sketch.shift == DUTY else _NOBODY_FREE, sketch, seldom, rng)


def source(
    sketch: Sketch, documented: Sequence[str], rng: random.Random, *, is_from_site: bool
) -> str:
    usual = _FROM_SITE if is_from_site else _FROM_STREET
    return _drawn(_PLACED if sketch.kind.is_placed else usual, sketch, documented, rng)


def _drawn(usual: Weights, sketch: Sketch, seldom: Sequence[str], rng: random.Random) -> str:
    """One of the usual values; odd templates have all others, one after the other."""
    if sketch.odd is not None:
        return seldom[sketch.odd % len(seldom)]
    return rng.choices(list(usual), list(usual.values()))[0]
