"""Which fields are asked for, and which of them turn out to be unavailable."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Sequence

from .errors import FieldUnavailable, UnknownField
from .fields import Report

logger = logging.getLogger(__name__)


class FieldSelection:
    """The fields that are asked of a report. Threads may share it.

    Args:
        report: the documented fields; all of them are asked for by default.
        fields: names to ask for instead. They may be undocumented: the API may know more.
        exclude: names not to ask for.
        dropped: the same, but it does not matter whether they would be asked for.

    The key and the cursor always come along.

    Raises:
        UnknownField: ``exclude`` names a field that would not be asked for anyway.
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
                raise UnknownField(name, asked)
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
