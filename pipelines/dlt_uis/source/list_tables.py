"""The tables of reference data: each list, and each array in its records, is replaced as a whole.

dlt empties a table that is replaced and that no rows come for. A list that is not read is to keep
its rows: until some come, its tables are ones that rows are appended to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.schema import Schema
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.common.storages.load_package import load_package_state
from dlt.extract.hints import make_hints
from dlt.extract.resource import DltResource

from ..decoding.names import Names, TableNames
from ..reports.fields import Child
from ..reports.own_names import DELETED, USER_ID
from ..tables.columns import child_columns, report_columns
from ..tables.merging import KEY_HINT, MERGE, Instructions
from ..tables.rows import child_table, report_table
from ..warehouse.run import current_run
from .changes import TableChanges
from .empty_tables import FORMAT, hints_of
from .list_settings import ListSettings
from .load_ids import is_loading, load_id
from .reference_data import ListRows

_Make = Callable[[pa.Table], pa.Table | None]
"""Makes the rows of a table from all rows of a list."""


def list_tables(
    reading: DltResource, asked: ListSettings, names: Names, *, owned: bool, selected: bool
) -> Iterator[DltResource]:
    """The tables of a list, made of what ``reading`` yields.

    Args:
        owned: rows tell their customer, whose rows alone make way.
    """
    listing, owner = asked.listing, (USER_ID,) if owned else ()

    def table(name: str, make: _Make, of: TableNames, **hints: Any) -> DltResource:
        return DltResource.from_data(
            _rows_of(asked, name, make, of, hints["columns"]),
            name,
            hints=_hints(owned=owned, **hints),
            selected=selected,
            data_from=reading,
        )

    key = (*listing.key, *owner)
    yield table(
        listing.table,
        lambda page: report_table(page, listing, load_id()),
        names.of(),
        columns=report_columns(listing, asked.wanted, owned=owned),
        primary_key=key,
    )
    for child in listing.children:
        if child.top.asked in asked.wanted:
            of_record = [*map(listing.child_column, listing.key), *owner]
            yield table(
                child.table,
                _elements_of(child, owned=owned),
                names.of(child.name),
                columns=child_columns(child, owned=owned),
                primary_key=(*child.key, *owner),
                references=[
                    {
                        "columns": of_record,
                        "referenced_table": listing.table,
                        "referenced_columns": list(key),
                    }
                ],
            )


def _elements_of(child: Child, *, owned: bool) -> _Make:
    return lambda page: child_table(page, child, load_id(), tombstones=owned)


def _hints(*, owned: bool, **hints: Any) -> Any:
    """Hints of a table, as dlt wants them."""
    common: dict[str, Any] = {**hints, "file_format": FORMAT}
    if not owned:
        return make_hints(write_disposition="replace", **common)
    # another customer's rows may not be had today
    by: dict[str, Any] = {KEY_HINT: [USER_ID]}
    return make_hints(
        write_disposition=MERGE, merge_key=USER_ID, additional_table_hints=by, **common
    )


def _rows_of(
    asked: ListSettings,
    name: str,
    make: _Make,
    names: TableNames,
    columns: TTableSchemaColumns,
) -> Callable[[ListRows], Any]:
    """What makes the rows of a table of an item."""
    named, keeping = Instructions((), "", names), _Keeping()
    changes = TableChanges(name, columns, told=asked.tell_changes)

    def rows_of(item: ListRows) -> Any:
        current = dlt.current.resource()
        if item.page is None:
            keeping.begin(current)
            return None
        rows = make(item.page) if item.listing is asked.listing else None
        if rows is None:
            return None
        keeping.end(current)
        _drop_outdated(current)
        changes.note(rows)
        marks = rows.num_rows - rows[DELETED].null_count if DELETED in rows.column_names else 0
        current_run().progress.loaded(name, rows.num_rows - marks)
        return named.attached(rows, rows, current, hints_of(rows))

    return rows_of


class _Keeping:
    """Whether a table keeps its rows, as long as none come."""

    def __init__(self) -> None:
        self._keeps = False

    def begin(self, table: DltResource) -> None:
        if table.write_disposition == "replace":
            table.apply_hints(write_disposition="append")
            self._keeps = True

    def end(self, table: DltResource) -> None:
        """Rows come, which replace those that there are."""
        if self._keeps:
            table.apply_hints(write_disposition="replace")
            self._keeps = False


def _drop_outdated(table: DltResource) -> None:
    """Has the load make a table anew whose columns have other types, as those of lists had that
    were loaded before their fields were declared. Its rows would make way in any case."""
    schema = dlt.current.source_schema()
    name = schema.naming.normalize_tables_path(str(table.table_name))
    if is_loading() and name in schema.tables and _is_outdated(table, schema, name):
        dropped = load_package_state()["state"].setdefault("dropped_tables", [])
        dropped += schema.drop_tables([name])


def _is_outdated(table: DltResource, schema: Schema, name: str) -> bool:
    stored, column = schema.tables[name]["columns"], schema.naming.normalize_path
    # of rows that dlt has found the types of
    was_inferred = column("_dlt_id") in stored
    declared: Any = table.compute_table_schema()["columns"]
    types = {column(each): hints.get("data_type") for each, hints in declared.items()}
    return was_inferred or any(
        type_ not in (None, stored[each].get("data_type"))
        for each, type_ in types.items()
        if "data_type" in stored.get(each, ())
    )
