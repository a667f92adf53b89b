"""The envelope of an answer: JSON-RPC 2.0 around the API's metadata and data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .errors import MalformedResponse
from .json_text import UNFIT_AS_MARKS, cleaned
from .paging import Refused

T = TypeVar("T")


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


Decode = Callable[[bytes], Envelope[T]]
"""Turns the body of an answer into an envelope, or raises :class:`MalformedResponse`."""


def decode_json(body: bytes) -> Envelope[Any]:
    """Decodes an answer into Python objects; for small ones.

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
    error, result = answer.get("error"), answer.get("result")
    if isinstance(error, dict):
        return Envelope(answer.get("id"), None, {}, error)
    if not isinstance(result, dict) or "data" not in result:
        raise MalformedResponse("neither a result nor an error")
    metadata = result.get("metadata")
    return Envelope(
        answer.get("id"), result["data"], metadata if isinstance(metadata, dict) else {}, None
    )
