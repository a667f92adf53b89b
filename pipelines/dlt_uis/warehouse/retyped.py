"""Which values a column takes unharmed that was given another type by hand.

DuckDB casts what it loads, and rounds or moves values silently where they don't fit. Postgres gets
values in the binary form of their own type, which another type would take for something else. So
only what is listed here is loaded, and only values that stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

Fits = Callable[[pa.ChunkedArray], bool]
"""Whether a column takes all of some values."""


def plain(type_: str) -> str:
    """A type's name as it can be compared: Postgres itself spells some in two ways."""
    return type_.lower().replace(" ", "").replace("charactervarying", "varchar")


def fitting(warehouse: str, data_type: str, found: str) -> Fits | None:
    """What tells whether values of dlt's ``data_type`` fit the type ``found``; ``None`` for none.

    Args:
        warehouse: which one, see :func:`.kinds.kind_of`.
        found: the column's type as DuckDB and Postgres name it, as dlt does elsewhere.
    """
    for pattern, make in _TAKEN.get(warehouse, _TAKEN_ELSEWHERE).get(data_type, ()):
        if match := re.fullmatch(pattern, plain(found)):
            return make(*(int(number) for number in match.groups() if number))
    return None


def without_nulls(values: pa.ChunkedArray) -> bool:
    """Whether a column that may not be null takes them."""
    return not values.null_count


def _all(*_: int) -> Fits:
    return lambda _: True


def _whole(*_: int) -> Fits:
    return _exactly(pa.int64())


def _exactly(type_: pa.DataType) -> Fits:
    def fits(values: pa.ChunkedArray) -> bool:
        try:
            if pa.types.is_integer(values.type) and pa.types.is_decimal(type_):
                values = values.cast(pa.decimal128(19))  # else Arrow takes none, however small
            values.cast(type_)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return False
        return True

    return fits


def _bits(size: int) -> Fits:
    return _exactly({1: pa.int8(), 2: pa.int16(), 4: pa.int32()}[size])


def _decimal(precision: int, scale: int = 0) -> Fits:
    return _exactly(pa.decimal128(precision, scale)) if precision <= 38 else _all()


def _up_to(length: int) -> Fits:
    def fits(values: pa.ChunkedArray) -> bool:
        longest = pc.max(pc.utf8_length(values)).as_py()
        return longest is None or longest <= length

    return fits


_Taken = Mapping[str, tuple[tuple[str, Callable[..., Fits]], ...]]

_DECIMAL = (r"(?:decimal|numeric)\((\d+),(\d+)\)", _decimal)

_TAKEN: Mapping[str, _Taken] = {
    "duckdb": {
        "bigint": (
            ("hugeint", _all),
            ("tinyint", lambda: _bits(1)),
            ("smallint", lambda: _bits(2)),
            ("integer", lambda: _bits(4)),
            _DECIMAL,
        ),
        "bool": (("tinyint|smallint|integer|bigint", _all),),
        "decimal": (_DECIMAL, ("bigint", _whole)),
        # dlt's sessions are in UTC
        "timestamp": (("timestamp", _all),),
    },
    "postgres": {
        "text": (("text|varchar", _all), (r"varchar\((\d+)\)", _up_to)),
        "decimal": (("numeric", _all), _DECIMAL),
        "timestamp": (
            (r"timestamp(?:\(6\))?withouttimezone", _all),
            (r"timestamp(?:\(6\))?withtimezone", _all),
        ),
    },
}
_TAKEN_ELSEWHERE: _Taken = {
    "bigint": (("decimal|wei", _all),),
    "decimal": (("wei", _all),),
}
