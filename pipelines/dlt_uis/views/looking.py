"""Looks at a dataset: which tables it has, whose calls, and which views of ours already."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, cast

import dlt
from dlt.common.destination.client import JobClientBase
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.destinations.sql_client import SqlClientBase

from ..api.brands import RECORDINGS
from ..errors import InvalidSetting, NotADatabase
from ..reports.own_names import SOURCE, SYNC_WINDOWS
from ..warehouse.columns import columns_in
from ..warehouse.kinds import kind_of
from ..warehouse.last_account import last_account
from .dataset import CALLBACK_MINUTES, Dataset
from .definitions import VIEWS
from .inputs import INPUTS
from .presence import KINDS

_MARK = re.compile(r"\(dlt-uis ([0-9a-f]{12})\)$")

_DUCKDB = """
SELECT name, is_view, comment
FROM (
    SELECT database_name, schema_name, view_name AS name, TRUE AS is_view, comment
    FROM duckdb_views()
    UNION ALL
    SELECT database_name, schema_name, table_name, FALSE, NULL FROM duckdb_tables()
) AS relations
WHERE database_name = current_database() AND schema_name = %s
"""
_POSTGRES = """
SELECT relname, relkind = 'v', obj_description(pg_class.oid, 'pg_class')
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p', 'f', 'v', 'm') AND nspname = %s
"""


@dataclass(frozen=True)
class There:
    """What has the name of a view of ours.

    Attributes:
        mark: what tells that it is ours, and what it was made from; ``None`` if it is not.
    """

    is_view: bool
    mark: str | None


def database(client: JobClientBase, pipeline: dlt.Pipeline) -> SqlJobClientBase:
    """The client of a warehouse that can have views.

    Raises:
        NotADatabase: it can't.
    """
    if not isinstance(client, SqlJobClientBase) or kind_of(client) not in KINDS:
        raise NotADatabase(pipeline.destination.destination_name)
    return client


def dataset_of(client: SqlJobClientBase) -> Dataset:
    """What is known of the dataset of a client that is connected.

    Raises:
        InvalidSetting: a setting of the views can't be used.
    """
    sql = client.sql_client
    columns = columns_in(client, (*INPUTS, SYNC_WINDOWS))
    account = last_account(sql, columns.get(SYNC_WINDOWS, ()))
    return Dataset(
        str(client.capabilities.sqlglot_dialect),
        path_of(sql),
        {name: frozenset(columns[name]) for name in INPUTS if name in columns},
        account.zone or _set("timezone", str) or "UTC",
        RECORDINGS.get(account.brand or ""),
        callback_minutes(),
    )


def _set(name: str, type_: type) -> Any:
    """What is set in the section of the source, if anything."""
    return dlt.config.get(f"sources.{SOURCE}.{name}", type_)


def path_of(sql: SqlClientBase[Any]) -> tuple[str, ...]:
    """What comes before the name of a table; without DuckDB's file, which may get another name."""
    path = sql.make_qualified_table_name_path(None, quote=False)
    return tuple(path[-1:] if sql.capabilities.sqlglot_dialect == "duckdb" else path)


def callback_minutes() -> int:
    """Within how many minutes a missed call is to be called back.

    Raises:
        InvalidSetting: what is set can't be used.
    """
    name = "views.callback_minutes"
    given = _set(name, int)
    if given is not None and given < 1:
        raise InvalidSetting(name, "a number of minutes, at least 1")
    return CALLBACK_MINUTES if given is None else int(given)


def mark_of(dataset: Dataset) -> str:
    """Stands for all that views are made from: the code of this room, and the dataset."""
    known = {name: sorted(columns) for name, columns in sorted(dataset.columns.items())}
    about = (dataset.path, dataset.zone, dataset.recordings_host, dataset.callback_minutes)
    made = hashlib.sha256(repr((version("sqlglot"), dataset.dialect, known, about)).encode())
    for text in _code(files(__package__)):
        made.update(text)
    return made.hexdigest()[:12]


def _code(folder: Traversable) -> Iterator[bytes]:
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.is_dir():
            yield from _code(each)
        elif each.name.endswith(".py"):
            yield each.read_bytes()


def views_there(client: SqlJobClientBase) -> Mapping[str, There]:
    """What has the name of a view of ours, asked for over a connection that is open."""
    if kind_of(client) == "bigquery":
        return dict(_in_bigquery(client))
    query = _POSTGRES if kind_of(client) == "postgres" else _DUCKDB
    rows = client.sql_client.execute_sql(query, client.sql_client.dataset_name) or ()
    return {name: There(is_view, _mark(text)) for name, is_view, text in rows if name in VIEWS}


def _in_bigquery(client: SqlJobClientBase) -> Iterator[tuple[str, There]]:
    google = cast(Any, client.sql_client.native_connection)
    dataset = client.sql_client.fully_qualified_dataset_name(quote=False)
    for each in google.list_tables(dataset):
        if each.table_id in VIEWS:
            about = google.get_table(each.reference)
            yield each.table_id, There(about.table_type == "VIEW", _mark(about.description))


def _mark(comment: str | None) -> str | None:
    found = _MARK.search(comment or "")
    return found[1] if found else None


def marked(meaning: str, mark: str) -> str:
    """The comment of a view of ours."""
    return f"{meaning} (dlt-uis {mark})"
