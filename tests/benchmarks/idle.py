"""Runs that find nothing new: a second sync, and a dlt pipeline that has nothing to load.

A sync always reads again from an hour before its cursor on, at the least: these are the few calls
that it reads, and merges.
"""

from __future__ import annotations

from contextlib import ExitStack

from .contenders import Bench, Contender, Run
from .harness import measure, program_command, workplace
from .syncs import calls_received
from .warehouses import fresh_duckdb

_SHORTEST_LOOKBACK = ("--lookback-days", "0.0417")


class IdleSync(Contender):
    laps = 3

    def __init__(self, key: str, bench: Bench, stack: ExitStack) -> None:
        super().__init__(key, "dlt-uis, second sync, nothing new")
        self._bench = bench
        self._warehouse = stack.enter_context(fresh_duckdb())
        self._warehouse.sync(bench.served.told)

    def run(self) -> Run:
        served = self._bench.served
        served.seen()
        done = self._warehouse.sync(served.told, *_SHORTEST_LOOKBACK)
        seen = served.seen()
        ((calls,),) = self._warehouse.query("SELECT count(*) FROM uis_data.calls")
        assert calls == self._bench.calls, f"{self.name}: {calls} calls"
        return Run(calls_received(self._warehouse), done, done.seconds, seen=seen)


class PlainRun(Contender):
    """A run of dlt alone, after one that has made what there is to make."""

    laps = 3

    def __init__(self, key: str, name: str, program: str, stack: ExitStack) -> None:
        super().__init__(key, name)
        self._command = program_command(program)
        self._folder, self._environment = stack.enter_context(workplace())
        self.run()

    def run(self) -> Run:
        done = measure(self._command, self._folder, self._environment)
        return Run(0, done, done.seconds)
