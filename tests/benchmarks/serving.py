"""The account that contenders read, served by a process of its own.

Its clock stands still, at an hour in which there are few calls, so that every run reads the same
calls; calls of one second come in one order, so that every run reads the same bytes. It has points
without end. ``serve`` starts it; as a module it is that process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import IO
from zoneinfo import ZoneInfo

from dlt_uis.reports import DEFAULT_REPORT, REPORTS
from dlt_uis.sandbox import Account, Limits, Sandbox, Switches

from .harness import ROOT, checkout_environment, module_command

ZONE = "Europe/Moscow"
_QUIET_HOUR = 6
_ENDLESS = 10**9
_CACHE_BYTES_A_CALL = 6_000
"""More than a call takes compressed, with all that other reports tell of it."""


@dataclass(frozen=True)
class Seen:
    """What the sandbox did in between: requests for calls, and CPU seconds.

    ``by_report`` has requests for all reports, ``megabytes`` is the JSON of all records.
    """

    requests: int
    cpu_seconds: float
    by_report: Mapping[str, int]
    megabytes: float


class Served:
    """A sandbox that runs elsewhere; ``told`` has its ``url`` and ``access_token``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._questions: IO[str] = process.stdin
        self._answers: IO[str] = process.stdout
        self.told: Mapping[str, str] = json.loads(self._answers.readline())

    def seen(self, *, latency: float = 0.0) -> Seen:
        """What it did since this was asked last; from now on each answer takes so many seconds."""
        print(json.dumps({"latency": latency}), file=self._questions, flush=True)
        return Seen(**json.loads(self._answers.readline()))


@contextmanager
def serve(calls: int, days: int) -> Iterator[Served]:
    """An account of so many calls, over about so many days."""
    command = [*module_command("serving"), "--calls", str(calls), "--days", str(days)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=checkout_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Served(process)


def _quiet_moment() -> datetime:
    """The latest early morning of the account."""
    now = datetime.now(ZoneInfo(ZONE))
    quiet = now.replace(hour=_QUIET_HOUR, minute=0, second=0, microsecond=0)
    return (quiet if quiet <= now else quiet - timedelta(days=1)).astimezone(UTC)


class _Watch:
    """What a sandbox does, from one look to the next."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._stats = sandbox.stats
        self._cpu_seconds = time.process_time()

    def look(self) -> Seen:
        methods = dict(self._stats.by_method)
        requests = {
            name: methods[each.method] for name, each in REPORTS.items() if each.method in methods
        }
        sent = sum(request.length for request in self._stats.log) / 1e6
        self._stats.reset()
        before, self._cpu_seconds = self._cpu_seconds, time.process_time()
        spent = self._cpu_seconds - before
        return Seen(requests.get(DEFAULT_REPORT.table, 0), spent, requests, sent)


def _say(what: object) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--days", type=int, required=True)
    options = parser.parse_args()
    account = Account(options.calls, options.days, timezone=ZONE, now=_quiet_moment())
    with Sandbox(
        account,
        switches=Switches(shuffle=False),
        limits=Limits(day=_ENDLESS, minute=_ENDLESS),
        cache_bytes=options.calls * _CACHE_BYTES_A_CALL,
    ) as sandbox:
        watch = _Watch(sandbox)
        _say(sandbox.describe())
        # it ends with whoever started it
        for line in sys.stdin:
            sandbox.switches.latency = json.loads(line)["latency"]
            _say(asdict(watch.look()))


if __name__ == "__main__":
    main()
