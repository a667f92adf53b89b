"""Indexes on Postgres, where dlt makes none: without them every merge would scan the history."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import dlt
from dlt.destinations.exceptions import DatabaseException
from dlt.destinations.sql_client import SqlClientBase

from ..errors import safe_line
from ..reports import REPORTS, VARIANTS
from ..reports.fields import Report
from ..reports.own_names import LOAD_ID, RECORDINGS, REPORT, SYNC_WINDOWS, USER_ID
from .kinds import kind_of
from .lock import writing
from .postgres import INSUFFICIENT_PRIVILEGE, UNIQUE_VIOLATION, code_of, connected

logger = logging.getLogger(__name__)

_EXISTING = """
SELECT tables.tablename, indexes.indexname
FROM pg_tables AS tables
LEFT JOIN pg_indexes AS indexes USING (schemaname, tablename)
WHERE schemaname = %s
"""

_COLUMN = """
SELECT 1 FROM information_schema.columns
WHERE table_schema = %s AND table_name = %s AND column_name = %s
"""


_PARALLEL_FROM = "256MB"
"""The size of a table from which Postgres may set further processes to make an index of it, one at
first. It does from 8 MB on by itself, where starting them takes longer than they save: two indexes
are made at once as it is. Measured with 50,000 calls: 0.55 s for all, 0.38 s like this."""

_KNOWS_PARALLEL = 110_000
"""The version of Postgres that made indexes with several processes first."""

_LONGEST_NAME = 63
"""Characters of a name on Postgres."""


@dataclass(frozen=True)
class Index:
    """An index that a table is to have; ``is_sure`` says that the table has all the columns."""

    table: str
    columns: tuple[str, ...]
    unique: bool = False
    method: str = "btree"
    is_sure: bool = True

    @property
    def name(self) -> str:
        """As Postgres itself would name it; a long name ends with a hash, as Postgres would cut it
        off without a word."""
        name = "_".join((self.table, *self.columns, "key" if self.unique else "idx"))
        if len(name) <= _LONGEST_NAME:
            return name
        tag = hashlib.sha256(name.encode()).hexdigest()[:8]
        return f"{name[: _LONGEST_NAME - len(tag) - 1]}_{tag}"

    @property
    def plain(self) -> Index:
        """The same, allowing rows that are alike."""
        return Index(self.table, self.columns)


def wanted_indexes(*, owned: bool = False) -> Iterator[Index]:
    """What the merges look rows up by, and the time by which people do.

    Where the tables hold several customers (``owned``) ids need not be unique by themselves. Which
    brand rows are of is not known here: a key that is null for it costs next to nothing.

    Child tables come in the order of time, so that BRIN finds a range of it as well, in some
    kilobytes; a B-tree more would make inserts into them half as slow again.
    """
    owner = (USER_ID,) if owned else ()
    found = (index for report in VARIANTS for index in _indexes_of(report, owner))
    yield from dict.fromkeys(found)
    yield _of_windows(owner)
    yield Index(RECORDINGS, ("call_id", "kind", "record_id", *owner), unique=True)


def _indexes_of(report: Report, owner: tuple[str, ...]) -> Iterator[Index]:
    yield Index(report.table, (*report.key, *owner), unique=True)
    if (report.cursor,) != report.replaced_by[:1]:
        yield Index(report.table, (report.cursor,))
    if report.contact:
        # by which a view finds the next call with the contact of a missed one
        yield Index(report.table, (report.contact, report.cursor), is_sure=False)
    for child in report.children:
        yield Index(child.table, (*child.key, *owner), unique=True)
        yield Index(child.table, (report.child_cursor,), method="brin")


def _of_windows(owner: tuple[str, ...]) -> Index:
    return Index(SYNC_WINDOWS, (LOAD_ID, REPORT, "window_start", *owner), unique=True)


def _outdated_indexes() -> Iterator[Index]:
    """Those of earlier versions, under which windows of two reports may not begin alike."""
    for owner in ((), (USER_ID,)):
        unique = Index(SYNC_WINDOWS, (LOAD_ID, "window_start", *owner), unique=True)
        yield from (unique, unique.plain)


def create_indexes(pipeline: dlt.Pipeline) -> None:
    """Creates the indexes that the pipeline's tables on Postgres lack; does nothing elsewhere.

    ``dlt-uis`` does it after each load, at the cost of one query if there is nothing to create. A
    pipeline of your own calls it once, after its first run.

    Where rows are doubled already, as after loading with ``append``, an index is not unique, with
    a warning. Where the role may not create indexes there is a warning, and no error.

    Raises:
        DatabaseException: of dlt; there is no connection.
    """
    if kind_of(pipeline) != "postgres":
        return
    with connected(pipeline) as client:
        existing = client.execute_sql(_EXISTING, client.dataset_name) or ()
        tables = {table for table, _ in existing}
        names = {name for _, name in existing}
        missing = _missing(client, tables, names)
        if missing:
            logger.info("creating %d indexes in %s", len(missing), client.dataset_name)
            with writing(pipeline), connected(pipeline) as other:
                _create([client, other], missing)
        outdated = [each for each in _outdated_indexes() if each.name in names]
        if outdated:
            with writing(pipeline):
                _drop(client, outdated)


def _missing(
    client: SqlClientBase[Any], tables: Collection[str], names: Collection[str]
) -> list[Index]:
    """The indexes that the dataset lacks, which has these tables and indexes."""
    dataset = client.dataset_name
    owned = any(
        client.execute_sql(_COLUMN, dataset, report.table, USER_ID)
        for report in REPORTS.values()
        if report.table in tables
    )
    missing = [
        index
        for index in wanted_indexes(owned=owned)
        if index.table in tables and index.name not in names and index.plain.name not in names
    ]
    # a field that is not asked for, or dropped for privacy, has no column
    return [
        index
        for index in missing
        if index.is_sure or client.execute_sql(_COLUMN, dataset, index.table, index.columns[0])
    ]


def _create(clients: Sequence[SqlClientBase[Any]], missing: Sequence[Index]) -> None:
    """Creates the indexes, one with each client at a time."""
    idle: SimpleQueue[SqlClientBase[Any]] = SimpleQueue()
    for client in clients:
        idle.put(client)

    def create(index: Index) -> None:
        client = idle.get()
        try:
            _create_one(client, index)
        finally:
            idle.put(client)

    with ThreadPoolExecutor(len(clients)) as pool:
        for index, created in [(index, pool.submit(create, index)) for index in missing]:
            try:
                created.result()
            except DatabaseException as error:
                if code_of(error) == INSUFFICIENT_PRIVILEGE:
                    pool.shutdown(cancel_futures=True)
                    logger.warning(
                        "the database role does not own the tables in %s and may not create"
                        " indexes: merges will scan whole tables. Run dlt_uis.create_indexes as"
                        " their owner.",
                        clients[0].dataset_name,
                    )
                    return
                logger.warning(
                    "the index %s could not be created: %s", index.name, safe_line(str(error))
                )


def _drop(client: SqlClientBase[Any], outdated: Iterable[Index]) -> None:
    """Drops indexes, once what replaces them is there; another role's stay."""
    existing = {name for _, name in client.execute_sql(_EXISTING, client.dataset_name) or ()}
    for index in outdated:
        owner = tuple(each for each in index.columns if each == USER_ID)
        wanted = _of_windows(owner)
        if existing.isdisjoint((wanted.name, wanted.plain.name)):
            continue
        name = client.make_qualified_table_name(index.name)
        try:
            client.execute_sql(f"DROP INDEX IF EXISTS {name}")
        except DatabaseException as error:
            if code_of(error) != INSUFFICIENT_PRIVILEGE:
                raise
            logger.debug("the index %s is another role's, and stays", index.name)


def _create_one(client: SqlClientBase[Any], index: Index) -> None:
    try:
        client.execute_sql(_statement(client, index))
    except DatabaseException as error:
        if code_of(error) != UNIQUE_VIOLATION:
            raise
        logger.warning(
            "%s holds rows that are alike in %s: its index is not unique. Remove them, drop %s,"
            " and the next run makes it unique.",
            index.table, ", ".join(index.columns), index.plain.name,
        )  # fmt: skip
        client.execute_sql(_statement(client, index.plain))


def _statement(client: SqlClientBase[Any], index: Index) -> str:
    unique = "UNIQUE " if index.unique else ""
    name = client.escape_column_name(index.name)
    table = client.make_qualified_table_name(index.table)
    columns = ", ".join(client.escape_column_name(column) for column in index.columns)
    create = (
        f"CREATE {unique}INDEX IF NOT EXISTS {name} ON {table} USING {index.method} ({columns})"
    )
    if client.native_connection.server_version < _KNOWS_PARALLEL:
        return create
    # statements that are sent together are one transaction
    return f"SET LOCAL min_parallel_table_scan_size = '{_PARALLEL_FROM}'; {create}"
