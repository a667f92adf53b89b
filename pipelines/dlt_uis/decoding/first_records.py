"""The first records of an answer as Python objects, for what Arrow does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..api.json_text import values_of

RECORDS = re.compile(rb'"data"\s*:\s*\[')
"""Where the records of an answer begin."""

_LOOKED_AT = 1 << 20


def first_records(body: bytes, within: int = _LOOKED_AT) -> Iterator[dict[str, Any]]:
    """The records that an answer begins with, up to one that is no object or can't be read.

    Args:
        within: bytes that they are to be in.
    """
    found = RECORDS.search(body)
    if found is None:
        return
    for record in values_of(body[found.end() : found.end() + within]):
        if not isinstance(record, dict):
            return
        yield record
