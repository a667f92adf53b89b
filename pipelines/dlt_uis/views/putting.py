"""Puts a view into a warehouse, or takes it away: the statements of each kind of warehouse.

A view and its comment, which tells that it is ours, come in one transaction. Postgres replaces a
view only where its columns stay, or more come at the end; else it is dropped and made anew in one
transaction, with the rights that others had on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from dlt.destinations.exceptions import DatabaseException
from dlt.destinations.job_client_impl import SqlJobClientBase
from sqlglot import exp

from ..warehouse.kinds import kind_of
from ..warehouse.postgres import code_of
from .dataset import Dataset
from .view import View
from .writing import query_of

_OTHER_COLUMNS = "42P16"
"""Postgres' code where a view would lose a column, or its name or type."""

_PATIENCE = "SET LOCAL lock_timeout = '10s'"
"""Whoever waits for a view that is read keeps other readers waiting behind: not for long."""

_GRANTS = """
SELECT format('GRANT %%s ON %%s TO %%s%%s', privilege_type, pg_class.oid::regclass,
    CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
    CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_class, aclexplode(relacl) WHERE pg_class.oid = to_regclass(%s) AND grantee <> relowner
"""


def put(client: SqlJobClientBase, view: View, dataset: Dataset, comment: str) -> None:
    """Creates a view, or replaces the one of ours.

    Raises:
        DatabaseException: of dlt; the warehouse refuses.
    """
    place = dataset.place_text(view.name)
    query = query_of(view, dataset)
    kind = kind_of(client)
    if kind == "bigquery":
        _put_into_bigquery(client, view, dataset, comment)
        return
    create, comments = f"VIEW {place} AS\n{query}", list(_comments(view, dataset, comment))
    if kind == "postgres":
        _put_into_postgres(client, place, create, comments)
        return
    with client.sql_client.begin_transaction():
        for statement in (f"CREATE OR REPLACE {create}", *comments):
            client.sql_client.execute_sql(statement)


def take_away(client: SqlJobClientBase, name: str, dataset: Dataset) -> None:
    """Drops a view.

    Raises:
        DatabaseException: of dlt; something hangs on the view.
    """
    statement = f"DROP VIEW {dataset.place_text(name)}"
    if kind_of(client) == "postgres":
        statement = f"{_PATIENCE}; {statement}"
    client.sql_client.execute_sql(statement)


def _comments(view: View, dataset: Dataset, comment: str) -> Iterator[str]:
    place = dataset.place_text(view.name)
    yield f"COMMENT ON VIEW {place} IS {_literal(comment, dataset)}"
    for column in view.columns:
        name = exp.to_identifier(column.name, quoted=True).sql(dataset.dialect)
        yield f"COMMENT ON COLUMN {place}.{name} IS {_literal(column.meaning, dataset)}"


def _put_into_postgres(
    client: SqlJobClientBase, place: str, create: str, comments: list[str]
) -> None:
    sql = client.sql_client
    try:
        # statements that are sent together are one transaction
        sql.execute_sql(";\n".join((_PATIENCE, f"CREATE OR REPLACE {create}", *comments)))
    except DatabaseException as error:
        if code_of(error) != _OTHER_COLUMNS:
            raise
        grants = [grant for (grant,) in sql.execute_sql(_GRANTS, place) or ()]
        anew = (f"DROP VIEW {place}", f"CREATE {create}", *grants, *comments)
        sql.execute_sql(";\n".join((_PATIENCE, *anew)))


def _put_into_bigquery(
    client: SqlJobClientBase, view: View, dataset: Dataset, comment: str
) -> None:
    place, query = dataset.place_text(view.name), query_of(view, dataset)
    options = f"OPTIONS(description = {_literal(comment, dataset)})"
    client.sql_client.execute_sql(f"CREATE OR REPLACE VIEW {place} {options} AS\n{query}")
    google = cast(Any, client.sql_client.native_connection)
    made = google.get_table(".".join((*dataset.path, view.name)))
    meanings = {column.name: column.meaning for column in view.columns}
    fields = [field.to_api_repr() for field in made.schema]
    made.schema = [{**field, "description": meanings[field["name"]]} for field in fields]
    made.description = comment
    google.update_table(made, ["schema", "description"])


def _literal(text: str, dataset: Dataset) -> str:
    return exp.Literal.string(text).sql(dataset.dialect)
