"""The sandbox's gzip is what every server's is: one stream, with a checksum that is right."""

from __future__ import annotations

import zlib

from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.sandbox.zipping import Zipped, stream


@given(st.lists(st.binary(max_size=3000) | st.sampled_from([b"ab" * 70_000, b""]), max_size=6))
def test_pieces_make_one_stream(parts: list[bytes]) -> None:
    pieces = [Zipped.of(part) for part in parts]
    unpacker = zlib.decompressobj(wbits=31)
    assert unpacker.decompress(b"".join(stream(pieces))) == b"".join(parts)
    assert unpacker.eof
    assert not unpacker.unused_data
    assert [piece.plain for piece in pieces] == parts
