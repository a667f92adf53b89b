"""Pages that Arrow can't read as they are: rewritten so that it can, nothing lost.

Such pages are rare (an API that changed, a field documented wrongly, text that is none), so here
Python may look at each value. A value that does not fit its column is moved, as text, to a variant
column beside it, as dlt does it: ``sale_cost`` → ``sale_cost__v_text``. A record that can't be told
from others, or has no time, is kept out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from ..api.envelope import Refused
from ..api.json_text import cleaned, dumps, loads
from ..errors import MalformedResponse
from ..localtime.times import instant_of, time_of
from ..localtime.zones import Zone
from ..reports.fields import Report, Type
from .names import Names
from .shape import ELEMENT, EXACT, MISFIT, REPLACED, Shape

Row = dict[str, Any]

NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
"""A number as text, just as Arrow reads it into a decimal."""

_NUMBER = re.compile(NUMBER)
_INT64 = range(-(2**63), 2**63)
_BIGINT_DIGITS = 19
_DECIMAL_DIGITS, _DECIMAL_SCALE = 38, 9
_DECIMALS = Context(prec=2 * _DECIMAL_DIGITS)
_MISFIT = (ValueError, InvalidOperation, OverflowError)


@dataclass(frozen=True)
class Repaired:
    """A rewritten page.

    Attributes:
        answer: all of it but the calls.
        body: the calls, as the value of ``data``.
        shape: what it now has, with new fields and variant columns.
        learned: what later pages are better parsed with: a field that is text in every call is
            likely to stay so.
        refused: records that were kept out.
    """

    answer: Mapping[str, Any]
    body: bytes
    shape: Shape
    learned: Shape
    refused: tuple[Refused, ...]


class Repair:
    """Rewrites pages of a report.

    Args:
        zone: the account's, in which the cursor's times are told.
        names: columns that the tables have for fields, with types that they keep.
    """

    def __init__(self, report: Report, zone: Zone, names: Names) -> None:
        self._report = report
        self._zone = zone
        self._names = names

    def rewritten(self, body: bytes, shape: Shape, unwanted: Collection[str]) -> Repaired:
        """Rewrites a page so that it parses with the returned shape.

        Args:
            body: the answer.
            shape: fields known so far, of those that were asked for.
            unwanted: fields that are dropped if they came.

        Raises:
            MalformedResponse: not JSON, or not an answer of this API.
        """
        answer = _loads(body)
        records = _records(answer)
        answer["result"] = {**answer["result"], "data": None}
        rows, refused = self._sorted_out(records)
        for row in rows:
            for name in unwanted:
                row.pop(name, None)
        shape = self.with_new_fields(rows, replace(shape, wires={}))
        wires = _odd_wires(rows, shape)
        added: dict[str, Type | None] = {}
        for name, items in shape.arrays.items():
            new: dict[str, Type | None] = {}
            self._fit_array(rows, name, items, added, new)
            shape = shape.with_items(name, new) if new else shape
        self._fit_fields(rows, shape.scalars, added, keeps_naive=(self._report.cursor,))
        learned = replace(_lasting(shape.with_scalars(added)), wires=wires)
        added |= {REPLACED: Type.BIGINT} if any(REPLACED in row for row in rows) else {}
        return Repaired(
            answer, dumps({"data": rows}).encode(), shape.with_scalars(added), learned, refused
        )

    # -- records --------------------------------------------------------------------------------

    def _sorted_out(self, records: list[Any]) -> tuple[list[Row], tuple[Refused, ...]]:
        """The records that can be loaded, with repaired text, and the others."""
        rows, refused = [], []
        for record in records:
            row, replaced = cleaned(record)
            why = self._why_refused(row)
            if why is not None:
                told = json.dumps(row, sort_keys=True, default=str)
                refused.append(Refused(hashlib.sha256(told.encode()).hexdigest(), why))
                continue
            if replaced:
                row[REPLACED] = replaced
            rows.append(row)
        return rows, tuple(refused)

    def _why_refused(self, record: Any) -> str | None:
        """Names a record that can't be loaded, by no more than its id or its time."""
        if not isinstance(record, dict):
            return "a record that is no object"
        key, cursor = self._report.key, self._report.cursor
        id_, start = record.get(key), record.get(cursor)
        has_id, has_start = _is(_as_bigint, id_), _is(self._readable_start, start)
        if has_id and has_start:
            return None
        if has_id:
            return f"{key} {_as_bigint(id_)}, whose {cursor} can't be read"
        if has_start:
            return f"a record of {start}, whose {key} can't be read"
        return f"a record whose {key} and {cursor} can't be read"

    def _readable_start(self, value: Any) -> datetime | None:
        moment = _time(value)
        return None if moment is None else self._zone.local(instant_of(moment, self._zone))

    # -- new fields -----------------------------------------------------------------------------

    def with_new_fields(self, rows: list[Row], shape: Shape) -> Shape:
        """The shape with all fields of ``rows``."""
        shape = self._grown(rows, shape, None)
        for name, items in shape.arrays.items():
            if items is not None:
                elements = [
                    element
                    for row in rows
                    if isinstance(row.get(name), list)
                    for element in row[name]
                    if isinstance(element, dict)
                ]
                shape = self._grown(elements, shape, name)
        return shape

    def _grown(self, rows: list[Row], shape: Shape, array: str | None) -> Shape:
        known: dict[str, Type | None] = dict(shape.scalars)
        if array is None:
            known |= dict.fromkeys(shape.arrays, Type.JSON)
        else:
            known = dict(shape.arrays[array] or {})
        found = _new_types(rows, {name for name, type_ in known.items() if type_ is not None})
        new = {name: type_ for name, type_ in found.items() if type_ or name not in known}
        if not new:
            return shape
        names = self._names.of(array)
        # columns without a name are for fields of their own name, if such come
        for name in names.guessed():
            if any(row.get(name) is not None for row in rows):
                names.column(name)
        for name in sorted(new, key=lambda name: (not names.is_plain(name), name)):
            if new[name] is not None:
                new[name] = names.type_of(name) or new[name]
        return shape.with_scalars(new) if array is None else shape.with_items(array, new)

    # -- values ---------------------------------------------------------------------------------

    def _fit_fields(
        self,
        rows: list[Row],
        types: Mapping[str, Type | None],
        added: dict[str, Type | None],
        keeps_naive: Collection[str] = (),
    ) -> None:
        """Makes the values of ``rows`` fit ``types`` in place; notes the columns it needed."""
        for name, type_ in types.items():
            for row in rows:
                value = row.get(name)
                if value is None or type_ is None:
                    continue
                try:
                    row[name] = self._fit(value, type_)
                except _MISFIT:
                    row[name] = None
                    row[name + MISFIT] = _as_text(value)
                    added[name + MISFIT] = Type.TEXT
                    continue
                if type_ is Type.TIMESTAMP and row[name] is not None and row[name].tzinfo:
                    row[name + EXACT] = _text_of(row[name])
                    added[name + EXACT] = Type.TIMESTAMP
                    local = self._zone.local(row[name]) if name in keeps_naive else None
                    row[name] = local
                if isinstance(row[name], datetime):
                    row[name] = _text_of(row[name])

    def _fit(self, value: Any, type_: Type) -> Any:
        """``value`` as it parses as ``type_``; ``None`` for empty text in any other column.

        Raises:
            ValueError, InvalidOperation, OverflowError: it does not fit.
        """
        if type_ is not Type.TIMESTAMP:
            return _FITS[type_](value)
        moment = _time(value)
        if moment is None:
            return None
        instant = instant_of(moment, self._zone)
        return instant if moment.tzinfo else moment

    def _fit_array(
        self,
        rows: list[Row],
        name: str,
        items: Mapping[str, Type | None] | None,
        added: dict[str, Type | None],
        new: dict[str, Type | None],
    ) -> None:
        """Makes the array ``name`` of each row fit; notes the columns it needed: ``added`` in the
        rows, ``new`` in the elements."""
        for row in rows:
            value = row.get(name)
            if value is None:
                continue
            if not isinstance(value, list):
                row[name] = None
                row[name + MISFIT] = _as_text(value)
                added[name + MISFIT] = Type.TEXT
            elif items is None:
                row[name] = [None if element is None else _as_text(element) for element in value]
            else:
                row[name] = [_as_object(element, new) for element in value]
                objects = [element for element in row[name] if element is not None]
                self._fit_fields(objects, items, new)


