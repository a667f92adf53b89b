"""How far a window is read, and the reading of a short one once more, from its end.

A page may be shorter than asked for although more is promised: because the API gives no more at
once, because it lost a call, or because it promises too much. What is behind such a page is in
doubt. Then, and where fewer calls came than were promised, the window is read once more in the
other order, from its end: a request that tells these cases apart, and is of use in each of them. If
the same calls come, they are all that there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto


class Outcome(Enum):
    """How far a window has been read: there is more to ask for; it is short, and whether that is so
    for the first time; it is read to its end."""

    OPEN = auto()
    SHORT_AT_FIRST = auto()
    SHORT = auto()
    READ = auto()


@dataclass
class SecondReading:
    """The reading of a short window from its end.

    Attributes:
        end: of what is still to be read again; ``None`` if that is nothing.
        most_requests: that the window may take, as long as nothing new comes.
        times: how often it has begun.
        brought_new: whether calls came that had not come before.
    """

    end: datetime | None = None
    most_requests: int = 0
    times: int = 0
    brought_new: bool = False
