"""How a text may be written down by others: quoted, escaped, encoded."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus, unquote, unquote_plus

_LEAST = 8
"""Characters of base64 that are enough to know a text by."""

_LINE = 12
"""Characters from which on a line of a longer text counts by itself, as those of a key do."""

_HEX = re.compile(r"%[0-9A-Fa-f]{2}")


def _lower(text: str) -> str:
    return _HEX.sub(lambda found: found.group().lower(), text)


_PERCENT: tuple[Callable[[str], str], ...] = (
    lambda text: quote(text, safe="", errors="replace"),
    lambda text: quote(text, errors="replace"),
    lambda text: quote_plus(text, errors="replace"),
    lambda text: _lower(quote(text, safe="", errors="replace")),
    lambda text: _lower(quote(text, errors="replace")),
    lambda text: _lower(quote_plus(text, errors="replace")),
)
_HTML = str.maketrans({
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;",
})  # fmt: skip
_ESCAPED: tuple[Callable[[str], str], ...] = (
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: repr(text)[1:-1],
    lambda text: ascii(text)[1:-1],
    lambda text: repr(_bytes(text))[2:-1],
    lambda text: text.replace("\\", "\\\\").replace("'", "\\'"),
    lambda text: text.replace("'", "''"),
    lambda text: text.replace('"', '""'),
    lambda text: text.translate(_HTML),
)


def forms(text: str) -> set[str]:
    """A text in every way that it may be written, as one that is written by those, too."""
    plain = {text, unquote(text), unquote_plus(text)}
    plain |= {" ".join(each.split()) for each in plain}
    lines = {line.strip() for each in plain for line in each.replace("\\n", "\n").split("\n")}
    plain |= {line for line in lines if len(line) >= _LINE}
    percent = {encode(each) for each in plain for encode in _PERCENT}
    escaped = {encode(each) for each in plain for encode in _ESCAPED}
    twice = {encode(each) for each in escaped for encode in _ESCAPED[:3]}
    again = {encode(each) for each in percent for encode in _PERCENT[:1]}
    found = plain | percent | escaped | twice | again
    return {form for form in found | {each.lower() for each in found} if form.strip()}


def base64_of(text: str) -> set[str]:
    """What base64 of anything with the text inside has in common, wherever the text begins."""
    found = set()
    for before in range(3):
        encoded = b64encode(b"\0" * before + _bytes(text)).decode().rstrip("=")
        whole = (len(_bytes(text)) + before) * 8 // 6
        common = encoded[-(-before * 8 // 6) : whole]
        if len(common) >= _LEAST:
            found |= {common, common.translate(str.maketrans("+/", "-_"))}
    return found


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
