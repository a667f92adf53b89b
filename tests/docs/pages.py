"""The generated pages: an entity diagram of all tables, and a page a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from dlt_uis.views.definitions import VIEWS
from dlt_uis.views.view import Column as ViewColumn
from dlt_uis.views.view import View
from dlt_uis.warehouse.indexes import Index

from .schema import WAREHOUSES, Column, Table, tables

_WIDEST = 20
"""Columns up to which the diagram shows them all; of a wider table it shows those never null."""

_GENERATED = "<!-- Written by `make docs` from the code: change it there. -->"

_SCHEMA = f"""{_GENERATED}

# Tables

{{diagram}}

{{hidden}}

| table | key | what |
|---|---|---|
{{tables}}

What holds for all of them:

* Columns have the API's names. Those of calls exist from the first sync on, also where no call has
  a value yet; a field that is not asked for (`FIELDS`, `EXCLUDE_FIELDS`) has no column, an array no
  table. Reference data (`REFERENCE_DATA`) has the columns that the API gives, and a table for each
  list that is asked for.
* Where `USER_ID` lists customers, tables of calls and of reference data have the columns `app_id`
  and `user_id`, and `user_id` is a part of each key.
* Times are instants, kept in UTC. The API's times are read in the account's zone; see
  [semantics](semantics.md#zones).
* A field that the API adds, or an undocumented one that you ask for, becomes a column. Its type is
  that of its first value, and stays.
* A value that does not fit its column goes as text to `<column>__v_text`, a column that is made
  when it is needed; the column itself is null in that row. Empty text in a column that is not text
  is null.
* Enums are text: a value that is not listed here may come.
* Rows of `calls__…` tables belong to the row of `calls` with their `call_id`. No warehouse enforces
  that; [`verify`](verify.md) does check it.

[Views](views.md) for analysts lie beside the tables once `dlt-uis views` has made them.

Beside them lie dlt's own tables: `_dlt_loads` (a row a load package; `_dlt_load_id` points to its
`load_id`), `_dlt_version` (the schema) and `_dlt_pipeline_state` (where the cursor is kept). Leave
them where they are.
"""


def pages() -> Mapping[str, str]:
    """The text of each generated page, by its path in ``docs/``."""
    found = tables()
    return {
        "schema.md": _schema(found),
        **{f"tables/{table.name}.md": _page(table) for table in found},
        **{f"tables/{view.name}.md": _view_page(view) for view in VIEWS.values()},
    }


def _schema(found: Sequence[Table]) -> str:
    lines = [
        f"| [`{table.name}`](tables/{table.name}.md) | {_code(table.key)} | {table.about} |"
        for table in found
    ]
    hidden = [
        f"`{table.name}` has {len(table.columns)} columns:"
        f" [its page](tables/{table.name}.md) lists those that the diagram leaves out."
        for table in found
        if len(_drawn(table)) < len(table.columns)
    ]
    return _SCHEMA.format(
        diagram=_diagram(found), hidden="\n".join(hidden), tables="\n".join(lines)
    )


def _diagram(found: Sequence[Table]) -> str:
    """A Mermaid diagram, which GitHub draws."""
    lines = ["```mermaid", "erDiagram"]
    for table in found:
        for column in table.columns:
            if column.refers_to:
                parent = column.refers_to.partition(".")[0]
                lines.append(f'    {parent} ||--o{{ {table.name} : "{column.name}"')
    for table in found:
        attributes = [f"        {_attribute(column)}" for column in _drawn(table)]
        lines += [f"    {table.name} {{", *attributes, "    }"]
    return "\n".join([*lines, "```"])


def _drawn(table: Table) -> Sequence[Column]:
    if len(table.columns) <= _WIDEST:
        return table.columns
    return [column for column in table.columns if not column.is_nullable]


def _attribute(column: Column) -> str:
    marks = ", ".join(["PK"] * column.is_key + ["FK"] * bool(column.refers_to))
    return f"{column.data_type} {column.name} {marks}".rstrip()


def _page(table: Table) -> str:
    head = f"| column | {' | '.join(WAREHOUSES.values())} | null | key | meaning |"
    rule = "|---|" + "---|" * len(WAREHOUSES) + "---|---|---|"
    return "\n".join(
        [
            _GENERATED,
            "",
            f"# {table.name}",
            "",
            table.about,
            "",
            *_facts(table),
            "",
            head,
            rule,
            *map(_row, table.columns),
            "",
            *_values(table),
            "All tables: [schema](../schema.md).",
            "",
        ]
    )


def _view_page(view: View) -> str:
    """The page of a view."""
    head = f"| column | {' | '.join(WAREHOUSES.values())} | meaning |"
    return "\n".join(
        [
            _GENERATED,
            "",
            f"# {view.name}",
            "",
            _text(view.meaning),
            "",
            *_needs(view),
            head,
            "|---|" + "---|" * len(WAREHOUSES) + "---|",
            *map(_view_row, view.columns),
            "",
            "All views: [views](../views.md).",
            "",
        ]
    )


def _needs(view: View) -> Iterator[str]:
    tables_ = list(dict.fromkeys(each.partition(".")[0] for each in view.needs or view.any_of))
    which = "Made where one of these is loaded" if view.any_of else "Made where these are loaded"
    yield f"{which}: {_code(tables_)}."
    yield ""


def _view_row(column: ViewColumn) -> str:
    type_ = exp.DataType.build(column.type, dialect="duckdb")
    types = [type_.sql(dialect) for dialect in WAREHOUSES]
    return f"| {' | '.join((f'`{column.name}`', *types, _text(column.meaning)))} |"


def _facts(table: Table) -> Iterator[str]:
    yield f"* Key: {_code(table.key)}."
    if table.indexes:
        yield f"* Indexes on Postgres: {', '.join(map(_index, table.indexes))}."
    if table.partition:
        clustered = f", clustered by {_code(table.cluster)}" if table.cluster else ""
        yield f"* On BigQuery: partitioned by the day of `{table.partition}`{clustered}."


def _index(index: Index) -> str:
    kind = " (unique)" if index.unique else ""
    return f"{_code(index.columns)}{kind or (' (BRIN)' if index.method == 'brin' else '')}"


def _row(column: Column) -> str:
    marks = ["key"] * column.is_key
    if column.refers_to:
        table = column.refers_to.partition(".")[0]
        marks.append(f"[`{column.refers_to}`]({table}.md)")
    cells = [
        f"`{column.name}`",
        *column.types.values(),
        "yes" if column.is_nullable else "no",
        ", ".join(marks),
        _text(column.description),
    ]
    return f"| {' | '.join(cells)} |"


def _values(table: Table) -> Iterator[str]:
    """The documented values of enums."""
    listed = [column for column in table.columns if column.values]
    if not listed:
        return
    yield "## Values"
    yield ""
    yield from (f"* `{column.name}`: {_code(column.values)}." for column in listed)
    yield ""


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _text(description: str) -> str:
    """A description as it has to be written in a cell of a table."""
    for mark, escaped in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("*", "\\*")):
        description = description.replace(mark, escaped)
    return description
