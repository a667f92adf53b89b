"""Who calls and who answers: contacts with numbers of their own, employees with shifts."""

from __future__ import annotations

from dataclasses import dataclass

from .campaigns import CALLERS

_MASK = 2**64 - 1
_NUMBERS = 999_999_937
"""A prime: a factor spreads contacts over so many numbers, none comes twice."""


def mix(number: int, salt: int = 0) -> int:
    """A well-stirred 44-bit number for a number: the same in every run."""
    stirred = (number + salt * 0x632BE59BD9B4E019 + 1) * 0x9E3779B97F4A7C15 & _MASK
    return (stirred ^ stirred >> 29) * 0xBF58476D1CE4E5B9 % 2**64 >> 20


# -- employees ------------------------------------------------------------------------------------

FIRST_EMPLOYEE_ID = 50_000
FIRST_GROUP_ID, FIRST_SCHEDULE_ID = 60, 70
"""Each shift is a group of employees, and has a schedule."""


def mobile_of(employee: int) -> str:
    """The phone number of an employee, by place."""
    return f"7916{2_000_000 + employee}"


@dataclass(frozen=True)
class Shift:
    """Hours of some days of the week (Monday is 0), and the employees who answer then."""

    name: str
    days: range
    hours: range
    staff: tuple[int, ...]


ON_DUTY = Shift("Дежурные", range(7), range(24), (13, 14, 15))
"""When nobody else is there. Most calls are lost then."""

SHIFTS = (
    Shift("Утренняя смена", range(5), range(8, 14), (0, 1, 2, 3, 4, 5)),
    Shift("Дневная смена", range(5), range(14, 20), (4, 5, 6, 7, 8, 9, 10)),
    Shift("Выходные", range(5, 7), range(9, 18), (10, 11, 12, 13)),
    ON_DUTY,
)

DUTY = SHIFTS.index(ON_DUTY)

SHIFT_AT = tuple(
    tuple(
        next(
            index
            for index, shift in enumerate(SHIFTS)
            if weekday in shift.days and hour in shift.hours
        )
        for hour in range(24)
    )
    for weekday in range(7)
)
"""The shift (its place in ``SHIFTS``) of each hour of each day of the week."""


def groups_of(employee: int) -> list[int]:
    """The shifts that an employee works in."""
    return [place for place, shift in enumerate(SHIFTS) if employee in shift.staff]


def names_of(full_name: str) -> dict[str, str | None]:
    """A full name and its parts."""
    last, *given = full_name.split()
    return {
        "first_name": " ".join(given[:1]),
        "last_name": last,
        "patronymic": " ".join(given[1:]) or None,
        "full_name": full_name,
    }


# -- contacts -------------------------------------------------------------------------------------


def campaign_of(contact: int) -> int:
    """The campaign that a contact comes from, always the same."""
    return CALLERS[contact % 100]


def phone_of(contact: int) -> int:
    """A contact's phone number, without the country's 7."""
    return 9_000_000_000 + contact * 706_180_339 % _NUMBERS
