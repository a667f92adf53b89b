"""The API's answers are told from those of whoever stands before it, by HTTP status and content."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from ..errors import (
    ApiError,
    MalformedResponse,
    NotADataApi,
    RetriableError,
    ServerFailed,
    UisError,
    error_from,
)
from .answers import Answer
from .envelope import Decode, Envelope, T, decode_json
from .json_text import as_utf8

_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
"""HTTP statuses that are no server's fault, and pass all the same."""


def decoded(answer: Answer, decode: Decode[T], url: str) -> Envelope[T]:
    """An answer from ``url``, decoded.

    Raises:
        MalformedResponse: it is cut off, or is not JSON.
        ServerFailed: who answers is not able to, and may be later.
        NotADataApi: who answers is not the API.
    """
    try:
        body = _json(answer, url)
        if answer.status < HTTPStatus.BAD_REQUEST:
            return decode(body)
        return _decoded_error(body, answer.status, url)
    except RetriableError as error:
        raise with_retry_after(error, answer)  # noqa: B904 - it is the same


def _json(answer: Answer, url: str) -> bytes:
    """The body of an answer, if that is JSON."""
    body = as_utf8(answer.body())
    if body.lstrip()[:1] not in (b"{", b"["):
        raise _not_json(answer.status, body, url)
    return body


def _not_json(status: int, body: bytes, url: str) -> UisError:
    is_html = body.lstrip()[:1] == b"<"
    content = "an HTML page" if is_html else "no JSON"
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES and not is_html:
        return MalformedResponse("not JSON, or cut off" if body.strip() else "it is empty")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return NotADataApi(url, f"it redirects elsewhere (HTTP status {status})")
    return _refused(status, content, url)


def _refused(status: int, content: str, url: str) -> UisError:
    """The error for an HTTP status, where the API's own error does not come with it."""
    is_final = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if is_final and status not in _PASSING:
        return NotADataApi(url, f"HTTP status {status} and {content}")
    return ServerFailed(urlsplit(url).hostname or url, status, content)


def _decoded_error(body: bytes, status: int, url: str) -> Envelope[Any]:
    """The API's own error in an answer with an HTTP error status."""
    try:
        envelope = decode_json(body)
    except MalformedResponse:
        envelope = None
    if envelope is None or envelope.error is None:
        raise _refused(status, "JSON that is no answer", url)
    error = error_from(envelope.error)
    is_unknown = error.code is None and error.mnemonic is None
    if is_unknown or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and isinstance(error, ApiError)):
        raise _refused(status, "an error that is not of the API", url)
    return envelope


def with_retry_after(error: UisError, answer: Answer) -> UisError:
    """The error, which knows when the server wants to be asked again."""
    if isinstance(error, RetriableError):
        error.retry_after = answer.retry_after
    return error
