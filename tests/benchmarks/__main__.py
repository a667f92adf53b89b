"""Times a sync over HTTP into DuckDB against a plain dlt resource that yields dicts.

The same calls, the same fields, the same sandbox in a process of its own; each contender is a
process of its own too, so that its peak memory is its own. The plain one does less: no cursor, no
check of what came, no merge. It prints the ratio of seconds a call, which is what counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
import requests

from dlt_uis.calls_report import CALLS_REPORT
from dlt_uis.progress import Progress
from dlt_uis.runner import make_pipeline, run
from dlt_uis.source import uis_source

DAYS = 25


def with_dlt_uis(url: str, token: str) -> int:
    """Seconds and rows are the caller's; returns the number of calls loaded."""
    summary = run(make_pipeline(), lambda: uis_source(api_url=url, access_token=token), Progress())
    return summary.rows["calls"]


def with_plain_dlt(url: str, token: str) -> int:
    """A dlt resource with requests that yields dicts, default settings."""
    loaded = 0

    @dlt.resource(name="calls")
    def calls() -> Iterator[list[dict[str, Any]]]:
        nonlocal loaded
        now = datetime.now(UTC)
        params: dict[str, Any] = {
            "access_token": token,
            "date_from": f"{now - timedelta(days=DAYS * 2):%Y-%m-%d %H:%M:%S}",
            "date_till": f"{now + timedelta(days=1):%Y-%m-%d %H:%M:%S}",
            "fields": list(CALLS_REPORT.names),
            "limit": 10_000,
        }
        while True:
            request: Any = {
                "jsonrpc": "2.0",
                "id": 1,
                "method": CALLS_REPORT.method,
                "params": {**params, "offset": loaded},
            }
            data = requests.post(url, json=request, timeout=60).json()["result"]["data"]
            if not data:
                return
            loaded += len(data)
            yield data

    make_pipeline(name="plain").run(calls())
    return loaded


CONTENDERS = {"dlt-uis": with_dlt_uis, "plain dlt": with_plain_dlt}


def measure(contender: str, url: str, token: str) -> dict[str, float]:
    """One run in a process and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DLT_DATA_DIR": f"{folder}/dlt",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        command = [sys.executable, "-m", "tests.benchmarks", "--only", contender, url, token]
        done = subprocess.run(
            command, cwd=folder, env=environment, check=True, capture_output=True, text=True
        )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def run_alone(contender: str, url: str, token: str) -> None:
    began = time.perf_counter()
    calls = CONTENDERS[contender](url, token)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"calls": calls, "seconds": seconds, "peak_mb": peak}))


def compare(calls: dict[str, int], runs: int) -> None:
    for contender, count in calls.items():
        serve = "from dlt_uis.cli import main; main()"
        options = ["--port", "0", "--calls", str(count), "--days", str(DAYS)]
        command = [sys.executable, "-c", serve, "sandbox", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
            assert sandbox.stdout is not None
            told = json.loads(sandbox.stdout.readline())
            rounds = [measure(contender, told["url"], told["access_token"]) for _ in range(runs)]
            sandbox.terminate()
        # a live sandbox may end a call or two between the runs
        each = statistics.median(one["seconds"] / one["calls"] for one in rounds)
        RESULTS[contender] = each
        peak = statistics.median(one["peak_mb"] for one in rounds)
        print(
            f"{contender:10} {rounds[-1]['calls']:7,.0f} calls"
            f" {statistics.median(one['seconds'] for one in rounds):7.2f} s"
            f" {each * 1e6:8.0f} µs a call {peak:6.0f} MB peak"
        )
    print(f"ratio of seconds a call: {RESULTS['plain dlt'] / RESULTS['dlt-uis']:.1f}")


RESULTS: dict[str, float] = {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--calls", type=int, default=50_000, help="for dlt-uis")
    parser.add_argument("--plain-calls", type=int, default=5_000, help="for plain dlt")
    parser.add_argument("server", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        run_alone(options.only, *options.server)
    else:
        compare({"dlt-uis": options.calls, "plain dlt": options.plain_calls}, options.runs)


if __name__ == "__main__":
    main()
