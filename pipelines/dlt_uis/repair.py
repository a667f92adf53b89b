"""Pages with values that do not fit their columns: rewritten so that they do, nothing lost.

Such pages are rare (an API that changed, a field documented wrongly), so here Python may look at
each value. A value that does not fit is moved, as text, to a variant column beside its own, as
dlt does it: ``sale_cost`` → ``sale_cost__v_text``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from .errors import MalformedResponse
from .fields import Type
from .shape import VALUE, VARIANT, Shape
from .zones import Zone

_INT64 = range(-(2**63), 2**63)
_DECIMAL_DIGITS, _DECIMAL_SCALE = 38, 9


@dataclass(frozen=True)
class Repaired:
    """A rewritten page, the shape that it now has (with new fields and variant columns), and what
    later pages are better parsed with: a field that is text in every call is likely to stay so."""

    body: bytes
    shape: Shape
    learned: Shape


def repair(body: bytes, shape: Shape, unasked: Collection[str], zone: Zone) -> Repaired:
    """Rewrites a page so that it parses with the returned shape.

    Args:
        body: the answer.
        shape: fields known so far, of those that were asked for.
        unasked: documented fields that were not asked for; they are dropped if they came.
        zone: the account's, to which times that bear an offset are turned.

    Raises:
        MalformedResponse: not JSON, or not an answer of this API.
    """
    answer = _loads(body)
    try:
        calls = answer["result"].get("data") or ()
        rows = [dict(call) for call in calls]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise MalformedResponse("an answer without a list of calls") from None
    for row in rows:
        for name in unasked:
            row.pop(name, None)
    answer["result"]["data"] = rows
    shape = _with_new_fields(rows, replace(shape, wires={}))
    wires = _odd_wires(rows, shape)
    variants: dict[str, Type] = {}
    for name, items in shape.arrays.items():
        new = _fit_array(rows, name, items, variants, zone)
        shape = shape.with_items(name, new) if new else shape
    _fit_fields(rows, shape.scalars, variants, zone)
    shape = shape.with_scalars(variants) if variants else shape
    return Repaired(_dumps(answer), shape, replace(shape, wires=wires))


def _odd_wires(rows: list[dict[str, Any]], shape: Shape) -> dict[str, pa.DataType]:
    """Scalars that have another JSON type than documented in every call that bears a value."""
    wires: dict[str, pa.DataType] = {}
    for name, type_ in shape.scalars.items():
        values = [row[name] for row in rows if row.get(name) is not None]
        kinds = {type(value) for value in values}
        if type_ is Type.TEXT and kinds == {int}:
            wires[name] = pa.int64()
        elif kinds == {str} and (
            type_ in (Type.BIGINT, Type.DOUBLE)
            or (type_ in (Type.TIMESTAMP, Type.DECIMAL) and "" in values)
        ):
            wires[name] = pa.string()
    return wires


def _loads(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal)
    except ValueError:
        raise MalformedResponse("not JSON") from None


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=_decimal_as_text).encode()


def _decimal_as_text(value: object) -> object:
    # only decimals and doubles are left: Arrow reads decimals from text, and doubles are floats
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value))


def _with_new_fields(rows: list[dict[str, Any]], shape: Shape) -> Shape:
    new = _new_types(rows, shape.names)
    shape = shape.with_scalars(new) if new else shape
    for name, items in shape.arrays.items():
        if items is not None:
            elements = [
                element
                for row in rows
                if isinstance(row.get(name), list)
                for element in row[name]
                if isinstance(element, dict)
            ]
            new = _new_types(elements, items)
            shape = shape.with_items(name, new) if new else shape
    return shape


def _new_types(rows: list[dict[str, Any]], known: Collection[str]) -> dict[str, Type]:
    """Types for fields that are not known: the narrowest that fits every value of the page."""
    values: dict[str, set[Type]] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None and name not in known:
                values.setdefault(name, set()).add(_type_of(value))
    return {name: _common(types) for name, types in values.items()}


def _type_of(value: Any) -> Type:
    match value:
        case bool():
            return Type.BOOL
        case int():
            return Type.BIGINT if value in _INT64 else Type.TEXT
        case Decimal():
            return Type.DOUBLE
        case str():
            return Type.TEXT
        case _:
            return Type.JSON


def _common(types: set[Type]) -> Type:
    if len(types) == 1:
        return next(iter(types))
    if types == {Type.BIGINT, Type.DOUBLE}:
        return Type.DOUBLE
    return Type.JSON if Type.JSON in types else Type.TEXT


def _fit_fields(
    rows: list[dict[str, Any]], types: Mapping[str, Type], variants: dict[str, Type], zone: Zone
) -> None:
    """Makes the values of ``rows`` fit ``types`` in place; notes the variant columns it needed."""
    for name, type_ in types.items():
        for row in rows:
            value = row.get(name)
            if value is None:
                continue
            try:
                row[name] = _fit(value, type_, zone)
            except (ValueError, InvalidOperation, OverflowError):
                row[name] = None
                row[name + VARIANT] = _as_text(value)
                variants[name + VARIANT] = Type.TEXT


def _fit_array(
    rows: list[dict[str, Any]],
    name: str,
    items: Mapping[str, Type] | None,
    variants: dict[str, Type],
    zone: Zone,
) -> dict[str, Type]:
    """Makes the array ``name`` of each row fit; returns new columns of its elements."""
    new: dict[str, Type] = {}
    for row in rows:
        value = row.get(name)
        if value is None:
            continue
        if not isinstance(value, list):
            row[name] = None
            row[name + VARIANT] = _as_text(value)
            variants[name + VARIANT] = Type.TEXT
        elif items is None:
            row[name] = [None if element is None else _as_text(element) for element in value]
        else:
            row[name] = [_as_object(element, new) for element in value]
            objects = [element for element in row[name] if element is not None]
            _fit_fields(objects, items, new, zone)
    return new


def _as_object(element: Any, new: dict[str, Type]) -> dict[str, Any] | None:
    if element is None or isinstance(element, dict):
        return element
    new[VALUE + VARIANT] = Type.TEXT
    return {VALUE + VARIANT: _as_text(element)}


def _as_text(value: Any) -> str:
    """A value as text: a string as it is, everything else as its JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=float)


