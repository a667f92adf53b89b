"""Connections to the API: where, as whom, and on behalf of which customer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from ..api.auth import Auth
from ..api.client import DataApi
from ..api.points import Governor
from ..api.retrying import RetryPolicy
from ..api.slots import Slots
from ..warehouse.owners import Owner
from ..warehouse.run import current_run
from .settings import Settings


@dataclass(frozen=True)
class Connection:
    """How to reach the API; opened anew for each run.

    ``tells_owner``: the rows say which customer they are of, because others' lie beside them.
    """

    url: str
    auth: Auth
    user_id: int | None
    brand: str | None = None
    tells_owner: bool = False

    def open(self, settings: Settings) -> DataApi:
        """Opens it, with a session of its own where a login makes one."""
        governor = current_run().governor or Governor(
            clock=settings.clock,
            sleep=settings.sleep,
            reserve_minute=settings.reserve_minute,
            reserve_day=settings.reserve_day,
            wait_for_day=settings.wait_for_day,
        )
        return DataApi(
            self.url,
            self.auth.anew(),
            user_id=self.user_id,
            governor=governor,
            retry=RetryPolicy(attempts=settings.request_attempts),
            timeout=settings.request_timeout,
            slots=Slots(settings.parallel_windows),
            clock=settings.clock,
        )

    @property
    def owner(self) -> Owner:
        """Whose calls are read, as far as it is known without asking."""
        address = self.url.strip().rstrip("/")
        named = json.dumps([address, *self.auth.known_as], ensure_ascii=False)
        return Owner(
            user_id=self.user_id,
            brand=self.brand,
            credential=hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest(),
            tells=self.tells_owner,
        )
