"""The goals that are set up on the sites: one of each type on each site."""

from __future__ import annotations

from dataclasses import dataclass

from ..reports import REPORTS
from .catalog import SITES

_FIRST_ID = 400


@dataclass(frozen=True)
class Goal:
    """A goal: ``site`` is the place of its site, ``source`` the system that it was made in."""

    id: int
    site: int
    type: str
    source: str

    @property
    def name(self) -> str:
        return f"Цель «{self.type}» {self.site + 1}"

    @property
    def ext_id(self) -> str | None:
        return None if self.source == "comagic" else f"{70_000 + self.id}"


def _goals() -> tuple[Goal, ...]:
    report = REPORTS["goals"]
    values = {field.name: field.values for field in report.scalars}
    types, sources = values["type"], values["source"]
    return tuple(
        Goal(_FIRST_ID + place, place // len(types), types[place % len(types)],
             sources[place % len(sources)])
        for place in range(len(SITES) * len(types))
    )  # fmt: skip


GOALS = _goals()


def goal_of(site: str, number: int) -> Goal:
    """One of a site's goals, by a number."""
    a_site = len(GOALS) // len(SITES)
    return GOALS[SITES.index(site) * a_site + number % a_site]
