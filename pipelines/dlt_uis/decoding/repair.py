"""Pages that Arrow can't read as they are: rewritten so that it can, nothing lost.

Such pages are rare (an API that changed, a field documented wrongly, text that is none), so here
Python may look at each value. A value that does not fit its column is moved, as text, to a variant
column beside it, as dlt does it: ``sale_cost`` → ``sale_cost__v_text``. A record that can't be told
from others, or has no time, is kept out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ..api.envelope import Refused
from ..api.json_text import cleaned, dumps, loads
from ..errors import MalformedResponse
from ..localtime.times import instant_of
from ..localtime.zones import Zone
from ..reports.fields import PART, Listing, Report, Type
from .names import Names
from .shape import ELEMENT, EXACT, MISFIT, REPLACED, Shape
from .values import FITS, INT64, MISFIT_ERRORS, as_double, as_text, is_one, moment_of

Row = dict[str, Any]


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

    def __init__(self, listing: Listing, zone: Zone, names: Names) -> None:
        self._listing = listing
        self._cursor = listing.cursor if isinstance(listing, Report) else ""
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
        rows = [flat(row, shape) for row in rows]
        shape = self._with_new_fields(rows, replace(shape, wires={}))
        wires = _odd_wires(rows, shape)
        fitted = self._fit_rows(rows, shape, keeps_naive=(self._cursor,))
        learned = replace(_lasting(fitted), wires=wires)
        replaced = {REPLACED: Type.BIGINT} if any(REPLACED in row for row in rows) else {}
        # what it is rewritten to has no objects any more
        shape = _without_objects(fitted.with_scalars(replaced))
        return Repaired(answer, dumps({"data": rows}).encode(), shape, learned, refused)

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
        readable = {name: self._readable(name, record.get(name)) for name in self._listing.required}
        lost = [name for name, value in readable.items() if value is None]
        if not lost:
            return None
        can_not = f"{' and '.join(lost)} can't be read"
        for name in self._listing.key:
            if readable.get(name) is not None:
                return f"{name} {readable[name]}, whose {can_not}"
        if readable.get(self._cursor) is not None:
            return f"a record of {record[self._cursor]}, whose {can_not}"
        return f"a record whose {can_not}"

    def _readable(self, name: str, value: Any) -> Any:
        """A value of a field that a record can't do without; ``None`` if it can't be read."""
        field = self._listing.scalar(name)
        assert field is not None
        try:
            if value is None or field.type is not Type.TIMESTAMP:
                return None if value in (None, "") else FITS[field.type](value)
            moment = moment_of(value)
            return None if moment is None else self._zone.local(instant_of(moment, self._zone))
        except MISFIT_ERRORS:
            return None

    # -- new fields -----------------------------------------------------------------------------

    def with_fields_of(self, record: Row, shape: Shape) -> Shape:
        """The shape with all fields of a record, as it came."""
        return self._with_new_fields([flat(record, shape)], shape)

    def _with_new_fields(self, rows: list[Row], shape: Shape, path: tuple[str, ...] = ()) -> Shape:
        """The shape with all fields of ``rows``, which are flat."""
        shape = self._grown(rows, shape, path)
        for name, items in shape.arrays.items():
            if items is not None:
                grown = self._with_new_fields(_elements(rows, name), items, (*path, name))
                shape = shape.with_elements(name, grown) if grown is not items else shape
        return shape

    def _grown(self, rows: list[Row], shape: Shape, path: tuple[str, ...]) -> Shape:
        known: dict[str, Type | None] = dict(shape.scalars)
        known |= dict.fromkeys((*shape.arrays, *shape.objects), Type.JSON)
        found = _new_types(rows, {name for name, type_ in known.items() if type_ is not None})
        new = {name: type_ for name, type_ in found.items() if type_ or name not in known}
        if not new:
            return shape
        names = self._names.of(*path)
        # columns without a name are for fields of their own name, if such come
        for name in names.guessed():
            if any(row.get(name) is not None for row in rows):
                names.column(name)
        for name in sorted(new, key=lambda name: (not names.is_plain(name), name)):
            if new[name] is not None:
                new[name] = names.type_of(name) or new[name]
        return shape.with_scalars(new)

    # -- values ---------------------------------------------------------------------------------

    def _fit_rows(self, rows: list[Row], shape: Shape, keeps_naive: Collection[str] = ()) -> Shape:
        """Makes the values of ``rows`` fit in place; returns the shape with columns it needed."""
        added: dict[str, Type | None] = {}
        for name in shape.objects:
            for row in rows:
                _set_aside(row, name, added)
                del row[name]
        for name, items in shape.arrays.items():
            elements = self._fit_array(rows, name, items, added)
            shape = shape.with_elements(name, elements) if elements is not None else shape
        self._fit_fields(rows, shape.scalars, added, keeps_naive)
        return shape.with_scalars(added)

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
                except MISFIT_ERRORS:
                    row[name] = None
                    row[name + MISFIT] = as_text(value)
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
            return FITS[type_](value)
        moment = moment_of(value)
        if moment is None:
            return None
        instant = instant_of(moment, self._zone)
        return instant if moment.tzinfo else moment

    def _fit_array(
        self, rows: list[Row], name: str, items: Shape | None, added: dict[str, Type | None]
    ) -> Shape | None:
        """Makes the array ``name`` of each row fit; notes the columns it needed: ``added`` in the
        rows, and in the elements' shape."""
        new: dict[str, Type | None] = {}
        for row in rows:
            value = row.get(name)
            if isinstance(value, list) and items is None:
                row[name] = [None if element is None else as_text(element) for element in value]
            elif isinstance(value, list):
                row[name] = [_as_object(element, new) for element in value]
            elif value is not None:
                _set_aside(row, name, added)
        if items is None:
            return None
        return self._fit_rows(_elements(rows, name), items.with_scalars(new))


