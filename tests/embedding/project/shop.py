"""The project's own source, which was there before the calls."""

from collections.abc import Iterator
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract import DltResource


@dlt.source
def shop(
    goods: list[str] = dlt.config.value,
) -> tuple[DltResource, ...]:
    """Orders as rows, and stock as Arrow tables."""

    @dlt.resource(primary_key="id", write_disposition="merge")
    def orders() -> Iterator[list[dict[str, Any]]]:
        yield [
            {"id": number, "good": good, "lines": [{"pieces": number}]}
            for number, good in enumerate(goods)
        ]

    @dlt.resource(write_disposition="replace")
    def stock() -> Iterator[pa.Table]:
        yield pa.table({"good": goods, "pieces": [7] * len(goods)})

    return orders, stock
