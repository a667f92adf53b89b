"""A report's parameters: checked as strictly as documented, then applied."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from ..reports.fields import Field, Report, Type
from .account import Account
from .clockwork import local_of
from .parameters import number
from .refusals import Refusal
from .switches import Switches

_OPERATORS = ("=", "!=", "<", ">", "<=", ">=", "like", "regexp", "jsquery", "in")
_PARAMETERS = frozenset(
    ("access_token", "user_id", "limit", "offset", "filter", "fields", "sort", "date_from",
     "date_till", "include_ongoing_calls")
)  # fmt: skip
_MONTHS = 3

Predicate = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Query:
    """A checked request; times are local seconds, ``fields`` ``None`` means all documented."""

    report: Report
    date_from: int
    date_till: int
    limit: int
    offset: int
    fields: tuple[str, ...]
    sort: tuple[tuple[str, bool], ...]
    include_ongoing: bool
    keep: Predicate | None
    filters_by: frozenset[str]


@dataclass(frozen=True)
class Found:
    """Indices of the calls of a page, in order, and how many match in all. A page whose edge cuts
    a second is not to be cached: the next time its calls come in another order."""

    indices: tuple[int, ...]
    total: int
    is_stable: bool


def checked(
    report: Report, params: Mapping[str, Any], account: Account, switches: Switches
) -> Query:
    """The query of a report that parameters describe.

    Raises:
        Refusal: they are not as documented.
    """
    for name in params:
        if name not in _PARAMETERS:
            raise Refusal("unexpected_parameters", f"Unexpected parameter {name}", field=name)
    for name in ("date_from", "date_till"):
        if params.get(name) is None:
            raise Refusal("required_parameter_missed", f"{name} is required", field=name)
    start, end = (_time(params[name], name) for name in ("date_from", "date_till"))
    if start > end:
        raise Refusal(
            "invalid_parameters_combination", "date_from is after date_till", field="date_from"
        )
    if end > _months_later(start):
        raise Refusal(
            "date_interval_limit_reached", "The interval exceeds 3 months", field="date_till"
        )
    ongoing = params.get("include_ongoing_calls", False)
    if not isinstance(ongoing, bool):
        raise Refusal("data_type_error", "a boolean is expected", field="include_ongoing_calls")
    keep, filters_by = _filter(report, params.get("filter"))
    return Query(
        report,
        local_of(start) + (not switches.inclusive_from),
        local_of(end) - (not switches.inclusive_till),
        number(params, "limit", 1_000, 1, 10_000),
        number(params, "offset", 0, 0, 100_000),
        _fields(report, params.get("fields"), account, switches),
        _sort(report, params.get("sort")),
        ongoing,
        keep,
        filters_by,
    )


def _time(value: Any, name: str) -> datetime:
    if not isinstance(value, str):
        raise Refusal("data_type_error", f"{name} must be a string", field=name)
    try:
        return datetime.strptime(value, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise Refusal(
            "invalid_parameter_value",
            f"{name} must be YYYY-MM-DD hh:mm:ss",
            field=name,
            value=value,
        ) from None


def _months_later(moment: datetime) -> datetime:
    months = moment.month - 1 + _MONTHS
    year, month = moment.year + months // 12, months % 12 + 1
    for day in range(moment.day, 0, -1):
        try:
            return moment.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def _fields(report: Report, fields: Any, account: Account, switches: Switches) -> tuple[str, ...]:
    if fields is None:
        return tuple(field.name for field in report if field.default)
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise Refusal("data_type_error", "fields must be an array of strings", field="fields")
    documented = frozenset(report.names)
    for name in fields:
        known = name in documented or name in account.extra_fields
        if not known or name in switches.unknown_fields:
            raise Refusal("unexpected_parameters", f"Unknown field {name}", field=name, value=name)
        if name in switches.disabled_fields:
            raise Refusal(
                "parameter_component_disabled",
                f"Component of the field {name} is disabled",
                field=name,
                params={"components": [switches.disabled_fields[name]]},
            )
    return tuple(dict.fromkeys(fields))


def _sort(report: Report, sort: Any) -> tuple[tuple[str, bool], ...]:
    if sort is None:
        return ((report.cursor, False),)
    if not isinstance(sort, list) or not all(isinstance(each, dict) for each in sort):
        raise Refusal("data_type_error", "sort must be an array of objects", field="sort")
    order = []
    for each in sort:
        name = each.get("field")
        field = report.scalar(name) if isinstance(name, str) else None
        if field is None or not field.sortable:
            raise Refusal("sort_prohibited", f"Sorting by {name} is prohibited", field=str(name))
        if each.get("order", "asc") not in ("asc", "desc"):
            raise Refusal("invalid_parameter_value", "order is asc or desc", field="order")
        order.append((field.name, each.get("order") == "desc"))
    return tuple(order) or ((report.cursor, False),)


# -- filters --------------------------------------------------------------------------------------


def _filter(report: Report, tree: Any) -> tuple[Predicate | None, frozenset[str]]:
    """The predicate of a filter, and the fields that it looks at."""
    if tree is None or tree == {}:
        return None, frozenset()
    if not isinstance(tree, dict):
        raise Refusal("data_type_error", "filter must be an object", field="filter")
    if "filters" in tree:
        return _branch(report, tree)
    return _leaf(report, tree)


def _branch(report: Report, tree: Mapping[str, Any]) -> tuple[Predicate, frozenset[str]]:
    condition, filters = tree.get("condition"), tree["filters"]
    if condition not in ("and", "or"):
        raise Refusal("invalid_parameter_value", "condition is and or or", field="condition")
    if not isinstance(filters, list) or not filters:
        raise Refusal("data_type_error", "filters must be an array", field="filters")
    parts = [_filter(report, each) for each in filters]
    predicates = [predicate for predicate, _ in parts if predicate]
    combine = all if condition == "and" else any
    return (
        lambda call: combine(predicate(call) for predicate in predicates),
        frozenset[str]().union(*(names for _, names in parts)),
    )


def _leaf(report: Report, leaf: Mapping[str, Any]) -> tuple[Predicate, frozenset[str]]:
    name, operator, value = leaf.get("field"), leaf.get("operator"), leaf.get("value")
    if not isinstance(name, str):
        raise Refusal("required_parameter_missed", "a filter has a field", field="filter")
    if operator not in _OPERATORS:
        raise Refusal("invalid_parameter_value", f"Unknown operator {operator}", field="operator")
    scalar, owner = _filterable(report, name)
    _check_value(scalar, operator, value)
    compare = _comparison(operator, value)
    if scalar is not None and owner is None:
        return lambda call: compare(call.get(name)), frozenset([name])
    array = owner or name
    return (
        lambda call: any(compare(each) for each in _elements(call.get(array), scalar)),
        frozenset([array]),
    )


def _filterable(report: Report, name: str) -> tuple[Field | None, str | None]:
    """The scalar that a filter names, and the array that it is an element of.

    An array may be named as a whole, then any value of any element counts, or a field of its
    elements (``tag_id``), then that one.
    """
    scalar = report.scalar(name)
    if scalar is not None and scalar.filterable:
        return scalar, None
    for array in report.arrays:
        if array.filterable and array.name == name:
            return None, name
        for item in array.items:
            if array.filterable and item.name == name:
                return item, array.name
    raise Refusal("filter_prohibited", f"Filtering by {name} is prohibited", field=name)


def _check_value(scalar: Field | None, operator: str, value: Any) -> None:
    if operator == "in" and not isinstance(value, list):
        raise Refusal("data_type_error", "in needs an array", field="value")
    values = value if operator == "in" else [value]
    number = scalar is not None and scalar.type in (Type.BIGINT, Type.DECIMAL)
    for each in values:
        if number and each is not None and not isinstance(each, int | float):
            assert scalar is not None
            raise Refusal("data_type_error", f"{scalar.name} is a number", field=scalar.name)


def _elements(array: Any, item: Field | None) -> Iterator[Any]:
    for element in array or ():
        if not isinstance(element, dict):
            yield element
        elif item is not None:
            yield element.get(item.name)
        else:
            yield from element.values()


def _comparison(operator: str, value: Any) -> Callable[[Any], bool]:
    match operator:
        case "=":
            return lambda found: bool(found == value)
        case "!=":
            return lambda found: bool(found != value)
        case "<":
            return lambda found: found is not None and bool(found < value)
        case ">":
            return lambda found: found is not None and bool(found > value)
        case "<=":
            return lambda found: found is not None and bool(found <= value)
        case ">=":
            return lambda found: found is not None and bool(found >= value)
        case "in":
            return lambda found: found in value
        case "like":
            pattern = re.escape(str(value)).replace("%", ".*").replace("_", ".")
            return lambda found: bool(re.fullmatch(pattern, str(found), re.DOTALL))
        case "regexp":
            return lambda found: found is not None and bool(re.search(str(value), str(found)))
        case _:
            # jsquery's language is not documented there: the text of its operand is searched for
            needle = str(value).rsplit("=", 1)[-1].strip(' "')
            return lambda found: needle in json.dumps(found, ensure_ascii=False, default=str)


# -- applying -------------------------------------------------------------------------------------


def find(query: Query, account: Account, switches: Switches, rng: random.Random) -> Found:
    """The calls of a page."""
    account.live()
    indices = account.visible(
        account.between(query.date_from, query.date_till), include_ongoing=query.include_ongoing
    )
    if query.keep is not None:
        indices = [i for i in indices if query.keep(_seen(query, account, i))]
    limit = min(query.limit, switches.page_cap or query.limit)
    if [name for name, _ in query.sort] == [query.report.cursor]:
        ((_, descending),) = query.sort
        indices = indices[::-1] if descending else indices
        page, is_stable = _by_time(indices, query.offset, limit, account, switches, rng)
    else:
        page, is_stable = _by_fields(indices, query, account, rng), False
        page = page[query.offset : query.offset + limit]
    return Found(tuple(page), len(indices), is_stable)


def _seen(query: Query, account: Account, index: int) -> Mapping[str, Any]:
    (key,) = query.report.key
    if query.filters_by <= {key}:
        return {key: account.ids[index]}
    return account.decoded(index)


def _by_time(
    indices: Sequence[int],
    offset: int,
    limit: int,
    account: Account,
    switches: Switches,
    rng: random.Random,
) -> tuple[list[int], bool]:
    """A page in the order of ``indices``; calls of one second in any order, anew where cut."""
    locals_ = account.locals
    start, stop = min(offset, len(indices)), min(offset + limit, len(indices))
    first, last = start, stop
    while 0 < first < len(indices) and locals_[indices[first - 1]] == locals_[indices[first]]:
        first -= 1
    while 0 < last < len(indices) and locals_[indices[last - 1]] == locals_[indices[last]]:
        last += 1
    if not switches.shuffle:
        return list(indices[start:stop]), True
    page: list[int] = []
    for second, group in groupby(indices[first:last], key=locals_.__getitem__):
        calls = list(group)
        if len(calls) > 1:
            cut = (len(page) < start - first) or (len(page) + len(calls) > stop - first)
            (rng if cut else random.Random(second)).shuffle(calls)
        page += calls
    return page[start - first : stop - first], (first, last) == (start, stop)


def _by_fields(
    indices: Sequence[int], query: Query, account: Account, rng: random.Random
) -> list[int]:
    order = list(indices)
    rng.shuffle(order)
    calls = {index: account.decoded(index) for index in order}
    for name, descending in reversed(query.sort):
        order.sort(
            key=lambda index, name=name: _sortable(calls[index].get(name)),  # type: ignore[misc]
            reverse=descending,
        )
    return order


def _sortable(value: Any) -> tuple[bool, Any]:
    """Nulls last; booleans and numbers among themselves."""
    return (value is None, 0 if value is None else value)
