"""The goals that visitors reach on the sites."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from ..encounters import Deed, communication_in
from ..goals import goal_of
from .deeds import Deeds
from .made import Made


class Goals(Deeds):
    """Their number is that of the communication: many of them are of the same goal."""

    kind = "goal"

    @property
    def number_field(self) -> str:
        return "communication_id"

    def number_in(self, encounter: int, place: int) -> int:
        return communication_in(encounter, place)

    def values(self, made: Made, deed: Deed, rng: random.Random) -> Mapping[str, Any]:  # noqa: ARG002
        goal = goal_of(made.story.site, made.story.number)
        return {
            "id": goal.id,
            "name": goal.name,
            "type": goal.type,
            "ext_id": goal.ext_id,
            "source": goal.source,
        }
