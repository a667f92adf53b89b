"""Which lists are read, and what is asked of each: the setting ``reference_data``."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidSetting, PrivacyRefused
from ..privacy.pages import Privacy
from ..reading.selection import FieldSelection
from ..reports.fields import Listing
from ..reports.lists import LISTS
from .settings import parsed


@dataclass(frozen=True)
class ListSettings:
    """What is asked of one list, and what becomes of its personal data."""

    listing: Listing
    brand: str
    privacy: Privacy
    tell_changes: bool = True

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of the fields that the tables have."""
        return self.selection().wanted

    def selection(
        self, left_out: Collection[str] = (), suspects: Collection[str] = ()
    ) -> FieldSelection:
        """The fields that are asked for; ``left_out`` and ``suspects`` were refused before."""
        return FieldSelection(
            self.listing, None, None, self.privacy.dropped,
            brand=self.brand, left_out=left_out, suspects=suspects,
            told=logging.INFO,  # it is said once of all lists
        )  # fmt: skip


def lists_of(value: Any, brand: str, *, is_agent: bool) -> tuple[str, ...]:
    """The lists that ``reference_data`` names.

    Args:
        value: names of lists; true for all that the brand documents, without those of an agent's
            customers where no ``user_id`` is set (``is_agent``); false for none.

    Raises:
        InvalidSetting: it names something else.
    """
    value = parsed(value)
    if value is None or isinstance(value, bool):
        return tuple(
            name
            for name, listing in LISTS.items()
            if value and brand not in listing.not_of and (is_agent or not listing.of_agent)
        )
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list | tuple) and all(name in LISTS for name in names):
        return tuple(names)
    raise InvalidSetting("reference_data", f"true, false, or a JSON list of {', '.join(LISTS)}")


def settings_of_lists(given: Mapping[str, Any], brand: str) -> Sequence[ListSettings]:
    """What is asked of each list; without those whose key ``privacy`` drops.

    Args:
        given: the parameters of ``uis_source``, of which ``reference_data`` is checked already.

    Raises:
        PrivacyRefused: it names one of these.
    """
    named, found = parsed(given["reference_data"]), []
    for name, listing in LISTS.items():
        try:
            privacy = Privacy(listing, given["privacy"], given["privacy_key"])
            found.append(ListSettings(listing, brand, privacy, given["tell_changes"]))
        except PrivacyRefused:
            # of all lists some may be left out: that is said where they are read
            if isinstance(named, str | list | tuple) and name in named:
                raise
    return found
