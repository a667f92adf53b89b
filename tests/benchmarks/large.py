"""A first sync of many more calls, in one window: does its time follow them, and its memory not?"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .answers import warm
from .contenders import Contender, Run
from .serving import ZONE, serve
from .syncs import calls_received
from .warehouses import fresh_duckdb

_DAYS = 80
_START = timedelta(days=87)
"""Before today: the account is not longer, and more than 88 days would be two windows."""


class LargeSync(Contender):
    """Each run makes the account anew."""

    def __init__(self, key: str, calls: int) -> None:
        super().__init__(key, f"dlt-uis into DuckDB, {calls:,} calls")
        self._calls = calls

    def run(self) -> Run:
        start = datetime.now(ZoneInfo(ZONE)) - _START
        with serve(self._calls, _DAYS) as served, fresh_duckdb() as warehouse:
            warm(served, _START.days)
            served.seen()
            done = warehouse.sync(served.told, "--start-date", f"{start:%Y-%m-%d}")
            seen = served.seen()
            ((calls, windows),) = warehouse.query(
                "SELECT count(DISTINCT id), (SELECT count(*) FROM uis_data.sync_windows)"
                " FROM uis_data.calls"
            )
            assert calls == calls_received(warehouse) == self._calls, f"{calls} calls"
            assert windows == 1, f"{windows} windows"
        return Run(self._calls, done, done.seconds, seen=seen)
