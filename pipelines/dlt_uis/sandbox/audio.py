"""Made-up audio: an mp3 of silence, a wav of noise, of any length, always the same."""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_FRAME = 144
"""Bytes of a frame of MPEG-2 audio, layer III, of 32 kbit/s and 16 kHz."""

_FRAME_HEAD = b"\xff\xf3\x48\xc4" + bytes(9)
"""Its header, and side information: nothing is to be heard."""

_FRAMES = 400
_RATE = 8_000


@dataclass(frozen=True)
class Audio:
    """A file of about ``size`` bytes; what fills it follows from its ``name``."""

    name: str
    size: int
    is_wav: bool

    @property
    def content_type(self) -> str:
        return "audio/x-wav" if self.is_wav else "audio/mpeg"

    @property
    def length(self) -> int:
        """Its bytes."""
        unit, head = (2, len(self._head)) if self.is_wav else (_FRAME, 0)
        return head + max(1, (self.size - head) // unit) * unit

    def pieces(self) -> Iterator[bytes]:
        """The file, piece by piece."""
        if self.is_wav:
            yield self._head
        left = self.length - (len(self._head) if self.is_wav else 0)
        while left > 0:
            yield self._block[:left]
            left -= len(self._block)

    def sha256(self) -> str:
        hashed = hashlib.sha256()
        for piece in self.pieces():
            hashed.update(piece)
        return hashed.hexdigest()

    @cached_property
    def _head(self) -> bytes:
        """A header of uncompressed sound, one channel of 16 bits."""
        samples = max(1, (self.size - 44) // 2) * 2
        shape = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _RATE, 2 * _RATE, 2, 16)
        head = struct.pack("<4sI4s", b"RIFF", 36 + samples, b"WAVE")
        return head + shape + struct.pack("<4sI", b"data", samples)

    @cached_property
    def _block(self) -> bytes:
        rng = random.Random(self.name)
        if self.is_wav:
            return rng.randbytes(_FRAME * _FRAMES)
        filling = rng.randbytes(_FRAME - len(_FRAME_HEAD))
        # no byte of it looks like the beginning of a frame
        return (_FRAME_HEAD + bytes(byte & 0x7F for byte in filling)) * _FRAMES
