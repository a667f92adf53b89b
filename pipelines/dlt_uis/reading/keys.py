"""What tells the records of a report apart, as one Arrow array."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ..decoding.arrays import whole
from ..reports.fields import Listing

_BETWEEN = "\x00"
"""Between the parts of a key: no value has it, as not all warehouses can hold it."""


def keys_of(records: pa.Table, report: Listing) -> pa.Array:
    """The keys of records: numbers (int64), or text where a key has several parts."""
    parts = [whole(records[name]) for name in report.key]
    if len(parts) == 1 and pa.types.is_integer(parts[0].type):
        # a column shares its memory with the page: a copy lets the page go
        return pc.add(parts[0], 0)
    texts = [pc.fill_null(part.cast(pa.string()), "") for part in parts]
    return pc.binary_join_element_wise(*texts, _BETWEEN)
