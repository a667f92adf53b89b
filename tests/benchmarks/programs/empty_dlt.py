"""A dlt pipeline into DuckDB that has nothing to load."""

from collections.abc import Iterator

import dlt


@dlt.resource(name="calls")
def calls() -> Iterator[None]:
    yield from ()


if __name__ == "__main__":
    dlt.pipeline("empty", destination="duckdb", dataset_name="uis_data").run(calls())
