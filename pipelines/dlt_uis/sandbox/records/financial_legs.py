"""What the legs of calls cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..stories import Kind
from ..templates import number_or_null, slot
from .legs import Leg, Legs
from .made import Made

_PRICES = {"local": 0, "mobile": 150, "national": 85, "international": 1_240}
"""Hundredths a minute."""


class FinancialLegs(Legs):
    """The charges of each leg, by the minute that has begun."""

    def values(self, made: Made, leg: Leg) -> Mapping[str, Any]:
        source = made.values["source"]
        kind = _kind(made, leg)
        return {
            "call_session_id": slot("call"),
            "leg_id": slot("id"),
            "source": source if source in self.enums["source"] else "va",
            "chargeable_duration": slot("chargeable_duration"),
            "direction_type": kind,
            "cost_per_minute": _PRICES[kind] / 100,
            "total_charge": slot("total_charge"),
            "bonuses_charge": slot("bonuses_charge"),
        }

    def slots(self, made: Made, leg: Leg) -> Mapping[bytes, bytes]:
        minutes = -(-leg.talk // 60)
        charge = _PRICES[_kind(made, leg)] * minutes
        return {
            b"chargeable_duration": number_or_null(minutes * 60),
            b"total_charge": _money(charge),
            b"bonuses_charge": _money(charge // 10 if made.story.number % 5 == 0 else 0),
        }


def _kind(made: Made, leg: Leg) -> str:
    """What a leg's price depends on: who is rung."""
    _, _, _, country, _ = made.story.city
    if leg.is_operator:
        return "mobile"
    if not made.story.sketch.kind.is_placed:
        return "local"
    if country != "RU":
        return "international"
    return "national" if made.story.sketch.kind is Kind.UNANSWERED else "mobile"


def _money(hundredths: int) -> bytes:
    return b"%d.%02d" % divmod(hundredths, 100)
