"""A request for a report: its parameters are checked as strictly as documented."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..reports.fields import Report, Way
from .catalog import FIRST_SITE_ID, SITES
from .filters import Filters
from .parameters import number
from .query import Query
from .refusals import Refusal
from .switches import Switches
from .terms import TERMS, Terms
from .windows import BOUNDS, EVER, window

_PARAMETERS = frozenset(("access_token", "user_id", "limit", "offset", "filter", "fields", "sort"))
_OF_CHATS = ("chat_id", "chat_ids")


def checked(
    report: Report, params: Mapping[str, Any], extra: Collection[str], switches: Switches
) -> Query:
    """The query of a report that parameters describe.

    Args:
        extra: undocumented fields that the report has.

    Raises:
        Refusal: they are not as documented.
    """
    terms = TERMS.get(report.method, Terms())
    lacking = frozenset(report.lacking(switches.brand))
    has_window = not (terms.by_chat and "id" in lacking)
    _check_names(report, params, terms, has_window=has_window)
    chats = _chats(params) if terms.by_chat else None
    if chats is None or any(params.get(name) is not None for name in BOUNDS):
        if not has_window:
            raise Refusal("required_parameter_missed", "chat_id is required", field="chat_id")
        seconds = window(params, terms, switches)
    else:
        seconds = EVER
    flags = _flags(report, terms)
    options: dict[str, Any] = {name: _flag(params, name) for name in flags if name in params}
    if report.way is Way.SITES:
        options["site_id"] = _site(params)
    keep, filters_by = Filters(report, lacking).read(params.get("filter"))
    return Query(
        report,
        seconds,
        number(params, "limit", 1_000, 1, 10_000),
        number(params, "offset", 0, 0, 100_000),
        _fields(report, params.get("fields"), {*extra}, lacking, switches),
        _sort(report, params.get("sort"), lacking, switches),
        keep,
        filters_by,
        options if chats is None else {**options, "chats": chats},
    )


def _check_names(
    report: Report, params: Mapping[str, Any], terms: Terms, *, has_window: bool
) -> None:
    known = {*_PARAMETERS, *_flags(report, terms)}
    known.update(BOUNDS if has_window else ())
    known.update(_OF_CHATS if terms.by_chat else ())
    known.update(["site_id"] if report.way is Way.SITES else ())
    for name in params:
        if name not in known:
            raise Refusal("unexpected_parameters", f"Unexpected parameter {name}", field=name)


def _flags(report: Report, terms: Terms) -> tuple[str, ...]:
    """Parameters that are true or false."""
    return (*terms.flags, report.ongoing) if report.ongoing else terms.flags


def _flag(params: Mapping[str, Any], name: str) -> bool:
    if not isinstance(params[name], bool):
        raise Refusal("data_type_error", "a boolean is expected", field=name)
    return bool(params[name])


def _chats(params: Mapping[str, Any]) -> frozenset[int] | None:
    """The chats that are asked for, if any are named."""
    one, several = (params.get(name) for name in _OF_CHATS)
    if one is None and several is None:
        return None
    if several is not None and not isinstance(several, list):
        raise Refusal("data_type_error", "chat_ids must be an array", field="chat_ids")
    chats = [*(several or ()), *([] if one is None else [one])]
    for chat in chats:
        if isinstance(chat, bool) or not isinstance(chat, int):
            name = "chat_ids" if several else "chat_id"
            raise Refusal("data_type_error", "a chat is told by a number", field=name)
    return frozenset(chats)


def _site(params: Mapping[str, Any]) -> int:
    if params.get("site_id") is None:
        raise Refusal("required_parameter_missed", "site_id is required", field="site_id")
    return number(params, "site_id", 0, FIRST_SITE_ID, FIRST_SITE_ID + len(SITES) - 1)


def _fields(
    report: Report,
    fields: Any,
    extra: Collection[str],
    lacking: Collection[str],
    switches: Switches,
) -> tuple[str, ...]:
    if fields is None:
        names = dict.fromkeys(field.asked for field in report if field.default)
        return tuple(name for name in names if name not in lacking)
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise Refusal("data_type_error", "fields must be an array of strings", field="fields")
    known = {*report.names, *extra} - {*lacking, *switches.unknown_fields}
    for name in fields:
        if name not in known:
            raise Refusal("unexpected_parameters", f"Unknown field {name}", field=name, value=name)
        if name in switches.disabled_fields:
            raise Refusal(
                "parameter_component_disabled",
                f"Component of the field {name} is disabled",
                field=name,
                params={"components": [switches.disabled_fields[name]]},
            )
    return tuple(dict.fromkeys(fields))


def _sort(
    report: Report, sort: Any, lacking: Collection[str], switches: Switches
) -> tuple[tuple[str, bool], ...]:
    if sort is None:
        return ()
    if not isinstance(sort, list) or not all(isinstance(each, dict) for each in sort):
        raise Refusal("data_type_error", "sort must be an array of objects", field="sort")
    allowed = {
        field.name
        for field in report.scalars
        if field.sortable and field.asked == field.name and field.name not in lacking
    }
    order = []
    for each in sort:
        name = each.get("field")
        if name not in allowed or report.method in switches.unsortable:
            raise Refusal("sort_prohibited", f"Sorting by {name} is prohibited", field=str(name))
        if each.get("order", "asc") not in ("asc", "desc"):
            raise Refusal("invalid_parameter_value", "order is asc or desc", field="order")
        order.append((str(name), each.get("order") == "desc"))
    return tuple(order)