def _as_bigint(value: Any) -> int | None:
    if value == "":
        return None
    if isinstance(value, bool | list | dict):
        raise ValueError
    number = Decimal(value)
    if number != number.to_integral_value() or int(number) not in _INT64:
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


def _as_timestamp(value: Any, zone: Zone) -> str | None:
    if value == "":
        return None
    if not isinstance(value, str):
        raise ValueError
    moment = datetime.fromisoformat(value)
    return (zone.local(moment) if moment.tzinfo else moment).isoformat(sep=" ")


def _as_decimal(value: Any) -> Decimal | None:
    if value == "":
        return None
    if isinstance(value, bool | list | dict):
        raise ValueError
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError
    exact = number.quantize(Decimal(1).scaleb(-_DECIMAL_SCALE))
    if exact != number or len(exact.as_tuple().digits) > _DECIMAL_DIGITS:
        raise ValueError
    return number


def _as_double(value: Any) -> float | None:
    if value == "":
        return None
    if isinstance(value, bool | list | dict):
        raise ValueError
    return float(value)


_FITS: dict[Type, Callable[[Any], Any]] = {
    Type.BIGINT: _as_bigint,
    Type.TEXT: _as_text,
    Type.BOOL: _as_bool,
    Type.DECIMAL: _as_decimal,
    Type.DOUBLE: _as_double,
    Type.JSON: lambda value: json.dumps(value, ensure_ascii=False, default=float),
}


def _fit(value: Any, type_: Type, zone: Zone) -> Any:
    """``value`` as JSON that parses as ``type_``; ``None`` for empty text in any other column.

    Raises:
        ValueError, InvalidOperation, OverflowError: it does not fit.
    """
    return _as_timestamp(value, zone) if type_ is Type.TIMESTAMP else _FITS[type_](value)
