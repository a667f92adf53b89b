"""The calls of a second that holds more of them than a page: read in ranges of the key.

The API can filter by it, though not sort; a range is cut until each part fits a page. An offset
would not do there: the order may differ from one request to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import MalformedResponse
from .paging import LARGEST_PAGE, Fetch, Page, Request

_FILL = 0.7
"""How full, of a page, the id ranges of a crowded second are planned to be."""

_MOST_PARTS = 8
"""Into how many ranges one is cut at most."""


def read_by_id(request: Request, fetch: Fetch, most: int = LARGEST_PAGE) -> Iterator[Page]:
    """All calls that match ``request``, each once, whatever their order: in ranges of ids.

    Where a range holds more than a page, the answer's own ids are a fair sample of it: some of
    them become borders of smaller ranges, and their calls are passed on at once, so that every
    step makes headway. A page that could have had more calls ends its range, whatever is promised.

    Args:
        most: how many calls the API is known to give at once at most.

    Raises:
        MalformedResponse: the API answered with calls from outside of the range asked for.
    """
    ranges: list[tuple[int | None, int | None]] = [(request.id_above, request.id_below)]
    longest = 0
    while ranges:
        above, below = ranges.pop()
        page = fetch(replace(request, id_above=above, id_below=below))
        _check_ids(page, above, below)
        # some APIs give fewer than they are asked for: the first page tells, as there are more
        longest = max(longest, page.rows)
        is_last = page.is_complete and page.rows < most
        ends_early = page.rows < longest and not page.is_full
        if is_last or ends_early or not page.calls.num_rows:
            yield page
        else:
            borders = _borders(page)
            at_borders = pc.is_in(page.ids, value_set=pa.array(borders, pa.int64()))
            yield replace(page, calls=page.calls.filter(at_borders))
            ranges += zip([above, *borders], [*borders, below], strict=True)


def _check_ids(page: Page, above: int | None, below: int | None) -> None:
    """Without the filter, every range would hold the whole second again."""
    bounds = pc.min_max(page.ids)
    least, most = bounds["min"].as_py(), bounds["max"].as_py()
    if least is None:
        return
    if (above is not None and least <= above) or (below is not None and most >= below):
        raise MalformedResponse("calls from outside of the range of ids asked for")


def _borders(page: Page) -> list[int]:
    """Ids of a page that cut its range into parts of less than a page; at most so many that a
    promise of calls that don't exist does little harm."""
    ids = pc.unique(page.ids).sort().to_pylist()
    parts = -(-max(page.total or 0, len(ids)) // max(1, int(_FILL * len(ids))))
    parts = min(max(2, parts), _MOST_PARTS)
    borders = {ids[len(ids) * i // parts] for i in range(1, parts)}
    return sorted(borders)
