"""Runs SQL in a DuckDB file: statements one after the other, then others side by side.

Argument: a JSON file with the lists ``first`` and ``then``; each statement of ``then`` is one of
its own, and as many run at once as there are cores.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb


def main(script_file: str) -> None:
    script = json.loads(Path(script_file).read_text())
    with duckdb.connect("calls.duckdb") as connection:
        for statement in script["first"]:
            connection.execute(statement)

        def run(statement: str) -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(run, script["then"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
