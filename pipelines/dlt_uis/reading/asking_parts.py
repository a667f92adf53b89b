"""Asking for a part of a window that is read in no order, and passing on what is new of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from ..errors import MalformedResponse
from ..localtime.windows import SECOND
from .crowded import read_crowded
from .paging import LARGEST_PAGE, Edges, Fetch, Page, Request, TellingFetch
from .part import Part
from .parts import Parts


def read_part(parts: Parts, part: Part, fetch: TellingFetch, edges: Edges) -> Iterator[pa.Table]:
    """Asks for a part: yields those of its records that nobody has passed on.

    Raises:
        MalformedResponse: the API answered with records from outside of what was asked for.
    """

    def fetched(request: Request) -> Page:
        page = fetch(request, None)
        parts.tally.refuse(page.refused)
        return page

    request = parts.request(part)
    if part.is_crowded:
        yield from _read_crowded(parts, part, request, fetched)
        return
    page = fetched(request)
    if page.calls.num_rows and not page.between(request.date_from, request.date_till + SECOND):
        raise MalformedResponse("records from outside of the bounds asked for")
    edges.learn(request, page)
    inside = page.between(part.window.start, part.window.end)
    new = parts.tally.take(inside)
    # before they are passed on, which may take a while: others can read meanwhile
    if part.again:
        parts.land_behind(part, page, inside, new.num_rows)
    else:
        has_more = not page.tells_whether_more and _has_more(request, page, fetched)
        parts.land(part, request, page, inside, has_more=has_more)
    del page, inside
    yield new


def _has_more(request: Request, page: Page, fetch: Fetch) -> bool:
    return fetch(replace(request, offset=page.different)).rows > 0


def _read_crowded(parts: Parts, part: Part, request: Request, fetch: Fetch) -> Iterator[pa.Table]:
    """The records of a second that has more of them than a page."""
    came, promised, refused = 0, 0, set[str]()
    for page in read_crowded(parts.tally.report, request, fetch, LARGEST_PAGE):
        promised = promised or page.total or 0
        came += page.calls.num_rows
        refused.update(record.digest for record in page.refused)
        yield parts.tally.take(page.between(part.window.start, part.window.end))
    parts.land_crowded(part, request, max(0, promised - came - len(refused)))
