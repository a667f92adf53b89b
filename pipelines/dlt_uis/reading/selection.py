"""Which fields are asked for, and which of them turn out to be unavailable."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches

from ..errors import FieldComponentDisabled, FieldUnavailable, UisError, UnknownField
from ..reports.fields import Listing
from .refused_fields import Ask, refused_fields

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
        brand: fields that its documentation lacks are not asked of it by default.
        left_out: names that are not asked for at present, as they were refused.
        suspects: names that were refused before: looked for first where an error names no field.
        told: the level of the log at which it is said what is refused.

    The key and the cursor always come along.

    Attributes:
        wanted: the fields that the tables have, whether they are asked for or not.

    Raises:
        UnknownField: ``exclude`` names a field that is not asked for, or misspells one that is.
    """

    def __init__(
        self,
        report: Listing,
        fields: Sequence[str] | None = None,
        exclude: Sequence[str] | None = None,
        dropped: Collection[str] = (),
        *,
        brand: str | None = None,
        left_out: Collection[str] = (),
        suspects: Collection[str] = (),
        told: int = logging.WARNING,
    ) -> None:
        named = tuple(dict.fromkeys(fields or report.names))
        for name in exclude or ():
            if name not in named:
                _check_undocumented(name, report, named)
        always = report.required
        unwanted = {*always, *(exclude or ()), *dropped}
        lacking = () if fields else report.lacking(brand)
        self._always = always
        self._told = told
        self._suspects = suspects
        self._lock = threading.Lock()
        self._searching = threading.Lock()
        self._has_failed = False
        self._found: set[str] = set()
        self.wanted = (*always, *(name for name in named if name not in unwanted))
        self._names = self._without({*lacking, *left_out}, self.wanted)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that are asked for now."""
        with self._lock:
            return self._names

    @property
    def found(self) -> Collection[str]:
        """Those that the API has refused without naming them."""
        with self._lock:
            return frozenset(self._found)

    def leave_out(self, error: UisError, asked: Sequence[str], ask: Ask) -> None:
        """Asks no more for the fields that ``error`` is about, and says so once.

        Where the error does not name them, one thread finds out, and others wait for it.

        Raises:
            UisError: ``error``, if it is not about fields that were ``asked`` for, or about ones
                that the sync can't go on without.
        """
        if isinstance(error, FieldUnavailable) and error.field and error.field in asked:
            if error.field in self._always:
                raise error
            if self._forget([error.field]):
                logger.log(self._told, "The field %s is left out: %s", error.field, error)
            return
        with self._searching:
            if not {*asked} <= {*self.names}:
                return  # another thread has found some out meanwhile
            if self._has_failed:
                raise error  # what one thread was refused for, others are
            self._has_failed = True
            others = [name for name in asked if name not in self._always]
            refused = refused_fields(error, self._always, others, ask, self._suspects)
            self._has_failed = False
            self._forget(refused)
            with self._lock:
                self._found.update(refused)
        logger.log(self._told, "%s", _in_words(refused))

    def _forget(self, names: Collection[str]) -> bool:
        """Whether they were asked for until now."""
        with self._lock:
            before, self._names = self._names, self._without(names, self._names)
            return self._names != before

    def _without(self, unwanted: Collection[str], names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name in self._always or name not in unwanted)


def _in_words(refused: Mapping[str, FieldUnavailable]) -> str:
    by_reason: dict[str, list[str]] = {}
    for name, error in refused.items():
        components = ", ".join(error.components) or "(unnamed)"
        is_off = isinstance(error, FieldComponentDisabled)
        reason = f"the component {components} of the account is off" if is_off else error.message
        by_reason.setdefault(reason, []).append(name)
    told = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())
    return (
        f"Left out for a day, as the API refuses them without a name: {told}. To be rid of this"
        " message, name them in exclude_fields."
    )


def _check_undocumented(name: str, report: Listing, asked: Sequence[str]) -> None:
    """Lets pass what may be an undocumented field.

    Raises:
        UnknownField: it is a documented one that is not asked for, or looks like one misspelt.
    """
    if name in report.names:
        raise UnknownField(name, asked)
    near = near_field(name, report)
    if near is None:
        return
    if _letters(name) != _letters(near):
        raise UnknownField(name, asked, near)
    logger.warning(
        "exclude_fields names %r: the field of that very name is dropped if it comes. %s is"
        " another one.",
        name, near,
    )  # fmt: skip


def near_field(name: str, report: Listing) -> str | None:
    """The documented field that an undocumented name seems to misspell, if any."""
    if name in report.names:
        return None
    cutoff = _ALIKE_SHORT if len(name) <= _SHORT else _ALIKE
    return next(iter(get_close_matches(name, report.names, n=1, cutoff=cutoff)), None)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()
