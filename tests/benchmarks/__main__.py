"""Times dlt-uis beside what else one could use, side by side in one run.

``make bench`` runs all of it, which takes about half an hour; see ``--help``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from ..e2e.servers.postgres import PostgresServer, postgres_server
from .answers import MOST, Saved, save
from .chart import picture
from .contenders import Bench, Contender, Result, take_turns
from .digests import digest
from .harness import ROOT
from .idle import IdleSync, PlainRun
from .large import LargeSync
from .latency import slow_syncs
from .machine import facts
from .parse import Parse
from .plain import Plain
from .read_json import FROM_JSON, PAGE_SIZES, READ_JSON, ReadJson, read
from .results import Outcome
from .serving import ZONE, serve
from .syncs import Sync
from .table import show
from .warehouses import fresh_duckdb, fresh_postgres

GROUPS = {
    "a": "dlt-uis over HTTP into DuckDB",
    "b": "plain dlt",
    "c": "plain dlt with parquet files",
    "d": "DuckDB's read_json of the answers as files",
    "d2": "any other JSON reading of DuckDB",
    "e": "dlt-uis into Postgres",
    "f": "parsing alone: pyarrow, orjson",
    "g": "a sync that finds nothing new, and runs of dlt with nothing and with one row",
    "h": "dlt-uis with many more calls, once",
    "i": "dlt-uis with a slow server",
}
DAYS = 25
SPAN = 30
"""Days that contenders ask for: what the first sync reads by default."""

PLAIN_CALLS = 10_000
"""Plain dlt's time is scaled from these: it follows the calls."""


def in_turns(
    bench: Bench, groups: Sequence[str], server: PostgresServer | None, stack: ExitStack
) -> Iterator[Contender]:
    """The contenders of the rounds."""
    if "a" in groups:
        yield Sync("a", "dlt-uis over HTTP into DuckDB, merge", bench, fresh_duckdb)
    if "b" in groups:
        yield Plain("b", "plain dlt, dicts", bench, min(bench.calls, PLAIN_CALLS))
    if "c" in groups:
        yield Plain("c", "plain dlt, dicts, parquet files", bench, bench.calls, "parquet")
    if "d" in groups:
        yield ReadJson("d", bench, READ_JSON)
    if "d2" in groups:
        yield ReadJson("d2", bench, FROM_JSON)
    if server:
        yield Sync("e", "dlt-uis over HTTP into Postgres, merge", bench, fresh_postgres(server))
    if "f" in groups:
        yield Parse("f", "parsing alone: pyarrow into a table", bench, "parse_arrow", [ZONE])
        yield Parse("f2", "parsing alone: orjson into dicts", bench, "parse_orjson")
    if "g" in groups:
        yield IdleSync("g", bench, stack)
        yield PlainRun("g2", "plain dlt, second run, nothing to load", "empty_dlt", stack)
        yield PlainRun("g3", "plain dlt, second run, one row of Arrow", "one_row_dlt", stack)


def prepared(calls: int, stack: ExitStack) -> Bench:
    """The account, and its answers as files."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    served = stack.enter_context(serve(calls, DAYS))
    saved = save(served, SPAN, folder, PAGE_SIZES)
    with read(FROM_JSON[0], saved.files(FROM_JSON[0].page_size)) as (_, execute):
        reference = digest(execute)
    return Bench(served, saved, calls, SPAN, reference)


def measured(options: argparse.Namespace, console: Console) -> Outcome:
    """Runs all that was asked for."""
    results: list[Result] = []
    with ExitStack() as stack:
        console.log(f"making an account of {options.calls:,} calls")
        bench = prepared(options.calls, stack)
        console.log("setting up the contenders")
        server = stack.enter_context(postgres_server()) if "e" in options.only else None
        contenders = list(in_turns(bench, options.only, server, stack))
        results += take_turns(contenders, options.runs, console.log)
        if "i" in options.only:
            results += take_turns(list(slow_syncs(bench)), options.runs, console.log)
        about = {**facts(), **(versions(server) if server else {})}
        size = megabytes(bench.saved)
    if "h" in options.only and options.large:
        console.log(f"making an account of {options.large:,} calls")
        results += take_turns([LargeSync("h", options.large)], 1, console.log)
    return Outcome(
        about, options.calls, size, options.runs, {result.key: result for result in results}
    )


def versions(server: PostgresServer) -> Mapping[str, str]:
    ((version,),) = server.execute("SHOW server_version")
    return {"postgres": f"{version} (fsync off)"}


def megabytes(saved: Saved) -> float:
    """Of the answers, in the largest pages."""
    return sum(file.stat().st_size for file in saved.files(PAGE_SIZES[-1])) / 1e6


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        epilog="\n".join(f"{key:3} {what}" for key, what in GROUPS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=5, help="rounds (default: %(default)s)")
    parser.add_argument("--calls", type=int, default=50_000, help="default: %(default)s")
    parser.add_argument("--only", type=_groups, default=list(GROUPS), help="such as a,d,f")
    parser.add_argument("--large", type=int, default=1_000_000, help="calls of h; 0 leaves it out")
    docs = ROOT / "docs"
    parser.add_argument("--out", type=Path, default=docs / "benchmarks.json", help="JSON to write")
    parser.add_argument("--svg", type=Path, default=docs / "benchmarks.svg", help="picture to draw")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a bound is not held")
    options = parser.parse_args()
    if not 1 <= options.calls <= MOST:
        parser.error(f"--calls is from 1 to {MOST}, what an offset can reach")
    return options


def _groups(text: str) -> list[str]:
    groups = text.split(",")
    unknown = [group for group in groups if group not in GROUPS]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}")
    return groups


def main() -> None:
    options = asked()
    # what is not a terminal has no width of its own
    console = Console(log_path=False, width=None if sys.stdout.isatty() else 150)
    outcome = measured(options, console)
    show(console, outcome)
    for file, text in (
        (options.out, json.dumps(outcome.as_json(), indent=2) + "\n"),
        (options.svg, picture(outcome)),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        console.log(f"wrote {file}")
    if options.strict and not all(bound.is_held for bound in outcome.bounds):
        sys.exit(1)


if __name__ == "__main__":
    main()
