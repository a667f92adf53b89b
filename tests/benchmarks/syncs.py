"""``dlt-uis sync`` over HTTP into an empty warehouse: all eleven tables and ``sync_windows``."""

from __future__ import annotations

from collections.abc import Sequence

from .contenders import Bench, Contender, Run
from .digests import check, digest
from .warehouses import Fresh, Warehouse


class Sync(Contender):
    """The first sync of the whole account.

    Args:
        latency: seconds that the sandbox waits before each answer.
    """

    def __init__(
        self,
        key: str,
        name: str,
        bench: Bench,
        fresh: Fresh,
        options: Sequence[str] = (),
        latency: float = 0.0,
    ) -> None:
        super().__init__(key, name)
        self._bench = bench
        self._fresh = fresh
        self._options = options
        self._latency = latency

    def run(self) -> Run:
        served = self._bench.served
        with self._fresh() as warehouse:
            served.seen(latency=self._latency)
            done = warehouse.sync(served.told, *self._options)
            seen = served.seen()
            with warehouse.session() as execute:
                check(self.name, digest(execute), self._bench.reference)
            received = calls_received(warehouse)
            assert received == self._bench.calls, f"{self.name}: windows of {received} calls"
        return Run(self._bench.calls, done, done.seconds, seen=seen)


def calls_received(warehouse: Warehouse) -> int:
    """Calls that the latest load received, as ``sync_windows`` has it."""
    ((calls,),) = warehouse.query(
        "SELECT sum(rows) FROM uis_data.sync_windows"
        " WHERE _dlt_load_id = (SELECT max(_dlt_load_id) FROM uis_data.sync_windows)"
    )
    return int(calls)
