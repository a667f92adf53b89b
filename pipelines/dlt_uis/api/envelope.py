"""The envelope of an answer: JSON-RPC 2.0 around the API's metadata and data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..errors import MalformedResponse
from .json_text import UNFIT_AS_MARKS, cleaned

T = TypeVar("T")

_NUMBER = re.compile(r"[0-9]{1,18}(?:\.0*)?")
_MOST = 2**53
"""More records than this there are nowhere."""


@dataclass(frozen=True)
class Envelope(Generic[T]):
    """An answer. ``error`` is the API's error object, and ``data`` then is ``None``.

    ``refused`` are records of the answer that ``data`` is without.
    """

    id: object
    data: T | None
    metadata: Mapping[str, Any]
    error: Mapping[str, Any] | None
    refused: Sequence[Refused] = ()

    @property
    def limits(self) -> Mapping[str, Any]:
        """The account's points, as successes and most errors bring them; may be empty."""
        metadata: Any = self.metadata
        if self.error is not None:
            data = self.error.get("data")
            metadata = data.get("metadata") if isinstance(data, Mapping) else None
        limits = metadata.get("limits") if isinstance(metadata, Mapping) else None
        return limits if isinstance(limits, Mapping) else {}

    @property
    def total(self) -> int | None:
        """How many records match, as the API says (``total_items``); ``None`` if it says nothing
        that can be used."""
        return whole_number(self.metadata.get("total_items"))


def whole_number(value: object) -> int | None:
    """A number of records, however JSON gives it: also as text or with a fraction of zero."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _MOST else None


Decode = Callable[[bytes], Envelope[T]]
"""Turns the body of an answer into an envelope, or raises :class:`MalformedResponse`."""


def decode_json(body: bytes) -> Envelope[Any]:
    """Decodes an answer into Python objects; for small ones. ``data`` may be ``None``.

    Raises:
        MalformedResponse: it is cut off, is not JSON, or has not the shape of an answer.
    """
    try:
        answer, _ = cleaned(json.loads(body.decode("utf-8", UNFIT_AS_MARKS), strict=False))
    except (ValueError, RecursionError):
        # not chained: the decoder's error carries the whole body
        raise MalformedResponse("not JSON, or cut off") from None
    if not isinstance(answer, dict):
        raise MalformedResponse("not an object")
    result = answer.get("result")
    error = error_of(answer.get("error"), has_result=result is not None)
    if error is not None:
        return Envelope(answer.get("id"), None, {}, error)
    if not isinstance(result, dict):
        raise MalformedResponse("neither a result nor an error")
    metadata = result.get("metadata")
    return Envelope(
        answer.get("id"), result.get("data"), metadata if isinstance(metadata, dict) else {}, None
    )


def error_of(told: object, *, has_result: bool) -> Mapping[str, Any] | None:
    """The error object that ``error`` of an answer stands for, ``None`` if for none.

    It should be an object with code and message, or be absent. It may also come as null or empty
    beside a result, or be just the code or the message.
    """
    if told is None or (has_result and not told):
        return None
    if isinstance(told, list) and told:
        return error_of(told[0], has_result=has_result)
    if isinstance(told, Mapping):
        return told
    is_code = isinstance(told, int) and not isinstance(told, bool)
    return {"code": told} if is_code else {"message": str(told)}


@dataclass(frozen=True)
class Refused:
    """A record that was kept out, as its id or start can't be read: a digest of it, so that one
    which comes twice counts once, and what a log says of it."""

    digest: str
    told: str
