"""Giving a page to all tables before the next one is read."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from contextlib import closing

import dlt
import pyarrow as pa

from ..tables.rows import Item, Notice


def in_turns(items: Generator[Item, None, None], tables: Collection[str]) -> Iterator[Item | None]:
    """The items, after each a ``None`` for every further table that is made from it; and a notice
    that these were all.

    Args:
        tables: names of the resources that are made from it, if they are selected.

    dlt takes turns between what it iterates over: the resource, and each of its items that is on
    its way to the tables, one table a turn. It would ask for a next page after each table that the
    last one was written to, hold a dozen of them, and wait for the API meanwhile. With ``None`` a
    resource lets the others go first (dlt's issue 379). Its ``next_item_mode = "fifo"`` does the
    same, but is the host's to set.

    With one more ``None`` dlt would ask for the next page while it handles the ``StopIteration`` of
    the last one, which it would then take for the cause of our errors.
    """
    nothing: pa.Table | None = None
    with closing(items):
        for item in items:
            if nothing is None and isinstance(item, Notice):
                nothing = item.page
            yield item
            del item  # so that it is not held while the next one is waited for
            for _ in range(_selected(tables) - 1):
                yield None
    if nothing is not None:
        yield Notice(nothing, is_last=True)


def _selected(tables: Collection[str]) -> int:
    """How many of the tables are made."""
    selected = dlt.current.source().resources.selected
    return sum(name in selected for name in tables)
