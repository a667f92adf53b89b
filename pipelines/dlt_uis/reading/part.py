"""A part of a window that is read in no order."""

from __future__ import annotations

from dataclasses import dataclass

from ..localtime.windows import Window
from .paging import Request


@dataclass(eq=False)
class Stretch:
    """Seconds of a part that a page seems to have whole, as it is in the order of time.

    Attributes:
        received: how many of their records came.
        refused: how many on the page can't be read, so that nobody knows when they began.
        left: how many are promised for the part, less those promised for the rest of it; ``None``
            where an answer did not tell.
        unanswered: how many parts of the rest have no answer yet.
    """

    window: Window
    received: int
    refused: int
    left: int | None
    unanswered: int

    @property
    def is_whole(self) -> bool:
        """Whether just as many are left for it as came. If they are fewer, the API may promise too
        much for each part of the rest."""
        return self.left is not None and 0 <= self.left - self.received <= self.refused


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a window that is to be asked for.

    Attributes:
        beside: the stretch that it is beside, in what both were cut from.
        again: by which request it is asked for again, as it is short.
        is_crowded: a second that has more records than a page.
        trusts_order: whether a page in the order of time is taken to have a stretch of it whole.
    """

    window: Window
    beside: Stretch | None = None
    again: Request | None = None
    is_crowded: bool = False
    trusts_order: bool = True
