"""Whose calls a dataset holds, as the rows of ``sync_windows`` tell, and whether ours belong there.

Each row bears the account, its brand, the customer and a fingerprint of the credential. The account
is known for sure by its ``app_id``; the fingerprint spares asking the API for that. How often the
tables were taken over (``--adopt``) is counted in the rows, and those of the last time decide:
their times would not do, as clocks are set back and other loads may have begun before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..reports.own_names import ADOPTIONS, APP_ID, BRAND, CREDENTIAL, SYNC_WINDOWS, USER_ID

OWNER_NAMES = (APP_ID, USER_ID, BRAND, CREDENTIAL, ADOPTIONS)


@dataclass(frozen=True)
class Owner:
    """Whose calls rows hold; ``None`` for what is not known.

    ``tells``: the rows of calls say so too, as they lie beside those of other customers.
    """

    app_id: int | None = None
    user_id: int | None = None
    brand: str | None = None
    credential: str | None = None
    adoptions: int = 0
    tells: bool = False

    @property
    def of_calls(self) -> Mapping[str, int | None] | None:
        """Columns that rows of calls get, if any."""
        return {APP_ID: self.app_id, USER_ID: self.user_id} if self.tells else None

    @property
    def of_window(self) -> Mapping[str, Any]:
        """Columns that rows of ``sync_windows`` get."""
        return {name: getattr(self, name) for name in OWNER_NAMES}

    def is_account_of(self, other: Owner) -> bool:
        """Whether both are surely one account. Brands may give different ones the same id."""
        same_brand = self.brand == other.brand or None in (self.brand, other.brand)
        return self.app_id is not None and self.app_id == other.app_id and same_brand

    def is_other_account_than(self, other: Owner) -> bool:
        """Whether both are surely different accounts."""
        known = self.app_id is not None and other.app_id is not None
        return known and not self.is_account_of(other)

    def __str__(self) -> str:
        """In words, without the credential."""
        brand = self.brand or "an unknown brand"
        account = "an account" if self.app_id is None else f"account {self.app_id}"
        customer = "" if self.user_id is None else f", customer {self.user_id}"
        return f"{account} of {brand}{customer}"


@dataclass(frozen=True)
class Holders:
    """The owners that rows of ``sync_windows`` name, those of the newest load first.

    ``of(rows)`` leaves those out that another account has taken the tables over from.
    """

    owners: tuple[Owner, ...] = ()
    adoptions: int = 0

    @staticmethod
    def of(rows: Iterable[Owner]) -> Holders:
        rows = list(rows)
        adoptions = max((row.adoptions for row in rows), default=0)
        return Holders(tuple(row for row in rows if row.adoptions == adoptions), adoptions)

    def same_credential(self, owner: Owner) -> list[Owner]:
        """Those that were read with the same token or login on behalf of the same customer."""
        return [
            each
            for each in self.owners
            if each.credential == owner.credential and each.user_id == owner.user_id
        ]

    def other_than(self, owners: Sequence[Owner]) -> tuple[Owner, Owner] | None:
        """Who holds the tables, and which of ``owners`` surely does not belong there, if any."""
        for owner in owners:
            # where rows tell their customer, each may have an account of its own
            held = [row for row in self.owners if not owner.tells or row.user_id == owner.user_id]
            account = next((row for row in held if row.app_id is not None), None)
            if account is not None and owner.is_other_account_than(account):
                return account, owner
            reader = next((row for row in held if row.credential is not None), None)
            if reader is not None and reader.user_id != owner.user_id:
                return reader, owner
        account = next((row for row in self.owners if row.app_id is not None), None)
        if account is None or self.is_sure_of(owners):
            return None
        strangers = (owner for owner in owners if owner.is_other_account_than(account))
        return next(((account, stranger) for stranger in strangers), None)

    def is_sure_of(self, owners: Sequence[Owner]) -> bool:
        """Whether ``owners`` belong there for all that is known of their accounts and credentials.

        One is enough: a list of customers may grow.
        """
        return any(
            row.credential == owner.credential or row.is_account_of(owner)
            for owner in owners
            for row in self.owners
        )


NOBODY = Holders()
"""Nobody holds tables without rows, or that are not there yet."""


@dataclass(frozen=True)
class Place:
    """The tables that are loaded into: in which dataset, and who holds them.

    ``windows`` is the name of the table that remembers it. ``tells`` says whether rows of calls
    tell their customer, ``None`` if there is no table of calls yet.
    """

    dataset: str
    windows: str = SYNC_WINDOWS
    holders: Holders = NOBODY
    tells: bool | None = None
