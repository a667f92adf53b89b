"""The API's answers to plain requests, byte for byte: kept as files, or only asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from dlt_uis.reports.calls import CALLS_REPORT

from .serving import Served

MOST = 100_000
"""Calls that can be reached by offset: the API's largest."""

_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Saved:
    """Answers with all calls of an account, by calls a page; each call in one file a size."""

    folder: Path

    def files(self, page_size: int) -> list[Path]:
        return sorted(self.folder.glob(f"{page_size}-*.json"))


def params(served: Served, days: float) -> dict[str, Any]:
    """Parameters of a request for all fields of the calls of so many days up to now."""
    now = datetime.now(UTC)
    return {
        "access_token": served.told["access_token"],
        "date_from": f"{now - timedelta(days=days):{_TIME}}",
        "date_till": f"{now + timedelta(days=1):{_TIME}}",
        "fields": list(CALLS_REPORT.names),
    }


def save(served: Served, days: float, folder: Path, page_sizes: tuple[int, ...]) -> Saved:
    """Asks for all calls, once for each page size, and keeps the answers."""
    for page_size in page_sizes:
        for number, answer in enumerate(_pages(served, params(served, days), page_size)):
            (folder / f"{page_size}-{number:05}.json").write_bytes(answer)
    return Saved(folder)


def warm(served: Served, days: int) -> None:
    """Asks for all calls, so that the sandbox has each at hand: day by day, as the API reaches
    only so many by offset."""
    given = params(served, days)
    first = datetime.strptime(given["date_from"], _TIME)
    for number in range(days + 2):
        day = first + timedelta(days=number)
        bounds = {"date_from": f"{day:{_TIME}}", "date_till": f"{day + timedelta(days=1):{_TIME}}"}
        for _ in _pages(served, {**given, **bounds}, 10_000):
            pass


def _pages(served: Served, given: Mapping[str, Any], page_size: int) -> Iterator[bytes]:
    offset = 0
    while True:
        request: dict[str, Any] = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": CALLS_REPORT.method,
            "params": {**given, "limit": page_size, "offset": offset},
        }
        answer = requests.post(served.told["url"], json=request, timeout=120)
        result = answer.json()["result"]
        if result["data"]:
            yield answer.content
        offset += len(result["data"])
        if not result["data"] or offset >= result["metadata"]["total_items"]:
            return
