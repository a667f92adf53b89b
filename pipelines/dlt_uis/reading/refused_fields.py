"""Which fields the API refuses, where its error does not say: found by halving their list.

A refused request costs no point, a successful one costs one. With k refused fields among n, at most
1 + k·⌈log2 n⌉ points are spent; mostly one where the same were refused before, and one at most
where it was no field's fault.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from ..errors import FieldUnavailable, UisError, about_field, may_be_about_fields

Ask = Callable[[Sequence[str]], object]
"""Asks the API for these fields of one record; raises its refusal."""


def refused_fields(
    error: UisError,
    always: Sequence[str],
    others: Sequence[str],
    ask: Ask,
    suspects: Collection[str] = (),
) -> Mapping[str, FieldUnavailable]:
    """The fields that a request for ``always`` and ``others`` was refused for, with the reasons.

    Args:
        error: the refusal. If it names a field, nothing is asked.
        always: fields without which there is no sense in asking.
        suspects: fields that were refused before, and probably still are.

    Raises:
        UisError: ``error``, if it is about something else; or what came in the way of asking.
    """
    if isinstance(error, FieldUnavailable) and error.field and error.field in others:
        return {error.field: error}
    if not may_be_about_fields(error) or not others:
        raise error
    search = _Search(always, ask)
    known = [name for name in others if name in suspects]
    trusted = [name for name in others if name not in suspects]
    if known and search.refusal(trusted) is None:
        others = known
    elif search.refusal(others) is None or search.refusal(()) is not None:
        # the report itself, or another parameter
        raise error
    found = search.within(others)
    if not found:
        # each of them can be asked for, but not all together
        raise error
    return {name: about_field(name, refusal) for name, refusal in found.items()}


class _Search:
    def __init__(self, always: Sequence[str], ask: Ask) -> None:
        self._always = always
        self._ask = ask

    def refusal(self, names: Sequence[str]) -> UisError | None:
        """How the API refuses a request for these fields, ``None`` if it does not."""
        try:
            self._ask([*self._always, *names])
        except UisError as error:
            if may_be_about_fields(error):
                return error
            raise
        return None

    def within(
        self, names: Sequence[str], refusal: UisError | None = None
    ) -> Mapping[str, UisError]:
        """Those of some fields that are refused, as at least one of them is; ``refusal`` is what
        the API says of them together, if that was asked."""
        if len(names) == 1:
            refusal = refusal or self.refusal(names)
            return {} if refusal is None else {names[0]: refusal}
        first, second = names[: len(names) // 2], names[len(names) // 2 :]
        of_first = self.refusal(first)
        if of_first is None:
            return self.within(second)
        found = self.within(first, of_first)
        of_second = self.refusal(second)
        return found if of_second is None else {**found, **self.within(second, of_second)}
