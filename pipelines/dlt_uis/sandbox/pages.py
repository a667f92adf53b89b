"""Pages of records as parts of answers, cached, and with what switches do to them."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from .account import Account
from .bodies import Body
from .finding import BLOCK, Found
from .query import Query
from .records.base import Archive, Records
from .switches import Switches

_SETTLED = 2 * 3_600
"""Seconds after which a record that has begun changes no more by itself."""


class Pages:
    """Renders pages; up to ``cache_bytes`` of what was rendered are kept."""

    def __init__(self, account: Account, switches: Switches, cache_bytes: int) -> None:
        self._account = account
        self._switches = switches
        self._cache_bytes = cache_bytes
        self._cache: OrderedDict[tuple[object, ...], Body] = OrderedDict()

    def bodies(self, query: Query, archive: Archive, found: Found) -> list[Body]:
        """The records of a page as JSON."""
        if not found.indices:
            return self._nothing()
        pieces = _pieces(found)
        bodies = [
            self._piece(b"," if place else b"[", query, archive, found.records, piece, keep=keep)
            for place, (piece, keep) in enumerate(pieces)
        ]
        self._shrink()
        return [*bodies, Body(b"]")]

    def _nothing(self) -> list[Body]:
        written = {"list": b"[]", "object": b"{}", "null": b"null"}.get(self._switches.no_calls_as)
        return [] if written is None else [Body(written)]

    def _piece(
        self,
        before: bytes,
        query: Query,
        archive: Archive,
        records: Records,
        indices: tuple[int, ...],
        *,
        keep: bool,
    ) -> Body:
        clock, names = archive.clock, frozenset(query.fields)
        key = (before, query.report.table, indices, names, self._account.version)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        asked_only = archive.extra_fields - archive.edits.unasked_fields
        if names.issuperset(query.report.names) and not asked_only & names:
            body = Body(before + b",".join(map(records.encoded, indices)))
        else:
            sent = names | archive.edits.unasked_fields
            body = Body(before + b",".join(_picked(records, index, sent) for index in indices))
        # what goes on changes by itself: its piece is not kept
        if keep and records.locals[max(indices)] <= clock.local(clock.second() - _SETTLED):
            self._cache[key] = body
        return body

    def _shrink(self) -> None:
        size = sum(kept.size for kept in self._cache.values())
        while size > self._cache_bytes:
            size -= self._cache.popitem(last=False)[1].size


def _pieces(found: Found) -> Iterator[tuple[tuple[int, ...], bool]]:
    """The page in pieces, and which of them are kept: they are cut at the same records whatever the
    page, so that they serve every page that holds them."""
    if found.blocks:
        yield from ((block, found.is_stable) for block in found.blocks)
        return
    indices = found.indices
    first = -min(indices) % BLOCK
    for start, end in pairwise((0, *range(first or BLOCK, len(indices), BLOCK), len(indices))):
        is_block = end - start == BLOCK and found.records.is_stable
        yield indices[start:end], found.is_stable or is_block


def _picked(records: Records, index: int, names: frozenset[str]) -> bytes:
    record = records.decoded(index)
    sent = {name: value for name, value in record.items() if name in names}
    return json.dumps(sent, ensure_ascii=False, default=float).encode()


# -- what switches do to pages --------------------------------------------------------------------


def shifted(query: Query, switches: Switches) -> Query:
    """The query, or one for a page that begins with the last record of the page before it."""
    if switches.repeat == "on two pages" and query.offset:
        return replace(query, offset=query.offset - 1)
    return query


def without_lost(found: Found, switches: Switches) -> Found:
    """The page, or one that lacks a record in its middle."""
    middle = len(found.indices) // 2
    if not switches.lose_rows or not middle:
        return found
    switches.lose_rows -= 1
    kept = found.indices[:middle] + found.indices[middle + 1 :]
    return replace(found, indices=kept, is_stable=False, blocks=())


def with_repeats(found: Found, query: Query, switches: Switches) -> Found:
    """The page, with a record twice if that is switched on."""
    indices = found.indices
    if switches.repeat != "on a page" or not indices:
        return found
    middle = len(indices) // 2
    indices = (*indices[:middle], indices[middle], *indices[middle:])[: query.limit]
    return replace(found, indices=indices, is_stable=False, blocks=())
