"""Which fields are asked for, and which of them turn out to be unavailable."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Sequence
from difflib import get_close_matches

from .errors import FieldUnavailable, UnknownField
from .fields import Report

logger = logging.getLogger(__name__)

_ALIKE, _ALIKE_SHORT, _SHORT = 0.9, 0.75, 8
"""How alike a name must be to a documented one to be taken for a slip; a letter of a short name
weighs more."""


class FieldSelection:
    """The fields that are asked of a report. Threads may share it.

    Args:
        report: the documented fields; all of them are asked for by default.
        fields: names to ask for instead. They may be undocumented: the API may know more.
        exclude: names not to ask for; what the documentation does not list is dropped if it comes.
        dropped: the same, but it does not matter whether they would be asked for.

    The key and the cursor always come along.

    Raises:
        UnknownField: ``exclude`` names a field that is not asked for, or misspells one that is.
    """

    def __init__(
        self,
        report: Report,
        fields: Sequence[str] | None = None,
        exclude: Sequence[str] | None = None,
        dropped: Collection[str] = (),
    ) -> None:
        asked = tuple(dict.fromkeys(fields or report.names))
        for name in exclude or ():
            if name not in asked:
                _check_undocumented(name, report, asked)
        always = (report.key, report.cursor)
        unwanted = {*always, *(exclude or ()), *dropped}
        wanted = (name for name in asked if name not in unwanted)
        self._always = always
        self._lock = threading.Lock()
        self._names = (*always, *wanted)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that are asked for now."""
        with self._lock:
            return self._names

    def leave_out(self, error: FieldUnavailable, asked: Sequence[str]) -> None:
        """Asks no more for the field that ``error`` is about, and says so once.

        Raises:
            FieldUnavailable: the sync can't go on without the field, or did not ask for it.
        """
        name = error.field
        if name is None or name not in asked or name in self._always:
            raise error
        with self._lock:
            if name not in self._names:
                return
            self._names = tuple(other for other in self._names if other != name)
        logger.warning("The field %s is left out: %s", name, error)


def _check_undocumented(name: str, report: Report, asked: Sequence[str]) -> None:
    """Lets pass what may be an undocumented field.

    Raises:
        UnknownField: it is a documented one that is not asked for, or looks like one misspelt.
    """
    if name in report.names:
        raise UnknownField(name, asked)
    near = get_close_matches(
        name, report.names, n=1, cutoff=_ALIKE_SHORT if len(name) <= _SHORT else _ALIKE
    )
    if not near:
        return
    if _letters(name) != _letters(near[0]):
        raise UnknownField(name, asked, near[0])
    logger.warning(
        "exclude_fields names %r: the field of that very name is dropped if it comes. %s is"
        " another one.",
        name, near[0],
    )  # fmt: skip


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()
