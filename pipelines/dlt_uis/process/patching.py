"""Patches of libraries, for the process of our own commands, which goes on without them.

A patch is declared with the names that it replaces and the signatures that were tested. Where a
release of the library has no such name, or another signature, the patch is left out: the command is
slower, and does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import Parameter, signature
from types import ModuleType
from typing import Any, TypeAlias

Originals: TypeAlias = Mapping[str, Any]
"""What stands at the places of a patch, by place."""

MODULE = "a module"
"""Stands for the signature of a place where a module is imported."""


@dataclass(frozen=True)
class Seam:
    """A name that a patch replaces.

    Attributes:
        place: the module, a colon, the name in it, as ``package.module:Class.method``.
        signatures: its parameters without types, as they were tested; or :data:`MODULE`.
    """

    place: str
    signatures: tuple[str, ...]

    def __init__(self, place: str, *signatures: str) -> None:
        object.__setattr__(self, "place", place)
        object.__setattr__(self, "signatures", signatures)

    def original(self) -> Any:
        """What stands there.

        Raises:
            LookupError: it is not there, or has another signature.
        """
        try:
            owner, name = self._found()
            if name not in vars(owner):  # what it inherits is another's
                raise AttributeError(name)
            found = getattr(owner, name)
            seen = MODULE if isinstance(found, ModuleType) else _parameters(found)
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            raise LookupError(f"{self.place} is not there") from error
        if seen not in self.signatures:
            raise LookupError(f"{self.place} takes ({seen})")
        return found

    def replace(self, replacement: Any) -> None:
        owner, name = self._found()
        setattr(owner, name, replacement)

    def _found(self) -> tuple[Any, str]:
        module, _, path = self.place.partition(":")
        owner: Any = import_module(module)
        *classes, name = path.split(".")
        for each in classes:
            owner = getattr(owner, each)
        return owner, name


@dataclass(frozen=True)
class Patch:
    """A change of a library's behaviour: all of its names are replaced, or none.

    Attributes:
        why: what the library does, and what it does with the patch.
        gain: what was measured.
        make: gives the replacements, by place, for what stands there.
    """

    name: str
    why: str
    gain: str
    seams: tuple[Seam, ...]
    make: Callable[[Originals], Mapping[str, Any]]


def apply(patches: Iterable[Patch]) -> list[str]:
    """Applies those patches that fit the libraries that are installed; tells what is left out."""
    left_out = []
    for patch in patches:
        try:
            originals = {seam.place: seam.original() for seam in patch.seams}
        except LookupError as error:
            left_out.append(f"the patch {patch.name!r} is left out: {error.args[0]}")
            continue
        replacements = patch.make(originals)
        for seam in patch.seams:
            if seam.place in replacements:
                seam.replace(replacements[seam.place])
    return left_out


def _parameters(function: Any) -> str:
    given = signature(function).parameters.values()
    return ", ".join(str(each.replace(annotation=Parameter.empty)) for each in given)
