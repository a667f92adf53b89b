"""The generated pages: an entity diagram of all tables, and a page a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from dlt_uis.api.brands import BRANDS
from dlt_uis.reports import REPORTS, of_brand
from dlt_uis.reports.fields import Listing, Report
from dlt_uis.reports.lists import LISTS
from dlt_uis.views.definitions import VIEWS
from dlt_uis.views.view import Column as ViewColumn
from dlt_uis.views.view import View
from dlt_uis.warehouse.indexes import Index

from .schema import WAREHOUSES, Column, Table, other_tables, tables_of, tables_of_list

_WIDEST = 20
"""Columns up to which the diagram shows them all; of a wider table it shows those never null."""

_GENERATED = "<!-- Written by `make docs` from the code: change it there. -->"

_SCHEMA = f"""{_GENERATED}

# Tables

Each report of the API is a table, and each array in its records is a table beside it. `calls` is
loaded by default, the others where `REPORTS` names them.

{{reports}}

How they are joined:

* `communication_id` is `communications.id` everywhere.
* `call_legs.call_session_id` and `financial_call_legs.call_session_id` are `calls.id`;
  `financial_call_legs.leg_id` is `call_legs.id`.
* `chat_messages.chat_id` is `chats.id`.
* `visitor_session_id` is `visitor_sessions.id`.

What holds for all of them:

* Columns have the API's names. Those of reports exist from the first sync on, also where no record
  has a value yet; a field that is not asked for (`FIELDS`, `EXCLUDE_FIELDS`) has no column, an
  array no table. The parts of an object have columns `<object>__<part>`.
* Where `USER_ID` lists customers, tables of reports and of reference data have the columns `app_id`
  and `user_id`, and `user_id` is a part of each key.
* Times are instants, kept in UTC. The API's times are read in the account's zone; see
  [semantics](semantics.md#zones).
* A field that the API adds, or an undocumented one that you ask for, becomes a column. Its type is
  that of its first value, and stays.
* A value that does not fit its column goes as text to `<column>__v_text`, a column that is made
  when it is needed; the column itself is null in that row. Empty text in a column that is not text
  is null.
* Enums are text: a value that is not listed here may come.
* Rows of `calls__…` tables belong to the row of `calls` with their `call_id`, and so for all
  reports. No warehouse enforces that; [`verify`](verify.md) does check it.

[Views](views.md) for analysts lie beside the tables once `dlt-uis views` has made them.

Beside them lie dlt's own tables: `_dlt_loads` (a row a load package; `_dlt_load_id` points to its
`load_id`), `_dlt_version` (the schema) and `_dlt_pipeline_state` (where the cursor is kept). Leave
them where they are.

{{sections}}

## Reference data