def flat(row: Row, shape: Shape) -> Row:
    """The row with the parts of its objects in fields of their own, and dictionaries as arrays; and
    so in its elements."""
    for home in shape.objects:
        value = row.get(home)
        if isinstance(value, dict):
            del row[home]
            row |= {home + PART + name: part for name, part in value.items()}
        elif value in ([], ""):
            row[home] = None
    for name, (key, held) in shape.dictionaries.items():
        if isinstance(row.get(name), dict):
            row[name] = [{key: each, held: value} for each, value in row[name].items()]
    for name, items in shape.arrays.items():
        if items is not None and isinstance(row.get(name), list):
            row[name] = [
                flat(each, items) if isinstance(each, dict) else each for each in row[name]
            ]
    return row


def _elements(rows: list[Row], name: str) -> list[Row]:
    """The objects in the array ``name`` of all rows."""
    lists = (row[name] for row in rows if isinstance(row.get(name), list))
    return [element for each in lists for element in each if isinstance(element, dict)]


def _set_aside(row: Row, name: str, added: dict[str, Type | None]) -> None:
    """Puts what should be an object or an array, and is none, into a variant column as text."""
    value = row.get(name)
    if value is not None:
        row[name + MISFIT] = as_text(value)
        added[name + MISFIT] = Type.TEXT
    row[name] = None


def _without_objects(shape: Shape) -> Shape:
    """The shape of rows that are flat."""
    arrays = {name: items and _without_objects(items) for name, items in shape.arrays.items()}
    return replace(shape, objects=(), arrays=arrays)


def _loads(body: bytes) -> dict[str, Any]:
    try:
        answer = loads(body)
    except ValueError:
        raise MalformedResponse("not JSON") from None
    if isinstance(answer, dict) and isinstance(answer.get("result"), list):
        # as the documentation of get.campaign_daily_stat has it
        answer["result"] = {"data": answer["result"]}
    if not isinstance(answer, dict) or not isinstance(answer.get("result"), dict):
        raise MalformedResponse("an answer without a result")
    return answer


def _records(answer: Mapping[str, Any]) -> list[Any]:
    records = answer["result"].get("data")
    if records is None or records == {}:
        return []  # no calls
    if not isinstance(records, list):
        raise MalformedResponse("an answer without a list of records")
    if records and not any(isinstance(record, dict | None) for record in records):
        raise MalformedResponse("an answer with a list of something else than records")
    return records


def _lasting(shape: Shape) -> Shape:
    """The shape without what is of one page only."""
    scalars = {name: type_ for name, type_ in shape.scalars.items() if not name.endswith(EXACT)}
    arrays = {name: items and _lasting(items) for name, items in shape.arrays.items()}
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
    for name, items in shape.arrays.items():
        if items is None and _are_numbers(rows, name):
            wires[name] = pa.int64()
    return wires


def _are_numbers(rows: list[Row], name: str) -> bool:
    """Whether an array of strings has nothing but whole numbers, and some."""
    lists = [row[name] for row in rows if isinstance(row.get(name), list)]
    kinds = {type(element) for each in lists for element in each if element is not None}
    return kinds == {int} and all(
        element in INT64 for each in lists for element in each if element is not None
    )


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
            return Type.BIGINT if value in INT64 else Type.TEXT
        case Decimal():
            return Type.DOUBLE if is_one(as_double, value) else Type.TEXT
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
    return {ELEMENT: as_text(element)}


def _text_of(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(sep=" ")