def _loads(body: bytes) -> dict[str, Any]:
    try:
        answer = loads(body)
    except ValueError:
        raise MalformedResponse("not JSON") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("result"), dict):
        raise MalformedResponse("an answer without a result")
    return answer


def _records(answer: Mapping[str, Any]) -> list[Any]:
    records = answer["result"].get("data")
    if records is None or records == {}:
        return []  # no calls
    if not isinstance(records, list):
        raise MalformedResponse("an answer without a list of calls")
    if records and not any(isinstance(record, dict | None) for record in records):
        raise MalformedResponse("an answer with a list of something else than calls")
    return records


def _lasting(shape: Shape) -> Shape:
    """The shape without what is of one page only."""
    scalars = {name: type_ for name, type_ in shape.scalars.items() if not name.endswith(EXACT)}
    arrays = {
        array: None
        if items is None
        else {name: type_ for name, type_ in items.items() if not name.endswith(EXACT)}
        for array, items in shape.arrays.items()
    }
    return replace(shape, scalars=scalars, arrays=arrays)


def _odd_wires(rows: list[Row], shape: Shape) -> dict[str, pa.DataType]:
    """Scalars that have another JSON type than documented in every call that bears a value."""
    wires: dict[str, pa.DataType] = {}
    for name, type_ in shape.scalars.items():
        values = [row[name] for row in rows if row.get(name) is not None]
        kinds = {type(value) for value in values}
        if type_ is Type.TEXT and kinds == {int}:
            wires[name] = pa.int64()
        elif kinds == {str} and (
            type_ in (Type.BIGINT, Type.DOUBLE) or (type_ is Type.DECIMAL and "" in values)
        ):
            wires[name] = pa.string()
    return wires


