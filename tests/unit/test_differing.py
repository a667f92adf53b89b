"""Sets of rows that differ, whatever their order, are found; no others."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.destinations.differing import key_of, unlike

_SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("at", pa.timestamp("us", "UTC")),
        ("position", pa.int64()),
        ("value", pa.string()),
        ("cost", pa.float64()),
    ]
)
_MOMENTS = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2)]
_ROWS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from(_MOMENTS),
        st.integers(0, 2),
        st.sampled_from([None, "", "a", "b"]),
        st.sampled_from([None, 0.0, 1.5]),
    ),
    max_size=12,
)
Row = tuple[Any, ...]


def table(rows: Sequence[Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(_SCHEMA)
    return pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, _SCHEMA, strict=True)],
        schema=_SCHEMA,
    )


def sets(rows: Sequence[Row], size: int) -> dict[Row, Counter[Row]]:
    found: dict[Row, Counter[Row]] = {}
    for row in rows:
        found.setdefault(row[:size], Counter())[row] += 1
    return found


def keys_in(rows: Sequence[Row], size: int) -> dict[Any, Row]:
    names = _SCHEMA.names[:size]
    return dict(zip(key_of(table(rows), names).to_pylist(), (r[:size] for r in rows), strict=True))


@given(_ROWS, _ROWS, st.sampled_from([1, 2]), st.randoms(use_true_random=False))
def test_sets_that_differ_are_found(
    ours: list[Row], others: list[Row], size: int, chance: random.Random
) -> None:
    """Keys of one column and of two; rows that nothing tells apart are compared by all of them."""
    theirs = [row for row in ours if chance.random() < 0.8] + others[: chance.randint(0, 3)]
    chance.shuffle(theirs)
    names = _SCHEMA.names
    found = unlike(table(ours), table(theirs), names[:size], names).to_pylist()
    known = {**keys_in(ours, size), **keys_in(theirs, size)}
    mine, other = sets(ours, size), sets(theirs, size)
    assert {known[key] for key in found} == {
        key for key in {*mine, *other} if mine.get(key) != other.get(key)
    }
    assert len(found) == len({*found})
