"""Columns as one array: a page is not copied for it."""

from __future__ import annotations

import pyarrow as pa
import pytest

from dlt_uis.decoding.arrays import whole


def addresses(array: pa.Array) -> list[int]:
    return [buffer.address for buffer in array.buffers() if buffer]


def test_a_column_of_one_array_is_that_array() -> None:
    array = pa.array([[1], [2, 3], None])
    assert addresses(whole(pa.chunked_array([array]))) == addresses(array)
    assert addresses(whole(pa.table({"a": array})["a"].slice(1))) == addresses(array)


@pytest.mark.parametrize("chunks", [[], [[1], [2, 3]], [[1], [], [2]]])
def test_other_columns_become_one(chunks: list[list[int]]) -> None:
    column = pa.chunked_array([pa.array(chunk, pa.int64()) for chunk in chunks], pa.int64())
    assert whole(column).to_pylist() == [value for chunk in chunks for value in chunk]
