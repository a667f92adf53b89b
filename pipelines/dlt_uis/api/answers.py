"""The bytes of an answer: received as they come, unpacked once there is a core to decode them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

import requests

from ..errors import MalformedResponse

_PIECE = 1 << 20
"""Bytes that are read from the connection at once."""

_GZIP = 31
"""zlib's name for its largest window, in gzip's wrapping."""

_STREAM = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
"""How a gzip stream begins; compressed bytes may look like that, too, but seldom do."""

_SECONDS = re.compile(r"\d+(\.\d*)?", re.ASCII)

_MOST_INFLATION = 64
"""Bytes that a byte of an answer stands for at most, for its length to be believed: one that is cut
off ends in any number, for which no memory is to be reserved."""


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
        return cls(response.status_code, packed, is_zipped, retry_after(response), _dated(response))

    def body(self) -> bytes:
        """The body, unpacked.

        Raises:
            MalformedResponse: it is cut off.
        """
        return _unzipped(self.packed) if self.is_zipped else self.packed


def _unzipped(packed: bytes) -> bytes:
    """What was packed, in one go, as pages are large: a piece at a time would hold the
    interpreter's lock in between.

    The last four bytes tell the length, so that the body is made once, in one piece: unless they
    are another stream's, for several may follow one another.
    """
    length = int.from_bytes(packed[-4:], "little")
    if length <= _MOST_INFLATION * len(packed) and not _STREAM.search(packed, 1):
        try:
            return zlib.decompress(packed, wbits=_GZIP, bufsize=max(1, length))
        except zlib.error:
            raise MalformedResponse("cut off") from None
    return b"".join(_streams(packed))


def _streams(packed: bytes) -> Iterator[bytes]:
    """What was packed as several gzip streams one after another."""
    while packed:
        unpacker = zlib.decompressobj(wbits=_GZIP)
        try:
            yield unpacker.decompress(packed)
        except zlib.error:
            break
        if not unpacker.eof:
            break
        packed = unpacker.unused_data
    else:
        return
    raise MalformedResponse("cut off")


def retry_after(response: requests.Response) -> float | None:
    """Seconds until the server wants to be asked again, none if it does not say so: it may name
    the time, which is by its own clock."""
    value = response.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    moment = _moment(value)
    if moment is None:
        return None
    now = _dated(response) or datetime.now(UTC)
    return max(0.0, (moment - now).total_seconds())


def _dated(response: requests.Response) -> datetime | None:
    return _moment(response.headers.get("Date", ""))


def _moment(text: str) -> datetime | None:
    """The instant that a header names, as HTTP or ISO 8601 write it; in UTC if it does not say."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
