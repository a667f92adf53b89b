"""What the API tells of the account, and of itself, beside what it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import MalformedResponse


@dataclass(frozen=True)
class AccountInfo:
    """What ``get.account`` tells: the account's id, name and time zone (IANA name).

    Each of them is ``None`` where it does not tell it.
    """

    app_id: int | None
    name: str | None
    zone_name: str | None

    @property
    def timezone(self) -> str:
        """The zone; it is missed only by those who need it.

        Raises:
            MalformedResponse: the API did not tell it.
        """
        if self.zone_name is None:
            raise MalformedResponse("get.account without a timezone")
        return self.zone_name


def account_in(data: object) -> AccountInfo:
    """What an answer to ``get.account`` tells, in whatever shape."""
    first = data[0] if isinstance(data, list) and data else data
    told = first if isinstance(first, Mapping) else {}
    app_id, zone = told.get("app_id"), told.get("timezone")
    if isinstance(app_id, str) and app_id.isdecimal():
        app_id = int(app_id)
    is_id = isinstance(app_id, int) and not isinstance(app_id, bool) and 0 < app_id < 2**63
    return AccountInfo(
        app_id if is_id else None, told.get("name"), zone if isinstance(zone, str) else None
    )


@dataclass(frozen=True)
class Deprecation:
    """The API's version that we ask for is to go; ``latest`` is the one to move to."""

    current: str
    latest: str

    def __str__(self) -> str:
        return f"the API's version {self.current} is deprecated, the latest is {self.latest}"


def deprecation_in(metadata: Mapping[str, Any]) -> Deprecation | None:
    """What an answer tells of the API's version, if that is to go."""
    version = metadata.get("api_version")
    if not isinstance(version, Mapping):
        return None
    return Deprecation(str(version.get("current_version")), str(version.get("latest_version")))
