"""The bytes of an answer: received as they come, unpacked once there is a core to decode them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Self

import requests

from .errors import MalformedResponse

_PIECE = 1 << 20
"""Bytes that are read from the connection at once."""

_GZIP = 31
"""zlib's name for its largest window, in gzip's wrapping."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer that has come whole.

    Attributes:
        packed: the bytes of its body as they came.
        dated: when the server sent it, by the server's clock.
    """

    status: int
    packed: bytes
    is_zipped: bool
    retry_after: float | None = None
    dated: datetime | None = None

    @classmethod
    def received(cls, response: requests.Response) -> Self:
        """Takes the body from the connection.

        Raises:
            urllib3.exceptions.HTTPError: it is cut off, or does not come.
        """
        if response.is_redirect:
            # requests has read and unpacked it, to see where it leads
            return cls(
                response.status_code, response.content, is_zipped=False, dated=_dated(response)
            )
        is_zipped = response.headers.get("Content-Encoding", "").lower() == "gzip"
        with response:
            pieces = response.raw.stream(_PIECE, decode_content=not is_zipped)
            packed = b"".join(pieces)
        return cls(
            response.status_code, packed, is_zipped, _retry_after(response), _dated(response)
        )

    def body(self) -> bytes:
        """The body, unpacked.

        Raises:
            MalformedResponse: it is cut off.
        """
        return _unzipped(self.packed) if self.is_zipped else self.packed


def _unzipped(packed: bytes) -> bytes:
    """What was packed, maybe as several gzip files one after another; each in one go, as pages are
    large, and a piece at a time would hold the interpreter's lock in between."""
    bodies: list[bytes] = []
    while packed or not bodies:
        unpacker = zlib.decompressobj(wbits=_GZIP)
        try:
            bodies.append(unpacker.decompress(packed))
        except zlib.error:
            break
        if not unpacker.eof:
            break
        packed = unpacker.unused_data
    else:
        return bodies[0] if len(bodies) == 1 else b"".join(bodies)
    raise MalformedResponse("cut off")


def _retry_after(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None


def _dated(response: requests.Response) -> datetime | None:
    try:
        dated = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    return dated if dated.tzinfo else None
