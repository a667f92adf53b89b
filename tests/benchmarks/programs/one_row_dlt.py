"""A dlt pipeline into DuckDB that loads a row each time."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dlt
import pyarrow as pa


@dlt.resource(name="runs")
def runs() -> Iterator[pa.Table]:
    yield pa.table({"started_at": [datetime.now(UTC)]})


if __name__ == "__main__":
    dlt.pipeline("one_row", destination="duckdb", dataset_name="uis_data").run(runs())
