"""What happens to a caller on a day, and the templates that tell of it.

A story is a number: the contact, which of its calls this is, and the call's template.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from .campaigns import CAMPAIGNS
from .people import DUTY, SHIFTS, campaign_of, mix

_BITS = 11
_MASK = 2**_BITS - 1


class Kind(IntEnum):
    """How a call went."""

    ANSWERED = 0
    MISSED = 1
    RECOVERED = 2
    """Missed, but soon afterwards somebody talked to the caller."""
    PLACED = 3
    UNANSWERED = 4
    """Placed, and not answered."""

    @property
    def is_lost(self) -> bool:
        return self in (Kind.MISSED, Kind.RECOVERED, Kind.UNANSWERED)

    @property
    def is_placed(self) -> bool:
        return self in (Kind.PLACED, Kind.UNANSWERED)


@dataclass(frozen=True)
class Turn:
    """What comes of a contact's day: one call, or a missed one and the next. ``share`` is of 100,
    where the campaign's calls are as likely lost as any."""

    kinds: tuple[Kind, ...]
    share: float


TURNS = (
    Turn((Kind.ANSWERED,), 64.0),
    Turn((Kind.PLACED,), 12.0),
    Turn((Kind.UNANSWERED,), 4.0),
    Turn((Kind.MISSED,), 6.5),
    Turn((Kind.RECOVERED, Kind.PLACED), 8.0),
    Turn((Kind.MISSED, Kind.UNANSWERED), 1.5),
    Turn((Kind.RECOVERED, Kind.ANSWERED), 4.0),
)
ANSWERED = 0
"""The place among the turns of a call that is answered at once."""

CALLS = tuple(len(turn.kinds) for turn in TURNS)

_FATES = 256


def _fates(lost: float) -> tuple[int, ...]:
    """Turns of so many contacts in a row, lost calls likelier by a factor."""
    shares = [
        turn.share * (lost if turn.kinds[0] in (Kind.MISSED, Kind.RECOVERED) else 1.0)
        for turn in TURNS
    ]
    shares[ANSWERED] += 100 - sum(shares)
    ends = [sum(shares[: place + 1]) for place in range(len(shares))]
    return tuple(
        next(place for place, end in enumerate(ends) if (fate + 0.5) / _FATES * 100 <= end)
        for fate in range(_FATES)
    )


_TURN_OF = tuple(_fates(campaign.lost) for campaign in CAMPAIGNS)


def fates_of(contact: int) -> tuple[tuple[int, ...], int]:
    """The turns of a contact's campaign, and where among them the contact begins."""
    return _TURN_OF[campaign_of(contact)], mix(contact, 5) % _FATES


def turn_of(fates: tuple[int, ...], fate: int, days: int) -> int:
    """Which turn the day takes that is so many days after the contact's first."""
    return fates[(fate + days * 101) % _FATES]


def delay_of(caller: int) -> int:
    """Seconds from a missed call to the next one of the same contact.

    Args:
        caller: the contact and the number of the missed call.
    """
    drawn = mix(caller, 4) % 1_024
    return 150 + (drawn * drawn * 2_700 >> 20)


# -- templates ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sketch:
    """What a template tells of: an ``odd`` one of what happens seldom."""

    number: int
    kind: Kind
    shift: int
    campaign: int
    place: int
    """Among those of the same kind, shift and campaign."""
    of: int
    odd: int | None
    """Its place among all odd ones."""


_SIZES = {
    Kind.ANSWERED: 23,
    Kind.MISSED: 13,
    Kind.RECOVERED: 8,
    Kind.PLACED: 10,
    Kind.UNANSWERED: 5,
}
_ODD = 2
_OFTENER = 5


def _sketches() -> Sequence[Sketch]:
    sketches: list[Sketch] = []
    odd = 0
    for kind, size in _SIZES.items():
        shifts = range(len(SHIFTS)) if kind in (Kind.ANSWERED, Kind.MISSED) else range(DUTY)
        for shift in shifts:
            for campaign in range(len(CAMPAIGNS)):
                for place in range(size):
                    is_odd = place >= size - _ODD
                    number = odd if is_odd else None
                    odd += is_odd
                    sketches.append(
                        Sketch(len(sketches), kind, shift, campaign, place, size, number)
                    )
    return tuple(sketches)


SKETCHES = _sketches()
"""Of all templates, by number."""


def _pools() -> Sequence[Sequence[Sequence[Sequence[int]]]]:
    pools: list[list[list[list[int]]]] = [[[[] for _ in CAMPAIGNS] for _ in SHIFTS] for _ in _SIZES]
    for sketch in SKETCHES:
        often = 1 if sketch.odd is not None else _OFTENER
        pools[sketch.kind][sketch.shift][sketch.campaign] += [sketch.number] * often
    return pools


POOLS = _pools()
"""Templates by kind, shift and campaign, each as often as it is to come."""


# -- numbers --------------------------------------------------------------------------------------


def caller_of(contact: int, number: int) -> int:
    """A contact, and which of its calls it is."""
    return contact << _BITS | number


def contact_of(caller: int) -> int:
    return caller >> _BITS


def story_of(caller: int, template: int) -> int:
    return caller << _BITS | template


def read(story: int) -> tuple[int, int, int, int]:
    """The caller, its contact, which of its calls it is, and the template."""
    caller = story >> _BITS
    return caller, caller >> _BITS, caller & _MASK, story & _MASK
