"""From the bytes of an answer to an Arrow table of calls, the one place that decodes pages.

The whole answer is parsed by Arrow's JSON reader with an explicit schema: no Python object for any
call or value, and the GIL released. Two things take a detour, once or rarely:

* a field that is not in the schema becomes a column: its type is learned from the first page that
  bears a value, and kept, as it is from then on in the warehouse;
* a page with a value that does not fit its column is rewritten (:mod:`.repair`): the value moves
  to the variant column ``<field>__v_text``, and the page is parsed again.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from .arrays import whole
from .envelope import Envelope, decode_json, error_of
from .errors import MalformedResponse
from .fields import Report, Type
from .repair import repair
from .shape import Shape, shape_of
from .zones import Zone

_SMALL = 4096
"""Bytes up to which an answer may be an error object, and is looked at as a whole first."""

_TOTAL = re.compile(rb'"total_items"\s*:\s*(\d{1,18})')
_START_TIME = re.compile(rb'"start_time"\s*:\s*"([^"]*)"')
_PLAIN_TIME = re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?")

_INFERRED: tuple[tuple[pa.DataType, Type], ...] = (
    (pa.int64(), Type.BIGINT),
    (pa.float64(), Type.DOUBLE),
    (pa.bool_(), Type.BOOL),
    (pa.string(), Type.TEXT),
)


class Decoder:
    """Decodes pages of one report; remembers the fields that it met. Threads may share it.

    Args:
        report: the documented fields.
        zone: the account's; for times with an offset, which the documentation does not foresee.
        known: columns that the warehouse's tables have beyond the documented ones, by table,
            with their types: a field keeps its type from run to run.
    """

    def __init__(
        self, report: Report, zone: Zone, known: Mapping[str, Mapping[str, Type]] | None = None
    ) -> None:
        self._zone = zone
        self._documented = shape_of(report)
        self._lock = threading.Lock()
        self._report = report
        self._shape = self._documented
        self.know(known or {})

    def know(self, known: Mapping[str, Mapping[str, Type]]) -> None:
        """Takes note of columns that the warehouse has by now, as in ``known`` above."""
        with self._lock:
            shape = self._documented.with_scalars(known.get(self._report.table, {}))
            for array in self._report.arrays:
                columns = known.get(self._report.child_table(array), {})
                if array.is_of_objects and columns:
                    shape = shape.with_items(array.name, columns)
            self._shape = self._shape.grown_by(shape)

    def decode(self, body: bytes, fields: Collection[str]) -> Envelope[pa.Table]:
        """Decodes an answer to a request for ``fields``.

        The envelope's data is a table of the calls: ``fields`` and all undocumented fields that
        came, scalars first, times naive (``timestamp[us]``) as the API wrote them. ``id`` and
        ``start_time`` are never null.

        Raises:
            MalformedResponse: not JSON, cut off, or not an answer of this API.
        """
        if len(body) <= _SMALL:
            envelope = decode_json(body)
            if envelope.error is not None:
                return envelope
        try:
            return self._decoded(body, fields)
        except MalformedResponse:
            # an error may be of any length
            envelope = decode_json(body)
            if envelope.error is not None:
                return envelope
            raise

    def _decoded(self, body: bytes, fields: Collection[str]) -> Envelope[pa.Table]:
        unasked = self._documented.names.difference(fields)
        shape = self._shape.without(unasked)
        if not _times_are_plain(body):
            return self._decode_repaired(body, shape, unasked)
        try:
            table = _parse(body, shape)
            calls = _calls(table)
            grown = self._grown(calls.type, shape, unasked)
            if grown is None:
                return self._decode_repaired(body, shape, unasked)
            if grown is not shape:
                calls = _calls(table := _parse(body, grown))
            return _envelope(table, _columns(calls, grown, unasked))
        except pa.ArrowInvalid:
            return self._decode_repaired(body, shape, unasked)

    def _decode_repaired(
        self, body: bytes, shape: Shape, unasked: Collection[str]
    ) -> Envelope[pa.Table]:
        repaired = repair(body, shape, unasked, self._zone)
        self._learn(repaired.learned)
        table = _parse(repaired.body, repaired.shape)
        return _envelope(table, _columns(_calls(table), repaired.shape, unasked))

    def _grown(self, call: pa.StructType, shape: Shape, unasked: Collection[str]) -> Shape | None:
        """``shape`` with the new fields of ``call``; ``None`` if one of them is nested.

        The reader takes text that looks like a time for a time, and would rewrite it: such a
        field is text, and the page is parsed once more.
        """
        if call.num_fields == len(shape.names):
            known_items = all(
                items is None or call.field(name).type.value_type.num_fields == len(items)
                for name, items in shape.arrays.items()
            )
            if known_items:
                return shape
        grown = shape
        new = _new_fields(call, {*shape.names, *unasked})
        if new is None:
            return None
        if new:
            grown = grown.with_scalars(new)
        for array, items in shape.arrays.items():
            if items is not None:
                new = _new_fields(call.field(array).type.value_type, items)
                if new is None:
                    return None
                grown = grown.with_items(array, new) if new else grown
        if grown is not shape:
            self._learn(grown)
        return grown

    def _learn(self, grown: Shape) -> None:
        """Remembers new fields and odd types, for later pages and for all threads."""
        with self._lock:
            self._shape = self._shape.grown_by(grown)


def total_items(body: bytes) -> int | None:
    """How many calls match the request, as an answer says beside its calls; ``None`` if it does not
    say so there. Finding that takes no time to speak of; decoding a page takes half a second.

    Nothing but plans is made by it: it need not be right.
    """
    found = _TOTAL.search(body, max(0, len(body) - _SMALL)) or _TOTAL.search(body, 0, _SMALL)
    return None if found is None else int(found[1])


def _times_are_plain(body: bytes) -> bool:
    """Whether times are written as documented. Arrow would apply an offset, if one were there."""
    first = _START_TIME.search(body)
    return first is None or _PLAIN_TIME.fullmatch(first[1]) is not None


def _parse(body: bytes, shape: Shape) -> pa.Table:
    """Parses an answer into a table of one row."""
    result = pa.struct([pa.field("data", pa.list_(shape.call))])
    return arrow_json.read_json(
        pa.BufferReader(body),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(body) + 1),
        parse_options=arrow_json.ParseOptions(
            explicit_schema=pa.schema([pa.field("result", result)]),
            newlines_in_values=b"\n" in body.rstrip(),
            unexpected_field_behavior="infer",
        ),
    )


def _calls(table: pa.Table) -> pa.StructArray:
    result = whole(table["result"])
    if len(result) != 1 or result.null_count:
        raise MalformedResponse("an answer without a result")
    # no data, or null, is no calls
    return result.field("data").flatten()


def _new_fields(struct: pa.StructType, known: Collection[str]) -> dict[str, Type] | None:
    """Types of the fields of ``struct`` beyond ``known``; ``None`` if one of them is nested."""
    new: dict[str, Type] = {}
    for index in range(struct.num_fields):
        field = struct.field(index)
        if field.name in known or pa.types.is_null(field.type):
            continue
        if pa.types.is_nested(field.type):
            return None
        type_ = next((type_ for arrow, type_ in _INFERRED if arrow == field.type), Type.TEXT)
        new[field.name] = type_
    return new


def _columns(calls: pa.StructArray, shape: Shape, unasked: Iterable[str]) -> pa.Table:
    unwanted = set(unasked)
    columns = {}
    for field, column in zip(calls.type, calls.flatten(), strict=True):
        if field.name in shape.wires:
            columns[field.name] = _cast(column, shape.scalars[field.name].wire)
        elif field.name not in unwanted and not pa.types.is_null(field.type):
            columns[field.name] = column
    table = pa.table(columns)
    if table["id"].null_count or table["start_time"].null_count:
        raise MalformedResponse("a call without id or start_time")
    return table


def _cast(column: pa.Array, type_: pa.DataType) -> pa.Array:
    """A column that was parsed as another type than documented; empty text is no value."""
    if pa.types.is_string(column.type):
        empty = pc.equal(column, "")
        column = pc.if_else(empty, pa.scalar(None, column.type), column)
    return column.cast(type_)


def _envelope(table: pa.Table, calls: pa.Table) -> Envelope[pa.Table]:
    row = table.drop_columns("result").to_pylist()[0]
    result = whole(table["result"])
    names = [field.name for field in table.schema.field("result").type]
    metadata = pc.struct_field(result, "metadata")[0].as_py() if "metadata" in names else {}
    known = metadata if isinstance(metadata, dict) else {}
    error = error_of(row.get("error"), has_result=True)
    return Envelope(row.get("id"), calls, known, error)
