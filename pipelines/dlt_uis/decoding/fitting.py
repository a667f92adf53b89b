"""Whether a column that Arrow has parsed holds what the API wrote, and can be loaded as it is.

What can't is left to :mod:`.repair`, which makes the same of each value that fits: whatever else a
page holds, a value comes to one and the same.
"""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from ..reports.fields import NAIVE_TIME, Type

_NUMBERS = {
    Type.BIGINT: r"^[+-]?[0-9]{1,18}$",
    Type.DOUBLE: r"^[+-]?[0-9]{1,15}(\.[0-9]{1,15})?$",
}
"""Text that is cast to a number; Arrow would also take hexadecimals and ``inf``."""

_FIRST_DAY, _LAST_DAY = datetime(1, 1, 3), datetime(9999, 12, 29)
"""Between these every zone's times are instants of the years 1 to 9999."""

_LARGEST = pa.scalar(10**29 - 1, pa.decimal128(38, 0)).cast(pa.decimal128(38, 9))
"""Arrow parses decimals that have more digits than their type."""


class Unfit(Exception):
    """Something is not as it seems."""


def check_text(array: pa.Array) -> None:
    """Sees to it that text is UTF-8 without NUL, however deep it is nested.

    Looks at the bytes of all values at once.

    Raises:
        Unfit, ArrowInvalid: it is not.
    """
    if pa.types.is_list(array.type):
        check_text(array.values)
    elif pa.types.is_struct(array.type):
        for index in range(array.type.num_fields):
            check_text(array.field(index))
    elif pa.types.is_string(array.type):
        _check_bytes(array)


def _check_bytes(text: pa.StringArray) -> None:
    buffer = text.buffers()[2]
    if buffer is None or not buffer.size:
        return
    ends = pc.min_max(pa.Array.from_buffers(pa.uint8(), buffer.size, [None, buffer]))
    if ends["min"].as_py() == 0:
        raise Unfit
    if ends["max"].as_py() >= 0x80:
        text.validate(full=True)


def as_typed(column: pa.Array, type_: Type) -> pa.Array:
    """A parsed column of a page that was rewritten, in the Arrow type of its values."""
    return column.cast(type_.wire)


def fitted(column: pa.Array, type_: Type) -> pa.Array:
    """A parsed column in the Arrow type of its values; empty text is no value but in text.

    Raises:
        Unfit, ArrowInvalid: a value is not what it would be taken for.
    """
    if type_ is Type.JSON and column.null_count < len(column):
        # Arrow has read text; what is JSON text of it, is written anew
        raise Unfit
    if type_ is not Type.TEXT and pa.types.is_string(column.type):
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
        pattern = _NUMBERS.get(type_)
        if pattern and not _all(pc.match_substring_regex(column, pattern)):
            raise Unfit
    values = as_typed(column, type_)
    if type_ is Type.TIMESTAMP:
        _check_between(values, pa.scalar(_FIRST_DAY, NAIVE_TIME), pa.scalar(_LAST_DAY, NAIVE_TIME))
    elif type_ is Type.DATE:
        _check_between(values, pa.scalar(date.min), pa.scalar(date.max))
    elif type_ is Type.DECIMAL:
        _check_between(values, pc.negate(_LARGEST), _LARGEST)
    elif type_ is Type.DOUBLE and not _all(pc.is_finite(values)):
        raise Unfit
    return values


def _check_between(values: pa.Array, least: pa.Scalar, most: pa.Scalar) -> None:
    ends = pc.min_max(values)
    if ends["min"].is_valid and (
        pc.less(ends["min"], least).as_py() or pc.greater(ends["max"], most).as_py()
    ):
        raise Unfit


def _all(mask: pa.Array) -> bool:
    """Whether it holds for all values that are there."""
    return bool(pc.all(mask, min_count=0).as_py())
