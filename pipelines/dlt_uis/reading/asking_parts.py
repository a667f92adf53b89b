"""Asking for a part of a window that is read in no order, and passing on what is new of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from ..errors import MalformedResponse
from ..localtime.windows import SECOND
from .crowded import read_crowded
from .paging import Edges, Fetch, Page, Request, TellingFetch
from .parts import Part, Parts, Verdict


def read_part(parts: Parts, part: Part, fetch: TellingFetch, edges: Edges) -> Iterator[pa.Table]:
    """Asks for a part: yields those of its records that nobody has passed on.

    Raises:
        MalformedResponse: the API answered with records from outside of what was asked for.
    """
    window, tally = part.window, parts.tally
    request = edges.request(window.start, window.end, till_is_inclusive=edges.till_is_inclusive)

    def fetched(request: Request) -> Page:
        page = fetch(request, None)
        tally.refuse(page.refused)
        return page

    if part.is_crowded:
        for page in read_crowded(tally.report, request, fetched, parts.page_rows):
            new = tally.take(page.between(window.start, window.end))
            parts.came_again(part, new.num_rows)
            yield new
        return
    page = fetched(request)
    if page.calls.num_rows and not page.between(request.date_from, request.date_till + SECOND):
        raise MalformedResponse("records from outside of the bounds asked for")
    edges.learn(request, page)
    parts.promise(part, request, page)
    inside = page.between(window.start, window.end)
    new = tally.take(inside)
    # before they are passed on, which may take a while: others can read meanwhile
    parts.land(part, page, inside, new.num_rows, _verdict(parts, request, page, fetched))
    del page, inside
    yield new


def _verdict(parts: Parts, request: Request, page: Page, fetched: Fetch) -> Verdict:
    """Whether a page has all that was asked for. Where no usable number tells, it is asked whether
    there are records behind it."""
    if page.is_full:
        return Verdict.FULL
    if page.total is not None and page.rows <= page.total:
        return Verdict.ALL if page.rows == page.total else Verdict.SHORT
    if fetched(replace(request, offset=page.rows)).rows:
        parts.capped_at(page.rows)
        return Verdict.FULL
    return Verdict.ALL