def _new_types(rows: list[Row], known: Collection[str]) -> dict[str, Type | None]:
    """Types for fields that are not known: the narrowest that fits every value of the page."""
    values: dict[str, set[Type]] = {}
    for row in rows:
        for name, value in row.items():
            if name not in known and name != REPLACED:
                found = values.setdefault(name, set())
                if value is not None:
                    found.add(_type_of(value))
    return {name: _common(types) for name, types in values.items()}


def _type_of(value: Any) -> Type:
    match value:
        case bool():
            return Type.BOOL
        case int():
            return Type.BIGINT if value in _INT64 else Type.TEXT
        case Decimal():
            return Type.DOUBLE if _is(_as_double, value) else Type.TEXT
        case str():
            return Type.TEXT
        case _:
            return Type.JSON


def _common(types: set[Type]) -> Type | None:
    if len(types) < 2:
        return next(iter(types), None)
    if types == {Type.BIGINT, Type.DOUBLE}:
        return Type.DOUBLE
    return Type.JSON if Type.JSON in types else Type.TEXT


def _as_object(element: Any, new: dict[str, Type | None]) -> Row | None:
    if element is None or isinstance(element, dict):
        return element
    new[ELEMENT] = Type.TEXT
    return {ELEMENT: _as_text(element)}


def _as_text(value: Any) -> str:
    """A value as text: a string as it is, everything else as its JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return str(value)
    return dumps(value)


def _text_of(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(sep=" ")


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
    if int(number) not in _INT64:
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


def _time(value: Any) -> datetime | None:
    if value == "":
        return None
    if not isinstance(value, str):
        raise ValueError
    return time_of(value)


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


def _as_double(value: Any) -> float | None:
    number = _number(value)
    if number is None:
        return None
    double = float(number)
    if double in (float("inf"), float("-inf")):
        raise ValueError
    return double


_FITS: dict[Type, Callable[[Any], Any]] = {
    Type.BIGINT: _as_bigint,
    Type.TEXT: _as_text,
    Type.BOOL: _as_bool,
    Type.DECIMAL: _as_decimal,
    Type.DOUBLE: _as_double,
    Type.JSON: dumps,
}


def _is(read: Callable[[Any], Any], value: Any) -> bool:
    """Whether there is a value that can be read so."""
    try:
        return value is not None and read(value) is not None
    except _MISFIT:
        return False
