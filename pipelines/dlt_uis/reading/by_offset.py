"""The records of a second that holds more of them than a page, where no filter tells them apart.

The order may change from one request to the next, so that pages skip some records and repeat
others. Hence the pages are gone through again until as many records have come as there are, or none
that had not come before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from ..reports.fields import Report
from .known_keys import KnownKeys
from .paging import FARTHEST, Fetch, Page, Request

MOST_REQUESTS = 30
"""How many requests are made for one second at most, if its pages are gone through again."""


def read_by_offset(report: Report, request: Request, fetch: Fetch) -> Iterator[Page]:
    """Pages of what matches ``request``, each record once."""
    known, refused = KnownKeys(report), set[str]()
    requests = offset = come = before = 0
    while not before or requests < MOST_REQUESTS:
        page, had = fetch(replace(request, offset=offset)), come
        # not by rows: it may bear one twice, and lack another for that
        requests, offset = requests + 1, offset + page.different
        refused.update(record.digest for record in page.refused)
        yield replace(page, calls=known.add(page.calls, known)[0])
        come = known.count + len(refused)
        # behind a full page there may be more, whatever is promised
        promised = page.total if page.total is not None and not page.is_full else math.inf
        if come >= promised:
            return
        is_in_vain = not page.rows or (come == had and not before)
        if is_in_vain or offset >= promised or offset > FARTHEST:
            if come in (before, offset):
                # nothing new came, or as many as went by: no page skipped any
                return
            before, offset = come, 0
