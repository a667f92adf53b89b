"""One value of JSON as a column of a type takes it, for pages that Arrow can't read as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from ..api.json_text import dumps
from ..localtime.times import time_of
from ..reports.fields import Type

NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
"""A number as text, just as Arrow reads it into a decimal."""

INT64 = range(-(2**63), 2**63)
MISFIT_ERRORS = (ValueError, InvalidOperation, OverflowError)
"""What is raised for a value that does not fit."""

_NUMBER = re.compile(NUMBER)
_BIGINT_DIGITS = 19
_DECIMAL_DIGITS, _DECIMAL_SCALE = 38, 9
_DECIMALS = Context(prec=2 * _DECIMAL_DIGITS)


def as_text(value: Any) -> str:
    """A value as text: a string as it is, everything else as its JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return str(value)
    return dumps(value)


def _number(value: Any) -> Decimal | None:
    if value == "":
        return None
    if isinstance(value, bool | list | dict):
        raise ValueError
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError
    return Decimal(value)


def _as_bigint(value: Any) -> int | None:
    number = _number(value)
    if number is None:
        return None
    if number.adjusted() >= _BIGINT_DIGITS or number != number.to_integral_value():
        raise ValueError
    if int(number) not in INT64:
        raise ValueError
    return int(number)


def _as_bool(value: Any) -> bool | None:
    if value == "":
        return None
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError


def moment_of(value: Any) -> datetime | None:
    """A time, naive if it has no offset; ``None`` for empty text."""
    if value == "":
        return None
    if not isinstance(value, str):
        raise ValueError
    return time_of(value)


def _as_date(value: Any) -> str | None:
    """A day; a time of day is none, but for midnight."""
    moment = moment_of(value)
    if moment is None:
        return None
    if moment.tzinfo or moment.time() != time.min:
        raise ValueError
    return date.isoformat(moment.date())


def _as_decimal(value: Any) -> str | None:
    number = _number(value)
    if number is None:
        return None
    if number and number.adjusted() >= _DECIMAL_DIGITS - _DECIMAL_SCALE:
        raise ValueError
    exact = number.quantize(Decimal(1).scaleb(-_DECIMAL_SCALE), context=_DECIMALS)
    if exact != number:
        raise ValueError
    # Arrow reads decimals from text
    return f"{exact:f}"


def as_double(value: Any) -> float | None:
    number = _number(value)
    if number is None:
        return None
    double = float(number)
    if double in (float("inf"), float("-inf")):
        raise ValueError
    return double


FITS: dict[Type, Callable[[Any], Any]] = {
    Type.BIGINT: _as_bigint,
    Type.TEXT: as_text,
    Type.BOOL: _as_bool,
    Type.DATE: _as_date,
    Type.DECIMAL: _as_decimal,
    Type.DOUBLE: as_double,
    Type.JSON: dumps,
}


def is_one(read: Callable[[Any], Any], value: Any) -> bool:
    """Whether there is a value that ``read`` can read."""
    try:
        return value is not None and read(value) is not None
    except MISFIT_ERRORS:
        return False
