"""Comments on Postgres: what each column means, where people look at it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import dlt
from dlt.common.schema import Schema
from dlt.destinations.exceptions import DatabaseException

from .kinds import kind_of
from .postgres import connected

logger = logging.getLogger(__name__)

_WITHOUT_COMMENT = """
SELECT relname, attname
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = to_regnamespace(%s) AND relkind IN ('r', 'p') AND attnum > 0
    AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL
"""


def write_comments(pipeline: dlt.Pipeline) -> None:
    """Comments the columns on Postgres that have none yet; does nothing elsewhere.

    Where the role may not, the columns stay without: a comment is worth no warning.

    Raises:
        DatabaseException: of dlt; there is no connection.
    """
    if kind_of(pipeline) != "postgres":
        return
    descriptions = dict(_descriptions(pipeline.default_schema))
    with connected(pipeline) as client:
        schema = client.escape_column_name(client.dataset_name)
        bare = client.execute_sql(_WITHOUT_COMMENT, schema) or ()
        escape = client.capabilities.escape_literal
        assert escape is not None
        statements = [
            f"COMMENT ON COLUMN {client.make_qualified_table_name(table)}"
            f".{client.escape_column_name(column)} IS {escape(descriptions[table, column])};"
            for table, column in bare
            if (table, column) in descriptions
        ]
        if statements:
            try:
                client.execute_sql("\n".join(statements))
            except DatabaseException as error:
                logger.debug("no comments on columns: %s", error)


def _descriptions(schema: Schema) -> Iterator[tuple[tuple[str, str], str]]:
    for table, hints in schema.tables.items():
        for column, about in hints["columns"].items():
            if description := about.get("description"):
                yield (table, column), description
