"""The macros of the definitions: functions that stand for SQL of the dataset's dialect."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlglot import exp, parse_one

from ..reports.own_names import USER_ID
from .dataset import Dataset, Node
from .dialects import DIALECTS

_TEXTS = ("local", "weekday_of", "seconds_between", "nearest_rank", "falls_on")
"""Those whose texts are the dialect's; :class:`.dialects.Dialect` says what they mean."""

_EACH = "e"
"""Alias of the table that ``of_each`` sums up."""

_KEYS = {"call_id": "id", "call_start_time": "start_time"}
"""Columns by which its rows belong to a call. The time finds them where the call's is bounded."""


def expand(tree: Node, dataset: Dataset) -> None:
    """Puts the macros' SQL in place of them.

    Beside those of the dialect there are ``is_loaded(calls.is_lost)``; ``same_owner(one, other)``,
    whether rows of two aliases are of one customer; ``recordings_host()``; ``callback_minutes()``;
    and ``of_each(table, alias, sum, condition)``, what is summed up of the rows ``e`` of a child
    table that belong to a call, null if there are none.
    """
    # the innermost first: a macro may be an argument of another one
    for call in reversed(list(tree.find_all(exp.Anonymous))):
        macro = _MACROS.get(call.name.lower())
        if macro is not None:
            call.replace(macro(call, dataset))


def _of_text(name: str, call: exp.Anonymous, dataset: Dataset) -> Node:
    given = [each.sql(dataset.dialect, identify=True) for each in call.expressions]
    text: str = getattr(DIALECTS[dataset.dialect], name)
    return parse_one(text.format(*given, zone=zone_literal(dataset)), read=dataset.dialect)


def zone_literal(dataset: Dataset) -> str:
    """The zone's name is in the system's database of zones: it is no danger in SQL."""
    return f"'{dataset.zone}'"


def _is_loaded(call: exp.Anonymous, dataset: Dataset) -> Node:
    return exp.Boolean(this=not dataset.lacks(call.expressions[0].sql()))


def _same_owner(call: exp.Anonymous, dataset: Dataset) -> Node:
    one, other = call.expressions
    return _is_same_owner(one.name, other.name, dataset)


def _is_same_owner(one: str, other: str, dataset: Dataset) -> Node:
    if not dataset.is_owned:
        return exp.Boolean(this=True)
    return exp.column(USER_ID, one).eq(exp.column(USER_ID, other))


def _recordings_host(call: exp.Anonymous, dataset: Dataset) -> Node:
    del call
    host = dataset.recordings_host
    return exp.cast(exp.null(), "TEXT") if host is None else exp.Literal.string(host)


def _callback_minutes(call: exp.Anonymous, dataset: Dataset) -> Node:
    del call
    return exp.Literal.number(dataset.callback_minutes)


def _of_each(call: exp.Anonymous, dataset: Dataset) -> Node:
    table, of, value, *conditions = call.expressions
    rows = exp.to_table(table.name).as_(_EACH)
    if not DIALECTS[dataset.dialect].joins:
        query = exp.select(value).from_(rows).where(_belongs(_EACH, of.name, dataset), *conditions)
        return exp.Subquery(this=query)
    select = call.parent_select
    assert select is not None
    alias = f"of_{len(select.args.get('joins') or ())}"
    keys = [exp.column(key, _EACH) for key in (*_KEYS, USER_ID)[: len(_KEYS) + dataset.is_owned]]
    query = exp.select(*keys, exp.alias_(value, "value")).from_(rows).where(*conditions)
    on = _belongs(alias, of.name, dataset)
    query = query.group_by(*(key.copy() for key in keys))
    select.join(query, on=on, join_type="left", join_alias=alias, copy=False)
    return exp.column("value", alias)


def _belongs(rows: str, of: str, dataset: Dataset) -> Node:
    are_same = (exp.column(key, rows).eq(exp.column(its, of)) for key, its in _KEYS.items())
    return exp.and_(*are_same, _is_same_owner(rows, of, dataset))


_Macro = Callable[[exp.Anonymous, Dataset], Node]

_MACROS: dict[str, _Macro] = {
    **{name: partial(_of_text, name) for name in _TEXTS},
    "is_loaded": _is_loaded,
    "same_owner": _same_owner,
    "recordings_host": _recordings_host,
    "callback_minutes": _callback_minutes,
    "of_each": _of_each,
}
