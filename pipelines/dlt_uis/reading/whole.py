"""All records that match a request, page behind page: what is small enough to be read as a whole.

The order may change from one request to the next, so that pages skip some records and repeat
others. Hence they are gone through twice if fewer came than were promised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa

from ..api.envelope import Refused
from ..decoding.arrays import numbers
from .paging import FARTHEST, Fetch, Page, Request

EVERYTHING = Request(datetime.min, datetime.max)
"""Asks for all records of a list, which takes no dates."""


@dataclass(frozen=True)
class Whole:
    """What came, and how many records were promised; those of ``refused`` were kept out."""

    rows: pa.Table
    promised: int
    refused: Sequence[Refused]
    requests: int

    @property
    def short(self) -> int:
        """Records that were promised and did not come."""
        return max(0, self.promised - int(self.rows.num_rows) - len(self.refused))


def read_whole(fetch: Fetch, request: Request, key: Sequence[str] = ()) -> Whole:
    """All records that match a request.

    Args:
        key: columns that tell one record from all others: each comes once. Without a key, records
            that are alike are different ones, unless more come than are promised.
    """
    first = _gone_through(fetch, request, key)
    if not first.short:
        return first
    again = _gone_through(fetch, request, key)
    rows, refused = max((first.rows, again.rows), key=len), again.refused
    if key:
        # what came later is newer
        rows = first_of_each(_joined([again.rows, first.rows]), key)
        refused = _distinct([*again.refused, *first.refused])
    return Whole(rows, again.promised, refused, first.requests + again.requests)


def _gone_through(fetch: Fetch, request: Request, key: Sequence[str]) -> Whole:
    pages: list[pa.Table] = []
    refused: list[Refused] = []
    offset = count = requests = told = 0
    before = pa.table({})
    while True:
        page = fetch(replace(request, offset=offset))
        requests += 1
        if page.total is None and page.calls.num_rows and page.calls.equals(before):
            # the API knows no offset
            return Whole(pages[0], count, refused, requests)
        before, told = page.calls, max(told, page.total or 0)
        refused += page.refused
        rows = _joined([*pages, page.calls])
        pages = [first_of_each(rows, key) if key else rows]
        offset += page.rows
        new, count = pages[0].num_rows + len(refused) - count, pages[0].num_rows + len(refused)
        if _is_last(page, offset, new):
            found = _distinct(refused) if key else refused
            promised = told or count
            kept = pages[0] if key else as_promised(pages[0], promised - len(found))
            return Whole(kept, promised, found, requests)


def as_promised(rows: pa.Table, promised: int) -> pa.Table:
    """Rows without a key, of which a page may bear one twice: if more came than were promised,
    those that are like others are left out, as far as they are too many."""
    if rows.num_rows <= promised:
        return rows
    first: dict[str, int] = {}
    others = []
    # Arrow compares no lists; there are hardly ever too many
    for number, row in enumerate(map(repr, rows.to_pylist())):
        if first.setdefault(row, number) != number:
            others.append(number)
    kept = [*first.values(), *others[: max(0, promised - len(first))]]
    return rows.take(pa.array(sorted(kept), pa.int64()))


def _is_last(page: Page, offset: int, new: int) -> bool:
    """Whether there is nothing behind a page.

    Args:
        offset: behind it.
        new: how many of its records had not come before.
    """
    if not new or offset > FARTHEST:
        return True
    # without a promise it may have fewer records than were asked for, as the API gives no more at
    # once
    return page.total is not None and not page.is_full and offset >= page.total


def first_of_each(rows: pa.Table, key: Sequence[str]) -> pa.Table:
    """The first row of each key."""
    numbered = rows.select(list(key)).append_column("row", numbers(rows.num_rows))
    first = numbered.group_by(list(key)).aggregate([("row", "min")])["row_min"]
    return rows if len(first) == rows.num_rows else rows.take(first.sort())


def _joined(pages: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(pages, promote_options="default")


def _distinct(refused: Sequence[Refused]) -> list[Refused]:
    return list({each.digest: each for each in refused}.values())
