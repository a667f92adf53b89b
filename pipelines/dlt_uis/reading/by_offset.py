"""The records of a second that holds more of them than a page, where no filter tells them apart.

The order may change from one request to the next, so that pages skip some records and repeat
others. Hence the pages are gone through again until as many have come as were promised, or none
came that had not come before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..reports.fields import Report
from .known_keys import KnownKeys
from .paging import FARTHEST, Fetch, Page, Request

MOST_REQUESTS = 30
"""How many requests are made for one second at most."""


def read_by_offset(report: Report, request: Request, fetch: Fetch) -> Iterator[Page]:
    """Pages of what matches ``request``; a record may be on several of them."""
    known, refused, requests = KnownKeys(report), set[str](), 0
    while True:
        before, offset = known.count + len(refused), 0
        while requests < MOST_REQUESTS:
            page = fetch(replace(request, offset=offset))
            requests += 1
            known.add(page.calls, known)
            refused.update(record.digest for record in page.refused)
            yield page
            offset += page.rows
            if page.total is not None and known.count + len(refused) >= page.total:
                return
            is_behind = page.total is not None and offset >= page.total
            if not page.rows or is_behind or offset > FARTHEST:
                break
        if known.count + len(refused) == before or requests >= MOST_REQUESTS:
            return
