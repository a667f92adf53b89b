"""From the bytes of an answer to an Arrow table of calls, the one place that decodes pages.

The whole answer is parsed by Arrow's JSON reader with an explicit schema: no Python object for any
call or value, and the GIL released. What the schema does not foresee takes a detour:

* a field that is not in the schema: it is looked for in the page's first call, and the page is
  parsed once more;
* whatever else Arrow refuses, or would take for what it is not (:mod:`.fitting`): the page is
  rewritten (:mod:`.repair`) and parsed again.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyarrow import json as arrow_json

from ..api.envelope import Envelope, decode_json, error_of
from ..api.json_text import cleaned
from ..errors import MalformedResponse
from ..localtime.zones import Zone
from ..reports.fields import TIMESTAMP, Listing, Type
from .arrays import mapped, whole
from .first_records import RECORDS, first_records
from .fitting import Unfit, as_typed, check_text, fitted
from .names import Names, TableNames
from .repair import Repair
from .shape import EXACT, REPLACED, Shape, shape_of

_SMALL = 4096
"""Bytes up to which an answer may be an error object, and is looked at as a whole first."""

_TRIES = 8
"""Ends of arrays that are tried as the end of the calls, from the end of an answer on."""

_TOTAL = re.compile(rb'"total_items"\s*:\s*(\d{1,18})')

_Fit = Callable[[pa.Array, Type], pa.Array]

_UNREADABLE = (pa.ArrowException, Unfit, ValueError, OverflowError)
"""What Arrow raises where it can't read a page, or a name or a number in it."""


class Decoder:
    """Decodes pages of one report or list; remembers the fields that it met. Threads may share it.

    Args:
        listing: the documented fields.
        zone: the account's; for times with an offset, which the documentation does not foresee.
        names: columns that the warehouse's tables have beyond the documented ones: a field keeps
            its column and its type from run to run.
        dropped: fields that are not wanted, though they may come.
    """

    def __init__(
        self,
        listing: Listing,
        zone: Zone,
        names: Names | None = None,
        dropped: Collection[str] = (),
    ) -> None:
        self._listing = listing
        self._names = names or Names(listing)
        self._documented = shape_of(listing)
        self._dropped = frozenset(dropped).difference(listing.required)
        self._repair = Repair(listing, zone, self._names)
        self._lock = threading.Lock()
        self._shape = self._documented
        self._uninvited: frozenset[str] = frozenset()
        self.know_stored()

    def know_stored(self) -> None:
        """Takes note of the columns that the names tell of by now."""
        shape = self._documented.with_scalars(self._names.of().fields())
        for child in self._listing.children:
            if child.array.is_of_objects:
                path = [array.name for array in child.path]
                shape = shape.with_items(path, self._names.of(child.name).fields())
        self._learn(shape)

    def decode(self, body: bytes, fields: Collection[str]) -> Envelope[pa.Table]:
        """Decodes an answer to a request for ``fields``.

        The envelope's data is a table of the calls: ``fields`` and all undocumented fields that
        came, each under the name of its column, scalars first, times naive (``timestamp[us]``) as
        the API wrote them. Key and cursor are never null. Of the columns that a page
        has beside these :func:`.tables.rows.to_instants` takes care.

        Raises:
            MalformedResponse: not JSON, cut off, or not an answer of this API.
        """
        try:
            return self._decoded(body, fields)
        except MalformedResponse:
            # it may be an error, which may be of any length
            envelope = decode_json(body)
            if envelope.error is not None:
                return envelope
            raise

    def _decoded(self, body: bytes, fields: Collection[str]) -> Envelope[pa.Table]:
        unwanted = self._documented.names.difference(fields) | self._dropped
        around = _without_calls(body)
        if around is None:
            return self._decode_rewritten(body, unwanted)
        for _ in range(2):
            shape = self._shape.without(unwanted - self._uninvited)
            try:
                calls = _parse(body, around, shape)
                return _envelope(around, self._table(calls, shape.without(unwanted)))
            except _UNREADABLE:
                if not self._learned_from_first(body, unwanted):
                    break
        return self._decode_rewritten(body, unwanted)

    def _learned_from_first(self, body: bytes, unwanted: Collection[str]) -> bool:
        """Whether the first call of a page has fields that were not known to come."""
        row = _first_call(body)
        if row is None:
            return False
        shape = self._shape
        uninvited = self._uninvited.union(unwanted).intersection(row)
        grown = self._repair.with_fields_of(row, shape)
        if grown is shape and uninvited <= self._uninvited:
            return False
        self._learn(grown, uninvited)
        return True

    def _decode_rewritten(self, body: bytes, unwanted: Collection[str]) -> Envelope[pa.Table]:
        shape = self._shape.without(unwanted)
        rewritten = self._repair.rewritten(body, shape, unwanted)
        self._learn(rewritten.learned)
        try:
            calls = _parse(rewritten.body, {"data": []}, rewritten.shape)
            table = self._table(calls, rewritten.shape, is_rewritten=True)
        except _UNREADABLE as error:
            # not chained: the error may quote a value
            raise MalformedResponse(f"calls that can't be read ({type(error).__name__})") from None
        return _envelope(rewritten.answer, table, rewritten.refused)

    def _learn(self, grown: Shape, uninvited: Collection[str] = ()) -> None:
        """Remembers new fields and odd types, for later pages and for all threads."""
        with self._lock:
            self._shape = self._shape.grown_by(grown)
            self._uninvited |= frozenset(uninvited)

    def _table(
        self, calls: pa.StructArray, shape: Shape, *, is_rewritten: bool = False
    ) -> pa.Table:
        """Calls in columns, with the names of these.

        Raises:
            Unfit, ArrowException: something is not as it seems.
        """
        if not is_rewritten:
            check_text(calls)
        fit = as_typed if is_rewritten else fitted
        table = pa.table(_columns(calls, shape, self._names, fit))
        if any(table[name].null_count for name in self._listing.required):
            raise Unfit
        return table


