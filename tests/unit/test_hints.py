"""What warehouses that our commands do not load to are told of the tables."""

from __future__ import annotations

from dlt_uis import uis_source
from dlt_uis.reports import DEFAULT_REPORT


def test_clickhouse_makes_a_partition_of_a_month_and_not_of_each_second() -> None:
    """More than a hundred partitions in an INSERT are an error there."""
    source = uis_source(access_token="any", api_url="http://localhost")
    for name in DEFAULT_REPORT.tables:
        table = source.resources[name].compute_table_schema()
        by_month = {f"toYYYYMM({name})" for name in table["columns"]}
        assert table.get("x-clickhouse-partition") in by_month
        assert not any(column.get("partition") for column in table["columns"].values())
