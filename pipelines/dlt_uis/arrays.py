"""Arrow columns as one array."""

from __future__ import annotations

import pyarrow as pa


def whole(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array, without a copy if it is one: Arrow 26 would copy that as well."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
