"""Arrow columns as one array."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc


def whole(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array, without a copy if it is one: Arrow 26 would copy that as well."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def numbers(length: int) -> pa.Array:
    """0, 1, 2 and so on, as Arrow makes them by itself since its version 21."""
    return pc.subtract(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), length)), 1)


def mapped(lists: pa.ListArray, of_values: Callable[[pa.Array], pa.Array]) -> pa.ListArray:
    """Lists with other values; ``of_values`` gets those of all lists in one array."""
    first, last = lists.offsets[0].as_py(), lists.offsets[-1].as_py()
    return pa.ListArray.from_arrays(
        pc.subtract(lists.offsets, first).cast(pa.int32()),
        of_values(lists.values.slice(first, last - first)),
        mask=lists.is_null() if lists.null_count else None,
    )


def differing_values(ours: pa.ChunkedArray, theirs: pa.ChunkedArray) -> pa.ChunkedArray:
    """Which values of two columns of a type are not the same; null is the same as null only."""
    unequal = pc.fill_null(pc.not_equal(ours, theirs), False)
    return pc.or_(unequal, pc.xor(pc.is_null(ours), pc.is_null(theirs)))
