"""An answer's body is what the server packed, or an error: never a part of it."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.api.answers import Answer
from dlt_uis.errors import MalformedResponse


def answer(packed: bytes) -> Answer:
    return Answer(200, packed, is_zipped=True, retry_after=None)


@given(st.lists(st.binary(max_size=2_000), min_size=1, max_size=3))
def test_what_was_packed_comes_out_even_of_several_files(parts: list[bytes]) -> None:
    packed = b"".join(gzip.compress(part) for part in parts)
    assert answer(packed).body() == b"".join(parts)


@given(st.binary(min_size=1, max_size=2_000), st.data())
def test_an_answer_that_is_cut_off_is_an_error(body: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(body)
    cut = packed[: data.draw(st.integers(0, len(packed) - 1))]
    with pytest.raises(MalformedResponse):
        answer(cut).body()


def test_what_inflates_more_than_answers_do_comes_out_too() -> None:
    body = b"0" * 10_000_000
    assert answer(gzip.compress(body)).body() == body
