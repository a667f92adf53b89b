"""Fields that the API refused without naming them: not asked for again within a day.

They are kept in the state of the report's resource, so that they travel with the warehouse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import Any

REFUSED_FIELDS = "refused_fields"
LEFT_OUT = "left_out"
_KEPT_FOR = timedelta(days=1)


def suspects_in(report: Mapping[str, Any], customer: int | None = None) -> Collection[str]:
    """Names of the fields that were refused last, as the state of the report's resource has it.

    Args:
        customer: one of a list of them.
    """
    return tuple(_of(report, customer))


def _of(report: Mapping[str, Any], customer: int | None) -> Mapping[str, str]:
    found: Mapping[str, str] = report.get(REFUSED_FIELDS, {}).get(_name(customer), {})
    return found


def _name(customer: int | None) -> str:
    return "" if customer is None else str(customer)


def digest_of(names: Collection[str]) -> str:
    """Stands for a choice of fields."""
    return hashlib.sha256(" ".join(sorted(names)).encode()).hexdigest()[:16]


class RefusalMemory:
    """What is remembered of an account or customer.

    Args:
        report: the state of the report's resource.
        now: the present instant.
        customer: one of a list of them.
    """

    def __init__(
        self, report: MutableMapping[str, Any], now: datetime, customer: int | None = None
    ) -> None:
        self._report = report
        self._now = now
        self._customer = customer

    @property
    def suspects(self) -> Collection[str]:
        """Names of the fields that were refused last."""
        return suspects_in(self._report, self._customer)

    @property
    def left_out(self) -> Collection[str]:
        """Those that are not to be asked for yet."""
        return tuple(self._fresh())

    def _fresh(self) -> Mapping[str, str]:
        known = _of(self._report, self._customer)
        return {name: since for name, since in known.items() if self._is_fresh(since)}

    def _is_fresh(self, since: str) -> bool:
        # a time to come is that of a clock that was wrong
        return timedelta(0) <= self._now - datetime.fromisoformat(since) < _KEPT_FOR

    def changes(
        self, asked: Collection[str], left_out: Collection[str]
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Fields that can't be read any more, and those that can again, since this was asked last;
        none the first time, or if other fields are asked for than last time.

        Args:
            asked: fields that are to be read.
            left_out: those of them that can't be read now.
        """
        known, digest = self.recall(LEFT_OUT), digest_of(asked)
        self.note(LEFT_OUT, {"asked": digest, "fields": sorted(left_out)})
        if known.get("asked") != digest:
            return (), ()
        before = known["fields"]
        return sorted({*left_out}.difference(before)), sorted({*before}.difference(left_out))

    def recall(self, what: str) -> Mapping[str, Any]:
        """What was noted under a name last, empty if nothing was."""
        noted: Mapping[str, Any] = self._report.get(what, {}).get(_name(self._customer), {})
        return noted

    def note(self, what: str, now: Mapping[str, Any]) -> None:
        """Notes something under a name."""
        if now != self.recall(what):
            self._report[what] = {**self._report.get(what, {}), _name(self._customer): now}

    def keep(self, found: Collection[str]) -> None:
        """Everything but :attr:`left_out` was asked for: takes note of what was refused."""
        kept = {**self._fresh(), **dict.fromkeys(found, self._now.isoformat())}
        if kept == _of(self._report, self._customer):
            return
        customers = {**self._report.get(REFUSED_FIELDS, {}), _name(self._customer): kept}
        self._report[REFUSED_FIELDS] = {
            name: fields for name, fields in customers.items() if fields
        }
        if not self._report[REFUSED_FIELDS]:
            del self._report[REFUSED_FIELDS]
