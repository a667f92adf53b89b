"""Whether what a server sent is a recording, and of which format: by its type and first bytes."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

EXTENSIONS = ("mp3", "wav")
"""Of the formats that are expected, the likelier one first."""

_TYPES: Mapping[str, str] = {
    "audio/wav": "wav", "audio/wave": "wav", "audio/x-wav": "wav", "audio/vnd.wave": "wav",
    "audio/ogg": "ogg", "audio/flac": "flac", "audio/mp4": "m4a", "audio/amr": "amr",
}  # fmt: skip
_MARKS = (
    (0, b"ID3", "mp3"), (0, b"OggS", "ogg"), (0, b"fLaC", "flac"), (0, b"#!AMR", "amr"),
    (4, b"ftyp", "m4a"), (8, b"WAVE", "wav"),
)  # fmt: skip
"""Where in a file which bytes stand, by its format."""

_TEXTUAL = ("text/", "application/json", "application/xml", "application/xhtml")
_TYPES_OF_TEXT = ("+json", "+xml")
HEAD = 512
"""Bytes of a body that are looked at."""


def extension_of(content_type: str, head: bytes) -> str | None:
    """The extension of a recording's file, ``None`` if it is no recording.

    Args:
        content_type: as the server says, in small letters, without parameters; may be empty.
        head: the first bytes, at least 512 of them if there are so many.
    """
    if not head or content_type.startswith(_TEXTUAL) or content_type.endswith(_TYPES_OF_TEXT):
        return None
    found = _by_marks(head)
    if found is not None:
        return found
    if not content_type.startswith("audio/") or _is_markup(head[:HEAD]):
        return None
    return _TYPES.get(content_type, "mp3")


def _by_marks(head: bytes) -> str | None:
    for place, mark, extension in _MARKS:
        if head.startswith(mark, place):
            return extension
    is_frame = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return "mp3" if is_frame else None


def _is_markup(head: bytes) -> bool:
    """Whether it is HTML, XML or JSON, whatever the server calls it."""
    try:
        # the last character may be cut
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return False
    return text.lstrip()[:1] in ("<", "{", "[")
