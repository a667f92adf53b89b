"""Rows of the warehouses on servers, for :mod:`.truth`; read with their own drivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import psycopg2

from dlt_uis.fields import Type

from .truth import Row, Warehouse


class PostgresWarehouse(Warehouse):
    type_names: ClassVar[Mapping[Type, str]] = {
        Type.BIGINT: "bigint",
        Type.TEXT: "character varying",
        Type.BOOL: "boolean",
        Type.TIMESTAMP: "timestamp(6) with time zone",
        Type.DECIMAL: "numeric(38,9)",
    }

    def __init__(self, url: str, dataset: str = "uis_data") -> None:
        self._connection: Any = psycopg2.connect(url)
        self._connection.autocommit = True
        self._dataset = dataset

    def query(self, query: str) -> list[Row]:
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []

    def types(self, table: str) -> dict[str, str]:
        found = self.query(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attnum > 0"
            f" AND attrelid = to_regclass('{self._dataset}.{table}')"
        )
        return dict(found)