def total_items(body: bytes) -> int | None:
    """How many calls match the request, as an answer says beside its calls; ``None`` if it does not
    say so there. Finding that takes no time to speak of; decoding a page takes half a second.

    Nothing but plans is made by it: it need not be right.
    """
    found = _TOTAL.search(body, max(0, len(body) - _SMALL)) or _TOTAL.search(body, 0, _SMALL)
    return None if found is None else int(found[1])


def _without_calls(body: bytes) -> dict[str, Any] | None:
    """An answer with no calls in its ``data``; ``None`` if it is not written as usual."""
    found = RECORDS.search(body)
    end = len(body)
    for _ in range(_TRIES):
        end = -1 if found is None else body.rfind(b"]", found.end(), end)
        if found is None or end < 0:
            return None
        try:
            answer = json.loads(body[: found.end()] + body[end:])
        except ValueError:
            continue
        is_answer = isinstance(answer, dict) and isinstance(answer.get("result"), dict)
        return answer if is_answer and answer["result"].get("data") == [] else None
    return None


def _first_call(body: bytes) -> dict[str, Any] | None:
    try:
        call: dict[str, Any] | None = cleaned(next(first_records(body), None))[0]
    except RecursionError:
        return None
    return call


def _parse(body: bytes, around: Mapping[str, Any], shape: Shape) -> pa.StructArray:
    """Parses the calls of an answer, of which ``around`` is what surrounds them.

    A field that is not in the schema is an error: Arrow would look into values of any depth to
    find a type for it, and end the process if they are too deep.
    """
    calls, result = pa.list_(shape.parsed), around.get("result")
    if isinstance(result, dict):
        schema = _struct({**around, "result": None}, result=_struct({**result}, data=calls))
    else:
        schema = _struct(around, data=calls)
    table = _read(body, pa.schema(list(schema)))
    if table.num_rows != 1:
        raise Unfit
    data = whole(table["result"]).field("data") if "result" in around else whole(table["data"])
    return data.flatten()


def _struct(values: Mapping[str, Any], **types: pa.DataType) -> pa.StructType:
    """The Arrow type of an object, of which some fields have given types."""
    inferred = {name: pa.infer_type([value]) for name, value in values.items()}
    return pa.struct(list({**inferred, **types}.items()))


def _read(body: bytes, schema: pa.Schema) -> pa.Table:
    try:
        return _read_json(body, schema, newlines=False)
    except pa.ArrowInvalid:
        if b"\n" not in body.rstrip():
            raise
    return _read_json(body, schema, newlines=True)


def _read_json(body: bytes, schema: pa.Schema, *, newlines: bool) -> pa.Table:
    """Parses an answer into a table of one row."""
    return arrow_json.read_json(
        pa.BufferReader(body),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(body) + 1),
        parse_options=arrow_json.ParseOptions(
            explicit_schema=schema,
            newlines_in_values=newlines,
            unexpected_field_behavior="error",
        ),
    )


def _columns(
    rows: pa.StructArray, shape: Shape, names: Names, fit: _Fit, path: tuple[str, ...] = ()
) -> dict[str, pa.Array]:
    """The columns of records, or of the elements that ``path`` leads to, by name."""
    parsed = shape.columns_of(rows)
    columns = dict(_scalars(parsed, shape.scalars, names.of(*path), fit))
    for name, items in shape.arrays.items():
        lists = parsed[name]
        columns[name] = (
            _texts(lists) if items is None else _elements(lists, items, names, fit, (*path, name))
        )
    return columns


def _texts(lists: pa.ListArray) -> pa.ListArray:
    """An array of strings, which the API may write as numbers."""
    if pa.types.is_string(lists.type.value_type):
        return lists
    return mapped(lists, lambda values: values.cast(pa.string()))


def _scalars(
    parsed: Mapping[str, pa.Array],
    types: Mapping[str, Type | None],
    names: TableNames,
    fit: _Fit,
) -> Iterator[tuple[str, pa.Array]]:
    for name, type_ in types.items():
        if type_ is None:
            continue
        values = fit(parsed[name], type_)
        if name == REPLACED:
            yield name, values
        elif name.endswith(EXACT):
            yield names.column(name.removesuffix(EXACT)) + EXACT, values.cast(TIMESTAMP)
        else:
            has_values = values.null_count < len(values)
            column = names.column(name) if has_values else names.known(name)
            if column is not None:
                yield column, values


def _elements(
    lists: pa.ListArray, shape: Shape, names: Names, fit: _Fit, path: tuple[str, ...]
) -> pa.ListArray:
    def of(elements: pa.StructArray) -> pa.StructArray:
        columns = _columns(elements, shape, names, fit, path)
        return pa.StructArray.from_arrays(
            list(columns.values()),
            names=list(columns),
            mask=elements.is_null() if elements.null_count else None,
        )

    return mapped(lists, of)


def _envelope(answer: Mapping[str, Any], calls: pa.Table, refused: Any = ()) -> Envelope[pa.Table]:
    metadata = answer["result"].get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    error = error_of(answer.get("error"), has_result=True)
    return Envelope(answer.get("id"), calls, metadata, error, refused)
