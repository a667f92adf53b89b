"""The filter of a request: checked as strictly as documented, and what it says of a record."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ..reports.fields import Field, Report, Type
from .query import Predicate
from .refusals import Refusal

_OPERATORS = ("=", "!=", "<", ">", "<=", ">=", "like", "regexp", "jsquery", "in")


class Filters:
    """Filters of a report, by fields that the documentation of a brand allows.

    Args:
        lacking: names of the fields that it does not list.
    """

    def __init__(self, report: Report, lacking: Collection[str]) -> None:
        self._report = report
        self._lacking = lacking

    def read(self, tree: Any) -> tuple[Predicate | None, frozenset[str]]:
        """The predicate of a filter, and the fields that it looks at.

        Raises:
            Refusal: it is not as documented.
        """
        if tree is None or tree == {}:
            return None, frozenset()
        if not isinstance(tree, dict):
            raise Refusal("data_type_error", "filter must be an object", field="filter")
        return self._branch(tree) if "filters" in tree else self._leaf(tree)

    def _branch(self, tree: Mapping[str, Any]) -> tuple[Predicate, frozenset[str]]:
        condition, filters = tree.get("condition"), tree["filters"]
        if condition not in ("and", "or"):
            raise Refusal("invalid_parameter_value", "condition is and or or", field="condition")
        if not isinstance(filters, list) or not filters:
            raise Refusal("data_type_error", "filters must be an array", field="filters")
        parts = [self.read(each) for each in filters]
        predicates = [predicate for predicate, _ in parts if predicate]
        combine = all if condition == "and" else any
        return (
            lambda record: combine(predicate(record) for predicate in predicates),
            frozenset[str]().union(*(names for _, names in parts)),
        )

    def _leaf(self, leaf: Mapping[str, Any]) -> tuple[Predicate, frozenset[str]]:
        name, operator, value = leaf.get("field"), leaf.get("operator"), leaf.get("value")
        if not isinstance(name, str):
            raise Refusal("required_parameter_missed", "a filter has a field", field="filter")
        if operator not in _OPERATORS:
            raise Refusal(
                "invalid_parameter_value", f"Unknown operator {operator}", field="operator"
            )
        scalar, owner = self._filterable(name)
        _check_value(scalar, operator, value)
        compare = _comparison(operator, value)
        if scalar is not None and owner is None:
            return lambda record: compare(record.get(name)), frozenset([name])
        whole = owner or name
        return (
            lambda record: any(compare(each) for each in _elements(record.get(whole), scalar)),
            frozenset([whole]),
        )

    def _filterable(self, name: str) -> tuple[Field | None, str | None]:
        """The scalar that a filter names, and the array that it is an element of.

        An array or an object may be named as a whole, then any value in it counts, or a field of an
        array's elements (``tag_id``), then that one.
        """
        for field in self._report:
            if not field.filterable or field.asked in self._lacking:
                continue
            if field.asked == name:
                is_scalar = isinstance(field, Field) and not field.inside
                return (field, None) if is_scalar else (None, name)  # type: ignore[return-value]
            items = () if isinstance(field, Field) else field.items
            item = next((item for item in items if item.name == name), None)
            if item is not None:
                return item, field.asked
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


def _elements(value: Any, item: Field | None) -> Iterator[Any]:
    """Of an array, or of an object as if it was the only one."""
    for element in [value] if isinstance(value, dict) else value or ():
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
