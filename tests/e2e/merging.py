"""Tables that are merged straight from files: a destination, ours and dlt's, and resources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import dlt
import duckdb
import pyarrow as pa
import pytest

from dlt_uis import destinations
from dlt_uis.tables.merging import MERGE, replaces_by

from .truth import Warehouse
from .warehouses import PostgresWarehouse

Row = tuple[int, int, str | None, bool | None]
"""call_id, position, value, _deleted"""


class Target:
    """A destination, ours and dlt's, and how to look into it."""

    def __init__(self, name: str, url: str = "") -> None:
        self.name, self._url = name, url
        self.ours: Any = getattr(destinations, name)
        self.dlts: Any = getattr(dlt.destinations, name)

    @classmethod
    def of(cls, request: pytest.FixtureRequest) -> Target:
        """The one that a fixture's parameter names."""
        if request.param == "postgres":
            return cls("postgres", request.getfixturevalue("postgres"))
        return cls("duckdb")

    def look(self) -> Warehouse:
        return PostgresWarehouse(self._url) if self._url else Warehouse()

    def execute(self, *statements: str) -> None:
        """Changes something by hand."""
        if self._url:
            with self.look() as warehouse:
                for statement in statements:
                    warehouse.query(statement)
        else:
            with duckdb.connect("uis.duckdb") as connection:
                for statement in statements:
                    connection.execute(statement)

    def query(self, query: str) -> list[Any]:
        with self.look() as warehouse:
            return warehouse.query(query)

    def datasets(self) -> set[str]:
        found = self.query("SELECT schema_name FROM information_schema.schemata")
        return {name for (name,) in found if name.startswith("uis_data")}

    def elements(self) -> list[Any]:
        return self.query("SELECT call_id, position, value FROM uis_data.elements ORDER BY 1, 2, 3")


def pipeline_into(destination: Any) -> dlt.Pipeline:
    return dlt.pipeline("uis", destination=destination(), dataset_name="uis_data")


def resource(
    name: str, *pages: pa.Table, key: Sequence[str], primary_key: Sequence[str] = ()
) -> Any:
    """A resource whose pages replace rows by a key; each gets the id of the load."""

    def rows() -> Iterator[pa.Table]:
        load = dlt.current.load_package_state()["load_id"]
        for page in pages:
            yield page.append_column("_dlt_load_id", pa.repeat(load, len(page)))

    marked = any("_deleted" in page.column_names for page in pages)
    columns: Any = {"_deleted": {"hard_delete": True, "data_type": "bool"}} if marked else None
    made: Any = dlt.resource(
        rows,
        name=name,
        write_disposition=MERGE,
        file_format="parquet",
        primary_key=list(primary_key),
        merge_key=list(key),
        columns=columns,
    )
    return replaces_by(made, *key)


def elements(*files: list[Row], name: str = "elements") -> Any:
    """One like that of a child table, a page for each list of rows."""
    schema = pa.schema(
        [
            ("call_id", pa.int64()),
            ("position", pa.int64()),
            ("value", pa.string()),
            ("_deleted", pa.bool_()),
        ]
    )
    pages = [
        pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
        for rows in files
    ]
    return resource(name, *pages, key=["call_id"], primary_key=["call_id", "position"])
