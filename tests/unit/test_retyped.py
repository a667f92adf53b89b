"""Which values a column takes that was given another type by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from dlt_uis.warehouse.retyped import fitting

MONEY = pa.decimal128(38, 9)


@pytest.mark.parametrize(
    ("dialect", "data_type", "found", "type_", "value", "fits"),
    [
        ("duckdb", "bigint", "INTEGER", pa.int64(), 2**31 - 1, True),
        ("duckdb", "bigint", "INTEGER", pa.int64(), 2**31, False),
        ("duckdb", "bigint", "HUGEINT", pa.int64(), 2**62, True),
        ("duckdb", "bigint", "DECIMAL(5,0)", pa.int64(), 99_999, True),
        ("duckdb", "bigint", "DECIMAL(5,0)", pa.int64(), 100_000, False),
        ("duckdb", "decimal", "DECIMAL(12,2)", MONEY, Decimal("1234.50"), True),
        ("duckdb", "decimal", "DECIMAL(12,2)", MONEY, Decimal("0.005"), False),
        ("duckdb", "decimal", "BIGINT", MONEY, Decimal(7), True),
        ("duckdb", "decimal", "BIGINT", MONEY, Decimal("7.5"), False),
        ("duckdb", "bool", "INTEGER", pa.bool_(), True, True),
        ("duckdb", "timestamp", "TIMESTAMP", pa.timestamp("us", "UTC"), datetime.now(UTC), True),
        ("postgres", "text", "character varying(3)", pa.string(), "два", True),
        ("postgres", "text", "character varying(3)", pa.string(), "four", False),
        ("postgres", "text", "text", pa.string(), "any" * 99, True),
        ("postgres", "decimal", "numeric", MONEY, Decimal("0.000000001"), True),
        ("postgres", "decimal", "numeric(12,2)", MONEY, Decimal("0.005"), False),
        ("bigquery", "bigint", "decimal", pa.int64(), 1, True),
    ],
)
def test_values_fit_only_if_they_stay_what_they_are(
    dialect: str, data_type: str, found: str, type_: pa.DataType, value: Any, fits: bool
) -> None:
    test = fitting(dialect, data_type, found)
    assert test is not None
    assert test(pa.chunked_array([pa.array([None, value], type_)])) is fits


@pytest.mark.parametrize(
    ("dialect", "data_type", "found"),
    [
        ("duckdb", "decimal", "DOUBLE"),
        ("duckdb", "timestamp", "DATE"),
        ("duckdb", "bigint", "VARCHAR"),
        ("postgres", "bigint", "double precision"),
        ("postgres", "bigint", "timestamp without time zone"),
        ("postgres", "timestamp", "timestamp(0) with time zone"),
        ("bigquery", "decimal", "double"),
    ],
)
def test_types_that_would_round_or_misread_values_take_none(
    dialect: str, data_type: str, found: str
) -> None:
    assert fitting(dialect, data_type, found) is None
