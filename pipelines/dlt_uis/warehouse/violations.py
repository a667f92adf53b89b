"""Constraints that somebody has added to a table, and that rows violate: what a database says of
them, in our words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import dlt
from dlt.common.exceptions import DltException
from dlt.destinations.sql_client import SqlClientBase

from ..errors import ConstraintViolated, TableAltered
from .failures import chain_of
from .indexes import wanted_indexes

_POSTGRES = re.compile(
    r'(?:on table "(?P<of>[^"]+)" )?violates (?:check|foreign key|unique|exclusion) constraint'
    r' "(?P<constraint>[^"]+)"(?: on table "(?P<table>[^"]+)")?'
)
_DUCKDB = re.compile(
    r"(?P<kind>CHECK|PRIMARY KEY or UNIQUE|foreign key|primary key|unique) constraint",
    re.IGNORECASE,
)


@contextmanager
def naming_violations(pipeline: dlt.Pipeline) -> Iterator[None]:
    """A load inside the block that violates a constraint fails with an error that names it.

    Raises:
        ConstraintViolated: it says how to be rid of the constraint.
    """
    try:
        yield
    except DltException as error:
        violated = _violated(pipeline.sql_client(), error)
        if violated is None:
            raise
        raise violated from error


def _violated(sql: SqlClientBase[object], error: DltException) -> TableAltered | None:
    chain = list(chain_of(error))
    loaded = next((_table(each) for each in chain if hasattr(each, "job_id")), None)
    said = str(chain[-1])
    if loaded is None or "onstraint" not in said:
        return None
    if sql.capabilities.sqlglot_dialect == "postgres" and (found := _POSTGRES.search(said)):
        if found["constraint"] in {index.name for index in wanted_indexes()}:
            return None
        table, name = found["table"] or found["of"] or loaded, found["constraint"]
        place, escaped = sql.make_qualified_table_name(table), sql.escape_column_name(name)
        statement = f"ALTER TABLE {place} DROP CONSTRAINT IF EXISTS {escaped};"
        if f'unique constraint "{name}"' in said:
            statement += f" DROP INDEX IF EXISTS {sql.make_qualified_table_name(name)};"
    elif found := _DUCKDB.search(said):
        table, name = loaded, found["kind"]
        statement = _without_constraints(sql, table)
    else:
        return None
    return ConstraintViolated(f"{sql.dataset_name}.{table}", name, statement)


def _without_constraints(sql: SqlClientBase[object], table: str) -> str:
    """DuckDB can't drop a constraint."""
    place, copy = sql.make_qualified_table_name(table), f"{table}_without_constraints"
    made = sql.make_qualified_table_name(copy)
    return (
        f"CREATE TABLE {made} AS FROM {place}; DROP TABLE {place};"
        f" ALTER TABLE {made} RENAME TO {sql.escape_column_name(table)};"
    )


def _table(error: BaseException) -> str:
    """The table of the job that an error is about."""
    return str(getattr(error, "job_id", "")).split(".", 1)[0]
