"""The records of a second that holds more of them than a page."""

from __future__ import annotations

from collections.abc import Iterator

from ..reports.fields import Report
from .by_id import read_by_id
from .by_offset import read_by_offset
from .paging import Fetch, Page, Request


def read_crowded(report: Report, request: Request, fetch: Fetch, most: int) -> Iterator[Page]:
    """Pages with all records that match ``request``: by ranges of ids if the API can filter by
    them, else one behind the other.

    Args:
        most: how many records the API is known to give at once at most.

    Raises:
        MalformedResponse: the API answered with records from outside of a range asked for.
    """
    if report.ranged is None:
        return read_by_offset(report, request, fetch)
    return read_by_id(request, fetch, most)
