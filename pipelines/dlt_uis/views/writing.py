"""Writes a view, or a question about views, in the dialect of a dataset.

In place of a view that it reads another one gets that one's query, with no more of its columns than
are needed: so no view hangs on another one, and nothing is computed that nobody asks for. In place
of a table it gets the columns that the table has, and nulls for those that it lacks.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlglot import exp, parse_one
from sqlglot.errors import ErrorLevel

from .dataset import Dataset, Node
from .definitions import VIEWS
from .dialects import DIALECTS
from .inputs import INPUTS
from .macros import expand, zone_literal
from .view import Column, View

_OURS = "duckdb"
"""The dialect of the definitions."""

_DAYS = "days_of"
_PLAIN = re.compile(r"\w+\.\w+").fullmatch


def query_of(view: View, dataset: Dataset) -> str:
    """The query of a view, as SQL."""
    return _text(_tree_of(view, dataset, None), dataset)


def written(question: str, dataset: Dataset) -> str:
    """A question about views, in the definitions' SQL, as one that the dataset understands."""
    return _text(_expanded(question, dataset), dataset)


def _text(tree: Node, dataset: Dataset) -> str:
    text: str = tree.sql(
        dataset.dialect, identify=True, pretty=True, unsupported_level=ErrorLevel.IGNORE
    )
    return text


def _tree_of(view: View, dataset: Dataset, names: Collection[str] | None) -> Node:
    """The query with columns of these ``names`` only, all by default."""
    chosen = [column for column in view.columns if names is None or column.name in names]
    columns = ", ".join(f"{_sql_of(column, dataset)} AS {column.name}" for column in chosen)
    return _expanded(f"SELECT {columns} {view.source}", dataset)


def _sql_of(column: Column, dataset: Dataset) -> str:
    if any(map(dataset.lacks, column.needs)):
        return f"CAST(NULL AS {column.type})"
    # a plain column has its type; an instant is found by index and partition as it is
    return column.sql if _PLAIN(column.sql) else f"CAST({column.sql} AS {column.type})"


def _expanded(text: str, dataset: Dataset) -> Node:
    tree = parse_one(text, read=_OURS)
    expand(tree, dataset)
    for table in list(tree.find_all(exp.Table)):
        table.replace(_in_place_of(table, dataset))
    for condition in reversed(list(tree.find_all(exp.Not, exp.And, exp.Or))):
        condition.replace(_without_what_is_known(condition))
    return tree


def _without_what_is_known(condition: Node) -> Node:
    """A condition, without a part of it that says nothing."""
    match condition:
        case exp.Not(this=exp.Boolean(this=known)):
            return exp.Boolean(this=not known)
        case exp.And(this=exp.Boolean(this=True), expression=rest):
            return rest
        case exp.And(this=rest, expression=exp.Boolean(this=True)):
            return rest
        case exp.Or(this=rest, expression=exp.Boolean(this=False)):
            return rest
    return condition


def _in_place_of(table: exp.Table, dataset: Dataset) -> Node:
    called = table.this
    if isinstance(called, exp.Anonymous) and called.name.lower() == _DAYS:
        query = _days(called.expressions[0].name, dataset)
    elif table.name in VIEWS:
        query = _tree_of(VIEWS[table.name], dataset, _used(table))
    else:
        query = _input(table.name, _used(table), dataset)
    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier(table.alias)))


def _used(table: exp.Table) -> list[str]:
    """Names of the columns of a table that its query reads."""
    select = table.parent_select
    assert select is not None
    columns = select.find_all(exp.Column)
    return list(dict.fromkeys(each.name for each in columns if each.table == table.alias))


def _input(name: str, used: Collection[str], dataset: Dataset) -> Node:
    """The columns of a table, which has no rows if it is not there."""
    table = INPUTS[name]
    types = {column: type_ for column, type_ in table.columns.items() if column in used}
    is_there = not dataset.lacks(f"{name}.{table.times}")
    found: list[Node] = []
    if table.times in used:
        times = exp.column(table.times) if is_there else exp.cast(exp.null(), "TIMESTAMPTZ")
        found.append(exp.alias_(times, table.times))
    for column, type_ in types.items():
        is_lacking = dataset.lacks(f"{name}.{column}")
        value = exp.null() if is_lacking else exp.column(column)
        found.append(exp.alias_(exp.cast(value, type_, dialect=_OURS), column))
    query = exp.select(*found)
    return query.from_(dataset.place(name)) if is_there else query.limit(0)


def _days(name: str, dataset: Dataset) -> Node:
    """The local days of a table."""
    dialect, times = DIALECTS[dataset.dialect], INPUTS[name].times
    if dataset.lacks(f"{name}.{times}"):
        return parse_one(dialect.no_days, read=dataset.dialect)
    place = dataset.place_text(name)
    text = dialect.days_of.format(zone=zone_literal(dataset), table=place, times=times)
    return parse_one(text, read=dataset.dialect)
