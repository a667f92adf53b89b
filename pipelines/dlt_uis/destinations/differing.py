"""Which rows that come differ from those that are there: Arrow in, Arrow out.

Rows are compared as sets, a set for each value of a key, whatever their order. Nothing here runs
once a row.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ..decoding.arrays import differing_values, whole


def key_of(rows: pa.Table, key: Sequence[str]) -> pa.Array:
    """The rows' key in one column: as text, if it has several."""
    columns = [whole(rows[name]) for name in key]
    if len(columns) == 1:
        return columns[0]
    # to write instants as text, Arrow would need to know zones
    plain = [
        each.cast(pa.int64()) if pa.types.is_timestamp(each.type) else each for each in columns
    ]
    return pc.binary_join_element_wise(*(each.cast(pa.string()) for each in plain), "\0")


def among(values: pa.Array, others: pa.Array) -> pa.Array:
    """Which values are among others."""
    return pc.is_in(values, value_set=others)


def distinct(rows: pa.Table, key: Sequence[str]) -> pa.Table:
    """The columns of the key, each key once."""
    return rows.select(key).group_by(list(key)).aggregate([])


def unlike(ours: pa.Table, theirs: pa.Table, key: Sequence[str], order: Sequence[str]) -> pa.Array:
    """The keys, as :func:`key_of` has them, whose rows are not the same in both tables.

    Args:
        theirs: has the columns of ours, of the same types.
        order: columns by which the rows of a key are told apart.
    """
    resized = _resized(key_of(ours, key), key_of(theirs, key))
    if len(resized):
        ours, theirs = (
            rows.filter(pc.invert(among(key_of(rows, key), resized))) for rows in (ours, theirs)
        )
    theirs = theirs.take(_sorted(theirs, order).take(pc.sort_indices(_sorted(ours, order))))
    differs = pa.repeat(pa.scalar(False), len(ours))
    for name in ours.column_names:
        if not ours[name].equals(theirs[name]):
            differs = pc.or_(differs, whole(differing_values(ours[name], theirs[name])))
    return pc.unique(pa.concat_arrays([resized, key_of(ours.filter(differs), key)]))


def _resized(ours: pa.Array, theirs: pa.Array) -> pa.Array:
    """The values that one has more often than the other."""
    counts, others = pc.value_counts(ours).flatten(), pc.value_counts(theirs).flatten()
    found = others[1].take(pc.index_in(counts[0], value_set=others[0]))
    is_same = pc.fill_null(pc.equal(counts[1], found), False)
    gone = others[0].filter(pc.invert(among(others[0], counts[0])))
    return pa.concat_arrays([counts[0].filter(pc.invert(is_same)), gone])


def _sorted(rows: pa.Table, order: Sequence[str]) -> pa.Array:
    """The rows' numbers, in order."""
    sort_keys = [(name, "ascending") for name in order]
    return pc.sort_indices(rows.select(dict.fromkeys(order)), sort_keys=sort_keys)
