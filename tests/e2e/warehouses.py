"""Rows of the warehouses on servers, for :mod:`.truth`; read with their own drivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import psycopg2
from google.cloud.bigquery import Client

from dlt_uis.reports.fields import Type

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


class BigQueryWarehouse(Warehouse):
    type_names: ClassVar[Mapping[Type, str]] = {
        Type.BIGINT: "INTEGER",
        Type.TEXT: "STRING",
        Type.BOOL: "BOOLEAN",
        Type.TIMESTAMP: "TIMESTAMP",
        Type.DECIMAL: "NUMERIC",
    }

    def __init__(self, dataset: str = "uis_data") -> None:
        self._connection: Any = Client()
        self._dataset = dataset

    def rows(self, table: str, columns: list[str], order: str) -> list[Row]:
        names = ", ".join(f"`{column}`" for column in columns)
        return self.query(f"SELECT {names} FROM {self._dataset}.{table} ORDER BY {order}")

    def query(self, query: str) -> list[Row]:
        return [tuple(row.values()) for row in self._connection.query(query).result()]

    def types(self, table: str) -> dict[str, str]:
        nothing = self._connection.query(f"SELECT * FROM {self._dataset}.{table} LIMIT 0").result()
        return {field.name: field.field_type for field in nothing.schema}
