"""Compares the tables of a report or list with the sandbox's own truth: every value, element and
position."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dlt_uis.reports.fields import PART, Array, Child, Field, Listing, Report, Type
from dlt_uis.sandbox import Account

Row = Mapping[str, Any]
Query = Any
"""Runs SQL, returns rows as tuples."""


def expected(value: Any, field: Field, zone: ZoneInfo) -> Any:
    """What the API's value must be in the warehouse."""
    match field.type:
        case _ if value in (None, ""):
            return None if field.type is not Type.TEXT else value
        case Type.TIMESTAMP:
            moment = datetime.fromisoformat(value).replace(tzinfo=zone, fold=0)
            return moment.astimezone(UTC)
        case Type.DATE:
            return date.fromisoformat(value)
        case Type.DECIMAL:
            return Decimal(str(value)).normalize()
        case Type.TEXT:
            return value if isinstance(value, str) else str(value)
        case Type.BIGINT:
            return int(value)
        case Type.DOUBLE:
            return float(value)
        case Type.JSON:
            return json.dumps(value, ensure_ascii=False)
        case _:
            return value


def _value(record: Row, field: Field | Array) -> Any:
    if field.inside is None:
        return record.get(field.name)
    return (record.get(field.inside) or {}).get(field.name.removeprefix(field.inside + PART))


def _own(listing: Listing, record: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {each.name: expected(_value(record, each), each, zone) for each in listing.scalars}


def _elements(value: Any, array: Array) -> Sequence[Any]:
    if array.dictionary:
        key, held = (item.name for item in array.items)
        return [{key: name, held: each} for name, each in (value or {}).items()]
    return value or ()


def _of_path(
    record: Row, path: Sequence[Array], places: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The elements that arrays lead to, each with its place and those before."""
    for place, element in enumerate(_elements(_value(record, path[0]), path[0])):
        if len(path) == 1:
            yield (*places, place), element
        else:
            # an object with one array is met as that array, too
            whole = {path[1].name: element} if isinstance(element, list) else element
            yield from _of_path(whole, path[1:], (*places, place))


def child_rows(report: Listing, child: Child, records: Sequence[Row], zone: ZoneInfo) -> list[Any]:
    """The rows that a child table must have, but for keys that the API does not send."""
    text = Field("value", Type.TEXT, "")
    rows = []
    for record in records:
        own = _own(report, record, zone)
        for places, element in _of_path(record, child.path):
            values = [expected(_value(element, item), item, zone) for item in child.array.items]
            if not child.array.is_of_objects:
                values = [expected(element, text, zone)]
            rows.append((*(own[name] for name in _carried(report)), *places, *values))
    return sorted(rows, key=repr)


def _carried(report: Listing) -> list[str]:
    """Columns of a record that its elements carry, but for its place among others."""
    return [name for name in report.carried if name != "position"]


def assert_report_equals_truth(account: Account, report: Report, query: Query) -> None:
    """The tables of a report hold exactly what the account shows."""
    assert_holds(report, account.truth(report.table), ZoneInfo(account.timezone), query)


def assert_holds(listing: Listing, records: Sequence[Row], zone: ZoneInfo, query: Query) -> None:
    """The tables of a report or list hold exactly these records."""
    lacking = listing.lacking("uis")
    names = [each.name for each in listing.scalars if each.name not in {"position", *lacking}]
    owns = (_own(listing, record, zone) for record in records)
    wanted = [tuple(own[name] for name in names) for own in owns]
    _assert_same(listing.table, wanted, query(_select(listing.table, names)))
    for child in listing.children:
        columns = [listing.child_column(name) for name in _carried(listing)]
        columns += [*child.positions, *(item.name for item in child.array.items)]
        columns += [] if child.array.is_of_objects else ["value"]
        found = query(_select(child.table, columns))
        _assert_same(child.table, child_rows(listing, child, records, zone), found)


def declared_types(listing: Listing) -> Iterator[tuple[str, dict[str, Type]]]:
    """The documented columns of its tables, by table."""
    types = {each.name: each.type for each in listing.scalars}
    yield listing.table, types
    for child in listing.children:
        carried = {listing.child_column(name): types[name] for name in listing.carried}
        places = dict.fromkeys(child.positions, Type.BIGINT)
        items = {item.name: item.type for item in child.array.items}
        texts = {} if child.array.is_of_objects else {"value": Type.TEXT}
        yield child.table, {**carried, **places, **items, **texts}


def _select(table: str, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f'SELECT {names} FROM uis_data."{table}"'


def _assert_same(table: str, wanted: Sequence[Any], found: Sequence[Any]) -> None:
    have = sorted((tuple(map(_plain, row)) for row in found), key=repr)
    want = sorted(wanted, key=repr)
    assert len(have) == len(want), f"{table}: {len(have)} rows, not {len(want)}"
    for expected_row, row in zip(want, have, strict=True):
        unlike = [pair for pair in zip(expected_row, row, strict=True) if pair[0] != pair[1]]
        assert not unlike, f"{table}: {unlike}"


def _plain(value: Any) -> Any:
    """A value as it can be compared and sorted."""
    if isinstance(value, Decimal):
        return value.normalize()
    return value.astimezone(UTC) if isinstance(value, datetime) else value
