"""``python -m tests.soak``: rounds of random disasters on DuckDB and Postgres; see ``--help``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from ..e2e.servers.postgres import postgres_server
from .rounds import Tally, lives
from .warehouses import DuckdbShelf, PostgresShelf, Shelf

WAREHOUSES = ("duckdb", "postgres")


def shelves(names: list[str], stack: ExitStack) -> Mapping[str, Callable[[Path], Shelf]]:
    """What makes an empty warehouse of each kind."""
    made: dict[str, Callable[[Path], Shelf]] = {}
    if "duckdb" in names:
        made["duckdb"] = DuckdbShelf
    if "postgres" in names:
        server = stack.enter_context(postgres_server())
        made["postgres"] = lambda _: PostgresShelf(server, "soak")
    return made


def soak(names: list[str], *, folder: Path, seed: int, rounds: int, minutes: float) -> Tally:
    """Plays rounds on each warehouse, side by side, and prints a line for each."""
    tally, lock, until = Tally(), threading.Lock(), time.monotonic() + 60 * minutes

    def play(name: str, make_shelf: Callable[[Path], Shelf]) -> None:
        for played in lives(make_shelf, folder / name, seed, rounds):
            with lock:
                tally.add(played)
                print(played, flush=True)
                if played.failure:
                    print(f"  kept in {folder / name / f'seed-{played.seed}'}", flush=True)
            if time.monotonic() > until:
                print(f"{name}: the time is over", flush=True)
                return

    with ExitStack() as stack, ThreadPoolExecutor() as threads:
        made = shelves(names, stack)
        for future in [threads.submit(play, *item) for item in made.items()]:
            future.result()
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description="Rounds of random disasters, after each of which at most two runs must do.",
    )
    parser.add_argument("--rounds", type=int, default=100, help="a warehouse (%(default)s)")
    parser.add_argument("--warehouse", choices=WAREHOUSES, help="only this one")
    parser.add_argument("--seed", type=int, default=1, help="of the first rounds (%(default)s)")
    parser.add_argument("--minutes", type=float, default=60, help="at most (%(default)s)")
    parser.add_argument("--log-dir", type=Path, help="for the folders of rounds that failed")
    options = parser.parse_args()
    folder = options.log_dir or Path(tempfile.mkdtemp(prefix="dlt-uis-soak-"))
    tally = soak(
        [options.warehouse] if options.warehouse else list(WAREHOUSES),
        folder=folder.absolute(),
        seed=options.seed,
        rounds=options.rounds,
        minutes=options.minutes,
    )
    print("\n".join(tally.lines()))
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
