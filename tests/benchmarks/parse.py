"""Parsing alone, in one thread: the same bytes into Arrow tables and into dicts.

Only the parsing counts, not the start of the process, nor reading the files.
"""

from __future__ import annotations

from collections.abc import Sequence

from .contenders import Bench, Contender, Run
from .harness import measure, program_command, workplace

PAGE_SIZE = 5_000


class Parse(Contender):
    def __init__(
        self, key: str, name: str, bench: Bench, program: str, arguments: Sequence[str] = ()
    ) -> None:
        super().__init__(key, name)
        self._bench = bench
        self._command = [*program_command(program), *arguments]

    def run(self) -> Run:
        files = map(str, self._bench.saved.files(PAGE_SIZE))
        with workplace() as (folder, environment):
            done = measure([*self._command, *files], folder, environment)
        assert done.told["calls"] == self._bench.calls, f"{self.name}: {done.told['calls']} calls"
        return Run(self._bench.calls, done, float(done.told["seconds"]))
