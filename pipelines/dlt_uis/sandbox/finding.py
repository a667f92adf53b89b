"""The records of a page: which ones a query finds, and in which order."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from .people import mix
from .query import Query
from .records.base import Archive, Records
from .switches import Switches, Unsorted

BLOCK = 200
"""Records that are rendered, compressed and cached together."""

_MANY = 10 * BLOCK


@dataclass(frozen=True)
class Found:
    """Places of the records of a page, in order, and how many match in all. A page whose edge cuts
    a second is not to be cached: the next time its records come in another order.

    ``blocks`` are parts of it that are to be cached, each for itself, whatever their order.
    """

    records: Records
    indices: tuple[int, ...]
    total: int
    is_stable: bool
    blocks: tuple[tuple[int, ...], ...] = ()


def find(query: Query, archive: Archive, switches: Switches, rng: random.Random) -> Found:
    """The records of a page."""
    records, indices = archive.asked(query)
    if query.keep is not None:
        keep, seen = query.keep, _seer(query, records)
        indices = [index for index in indices if keep(seen(index))]
    limit = min(query.limit, switches.page_cap or query.limit)
    if not query.sort:
        how = switches.unsorted or _usual(query, switches)
        page = _unsorted(how, records, indices, query, limit, switches, rng)
    elif [name for name, _ in query.sort] == [query.report.cursor]:
        ((_, descending),) = query.sort
        indices = indices[::-1] if descending else indices
        page = _by_time(records, indices, query.offset, limit, switches, rng)
    else:
        order = _by_fields(records, indices, query, rng)
        page = _page(records, order, query.offset, limit)
    return page


def _seer(query: Query, records: Records) -> Callable[[int], Mapping[str, Any]]:
    """What a filter gets to see of a record: the whole of it takes long to make."""
    field = records.number_field
    if field is not None and query.filters_by <= {field}:
        return lambda index: {field: records.ids[index]}
    return records.decoded


def _page(records: Records, order: Sequence[int], offset: int, limit: int) -> Found:
    return Found(records, tuple(order[offset : offset + limit]), len(order), is_stable=False)


# -- without an order -----------------------------------------------------------------------------


def _usual(query: Query, switches: Switches) -> Unsorted:
    """By time where the API could be asked for that."""
    is_sortable = query.report.is_sortable and query.report.method not in switches.unsortable
    return "by time" if is_sortable else "random"


def _unsorted(
    how: Unsorted,
    records: Records,
    indices: Sequence[int],
    query: Query,
    limit: int,
    switches: Switches,
    rng: random.Random,
) -> Found:
    match how:
        case "by time":
            return _by_time(records, indices, query.offset, limit, switches, rng)
        case "by time descending":
            return _by_time(records, indices[::-1], query.offset, limit, switches, rng)
        case "by id":
            return _page(records, sorted(indices, key=records.ids.__getitem__), query.offset, limit)
        case "stable":
            order = sorted(indices, key=lambda index: mix(records.ids[index]))
            return _page(records, order, query.offset, limit)
        case "random":
            return _random(records, indices, query.offset, limit, rng)


def _random(
    records: Records, indices: Sequence[int], offset: int, limit: int, rng: random.Random
) -> Found:
    """Others each time. A large page that has all of them has blocks in random order."""
    size = max(0, min(limit, len(indices) - offset))
    if size < len(indices) or size < _MANY:
        sample = tuple(rng.sample(indices, size))
        return Found(records, sample, len(indices), is_stable=False)
    blocks = []
    for number, group in groupby(indices, key=lambda index: index // BLOCK):
        block = list(group)
        random.Random(number).shuffle(block)
        blocks.append(tuple(block))
    rng.shuffle(blocks)
    page = tuple(index for block in blocks for index in block)
    return Found(records, page, len(indices), records.is_stable, tuple(blocks))


# -- in order -------------------------------------------------------------------------------------


def _by_time(
    records: Records,
    indices: Sequence[int],
    offset: int,
    limit: int,
    switches: Switches,
    rng: random.Random,
) -> Found:
    """A page in the order of ``indices``; records of one second in any order, anew where cut."""
    locals_, total = records.locals, len(indices)
    start, stop = min(offset, len(indices)), min(offset + limit, len(indices))
    if not switches.shuffle:
        return Found(records, tuple(indices[start:stop]), total, records.is_stable)
    first, last = start, stop
    while 0 < first < len(indices) and locals_[indices[first - 1]] == locals_[indices[first]]:
        first -= 1
    while 0 < last < len(indices) and locals_[indices[last - 1]] == locals_[indices[last]]:
        last += 1
    page: list[int] = []
    for second, group in groupby(indices[first:last], key=locals_.__getitem__):
        same = list(group)
        if len(same) > 1:
            cut = (len(page) < start - first) or (len(page) + len(same) > stop - first)
            (rng if cut else random.Random(second)).shuffle(same)
        page += same
    is_stable = (first, last) == (start, stop) and records.is_stable
    return Found(records, tuple(page[start - first : stop - first]), total, is_stable)


def _by_fields(
    records: Records, indices: Sequence[int], query: Query, rng: random.Random
) -> list[int]:
    order = list(indices)
    rng.shuffle(order)
    decoded = {index: records.decoded(index) for index in order}
    for name, descending in reversed(query.sort):
        order.sort(
            key=lambda index, name=name: _sortable(decoded[index].get(name)),  # type: ignore[misc]
            reverse=descending,
        )
    return order


def _sortable(value: Any) -> tuple[bool, Any]:
    """Nulls last; booleans and numbers among themselves."""
    return (value is None, 0 if value is None else value)
