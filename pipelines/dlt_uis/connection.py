"""Connections to the API: where, as whom, and on behalf of which customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .auth import Auth
from .client import DataApi, RetryPolicy
from .points import Governor, shared_governor
from .settings import Settings
from .slots import Slots
from .tables import APP_ID, USER_ID


@dataclass(frozen=True)
class Connection:
    """How to reach the API; opened anew for each run.

    ``tells_owner``: the rows say which customer they are of, because others' lie beside them.
    """

    url: str
    auth: Auth
    user_id: int | None
    tells_owner: bool = False

    def open(self, settings: Settings) -> DataApi:
        """Opens it, with a session of its own where a login makes one."""
        governor = shared_governor() or Governor(
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

    def owner(self, api: DataApi) -> Mapping[str, int | None] | None:
        """The columns that tell whose the rows are, ``None`` if that is not to be told.

        Raises:
            UisError: see :meth:`DataApi.call`.
        """
        if not self.tells_owner:
            return None
        return {APP_ID: api.account().app_id, USER_ID: self.user_id}
