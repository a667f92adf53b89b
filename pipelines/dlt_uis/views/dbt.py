"""``sources.yml`` for dbt: the dataset's tables and views, what they mean, and what holds for them.

Its tests are written as dbt 1.8 and newer understand them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dlt
import yaml
from dlt.destinations.job_client_impl import SqlJobClientBase
from sqlglot import exp

from ..errors import OutputNotWritable
from ..reports import LISTINGS
from ..reports.own_names import SYNC_WINDOWS, USER_ID, VERIFIED_DAYS
from ..warehouse.columns import columns_in
from ..warehouse.connection import connected_client
from .dataset import Dataset
from .definitions import VIEWS
from .looking import database, dataset_of, views_there

_FILE = "sources.yml"
_TABLES = [table for listing in LISTINGS.values() for table in listing.tables]
_HEAD = "# Written by dlt-uis views --dbt, which replaces it.\n"

_OWN: Mapping[str, str] = {
    SYNC_WINDOWS: "One row a window that was read: what the API promised, what came, what it cost.",
    VERIFIED_DAYS: "One row a local day that was verified: what was found there last.",
}
_FRESH = {
    "loaded_at_field": "finished_at",
    "freshness": {
        "warn_after": {"count": 24, "period": "hour"},
        "error_after": {"count": 48, "period": "hour"},
    },
}
_SCHEMAS = "SELECT DISTINCT {name} FROM {versions}"

_Hints = Mapping[str, Any]
"""What dlt knows of a table or a column."""


def write_sources(pipeline: dlt.Pipeline, folder: Path) -> Path:
    """Writes the file into a folder, which is made if need be; returns its path.

    Raises:
        OutputNotWritable: it can't be written, or is somebody else's.
        DltException: of dlt; the warehouse can't be reached.
    """
    with connected_client(pipeline) as any_client:
        client = database(any_client, pipeline)
        named = {**dict.fromkeys(_TABLES, ""), **_OWN}
        there = columns_in(client, named)
        hints = _described(client)
        dataset = dataset_of(client)
        views = [name for name, each in views_there(client).items() if each.mark]
    tables = [_table(name, there[name], hints.get(name, {}), named[name], dataset)
              for name in named if name in there]  # fmt: skip
    tables += [_view(name, dataset) for name in VIEWS if name in views]
    source = {"name": pipeline.dataset_name, "schema": pipeline.dataset_name, "tables": tables}
    text = yaml.safe_dump(
        {"version": 2, "sources": [source]}, sort_keys=False, allow_unicode=True, width=100
    )
    return _write(folder / _FILE, _HEAD + text)


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.read_text("utf-8", errors="replace").startswith(_HEAD):
            raise OutputNotWritable(str(path), "it is there, and not of dlt-uis", "--dbt")
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputNotWritable(str(path), error.strerror or str(error), "--dbt") from error
    return path


def _described(client: SqlJobClientBase) -> Mapping[str, _Hints]:
    """Tables as the loads have described them in the warehouse."""
    sql, versions = client.sql_client, client.schema.version_table_name
    query = _SCHEMAS.format(
        name=sql.escape_column_name("schema_name"), versions=sql.make_qualified_table_name(versions)
    )
    found: dict[str, _Hints] = {}
    for (name,) in sql.execute_sql(query) or ():
        stored = client.get_stored_schema(name)
        if stored is not None:
            found |= json.loads(stored.schema)["tables"]
    return found


def _table(
    name: str, there: Mapping[str, Any], hints: _Hints, meaning: str, dataset: Dataset
) -> dict[str, Any]:
    columns: Mapping[str, _Hints] = hints.get("columns", {})
    keys = [column for column in columns if columns[column].get("primary_key")]
    table: dict[str, Any] = {"name": name, "description": meaning or _meaning(name)}
    if name == SYNC_WINDOWS:
        table |= _FRESH
    if len(keys) > 1:
        table["data_tests"] = [{"unique": {"column_name": _together(keys, dataset)}}]
    references = dict(_references(hints))
    table["columns"] = [
        _column(
            column,
            columns.get(column, {}),
            references.get(column),
            dataset,
            is_key=keys == [column],
        )
        for column in there
    ]
    return table


def _meaning(table: str) -> str:
    """What a table of a report or list has."""
    for listing in LISTINGS.values():
        if table == listing.table:
            rows = f"One row a {listing.noun}: every scalar field of {listing.method}."
            return listing.about or rows
        for child in listing.children:
            if table == child.table:
                return f"{child.array.description} One row an element of a {listing.noun}'s array."
    return ""


def _together(keys: Sequence[str], dataset: Dataset) -> str:
    """Columns of a key as one text."""
    texts = [exp.cast(exp.column(key, quoted=True), "TEXT") for key in keys]
    parts = (f"coalesce({text.sql(dataset.dialect)}, '')" for text in texts)
    return f"({' || chr(32) || '.join(parts)})"


def _references(hints: _Hints) -> Iterator[tuple[str, tuple[str, str]]]:
    """Columns that refer to a column of another table."""
    for reference in hints.get("references") or ():
        pairs = zip(reference["columns"], reference["referenced_columns"], strict=True)
        yield from (
            (column, (reference["referenced_table"], other))
            for column, other in pairs
            if column != USER_ID
        )


def _column(
    name: str, hints: _Hints, reference: tuple[str, str] | None, dataset: Dataset, *, is_key: bool
) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name}
    if "description" in hints:
        column["description"] = hints["description"]
    tests: list[Any] = ["unique"] if is_key else []
    if is_key or hints.get("nullable") is False:
        tests.append("not_null")
    if reference is not None:
        table, other = reference
        to = f"source('{dataset.path[-1]}', '{table}')"
        tests.append({"relationships": {"to": to, "field": other}})
    return {**column, **({"data_tests": tests} if tests else {})}


def _view(name: str, dataset: Dataset) -> dict[str, Any]:
    view = VIEWS[name]
    columns: list[dict[str, Any]] = [
        {"name": column.name, "description": column.meaning} for column in view.columns
    ]
    for column in columns:
        if column["name"] == "id":
            column["data_tests"] = ["not_null"] if dataset.is_owned else ["unique", "not_null"]
    return {"name": name, "description": view.meaning, "columns": columns}
