"""The statuses that employees can be in: the platform's own, and others that the account made."""

from __future__ import annotations

from dataclasses import dataclass

_FIRST_ID = 201


@dataclass(frozen=True)
class Status:
    """A status; those that the account made have no mnemonic."""

    id: int
    name: str
    mnemonic: str | None
    color: str
    is_deleted: bool = False


_NAMES = (
    ("Доступен", "available", "#48b23d"),
    ("Перерыв", "break", "#ffcc00"),
    ("Не беспокоить", "do_not_disturb", "#cf5b57"),
    ("Нет на месте", "not_at_workplace", "#ff8f00"),
    ("Нет на работе", "not_at_work", "#9b9b9b"),
    ("Исходящий обзвон", "auto_out_call", "#7a5ca8"),
    ("Неизвестен", "unknown", "#cccccc"),
    ("Обучение 🎓", None, "#00aaff"),
    ("Разбор жалоб", None, "#aa0055"),
)

STATUSES = tuple(
    # the last one is used no more
    Status(_FIRST_ID + place, *known, is_deleted=place == len(_NAMES) - 1)
    for place, known in enumerate(_NAMES)
)
AVAILABLE, BREAK, BUSY, AWAY, _, DIALING, _, TRAINING, COMPLAINTS = STATUSES
