"""JSON that strict readers refuse, and text that a warehouse can't hold.

Python reads here what Arrow does not: bytes that are no UTF-8, raw control characters, numbers of
any size, values nested however deep. Characters that no text of a warehouse may have (NUL, halves
of a surrogate pair, bytes that are no UTF-8) become U+FFFD, alike for all warehouses.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

DEEPEST = 64
"""Levels of nesting; what lies deeper is kept as its text."""

_LONGEST_INTEGER = 4_000
"""Digits that Python makes an integer of, give or take some; a longer one stays text."""

_REPLACEMENT = "\ufffd"
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)

_VALUE = re.compile(r"[\s,]*(?=[^\s,\]])")
"""What comes before the next value of a list."""

UNFIT_AS_MARKS = "dlt_uis.marking"
"""How bytes that are no UTF-8 are decoded, so that :func:`cleaned` finds them."""


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Half a surrogate pair for what is no UTF-8: it is found, and counted, with the others."""
    assert isinstance(error, UnicodeDecodeError)
    return "\udcff", error.end


codecs.register_error(UNFIT_AS_MARKS, _mark)


def as_utf8(body: bytes) -> bytes:
    """The body of an answer in UTF-8, without the mark of its byte order."""
    encoding = json.detect_encoding(body)
    if encoding == "utf-8":
        return body
    if encoding == "utf-8-sig":
        return body.removeprefix(codecs.BOM_UTF8)
    return body.decode(encoding, "replace").encode()


def loads(body: bytes) -> Any:
    """Reads JSON; numbers keep all their digits, text its unfit characters.

    A number with a point or an exponent is a ``Decimal``; what is no finite number is text.

    Raises:
        ValueError: it is not JSON.
    """
    text = body.decode("utf-8", UNFIT_AS_MARKS)
    try:
        answer = _DECODER.decode(text)
        if not _is_deep(answer):
            return answer
    except RecursionError:
        pass
    return _DECODER.decode(_flattened(text))


def values_of(text: bytes) -> Iterator[Any]:
    """The values of a list, of which the bytes behind its bracket are given and the end may be cut
    off; as :func:`loads`. They end before what is cut off, too deep, or no JSON."""
    rest, at = text.decode("utf-8", UNFIT_AS_MARKS), 0
    while begins := _VALUE.match(rest, at):
        try:
            value, at = _DECODER.raw_decode(rest, begins.end())
        except (ValueError, RecursionError):
            return
        yield value


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits


def _decimal(number: str) -> Decimal | str:
    try:
        return Decimal(number)
    except InvalidOperation:
        return number


_DECODER = json.JSONDecoder(
    strict=False, parse_int=_integer, parse_float=_decimal, parse_constant=str
)


def _is_deep(value: Any, level: int = 0) -> bool:
    if not isinstance(value, dict | list):
        return False
    if level == DEEPEST:
        return True
    values = value.values() if isinstance(value, dict) else value
    return any(_is_deep(each, level + 1) for each in values if isinstance(each, dict | list))


def _flattened(text: str) -> str:
    """JSON in which values below the deepest level are text."""
    parts, level, begun, copied = [], 0, 0, 0
    for token in _TOKEN.finditer(text):
        sign = token[0][0]
        if sign in "[{":
            level += 1
            if level == DEEPEST + 1:
                begun = token.start()
        elif sign in "]}":
            if level == DEEPEST + 1:
                parts += [text[copied:begun], json.dumps(text[begun : token.end()])]
                copied = token.end()
            level -= 1
    return "".join([*parts, text[copied:]])


def cleaned(value: Any) -> tuple[Any, int]:
    """The value with text that any warehouse can hold, and how many of its texts were repaired.

    Names of fields are repaired, too; if two of an object are the same then, both are kept.
    """
    if isinstance(value, str):
        if _UNFIT.search(value):
            return _UNFIT.sub(_REPLACEMENT, value), 1
        return value, 0
    if isinstance(value, dict):
        return _cleaned_object(value)
    if isinstance(value, list):
        pairs = [cleaned(each) for each in value]
        return [each for each, _ in pairs], sum(count for _, count in pairs)
    return value, 0


def _cleaned_object(fields: dict[str, Any]) -> tuple[dict[str, Any], int]:
    whole: dict[str, Any] = {}
    total = 0
    unfit = []
    for name, value in fields.items():
        if _UNFIT.search(name):
            unfit.append(name)
            continue
        whole[name], count = cleaned(value)
        total += count
    for name in unfit:
        fit = _UNFIT.sub(_REPLACEMENT, name)
        while fit in whole:
            fit += _REPLACEMENT
        whole[fit], count = cleaned(fields[name])
        total += count
    return whole, total


def dumps(value: Any) -> str:
    """A value as JSON that every warehouse reads; numbers beyond a double or a bigint are text."""
    return json.dumps(_portable(value), ensure_ascii=False)


def _portable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _portable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_portable(each) for each in value]
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return str(value)
    return value