Lists that ids in reports point to, where `REFERENCE_DATA` names them: see
[configuration](configuration.md#reference-data). Each is replaced as a whole, with the tables of
the arrays in its records. All documented fields have columns of their types.

{{lists}}
"""

_SECTION = """## {name}

{diagram}
{hidden}
| table | key | what |
|---|---|---|
{tables}
"""


def pages() -> Mapping[str, str]:
    """The text of each generated page, by its path in ``docs/``."""
    sections = {report.table: tables_of(report) for report in REPORTS.values()}
    sections["Beside the reports"] = other_tables()
    lists = [tables_of_list(listing) for listing in LISTS.values()]
    all_tables = [[table] for found in sections.values() for table in found] + lists
    return {
        "schema.md": _schema(sections, lists),
        **{f"tables/{found[0].name}.md": _page(*found) for found in all_tables},
        **{f"tables/{view.name}.md": _view_page(view) for view in VIEWS.values()},
    }


def _schema(sections: Mapping[str, Sequence[Table]], lists: Sequence[Sequence[Table]]) -> str:
    head = ["| report | method | what |", "|---|---|---|"]
    rows = [
        f"| [`{report.table}`](#{report.table}) | `{report.method}` | {sections[name][0].about} |"
        for name, report in REPORTS.items()
    ]
    texts = [_section(name, found) for name, found in sections.items()]
    return _SCHEMA.format(
        reports="\n".join([*head, *rows]),
        sections="\n".join(texts).rstrip(),
        lists="\n".join(_lists(lists)),
    )


def _lists(lists: Sequence[Sequence[Table]]) -> Iterator[str]:
    yield "| list | key | what | tables of arrays in it |"
    yield "|---|---|---|---|"
    for own, *children in lists:
        name = f"[`{own.name}`](tables/{own.name}.md)"
        names = _code([child.name for child in children])
        yield f"| {name} | {_code(own.key)} | {own.about} | {names} |"


def _section(name: str, found: Sequence[Table]) -> str:
    lines = [
        f"| [`{table.name}`](tables/{table.name}.md) | {_code(table.key)} | {table.about} |"
        for table in found
    ]
    hidden = [
        f"\n`{table.name}` has {len(table.columns)} columns:"
        f" [its page](tables/{table.name}.md) lists those that the diagram leaves out.\n"
        for table in found
        if len(_drawn(table)) < len(table.columns)
    ]
    return _SECTION.format(
        name=name, diagram=_diagram(found), hidden="".join(hidden), tables="\n".join(lines)
    )


def _diagram(found: Sequence[Table]) -> str:
    """A Mermaid diagram, which GitHub draws."""
    lines = ["```mermaid", "erDiagram"]
    for table in found:
        keys = [column for column in table.columns if column.refers_to]
        if keys:
            parent = str(keys[0].refers_to).partition(".")[0]
            names = ", ".join(column.name for column in keys)
            lines.append(f'    {parent} ||--o{{ {table.name} : "{names}"')
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


def _page(table: Table, *children: Table) -> str:
    """The page of a table, and of tables that have none of their own."""
    lines = [_GENERATED, "", f"# {table.name}", *_about(table), *_values(table, "##")]
    for child in children:
        lines += [f"## {child.name}", *_about(child), *_values(child, "###")]
    return "\n".join([*lines, "All tables: [schema](../schema.md).", ""])


def _about(table: Table) -> Sequence[str]:
    head = f"| column | {' | '.join(WAREHOUSES.values())} | null | key | meaning |"
    rule = "|---|" + "---|" * len(WAREHOUSES) + "---|---|---|"
    facts, rows = _facts(table), map(_row, table.columns)
    return ["", table.about, "", *facts, "", head, rule, *rows, ""]


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
    if isinstance(table.listing, Report):
        yield from _facts_of_report(table.listing)
    elif table.listing:
        yield f"* Method: `{table.listing.method}`."
        yield from _facts_of_listing(table.listing)
        if table.listing.not_of:
            yield f"* Not documented, so not asked for, on {_code(table.listing.not_of)}."
    if table.indexes:
        yield f"* Indexes on Postgres: {', '.join(map(_index, table.indexes))}."
    if table.partition:
        clustered = f", clustered by {_code(table.cluster)}" if table.cluster else ""
        yield f"* On BigQuery: partitioned by the day of `{table.partition}`{clustered}."


def _facts_of_report(report: Report) -> Iterator[str]:
    yield f"* Method: `{report.method}`; cursor: `{report.cursor}`."
    yield from _facts_of_listing(report)
    for brand in BRANDS:
        theirs = of_brand(report, brand)
        if theirs.key != report.key:
            yield f"* Key on `{brand}`: {_code(theirs.key)}."


def _facts_of_listing(listing: Listing) -> Iterator[str]:
    if listing.unlocked_by:
        yield f"* Needs {listing.unlocked_by}."
    for brand in BRANDS:
        lacking = listing.lacking(brand)
        if lacking and brand not in listing.not_of:
            yield f"* Not documented, so not asked for, on `{brand}`: {_code(lacking)}."


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


def _values(table: Table, level: str) -> Iterator[str]:
    """The documented values of enums."""
    listed = [column for column in table.columns if column.values]
    if not listed:
        return
    yield f"{level} Values"
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
