"""Asking for a page of a window, and passing on those of its calls that have not come before."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from ..errors import MalformedResponse
from ..localtime.windows import Window
from .crowded import read_crowded
from .gaps import Flight
from .paging import Edges, Listener, Page, Request, TellingFetch
from .unread import Unread


def read_on(
    unread: Unread,
    flight: Flight,
    fetch: TellingFetch,
    edges: Edges,
    listener: Listener | None = None,
) -> Iterator[pa.Table]:
    """Asks for a page: yields those of its calls that nobody has passed on.

    Args:
        listener: hears of the page before it is decoded.

    Raises:
        MalformedResponse: the API answered with calls that were not asked for, and no others, or
            in another order.
    """
    if flight.is_back:
        yield from _read_back(unread, flight, fetch, edges)
        return
    request = unread.request(flight, edges)
    page = _fetched(unread, request, fetch, listener)
    edges.learn(request, page)
    if unread.overshoots(flight, request, page):
        unread.promise(flight, request, page)
        request, page = _fetch_again_exactly(unread, request, page, fetch)
    is_all = unread.is_all(flight, page)
    if page.calls.num_rows and not is_all:
        if not page.is_in_order():
            raise MalformedResponse("calls in another order than asked for")
        if flight.is_first and page.last_second < flight.asked.start:
            if not (edges.from_is_inclusive and request.date_from < flight.asked.start):
                raise MalformedResponse("calls from outside of the bounds asked for")
            if page.is_full:
                # nothing but calls before the gap, now known to be avoidable
                unread.leave(flight, request, page)
                return
    unread.promise(flight, request, page)
    if is_all:
        yield from _taken(unread, unread.land(flight, request, page))
    elif not page.calls.num_rows:
        unread.land_empty(flight, request, page)
    elif not unread.is_crowded(flight, page):
        yield from _taken(unread, unread.land(flight, request, page))
    elif second := unread.take_second(flight):
        del page  # so that it is not held while the second is read
        yield from _read_crowded(unread, second, fetch, edges)


def _fetched(
    unread: Unread, request: Request, fetch: TellingFetch, listener: Listener | None = None
) -> Page:
    page = fetch(request, listener)
    unread.tally.refuse(page.refused)
    return page


def _taken(unread: Unread, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    for calls in tables:
        yield unread.tally.take(calls)


def _fetch_again_exactly(
    unread: Unread, request: Request, page: Page, fetch: TellingFetch
) -> tuple[Request, Page]:
    """The page without calls beyond the window's end, now that the bound is known to be inclusive.

    How many those are, only the two promises tell: what is missing in the page may also be lost.
    """
    narrow = unread.narrow(request)
    exact = _fetched(unread, narrow, fetch)
    if page.total is not None and exact.total is not None:
        unread.tally.beyond(page.total - exact.total)
    return narrow, exact


def _read_crowded(
    unread: Unread, second: Window, fetch: TellingFetch, edges: Edges
) -> Iterator[pa.Table]:
    """The calls of a second that has more of them than a page."""
    request, beyond = unread.covering(second, edges), 0
    for part in read_crowded(
        unread.tally.report, request, lambda each: _fetched(unread, each, fetch), unread.page_rows
    ):
        beyond += part.count_from(second.end)
        yield unread.tally.take(part.between(second.start, second.end))
    if second.end == unread.tally.window.end and request.reaches(second.end):
        unread.tally.beyond(beyond)


def _read_back(
    unread: Unread, flight: Flight, fetch: TellingFetch, edges: Edges
) -> Iterator[pa.Table]:
    """Asks for a page from the end: yields those of its calls that have not come before."""
    request = unread.request_back(flight, edges)
    page = _fetched(unread, request, fetch)
    edges.learn(request, page)
    if unread.overshoots(flight, request, page):
        request, page = _fetch_again_exactly(unread, request, page, fetch)
    if request.id_not_in:
        yield unread.land_aside(request, page)
        return
    if not page.is_in_order(descending=True):
        raise MalformedResponse("calls in another order than asked for")
    new, crowded = unread.land_back(flight, request, page)
    del page  # so that it is not held while the next one is waited for
    yield new
    del new
    if crowded is not None:
        for calls in _read_crowded(unread, crowded, fetch, edges):
            if calls.num_rows:
                unread.found_new()
            yield calls
