"""Gzip in pieces that are compressed once and sent in any company, as one stream.

Servers send an answer as one stream. Several streams one after another are gzip too, but those who
unpack them can't know the length of the whole before.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_RAW = -zlib.MAX_WBITS
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
_LAST_BLOCK = b"\x03\x00"
"""A block of deflate that holds nothing, and is marked as the last."""

_POLYNOMIAL = 0xEDB88320
_ONE, _X = 1 << 31, 1 << 30


@dataclass(frozen=True)
class Zipped:
    """A piece: its deflated bytes, which end on a byte's end, and what a checksum needs of it."""

    deflated: bytes
    crc: int
    length: int

    @classmethod
    def of(cls, plain: bytes) -> Zipped:
        packer = zlib.compressobj(level=1, wbits=_RAW)
        deflated = packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH)
        return cls(deflated, zlib.crc32(plain), len(plain))

    @property
    def plain(self) -> bytes:
        return zlib.decompressobj(wbits=_RAW).decompress(self.deflated)


def stream(pieces: Iterable[Zipped]) -> Iterator[bytes]:
    """The bytes of one gzip stream of all pieces (RFC 1952)."""
    crc = length = 0
    yield _HEAD
    for piece in pieces:
        yield piece.deflated
        crc = _times(_shift(piece.length), crc) ^ piece.crc
        length += piece.length
    yield _LAST_BLOCK + struct.pack("<II", crc, length & 0xFFFFFFFF)


def _times(one: int, other: int) -> int:
    """The product of two polynomials modulo that of CRC-32, lowest power in the highest bit."""
    product = 0
    while one:
        if one & _ONE:
            product ^= other
        one = one << 1 & 0xFFFFFFFF
        other = other >> 1 ^ (_POLYNOMIAL if other & 1 else 0)
    return product


def _shift(length: int) -> int:
    """The polynomial that a checksum is multiplied by, if so many bytes come after it."""
    result, power, exponent = _ONE, _X, 8 * length
    while exponent:
        if exponent & 1:
            result = _times(power, result)
        power, exponent = _times(power, power), exponent >> 1
    return result
