"""The plain way: a dlt resource that yields dicts, with dlt's own child tables, and no merge."""

from __future__ import annotations

import json

from .answers import params
from .contenders import Bench, Contender, Run
from .digests import Digest, check, outline
from .harness import measure, program_command, workplace
from .read_json import FROM_JSON, read
from .warehouses import opened


class Plain(Contender):
    """Loads so many calls, the account's first ones."""

    def __init__(
        self, key: str, name: str, bench: Bench, calls: int, file_format: str | None = None
    ) -> None:
        super().__init__(key, name)
        self._bench = bench
        self._calls = calls
        self._options = [file_format] if file_format else []
        self._expected = _outline_of_first(bench, calls)

    def run(self) -> Run:
        with workplace() as (folder, environment):
            served = self._bench.served
            request = {"url": served.told["url"], "params": params(served, self._bench.days)}
            (folder / "request.json").write_text(json.dumps(request))
            program = [*program_command("plain_dlt"), "request.json", str(self._calls)]
            served.seen()
            done = measure([*program, *self._options], folder, environment)
            seen = served.seen()
            with opened(folder / "plain.duckdb") as execute:
                check(self.name, outline(execute), self._expected)
        startup = float(done.told["started"]) - done.began
        return Run(self._calls, done, done.seconds, startup, seen)


def _outline_of_first(bench: Bench, calls: int) -> Digest:
    """Of the account's first calls, as they lie in files."""
    way = FROM_JSON[0]
    files = bench.saved.files(way.page_size)[: -(-calls // way.page_size)]
    with read(way, files) as (_, execute):
        found = outline(execute)
        ((held,),) = execute("SELECT count(*) FROM uis_data.calls")
    assert held == calls, f"the first {len(files)} answers have {held} calls, not {calls}"
    return found
